// Power that fails at any moment of a transfer, on a disk that forgets what was not flushed: no file ever has its name
// and wrong bytes, the next session makes all of it right, and what was done stays done.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConflictPolicy } from "../../src/session/session-types.ts";
import type { PartPace } from "../../src/store/transfer/part-pace.ts";
import type { KeepOptions } from "../../src/store/transfer/unfinished-parts.ts";
import { CrashDisk, memoryLocks } from "../support/crash-disk.ts";
import { MemoryChannel } from "../support/memory-channel.ts";
import { scaled } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { makeTempDir, removeTempDir, TransferSide, turnsUntil } from "../support/transfer-pair.ts";

const SEEDS = scaled(150, 1_000);
const FIRST_SEED = Number(process.env.P2P_CRASH_SEED ?? 1);
/** Below the folder that is sent. */
const SIZES: Record<string, number> = {
  large: 700_000,
  "d/medium": 330_001,
  "d/e/page": 65_537,
  small: 1_000,
  "d/tiny": 1,
  empty: 0,
};

let dir: string;
const contents = new Map<string, Uint8Array>();

function noise(bytes: number, random: () => number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  for (let at = 0; at < words.length; at += 1) words[at] = random() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, bytes);
}

beforeAll(async () => {
  dir = await makeTempDir();
  const random = seededRandom(4711);
  for (const [path, bytes] of Object.entries(SIZES)) {
    const content = noise(bytes, random);
    contents.set(`/out/t/${path}`, content);
    await mkdir(join(dir, "t", path, ".."), { recursive: true });
    await writeFile(join(dir, "t", path), content);
  }
});

afterAll(() => removeTempDir(dir));

/** Everything soon, so that little data sees all of it. */
function quickPace(): PartPace {
  let nowMs = 0;
  const pace = { journalAfterMs: 200, flushBytes: 100_000, flushAfterMs: 300, flushAnywayBytes: 250_000 };
  return { ...pace, nowMs: () => (nowMs += 50) };
}

/** A session after a start of the machine. @returns whether it came to its end */
async function session(disk: CrashDisk, conflict: ConflictPolicy): Promise<{ isDone: boolean; resumedFrom: number }> {
  const channels = MemoryChannel.pair({ bytesPerTurn: 65_536 });
  const keep: KeepOptions = { locks: memoryLocks(), pace: quickPace() };
  const a = new TransferSide(channels[0], dir);
  const b = new TransferSide(channels[1], "/", { fileSystem: disk.fileSystem(), keep, conflict, outputDir: "/out" });
  let outcome: string | undefined;
  void a.send("t").then((how) => {
    outcome = how;
  });
  await turnsUntil(() => disk.hasStopped || (outcome !== undefined && b.of("transfer-done").length > 0));
  const resumedFrom = b.of("accepted")[0]?.resumedFrom ?? 0;
  channels[0].close();
  await a.session.close("lost");
  // With the disk stands everything that waits for it.
  if (!disk.hasStopped) await b.session.close("ended");
  if (!disk.hasStopped) expect(b.errorCodes).toEqual([]);
  return { isDone: outcome === "done", resumedFrom };
}

/** Every visible file is one that was sent, or one that was there before. */
function check(disk: CrashDisk, old: ReadonlyMap<string, Uint8Array>, isWhole: boolean): void {
  const files = disk.files();
  for (const [path, content] of files) {
    if (/\/\.p2p-[^/]*$/.test(path)) continue;
    const original = path.replace(/ \(\d+\)$/, "");
    const isOne = [contents.get(original), old.get(path)].some(
      (right) => right !== undefined && Buffer.from(right).equals(content),
    );
    expect(isOne, `${path} has wrong bytes`).toBe(true);
  }
  for (const [path, right] of isWhole ? contents : []) {
    const isThere = [path, `${path} (1)`].some((name) =>
      Buffer.from(right).equals(files.get(name) ?? Buffer.of(1, 2, 3)),
    );
    expect(isThere, `${path} is there and right`).toBe(true);
  }
}

async function trial(seed: number): Promise<{ crashes: number; resumedBytes: number }> {
  const random = seededRandom(seed);
  const conflict: ConflictPolicy = random() < 0.5 ? "overwrite" : "rename";
  let disk = new CrashDisk();
  disk.put("/out/other", new Uint8Array(3));
  const old = new Map([["/out/other", new Uint8Array(3)]]);
  if (random() < 0.5) {
    old.set("/out/t/large", noise(100_000, random));
    old.set("/out/t/small", noise(1_000, random));
  }
  for (const [path, content] of old) disk.put(path, content);
  let resumedBytes = 0;
  let crashes = 0;
  for (const most = Math.floor(random() * 4); crashes < most; crashes += 1) {
    disk.stopAt = disk.operations + 1 + Math.floor(random() * 90);
    const { isDone, resumedFrom } = await session(disk, conflict);
    resumedBytes += resumedFrom;
    disk = disk.crash(random);
    check(disk, old, isDone);
  }
  const { isDone, resumedFrom } = await session(disk, conflict);
  expect(isDone).toBe(true);
  check(disk, old, true);
  // What the sender believes to be there stays there.
  check(disk.crash(random), old, true);
  return { crashes, resumedBytes: resumedBytes + resumedFrom };
}

test(`power failures, ${SEEDS} seeds`, { timeout: 600_000 }, async () => {
  let [crashes, resumedBytes] = [0, 0];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
    const happened = await trial(seed).catch((error: unknown) => {
      throw new Error(`P2P_CRASH_SEED=${seed}`, { cause: error });
    });
    crashes += happened.crashes;
    resumedBytes += happened.resumedBytes;
  }
  console.log(`${SEEDS} seeds, ${crashes} crashes, ${(resumedBytes / 1e6).toFixed(0)} MB resumed`);
  // Without crashes, or without parts that outlive them, nothing was tried.
  expect(crashes).toBeGreaterThan(SEEDS);
  expect(resumedBytes).toBeGreaterThan(SEEDS * 10_000);
});
