// Which file of the other side a line goes on with, once somebody known has signed one or one was sealed: the carrier
// brings another, before or after, as an offer or as an answer. Nobody is at the other end, so nothing ever connects.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { DEFAULT_NETWORK } from "../../src/rtc/network-options.ts";
import { carriedByFiles, type FilesOptions } from "../../src/pairing/carriers/files.ts";
import { PairingLine } from "../../src/pairing/line.ts";
import { nodeLinePorts } from "../../src/pairing/node-ports.ts";
import { People, signDocument } from "../../src/pairing/people.ts";
import { encodeExchangeDocument } from "../../src/exchange/codec.ts";
import type { OwnDocument } from "../../src/exchange/description.ts";
import type { P2pEvent } from "../../src/lib/events.ts";
import { sealWithPassphrase } from "../../src/trust/age-file.ts";
import { generateOwnKey, type OwnKey } from "../../src/trust/signing.ts";
import { until } from "../support/processes.ts";
import { answer, HOUR_MS, offer } from "../unit/exchange/fixtures.ts";
import { makeTempFolder } from "../unit/store/exchange/temp-folder.ts";

const WANG = generateOwnKey();
const LI = generateOwnKey();
const VERIFIED_AT = "2026-05-03T10:00:00.000Z";
const PASSPHRASE = "able crane mutual";
/** log2 of scrypt's N: enough for a test. */
const WORK_FACTOR = 8;
const ID_A = "a".repeat(32);
const ID_B = "b".repeat(32);

interface Run {
  dir: string;
  told: string[];
  /** Id of our document. */
  ownId: () => string | undefined;
  put: (name: string, text: string) => Promise<void>;
  /** Waits until this was told so often. */
  hear: (what: string, times?: number) => Promise<void>;
}

function describeEvent(event: P2pEvent): string {
  if (event.event === "peer-file") return `peer-file ${event.id ?? "of nobody"}`;
  if (event.event === "file-ignored") return `ignored ${event.error.code}`;
  if (event.event === "peer-known") return `known ${event.name}`;
  return event.event === "error" ? `error ${event.code}` : event.event;
}

/** A line of somebody who has kept Wang and Li, with these files in its folder before it begins. */
async function begin(
  role: "offer" | "answer",
  before: Record<string, string> = {},
  input?: string | AsyncIterable<Uint8Array>,
): Promise<Run> {
  const [dir, stateDir] = [await makeTempFolder(), await makeTempFolder()];
  const people = await People.open(stateDir);
  await people.keep({ publicKey: WANG.publicKey, name: "Wang", verifiedAt: VERIFIED_AT });
  await people.keep({ publicKey: LI.publicKey, name: "Li", verifiedAt: VERIFIED_AT });
  const put = (name: string, text: string): Promise<void> => writeFile(join(dir, name), text);
  for (const [name, text] of Object.entries(before)) await put(name, text);
  const told: string[] = [];
  let ownId: string | undefined;
  const line = new PairingLine(
    {
      role,
      place: { dir },
      carrier: carriedByFiles({ dir, ...inputOf(dir, input) }, stateDir),
      settings: {
        network: { ...DEFAULT_NETWORK, bind: ["127.0.0.1"] },
        session: { mode: "once", consent: "decline", conflict: "rename", outputDir: dir },
        seal: { required: false, passphrase: PASSPHRASE },
        stateDir,
        waitMs: HOUR_MS,
        connectTimeoutMs: HOUR_MS,
      },
      keepWaiting: true,
    },
    nodeLinePorts,
  );
  const reading = (async () => {
    for await (const event of line.events) {
      if (event.event === "local-file") ownId = event.id;
      told.push(describeEvent(event));
    }
  })();
  onTestFinished(async () => {
    await line.close("quit");
    await reading;
  });
  const count = (what: string): number => told.filter((each) => each === what).length;
  const hear = (what: string, times = 1): Promise<void> =>
    until(() => count(what) >= times, `${what} is told ${times} times, and not only ${told.join(", ")}`);
  return { dir, told, ownId: () => ownId, put, hear };
}

function inputOf(
  dir: string,
  input: string | AsyncIterable<Uint8Array> | undefined,
): Pick<FilesOptions, "in" | "read"> {
  if (input === undefined) return {};
  return typeof input === "string" ? { in: join(dir, input) } : { read: input };
}

/** Files of today, as they are carried. */
const dates = (): { createdAt: string; expiresAt: string } => ({
  createdAt: new Date().toISOString(),
  expiresAt: new Date(Date.now() + HOUR_MS).toISOString(),
});

function written(document: OwnDocument, key?: OwnKey): string {
  return encodeExchangeDocument(key === undefined ? document : signDocument(document, key));
}

const offerOf = (id: string, key?: OwnKey, revision = 1): string =>
  written(offer({ ...dates(), id, revision, name: "W\u0430ng" }), key);

const answerOf = (id: string, inReplyTo: string | undefined, key?: OwnKey): string =>
  written(answer({ ...dates(), id, ...(inReplyTo === undefined ? {} : { inReplyTo }) }), key);

