// The control channel between two p2p programs (protocol `p2p-control/1`): small JSON texts, one a message.
// docs/control-protocol.md describes them. A message of an unknown type is ignored; a malformed one is reported.
import { ICE_PWD, ICE_UFRAG } from "../lib/ice-credentials.ts";
import { isCapabilityList } from "./capabilities.ts";
import { decodeMedia, type MediaMessage } from "./media-messages.ts";
import type { ContactMessage, VerifyMessage } from "./verification.ts";

/**
 * `once`: the session ends by itself when both sides have nothing left to send.
 * `conversation`: a person ends it.
 */
export type SessionMode = "once" | "conversation";

export const CONTROL_LABEL = "p2p-control";
export const CONTROL_PROTOCOL = "p2p-control/1";

/** Maximum length of a control message; a longer one violates the protocol. */
export const MAX_CONTROL_MESSAGE_CHARS = 8_192;

/** `required`: nothing may be sent before both sides have compared the string. `possible`: the sender can compare. */
export type VerifyWish = "required" | "possible";

/**
 * Tells how to reach the sender when the current path breaks: ICE credentials that it accepts from then on, and its
 * candidates as in an exchange file. It replaces the previous message. RFC 8445 §9.
 */
export interface PathMessage {
  type: "path";
  ufrag: string;
  pwd: string;
  candidates: readonly string[];
}

/** The sender keeps a pair of this kind beside the one that carries, and takes data on it from now on. */
export interface PathReadyMessage {
  type: "path-ready";
  transport: "udp" | "tcp";
}

/**
 * First message of each side. `capabilities` lists what the program can do; an older one has none, and shows it by the
 * other keys: without `verify`, it cannot compare a string; with `recovers`, it accepts `path` and resumes after an
 * interruption; with `contacts`, it stores keys. docs/control-protocol.md says which key counts when.
 */
export interface HelloMessage {
  type: "hello";
  mode: SessionMode;
  verify?: VerifyWish;
  recovers?: boolean;
  contacts?: true;
  /** Nobody can type messages on the sender's side; those of the receiver are shown or printed there. */
  silent?: true;
  /** Nobody can be asked on the sender's side whether both read the same string. */
  unattended?: true;
  /** Each `name/version`, as `isCapabilityList` checks. */
  capabilities?: readonly string[];
}

/** The sender has closed a channel that the receiver opened, because it does not know its label and protocol. */
export interface ChannelRefusedMessage {
  type: "channel-refused";
  /** At most `MAX_REFUSED_NAME_LENGTH` characters, like the protocol: the rest is left out. Foreign text. */
  label: string;
  protocol: string;
}

/** Limit in characters (code points) of the names in `channel-refused`. */
export const MAX_REFUSED_NAME_LENGTH = 64;

export type ControlMessage =
  | HelloMessage
  | PathMessage
  | PathReadyMessage
  | ChannelRefusedMessage
  /** `count` text messages were received since the session began. */
  | { type: "ack"; count: number }
  | { type: "ping"; number: number }
  | { type: "pong"; number: number }
  /** The sender has nothing left to send, and everything it sent is acknowledged. */
  | { type: "done" }
  /** The sender is about to close. */
  | { type: "bye" }
  /** Answer to `bye`, once everything that the answering side had sent is acknowledged or given up. */
  | { type: "bye-ack" }
  | VerifyMessage
  | ContactMessage
  | MediaMessage;

/** @returns one JSON object on one line */
export function encodeControl(message: ControlMessage): string {
  return JSON.stringify(message);
}

/** @returns the message; `unknown` for types of later versions; `malformed` for other input */
export function decodeControl(data: string | Uint8Array): ControlMessage | "unknown" | "malformed" {
  if (typeof data !== "string" || data.length > MAX_CONTROL_MESSAGE_CHARS) return "malformed";
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return "malformed";
  }
  if (typeof value !== "object" || value === null) return "malformed";
  const { type, count, number, commitment, nonce, same, key, signature, label, protocol, transport } = value as Record<
    string,
    unknown
  >;
  switch (type) {
    case "hello":
      return decodeHello(value as Record<string, unknown>);
    case "path":
      return decodePath(value as Record<string, unknown>);
    case "path-ready":
      return transport === "udp" || transport === "tcp" ? { type, transport } : "malformed";
    case "ack":
      return isCount(count) ? { type, count } : "malformed";
    case "ping":
    case "pong":
      return isCount(number) ? { type, number } : "malformed";
    case "done":
    case "bye":
    case "bye-ack":
      return { type };
    case "verify-commit":
      return isHash(commitment) ? { type, commitment } : "malformed";
    case "verify-reveal":
      return isHash(nonce) ? { type, nonce } : "malformed";
    case "verify-answer":
      return typeof same === "boolean" ? { type, same } : "malformed";
    case "contact":
      return isHash(key) && isSignature(signature) ? { type, key, signature } : "malformed";
    case "channel-refused":
      return isRefusedName(label) && isRefusedName(protocol) ? { type, label, protocol } : "malformed";
    case "media-offer":
    case "media-answer":
    case "media-end":
    case "media-recording":
      return decodeMedia(type, value as Record<string, unknown>);
    default:
      return typeof type === "string" ? "unknown" : "malformed";
  }
}

function decodeHello(value: Record<string, unknown>): HelloMessage | "malformed" {
  const { mode, verify, recovers, contacts, silent, unattended, capabilities } = value;
  if (mode !== "once" && mode !== "conversation") return "malformed";
  if (verify !== undefined && verify !== "required" && verify !== "possible") return "malformed";
  if (recovers !== undefined && typeof recovers !== "boolean") return "malformed";
  if (capabilities !== undefined && !isCapabilityList(capabilities)) return "malformed";
  return {
    type: "hello",
    mode,
    ...(verify === undefined ? {} : { verify }),
    ...(recovers === undefined ? {} : { recovers }),
    // A later program may send another value here, which is no reason to end the session.
    ...(contacts === true ? { contacts } : {}),
    ...(silent === true ? { silent } : {}),
    ...(unattended === true ? { unattended } : {}),
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}

function decodePath({ ufrag, pwd, candidates }: Record<string, unknown>): ControlMessage | "malformed" {
  if (typeof ufrag !== "string" || !ICE_UFRAG.test(ufrag)) return "malformed";
  if (typeof pwd !== "string" || !ICE_PWD.test(pwd)) return "malformed";
  if (!Array.isArray(candidates) || !candidates.every((one) => typeof one === "string")) return "malformed";
  return { type: "path", ufrag, pwd, candidates };
}

function isRefusedName(value: unknown): value is string {
  // A character has one or two UTF-16 units.
  return typeof value === "string" && value.length <= 2 * MAX_REFUSED_NAME_LENGTH;
}

function isSignature(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{128}$/.test(value);
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
