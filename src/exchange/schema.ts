// The shape of an exchange file. Unknown keys are dropped, whatever their names. A page has this file too, so it is
// written by hand: a library for shapes would be a tenth of the page, and tries whether it may make code out of text,
// which a page forbids.
import { NAT_FILTERINGS, NAT_MAPPINGS, type NatSummary } from "../lib/nat-summary.ts";
import type { Wanted } from "../lib/errors/flaw.ts";
import type { DocumentSignature, P2pKey } from "./description.ts";
import { missing, wrongValue } from "./flaw-error.ts";
import { MAX_NAME_LENGTH } from "./limits.ts";
import { parseTimestamp } from "./timestamp.ts";

/** A later version may write a longer digest; this one does not compare it. */
const MAX_DIGEST_LENGTH = 128;
const ID = /^[0-9a-f]{32}$/;
const KEY = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

/** The outer object; `sdp` and `icecandidate` may be JSON text or the value that such text encodes. */
export interface Envelope {
  sdp?: unknown;
  type?: unknown;
  icecandidate?: unknown[];
  p2p?: unknown;
}

/** The browsers' RTCSessionDescriptionInit. */
export interface SessionDescriptionInit {
  type: "offer" | "answer";
  sdp: string;
}

/** A rule for one value. */
interface Rule<T> {
  wanted: Wanted;
  is: (value: unknown) => value is T;
}

function text(wanted: Wanted, isIt: (value: string) => boolean): Rule<string> {
  return { wanted, is: (value): value is string => typeof value === "string" && isIt(value) };
}

const id = text("id", (value) => ID.test(value));
const time = text("time", (value) => parseTimestamp(value) !== undefined);
const name = text("name", (value) => value.length <= MAX_NAME_LENGTH);
const digest = text("digest", (value) => value.length <= MAX_DIGEST_LENGTH);
const count: Rule<number> = {
  wanted: "count",
  is: (value): value is number => Number.isSafeInteger(value) && Number(value) >= 1,
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object whose values are taken by rules, with its place in the document. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #isNested: boolean;

  /** @param place - "" for the document @throws FlawError when it is no object */
  constructor(value: unknown, place: string, { isNested = false } = {}) {
    if (!isObject(value)) throw wrongValue(place, "object");
    this.#values = value;
    this.#place = place;
    this.#isNested = isNested;
  }

  value(key: string): unknown {
    return this.#values[key];
  }

  placeOf(key: string): string {
    return this.#place === "" ? key : `${this.#place}.${key}`;
  }

  /** @throws FlawError */
  take<T>(key: string, { wanted, is }: Rule<T>): T {
    const value = this.#values[key];
    if (is(value)) return value;
    if (!this.#isNested && !Object.hasOwn(this.#values, key)) throw missing(this.placeOf(key));
    throw wrongValue(this.placeOf(key), wanted);
  }

  /** @returns nothing, or an object with this key @throws FlawError */
  takeOptional<Key extends string, T>(key: Key, rule: Rule<T>): { [K in Key]?: T } {
    if (!Object.hasOwn(this.#values, key)) return {};
    return { [key]: this.take(key, rule) } as { [K in Key]?: T };
  }

  /** @returns undefined for any other value */
  takeLenient<T>(key: string, choices: readonly T[]): T | undefined {
    return choices.find((choice) => choice === this.#values[key]);
  }
}

const BOOLEANS: readonly boolean[] = [true, false];

/** It only helps to predict the chances: unknown or invalid values count as absent. */
function natSummaryOf(value: unknown): { [Key in keyof NatSummary]: NatSummary[Key] | undefined } | undefined {
  if (!isObject(value)) return undefined;
  const fields = new Fields(value, "");
  return {
    mapping: fields.takeLenient("mapping", NAT_MAPPINGS),
    filtering: fields.takeLenient("filtering", NAT_FILTERINGS),
    udp: fields.takeLenient("udp", ["open", "silent"] as const),
    ipv6: fields.takeLenient("ipv6", BOOLEANS),
    relay: fields.takeLenient("relay", BOOLEANS),
    portMapping: fields.takeLenient("portMapping", BOOLEANS),
  };
}

function signatureOf(fields: Fields): { signature?: Pick<DocumentSignature, "key" | "value"> } {
  const value = fields.value("signature");
  if (value === undefined) return {};
  const inner = new Fields(value, fields.placeOf("signature"), { isNested: true });
  return {
    signature: {
      key: inner.take(
        "key",
        text("key", (hex) => KEY.test(hex)),
      ),
      value: inner.take(
        "value",
        text("signature", (hex) => SIGNATURE.test(hex)),
      ),
    },
  };
}

function withoutUndefined(nat: { [Key in keyof NatSummary]: NatSummary[Key] | undefined }): NatSummary {
  return Object.fromEntries(Object.entries(nat).filter(([, value]) => value !== undefined)) as NatSummary;
}

/** @throws FlawError */
export function checkEnvelope(value: unknown): Envelope {
  const fields = new Fields(value, "");
  const list = fields.value("icecandidate");
  if (list !== undefined && !Array.isArray(list)) throw wrongValue("icecandidate", "list");
  const envelope: Envelope = {};
  for (const key of ["sdp", "type", "icecandidate", "p2p"] as const) {
    const own = fields.value(key);
    if (own !== undefined) envelope[key] = own as unknown[];
  }
  return envelope;
}

/** @throws FlawError */
export function checkSessionDescriptionInit(value: unknown, field: string): SessionDescriptionInit {
  const fields = new Fields(value, field);
  const type: Rule<"offer" | "answer"> = {
    wanted: "offer-or-answer",
    is: (one): one is "offer" | "answer" => one === "offer" || one === "answer",
  };
  return {
    type: fields.take("type", type),
    sdp: fields.take(
      "sdp",
      text("text", () => true),
    ),
  };
}

/** @throws FlawError */
export function checkP2pKey(value: unknown): P2pKey & { signature?: Pick<DocumentSignature, "key" | "value"> } {
  const fields = new Fields(value, "p2p");
  const key = {
    version: fields.take("version", count),
    id: fields.take("id", id),
    ...fields.takeOptional("inReplyTo", id),
    ...fields.takeOptional("inReplyToRevision", count),
    revision: fields.take("revision", count),
    createdAt: fields.take("createdAt", time),
    expiresAt: fields.take("expiresAt", time),
  };
  const { name: ownName } = fields.takeOptional("name", name);
  const { tool } = fields.takeOptional("tool", name);
  const nat = natSummaryOf(fields.value("nat"));
  return {
    ...key,
    ...fields.takeOptional("digest", digest),
    ...signatureOf(fields),
    ...(isBlank(ownName) ? {} : { name: ownName }),
    ...(isBlank(tool) ? {} : { tool }),
    ...(nat === undefined ? {} : { nat: withoutUndefined(nat) }),
  };
}

/** An invisible name counts as none: where it is shown, there would be nothing to see. */
function isBlank(text: string | undefined): text is undefined {
  return text === undefined || text.trim() === "";
}