describe("after a file of somebody known", () => {
  test.each<[what: string, text: () => string]>([
    ["of nobody", () => offerOf(ID_B)],
    ["with its id and a higher revision", () => offerOf(ID_A, undefined, 99)],
    ["of another program", () => encodeExchangeDocument({ description: offer().description })],
    ["signed by somebody unknown", () => offerOf(ID_B, generateOwnKey())],
    ["signed by somebody else who is known", () => offerOf(ID_B, LI)],
  ])("an offer %s is refused, and theirs goes on", async (_, text) => {
    const { told, put, hear } = await begin("answer");
    await put("LocaltionJson_p.json", offerOf(ID_A, WANG));
    await hear("connecting");
    await put("LocaltionJson_p.json", text());
    await hear("error FILE_NOT_RECOGNISED");
    expect(told.filter((each) => each.startsWith("peer-file"))).toEqual([`peer-file ${ID_A}`]);
    // A newer one of their own still counts.
    await put("LocaltionJson_p.json", offerOf(ID_A, WANG, 2));
    await hear("known Wang", 2);
    await hear("connecting", 2);
  });

  test("a sealed one that they have not signed is refused", async () => {
    const { put, hear, told } = await begin("answer");
    await put("LocaltionJson_p.json", offerOf(ID_A, WANG));
    await hear("connecting");
    await put("LocaltionJson_p.json", await sealWithPassphrase(offerOf(ID_B), PASSPHRASE, WORK_FACTOR));
    await hear("error FILE_NOT_RECOGNISED");
    expect(told).not.toContain(`peer-file ${ID_B}`);
  });

  test("an answer of nobody is refused, and so is an offer", async () => {
    const { told, put, hear, ownId } = await begin("offer");
    await hear("waiting");
    await put("LocaltionJson_p.json", answerOf(ID_A, ownId(), WANG));
    await hear("connecting");
    await put("LocaltionJson_p.json", answerOf(ID_B, ownId()));
    await hear("error FILE_NOT_RECOGNISED");
    await put("offer.json", offerOf(ID_B));
    await hear("error FILE_NOT_RECOGNISED", 2);
    expect(told.filter((each) => each.startsWith("peer-file"))).toEqual([`peer-file ${ID_A}`]);
  });

  test("after two offers an answer of nobody is refused", async () => {
    const { put, hear, ownId } = await begin("offer");
    await hear("waiting");
    await put("LocaltionJson_p.json", offerOf(ID_A, WANG));
    await hear("known Wang");
    await put("LocaltionJson_p.json", answerOf(ID_B, ownId()));
    await hear("error FILE_NOT_RECOGNISED");
  });

  test("one of nobody in the place of the named file does not end the line", async () => {
    const { put, hear, told } = await begin("answer", { "theirs.json": offerOf(ID_A, WANG) }, "theirs.json");
    await hear("connecting");
    await put("theirs.json", offerOf(ID_B));
    await hear("error FILE_NOT_RECOGNISED");
    await put("theirs.json", offerOf(ID_A, WANG, 2));
    await hear("connecting", 2);
    expect(told).not.toContain("closed");
  });
});

test("one of nobody that comes with theirs in one stream is refused", async () => {
  const both = new TextEncoder().encode(`${offerOf(ID_A, WANG)}\n${offerOf(ID_B)}\n`);
  const { told, hear } = await begin("answer", {}, Readable.from([both]));
  await hear("known Wang");
  await hear("error FILE_NOT_RECOGNISED");
  expect(told.filter((each) => each.startsWith("peer-file"))).toEqual([`peer-file ${ID_A}`]);
});

describe("of files that are there at once the one of somebody known counts", () => {
  test("before the start", async () => {
    const before = { "a.json": offerOf(ID_A, WANG), "b.json": offerOf(ID_B) };
    const { told, hear } = await begin("answer", before);
    await hear("connecting");
    await hear("ignored FILE_NOT_RECOGNISED");
    expect(told.filter((each) => each.startsWith("peer-file"))).toEqual([`peer-file ${ID_A}`]);
  });

  test("also against its own id with a higher revision", async () => {
    const before = { "a.json": offerOf(ID_A, WANG), "b.json": offerOf(ID_A, undefined, 99) };
    const { hear } = await begin("answer", before);
    await hear("ignored FILE_NOT_RECOGNISED");
    await hear("known Wang");
  });
});

test("a file of somebody known takes the place of one of nobody", async () => {
  const { put, hear } = await begin("answer");
  await put("LocaltionJson_p.json", offerOf(ID_B));
  await hear("connecting");
  await put("LocaltionJson_p.json", offerOf(ID_A, WANG));
  await hear("known Wang");
  await hear("connecting", 2);
});

test("after a sealed answer an open one is refused, though our offer was open", async () => {
  const { put, hear, told, ownId } = await begin("offer");
  await hear("waiting");
  const sealed = await sealWithPassphrase(answerOf(ID_A, ownId()), PASSPHRASE, WORK_FACTOR);
  await put("LocaltionJson_p.json", sealed);
  await hear(`peer-file ${ID_A}`);
  await put("LocaltionJson_p.json", answerOf(ID_B, ownId()));
  await hear("error FILE_NOT_SEALED");
  expect(told).not.toContain(`peer-file ${ID_B}`);
});
