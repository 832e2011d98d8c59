// Files as nobody would write them, given to the real commands: each is read or refused in words, and no process ends by
// one. What the reader makes of a million of them is test/property/exchange-fuzz.test.ts.
import { randomBytes } from "node:crypto";
import { readFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { bentDocument } from "../support/bent-documents.ts";
import { answer, PEER_FILE, people, run } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { HOUR_MS, offer as someOffer } from "../unit/exchange/fixtures.ts";

const INSPECTED = scaled(4, 300);
const FED = scaled(34, 1_700);
/** One look at the folder reads so many, long ones among them too. */
const FED_AT_ONCE = 34;
const TIMEOUT_MS = scaled(120_000, 7_200_000);
/** Offers that can serve are taken up every four seconds at most where they come without end. */
const TAKEN_MS = 60_000;
/** Of a process that has taken up dozens of offers: node itself takes more than a third of it. */
const MAX_RESIDENT_KIB = 192 * 1_024;
const UNEXPECTED = /INTERNAL|unexpected|\n {4}at /;

/** Texts to bend. No address in them leads away from this machine. */
async function corpus(): Promise<string[]> {
  const read = (name: string): Promise<string> =>
    readFile(fileURLToPath(new URL(`../../${name}`, import.meta.url)), "utf8");
  const { samples } = JSON.parse(await read("test/vectors/fuzz/exchange.json")) as { samples: string[] };
  const texts = [await read("samples/2018-offer.json"), await read("samples/2018-answer.json"), ...samples];
  return texts.map((text) => text.replaceAll(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "127.0.0.1"));
}

function freshOffer(): { id: string; text: string } {
  const id = randomBytes(16).toString("hex");
  const now = Date.now();
  const times = { createdAt: new Date(now).toISOString(), expiresAt: new Date(now + HOUR_MS).toISOString() };
  return { id, text: encodeExchangeDocument(someOffer({ id, ...times })) };
}

test(`inspect explains or refuses ${INSPECTED} bent files`, { timeout: TIMEOUT_MS }, async (t) => {
  const { ann } = await people(t, "ann");
  const samples = await corpus();
  const codes = new Set<number>();
  for (let seed = 1; seed <= INSPECTED; seed += 1) {
    await writeFile(join(ann.dir, "bent.json"), bentDocument(samples, seed));
    const side = run(ann, ["inspect", "bent.json"]);
    const code = await side.exit();
    expect([0, 6], `seed ${seed}`).toContain(code);
    expect(side.stderr, `seed ${seed}`).not.toMatch(UNEXPECTED);
    codes.add(code);
  }
  expect(codes.size).toBeGreaterThan(0);
});

test(`a waiting answer goes on through ${FED} bent files`, { timeout: TIMEOUT_MS }, async (t) => {
  const { bob } = await people(t, "bob");
  const samples = await corpus();
  const side = answer(bob, ["--json"]);
  await side.event("waiting");
  // Of several the newest counts, and a disk may give files of one moment the same time.
  const longAgo = new Date(Date.now() - HOUR_MS);
  const put = async (name: string, content: string | Uint8Array, modified = new Date()): Promise<void> => {
    const path = join(bob.dir, "on-its-way");
    await writeFile(path, content);
    await utimes(path, modified, modified);
    await rename(path, join(bob.dir, name));
  };
  for (let first = 1; first <= FED; first += FED_AT_ONCE) {
    for (let at = 0; at < FED_AT_ONCE; at += 1) {
      await put(`LocaltionJson_p (${at + 1}).json`, bentDocument(samples, first + at), longAgo);
    }
    // It is told at the end of a look, so all that was there before has been read.
    const { id, text } = freshOffer();
    await put(PEER_FILE, text);
    await side.event("peer-file", (event) => event.id === id, TAKEN_MS);
  }
  const status = await readFile(`/proc/${side.pid}/status`, "utf8").catch(() => "");
  const [, peakKib = "0"] = /VmHWM:\s+(\d+)/.exec(status) ?? [];
  expect(Number(peakKib)).toBeLessThan(MAX_RESIDENT_KIB);
  if (process.env["P2P_FUZZ_FIGURES"] === "1") console.log({ peakMiB: Number(peakKib) / 1_024 });
  // Before a document of ours is there nothing is closed, and the end has no event.
  await side.event("local-file");
  side.signal("SIGINT");
  expect(await side.exit()).toBe(130);
  expect(side.eventsOf("error").map(({ code }) => code)).not.toContain("INTERNAL");
  expect(side.stderr).not.toMatch(UNEXPECTED);
  expect(side.eventsOf("closed")).toMatchObject([{ reason: "interrupted", exit: 130 }]);
});
