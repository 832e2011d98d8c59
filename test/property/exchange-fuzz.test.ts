// The reader of exchange files takes any document: it reads it or says what is wrong, fast and in little memory.
// `npm run test:long` shows it a million.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { decodeExchangeDocument } from "../../src/exchange/codec.ts";
import { inspectExchangeFile } from "../../src/exchange/inspect.ts";
import { P2pError } from "../../src/lib/errors/p2p-error.ts";
import { bentDocument } from "../support/bent-documents.ts";
import { collectGarbage } from "../support/collect-garbage.ts";
import { cpuMs } from "../support/cpu-time.ts";
import { scaled } from "../support/scale.ts";

const DOCUMENTS = scaled(6_000, 1_000_000);
const TIMEOUT_MS = scaled(240_000, 7_200_000);
/** A hundred times what the slowest one takes. */
const MAX_READING_MS = 1_000;
/** Of the whole process, beyond what it has before it reads much. */
const MAX_GROWTH_BYTES = 60 * 1024 * 1024;
/**
 * The collector of garbage is in no hurry on a machine with much memory: left alone it comes when some 50 MB wait for it,
 * in a process that reads nothing too. What the reader needs and keeps shows when it comes more often.
 */
const DOCUMENTS_PER_COLLECTION = 500;
/** What the machine of JavaScript takes for itself first. */
const WARM_UP_DOCUMENTS = 2_000;

async function corpus(): Promise<string[]> {
  const read = (name: string): Promise<string> =>
    readFile(fileURLToPath(new URL(`../../${name}`, import.meta.url)), "utf8");
  const [offer, answer, fuzz] = await Promise.all(
    ["samples/2018-offer.json", "samples/2018-answer.json", "test/vectors/fuzz/exchange.json"].map(read),
  );
  return [offer ?? "", answer ?? "", ...(JSON.parse(fuzz ?? "") as { samples: string[] }).samples];
}

test(`${DOCUMENTS} bent exchange files are read or refused`, { timeout: TIMEOUT_MS }, async () => {
  const samples = await corpus();
  let idleBytes = Number.POSITIVE_INFINITY;
  let mostBytes = 0;
  let readable = 0;
  let slowestMs = 0;
  for (let seed = 1; seed <= DOCUMENTS; seed += 1) {
    const bytes = bentDocument(samples, seed);
    const begin = process.cpuUsage();
    try {
      const decoding = decodeExchangeDocument(bytes, "f.json");
      if (decoding.ok) {
        readable += 1;
        inspectExchangeFile(bytes, "f.json", 1_800_000_000_000);
      } else if (!(decoding.error instanceof P2pError)) throw new TypeError("an error without a code");
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    const tookMs = cpuMs(begin);
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs >= MAX_READING_MS) throw new Error(`seed ${seed} took ${tookMs} ms`);
    if (seed % DOCUMENTS_PER_COLLECTION !== 0) continue;
    const usedBytes = process.memoryUsage().rss;
    collectGarbage();
    await nextTurn();
    if (seed <= WARM_UP_DOCUMENTS) idleBytes = usedBytes;
    mostBytes = Math.max(mostBytes, usedBytes);
  }
  // Most are refused; the others show that not everything is.
  expect(readable).toBeGreaterThan(DOCUMENTS / 100);
  expect(mostBytes - idleBytes).toBeLessThan(MAX_GROWTH_BYTES);
  if (process.env["P2P_FUZZ_FIGURES"] === "1") {
    console.log({ readable, slowestMs, growthMiB: (mostBytes - idleBytes) / 2 ** 20 });
  }
});
