// Two people who keep each other in a shared folder (`--to`), beside strangers, and over the end of a day.
import { copyFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeEntry, encodeEntry, entryName } from "../../../../../src/exchange/shared-entry.ts";
import type { ContactMeeting } from "../../../../../src/trust/contact-meeting.ts";
import { HOUR_MS, NOW_MS } from "../../../exchange/fixtures.ts";
import { makeTempFolder } from "../../../store/exchange/temp-folder.ts";
import { meetingsOfTwo } from "../meetings-of-two.ts";
import { kindsIn, nameOf, offering, Side, type Time } from "./shared-folder-side.ts";

const DAY_MS = 24 * HOUR_MS;

async function two(time: Time = { ms: 0 }): Promise<{ dir: string; ann: Side; bob: Side; bobs: ContactMeeting }> {
  const dir = await makeTempFolder();
  const [anns, bobs] = await meetingsOfTwo();
  const ann = await Side.open(dir, "offer", time, {}, anns);
  return { dir, ann, bob: await Side.open(dir, "answer", time, {}, bobs), bobs };
}

/** An offer that does not expire while the test lets days pass. */
const publish = async (side: Side, text: string): Promise<void> => {
  await side.carrier.publish(text, 1, NOW_MS + 30 * DAY_MS);
};

describe("two people", () => {
  test("meet, see nobody else's word, and leave nothing", async () => {
    const { dir, ann, bob } = await two();
    expect([ann.carrier.isForAnybody, bob.carrier.isForAnybody]).toEqual([false, false]);
    await ann.publish("the offer");
    const entry = decodeEntry(await readFile(join(dir, await nameOf(dir, "offer"))));
    expect(entry).toMatchObject({ kind: "offer", isForOne: true });
    expect(Buffer.from(entry?.document ?? "", "base64").toString("latin1")).not.toContain("the offer");
    expect(await bob.next()).toBe("the offer");
    await ann.publish("a newer offer", 2);
    expect(await bob.next()).toBe("a newer offer");
    await bob.publish("the answer");
    expect(await ann.next()).toBe("the answer");
    await ann.carrier.handleConnected();
    await bob.carrier.handleConnected();
    expect(await readdir(dir)).toEqual([]);
    expect([...ann.troubles, ...bob.troubles]).toEqual([]);
  });

  test("pass over the offers of others, and others pass over theirs", async () => {
    const { dir, ann, bob } = await two();
    await offering(dir, "for anybody", bob.time);
    expect(await bob.next()).toBeUndefined();
    await ann.publish("for Bob");
    expect(await bob.next()).toBe("for Bob");
    const stranger = await Side.open(dir, "answer", bob.time);
    expect(await stranger.next()).toBe("for anybody");
  });

  test("do not take an own offer of another run", async () => {
    const { dir, ann, bobs } = await two();
    const bobsOwn = await Side.open(dir, "offer", ann.time, {}, bobs);
    await bobsOwn.publish("of Bob himself");
    const bob = await Side.open(dir, "answer", ann.time, {}, bobs);
    expect(await bob.next()).toBeUndefined();
  });
});

describe("somebody else", () => {
  test.each([
    ["an open answer", false],
    ["one that looks sealed", true],
  ])("who puts %s beside the offer is told, and not heard", async (_what, isForOne) => {
    const { dir, ann, bob } = await two();
    await ann.publish("the offer");
    const [, slot = ""] = /^p2p-([0-9a-f]{32})/.exec(await nameOf(dir, "offer")) ?? [];
    const id = { kind: "answer", slot, by: "f".repeat(16) } as const;
    const times = { createdAtMs: NOW_MS, expiresAtMs: NOW_MS + HOUR_MS };
    const text = encodeEntry({ ...id, ...times, revision: 1, isForOne, document: "AAAA" });
    await writeFile(join(dir, entryName(id)), text);
    expect(await ann.next()).toBeUndefined();
    expect(ann.troubles).toMatchObject([{ code: "FILE_NOT_RECOGNISED", params: { name: "Bob", isAwaited: true } }]);
    // It is told once, and the one who is waited for is heard.
    expect(await bob.next()).toBe("the offer");
    await bob.publish("the answer");
    expect(await ann.next()).toBe("the answer");
    expect(ann.troubles).toHaveLength(1);
  });

  test("who has changed the offer is told, and its slot is left", async () => {
    const { dir, ann, bob } = await two();
    await ann.publish("the offer");
    const path = join(dir, await nameOf(dir, "offer"));
    const entry = decodeEntry(await readFile(path));
    if (entry === undefined) throw new TypeError("no entry");
    await writeFile(path, encodeEntry({ ...entry, document: Buffer.alloc(5_000).toString("base64") }));
    expect(await bob.next()).toBeUndefined();
    expect(bob.troubles).toMatchObject([{ code: "FILE_NOT_RECOGNISED", params: { name: "Ann" } }]);
    expect(await kindsIn(dir)).toEqual(["offer.json"]);
    // A newer revision of Ann's is another matter.
    await ann.publish("a newer offer", 2);
    expect(await bob.next()).toBe("a newer offer");
  });

  test("who puts an offer under the name of another one is passed over", async () => {
    const { dir, ann, bob } = await two();
    await ann.publish("the offer");
    const name = await nameOf(dir, "offer");
    await copyFile(join(dir, name), join(dir, name.replace(/[0-9a-f]{32}/, "0".repeat(32))));
    await rename(join(dir, name), join(dir, "kept"));
    expect(await bob.next(2_000)).toBeUndefined();
    expect(bob.states).toEqual(["waiting"]);
  });
});

describe("the end of a day", () => {
  test("an offer that nobody answers yet gets a slot of the new day", async () => {
    const { dir, ann, bob } = await two();
    await publish(ann, "the offer");
    const first = await nameOf(dir, "offer");
    ann.time.ms += DAY_MS;
    expect(await ann.next()).toBeUndefined();
    const second = await nameOf(dir, "offer");
    expect(second).not.toBe(first);
    expect(await kindsIn(dir)).toEqual(["offer.json"]);
    ann.time.ms += DAY_MS;
    expect(await ann.next()).toBeUndefined();
    expect(await bob.next()).toBe("the offer");
  });

  test("one that is answered stays where it is", async () => {
    const { dir, ann, bob } = await two();
    await publish(ann, "the offer");
    expect(await bob.next()).toBe("the offer");
    expect(await ann.next()).toBeUndefined();
    const name = await nameOf(dir, "offer");
    ann.time.ms += DAY_MS;
    await bob.carrier.publish("the answer", 1, NOW_MS + 30 * DAY_MS);
    expect(await ann.next()).toBe("the answer");
    expect(await nameOf(dir, "offer")).toBe(name);
  });

  test("what lies there since two days is passed over", async () => {
    const { dir, ann, bob } = await two();
    await publish(ann, "the offer");
    const name = await nameOf(dir, "offer");
    const text = await readFile(join(dir, name));
    await ann.close();
    await writeFile(join(dir, name), text);
    bob.time.ms += 2 * DAY_MS;
    expect(await bob.next()).toBeUndefined();
    expect(bob.states).toEqual(["waiting"]);
    bob.time.ms -= DAY_MS;
    expect(await bob.next()).toBe("the offer");
  });
});
