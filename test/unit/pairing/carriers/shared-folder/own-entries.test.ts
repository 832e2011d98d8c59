// Our entries in a shared folder: what is written when, and what is taken back.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { P2pError } from "../../../../../src/lib/errors/p2p-error.ts";
import { OwnEntries } from "../../../../../src/pairing/carriers/shared-folder/own-entries.ts";
import { SharedPlace } from "../../../../../src/store/exchange/shared-place.ts";
import { HOUR_MS } from "../../../exchange/fixtures.ts";
import { makeTempFolder } from "../../../store/exchange/temp-folder.ts";
import { meetingsOfTwo } from "../meetings-of-two.ts";
import { openRun, published } from "./folder-runs.ts";
import { kindsIn } from "./shared-folder-side.ts";

const SLOT = "1".repeat(32);
const LATER_MS = 24 * HOUR_MS;
const wanted = (): boolean => true;

/** The disk refuses to create anything until the test says otherwise. */
function refuseCreating(): { mockRestore: () => void } {
  const spy = vi.spyOn(SharedPlace.prototype, "create").mockImplementation(async () => {
    throw new P2pError("WRITE_FAILED", { path: "x", reason: "disk full", place: "via" });
  });
  onTestFinished(() => spy.mockRestore());
  return spy;
}

describe("a document", () => {
  test("whose turn comes when it is not wanted any more is dropped", async () => {
    const dir = await makeTempFolder();
    const { run } = await openRun(dir, "answer");
    await new OwnEntries(run).publish(published("the answer"), () => false);
    expect(await readdir(dir)).toEqual([]);
  });

  test("that comes after the end is dropped", async () => {
    const dir = await makeTempFolder();
    const { run } = await openRun(dir, "offer");
    const own = new OwnEntries(run);
    await own.publish(published("the offer"), wanted);
    expect(await readdir(dir)).toHaveLength(1);
    await own.withdraw();
    await own.publish(published("a newer offer", 2), wanted);
    expect(await readdir(dir)).toEqual([]);
  });

  test("that is removed by others is put back at the second look without it, and not before 5 s have passed again", async () => {
    const dir = await makeTempFolder();
    const time = { ms: 0 };
    const { run } = await openRun(dir, "offer", { time });
    const own = new OwnEntries(run);
    await own.publish(published("the offer"), wanted);
    const removeAndLook = async (looks: number): Promise<number> => {
      await rm(own.path, { force: true });
      for (let look = 0; look < looks; look += 1) await own.keep([]);
      return (await readdir(dir)).length;
    };
    expect(await removeAndLook(1)).toBe(0);
    expect(await removeAndLook(1)).toBe(1);
    time.ms += 4_999;
    expect(await removeAndLook(5)).toBe(0);
    time.ms += 1;
    expect(await removeAndLook(1)).toBe(1);
  });

  test("moves to a slot of the new day, the newest one that is published meanwhile", async () => {
    const dir = await makeTempFolder();
    const time = { ms: 0 };
    const [meeting] = await meetingsOfTwo();
    const { run } = await openRun(dir, "offer", { time, meeting });
    const own = new OwnEntries(run);
    await own.publish(published("the offer"), wanted);
    const [slot, before] = [own.slot, await readdir(dir)];
    await own.followDay();
    expect([own.slot, await readdir(dir)]).toEqual([slot, before]);
    time.ms += LATER_MS;
    await Promise.all([own.publish(published("a newer offer", 2), wanted), own.followDay()]);
    expect(own.slot).not.toBe(slot);
    const [name = "", ...others] = await readdir(dir);
    expect([join(dir, name), others]).toEqual([own.path, []]);
    expect(await run.place.read(name)).toMatchObject({ slot: own.slot, revision: 2 });
  });
});

describe("a claim", () => {
  test("makes the slot ours, and is taken back with the answer", async () => {
    const dir = await makeTempFolder();
    const { run, events } = await openRun(dir, "answer");
    const own = new OwnEntries(run);
    expect(await own.claim(SLOT, LATER_MS)).toBe(true);
    expect(own.slot).toBe(SLOT);
    await own.publish(published("the answer"), wanted);
    expect(await kindsIn(dir)).toEqual(["answer.json", "claim.json"]);
    expect(events).toMatchObject([{ event: "carrier", state: "delivered" }]);
    await own.takeBack();
    expect(await readdir(dir)).toEqual([]);
    // There is nothing to put back.
    for (let look = 0; look < 5; look += 1) await own.keep([]);
    expect(await readdir(dir)).toEqual([]);
  });

  test("of another run is not replaced, and neither taken back", async () => {
    const dir = await makeTempFolder();
    const first = new OwnEntries((await openRun(dir, "answer")).run);
    const second = new OwnEntries((await openRun(dir, "answer")).run);
    expect(await first.claim(SLOT, LATER_MS)).toBe(true);
    expect(await second.claim(SLOT, LATER_MS)).toBe(false);
    await second.withdraw();
    expect(await kindsIn(dir)).toEqual(["claim.json"]);
  });

  test("that the folder does not take is told once, and tried again after 5 s", async () => {
    const time = { ms: 0 };
    const { run, troubles } = await openRun(await makeTempFolder(), "answer", { time });
    const own = new OwnEntries(run);
    const slot = own.slot;
    const refusal = refuseCreating();
    expect(await own.claim(SLOT, LATER_MS)).toBe(false);
    time.ms += 5_000;
    expect(await own.claim(SLOT, LATER_MS)).toBe(false);
    expect([own.slot, troubles.map(({ code }) => code)]).toEqual([slot, ["WRITE_FAILED"]]);
    refusal.mockRestore();
    time.ms += 4_999;
    expect(await own.claim(SLOT, LATER_MS)).toBe(false);
    time.ms += 1;
    expect(await own.claim(SLOT, LATER_MS)).toBe(true);
  });
});
