// A shared folder that is full, stalled, crowded, or written to by somebody hostile.
import { readdir, rm, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { encodeEntry, entryName } from "../../../../../src/exchange/shared-entry.ts";
import { P2pError } from "../../../../../src/lib/errors/p2p-error.ts";
import { SharedPlace } from "../../../../../src/store/exchange/shared-place.ts";
import { makeTempFolder } from "../../../store/exchange/temp-folder.ts";
import { HOUR_MS, NOW_MS } from "../../../exchange/fixtures.ts";
import { kindsIn, nameOf, offering, Side, type Time } from "./shared-folder-side.ts";

/** An entry of somebody else, who writes what they like. */
async function put(
  dir: string,
  id: { kind: "offer"; slot: string } | { kind: "answer"; slot: string; by: string },
  document: string,
  revision = 1,
): Promise<void> {
  const times = { createdAtMs: NOW_MS, expiresAtMs: NOW_MS + HOUR_MS };
  await writeFile(join(dir, entryName(id)), encodeEntry({ by: "2".repeat(16), ...id, revision, ...times, document }));
}

/** The disk fails, or stalls, in one of its functions for the rest of a test, or until it is restored. */
function failing<K extends "look" | "read" | "write" | "create">(
  what: K,
  instead: SharedPlace[K],
): { mockRestore: () => void } {
  const spy = vi.spyOn(SharedPlace.prototype, what).mockImplementation(instead as never);
  onTestFinished(() => spy.mockRestore());
  return spy;
}

const refuseWriting = async (): Promise<never> => {
  throw new P2pError("WRITE_FAILED", { path: "x", reason: "read-only file system", place: "via" });
};

describe("nothing of somebody else's making", () => {
  test("has our side open one sealed offer after another at once", async () => {
    const dir = await makeTempFolder();
    const bob = await Side.open(dir, "answer", { ms: 0 }, { costOf: () => 1 });
    let count = 0;
    for (let revision = 1; revision <= 20; revision += 1) {
      await put(dir, { kind: "offer", slot: "1".repeat(32) }, `offer ${revision}`, revision);
      if ((await bob.next(250)) !== undefined) count += 1;
    }
    // A burst; after that one each four seconds.
    expect(count).toBe(8);
    expect(await bob.next(4_000)).toBe("offer 20");
  });

  test("has refusals told over and over", async () => {
    const dir = await makeTempFolder();
    const error = new P2pError("FILE_OWN", { path: "x" });
    const bob = await Side.open(dir, "answer");
    let told = 0;
    for (let revision = 1; revision <= 20; revision += 1) {
      await put(dir, { kind: "offer", slot: "1".repeat(32) }, `offer ${revision}`, revision);
      const carried = (await bob.nextText())?.carried;
      carried?.onRefused?.();
      if (carried?.tellsRefusal?.(error) !== false) told += 1;
    }
    expect(told).toBe(4);
    bob.time.ms += 10_000;
    await put(dir, { kind: "offer", slot: "1".repeat(32) }, "offer", 21);
    expect((await bob.nextText())?.carried.tellsRefusal?.(error)).toBe(true);
  });
});

describe("a claim is never left to nobody", () => {
  test("where the offer goes between the look and the claim", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    await offering(dir, "first", time);
    const first = await nameOf(dir, "offer");
    time.ms += 1_000;
    await offering(dir, "second", time);
    const bob = await Side.open(dir, "answer", time);
    const spy = failing("read", async () => {
      spy.mockRestore();
      await rm(join(dir, first));
      return undefined;
    });
    expect(await bob.next(7_000)).toBe("second");
    const claims = (await readdir(dir)).filter((name) => name.includes("claim"));
    expect(claims.map((name) => name.slice(0, 36))).not.toContain(first.slice(0, 36));
    expect(claims).toHaveLength(1);
  });

  test("where a look does not reach it", async () => {
    const dir = await makeTempFolder();
    await put(dir, { kind: "offer", slot: "1".repeat(32) }, "offer");
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBe("offer");
    failing("look", async () => []);
    await bob.carrier.close();
    expect(await kindsIn(dir)).toEqual(["offer.json"]);
  });
});

describe("a folder that takes nothing", () => {
  test("is told once, and the offer is claimed when it takes the claim", async () => {
    const dir = await makeTempFolder();
    const ann = await offering(dir);
    const bob = await Side.open(dir, "answer");
    const spy = failing("create", refuseWriting);
    expect(await bob.next(12_000)).toBeUndefined();
    expect(bob.troubles.map(({ code }) => code)).toEqual(["WRITE_FAILED"]);
    expect(bob.states).toEqual(["waiting"]);
    spy.mockRestore();
    expect(await bob.next(6_000)).toBe("offer");
    // The same where the claim has to be made again.
    failing("create", refuseWriting);
    await unlink(join(dir, await nameOf(dir, "claim")));
    expect(await bob.next(12_000)).toBeUndefined();
    expect(bob.troubles).toHaveLength(2);
    expect(ann.troubles).toEqual([]);
  });

  test("gets the answer later, and only then it is delivered", async () => {
    const dir = await makeTempFolder();
    const ann = await offering(dir);
    const bob = await Side.open(dir, "answer");
    await bob.next();
    const spy = failing("write", refuseWriting);
    await bob.publish("answer");
    await ann.publish("newer offer", 2);
    expect([ann, bob].map(({ troubles }) => troubles.map(({ code }) => code))).toEqual([
      ["WRITE_FAILED"],
      ["WRITE_FAILED"],
    ]);
    expect(bob.states).toEqual(["present"]);
    spy.mockRestore();
    await bob.next(6_000);
    expect(bob.states).toEqual(["present", "delivered"]);
    expect(await ann.next(6_000)).toBe("answer");
    await ann.next(6_000);
    expect(await bob.next()).toBe("newer offer");
  });

  test("ends the line where not even the first offer can be written", async () => {
    const ann = await Side.open(await makeTempFolder(), "offer");
    failing("write", refuseWriting);
    await expect(ann.publish("offer")).rejects.toMatchObject({ code: "WRITE_FAILED" });
  });

  test("holds up the end for three seconds at most", async () => {
    const ann = await offering(await makeTempFolder());
    failing("look", () => new Promise(() => {}));
    ann.isStalled = true;
    await ann.carrier.close();
    expect(ann.limitsMs).toEqual([3_000]);
  });
});

test("nothing is delivered between two offers", async () => {
  const bob = await Side.open(await makeTempFolder(), "answer");
  await bob.next();
  await bob.publish("answer to an offer that has gone");
  expect(bob.states).toEqual(["waiting"]);
});

test("who was there is lost with the folder", async () => {
  const dir = await makeTempFolder();
  const ann = await offering(dir);
  const bob = await Side.open(dir, "answer");
  await bob.next();
  await ann.next();
  failing("look", async () => {
    throw new Error("stale file handle");
  });
  await ann.next();
  expect(ann.states).toEqual(["present", "lost"]);
});

test("our entry that a look into a crowded folder does not reach is left as it is", async () => {
  const dir = await makeTempFolder();
  const ann = await offering(dir);
  const path = join(dir, await nameOf(dir, "offer"));
  const before = await stat(path, { bigint: true });
  failing("look", async () => []);
  await ann.next(12_000);
  expect((await stat(path, { bigint: true })).mtimeNs).toBe(before.mtimeNs);
});

test("that more lies there than is looked at is told once", async () => {
  const dir = await makeTempFolder();
  const bob = await Side.open(dir, "answer");
  await bob.next(1_000);
  expect(bob.told).toEqual([]);
  const slotOf = (index: number): string => index.toString(16).padStart(32, "0");
  await Promise.all(
    Array.from({ length: 501 }, (_, index) =>
      writeFile(join(dir, entryName({ kind: "claim", slot: slotOf(index) })), ""),
    ),
  );
  await bob.next(2_000);
  expect(bob.told).toEqual(["carrier-crowded"]);
});

test("two offers that nobody answers are told to both, once, and after a while", async () => {
  const dir = await makeTempFolder();
  const ann = await Side.open(dir, "offer");
  await ann.publish("offer");
  await ann.next(20_000);
  expect(ann.told).toEqual([]);
  const slot = "5".repeat(32);
  await put(dir, { kind: "offer", slot }, "other");
  await ann.next(9_000);
  expect(ann.told).toEqual([]);
  await ann.next(20_000);
  expect(ann.told).toEqual(["other-offer-waits"]);
  // Gone and back: it is known by now.
  await unlink(join(dir, entryName({ kind: "offer", slot })));
  await ann.next(1_000);
  await put(dir, { kind: "offer", slot: "6".repeat(32) }, "another");
  await ann.next(20_000);
  expect(ann.told).toEqual(["other-offer-waits"]);
});

test("an offer that is claimed, or ours that is, says nothing of two people who both offer", async () => {
  const dir = await makeTempFolder();
  const ann = await Side.open(dir, "offer");
  await ann.publish("offer");
  const slot = "5".repeat(32);
  await put(dir, { kind: "offer", slot }, "other");
  const times = { createdAtMs: NOW_MS, expiresAtMs: NOW_MS + HOUR_MS };
  const claim = { kind: "claim", slot, by: "2".repeat(16), revision: 0, ...times, document: "" } as const;
  await writeFile(join(dir, entryName({ kind: "claim", slot })), encodeEntry(claim));
  await ann.next(30_000);
  expect(ann.told).toEqual([]);
});
