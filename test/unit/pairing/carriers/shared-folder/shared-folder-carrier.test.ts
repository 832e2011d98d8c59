// Pairs in one shared folder. Each side looks only when the test says so, and time passes only meanwhile.
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeEntry, entryName } from "../../../../../src/exchange/shared-entry.ts";
import { SharedFolderCarrier } from "../../../../../src/pairing/carriers/shared-folder/shared-folder-carrier.ts";
import { makeTempFolder } from "../../../store/exchange/temp-folder.ts";
import { HOUR_MS, NOW_MS } from "../../../exchange/fixtures.ts";
import { kindsIn, nameOf, offering, Side, type Time } from "./shared-folder-side.ts";

describe("two sides in one folder", () => {
  test("meet, and leave nothing", async () => {
    const dir = await makeTempFolder();
    const ann = await offering(dir);
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBe("offer");
    await bob.publish("answer");
    expect(await ann.next()).toBe("answer");
    expect(await kindsIn(dir)).toEqual(["answer.json", "claim.json", "offer.json"]);
    await ann.carrier.handleConnected();
    expect(await kindsIn(dir)).toEqual(["answer.json"]);
    await bob.carrier.handleConnected();
    expect(await readdir(dir)).toEqual([]);
    expect(ann.states).toEqual(["present", "delivered"]);
    expect(bob.states).toEqual(["present", "delivered"]);
  });

  test("in either order, and hear who is there", async () => {
    const dir = await makeTempFolder();
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBeUndefined();
    const ann = await offering(dir);
    expect(await ann.next()).toBeUndefined();
    expect(await bob.next()).toBe("offer");
    expect(await ann.next()).toBeUndefined();
    expect([ann.states, bob.states]).toEqual([
      ["waiting", "present"],
      ["waiting", "present"],
    ]);
  });

  test("a newer document of either takes the place of the one before", async () => {
    const dir = await makeTempFolder();
    const ann = await offering(dir);
    await ann.publish("newer offer before the claim", 2);
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBe("newer offer before the claim");
    await bob.publish("answer", 1);
    expect(await ann.next()).toBe("answer");
    await ann.publish("newest offer", 3);
    expect(await bob.next()).toBe("newest offer");
    await bob.publish("newest answer", 2);
    expect(await ann.next()).toBe("newest answer");
    expect(await ann.next()).toBeUndefined();
    expect(await kindsIn(dir)).toEqual(["answer.json", "claim.json", "offer.json"]);
  });

  test("what was put there ends with its run", async () => {
    const dir = await makeTempFolder();
    const ann = await offering(dir);
    const bob = await Side.open(dir, "answer");
    await bob.next();
    await bob.publish("answer");
    await bob.close();
    await ann.close();
    expect(await readdir(dir)).toEqual([]);
    // What comes too late is not written any more.
    await ann.publish("late", 2);
    await bob.publish("late", 2);
    expect(await readdir(dir)).toEqual([]);
  });

  test.skipIf(process.platform === "win32")("who may write to the folder may read, and nobody else", async () => {
    const dir = await makeTempFolder();
    for (const [mode, expected] of [
      [0o700, 0o600],
      [0o755, 0o600],
      [0o770, 0o640],
      [0o777, 0o644],
    ] as const) {
      const shared = join(dir, mode.toString(8));
      await mkdir(shared);
      await chmod(shared, mode);
      await offering(shared);
      expect((await stat(join(shared, await nameOf(shared, "offer")))).mode & 0o777).toBe(expected);
    }
  });
});

describe("several pairs in one folder", () => {
  test("the oldest offer is claimed first, and nobody claims it twice", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    for (const text of ["first", "second", "third"]) {
      await offering(dir, text, time);
      time.ms += 1_000;
    }
    const bobs = await Promise.all(["b", "c", "d"].map(() => Side.open(dir, "answer", time)));
    expect(await bobs[0]?.next()).toBe("first");
    const others = await Promise.all(bobs.slice(1).map((bob) => bob.next()));
    expect(new Set(others)).toEqual(new Set(["second", "third"]));
    const late = await Side.open(dir, "answer", time);
    expect(await late.next()).toBeUndefined();
  });

  test("an answer goes to its own offer", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    const ann = await offering(dir, "first", time);
    time.ms += 1_000;
    const amy = await offering(dir, "second", time);
    const [bob, ben] = [await Side.open(dir, "answer", time), await Side.open(dir, "answer", time)];
    expect([await bob.next(), await ben.next()]).toEqual(["first", "second"]);
    await ben.publish("ben's");
    await bob.publish("bob's");
    expect([await ann.next(), await amy.next()]).toEqual(["bob's", "ben's"]);
  });

  test("who loses a claim to another takes the next offer, and takes back what it put there", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    const ann = await offering(dir, "first", time);
    time.ms += 1_000;
    await offering(dir, "second", time);
    const bob = await Side.open(dir, "answer", time);
    expect(await bob.next()).toBe("first");
    await bob.publish("bob's");
    // A sync service has kept the claim of another computer, and ours as a copy.
    const claim = await nameOf(dir, "claim");
    await rename(join(dir, claim), join(dir, claim.replace(".json", ".sync-conflict-20260301-080000-ABCDEF7.json")));
    const slot = claim.slice(4, 36);
    const entry = { kind: "claim", slot, by: "f".repeat(16), revision: 0, createdAtMs: NOW_MS } as const;
    await writeFile(join(dir, claim), encodeEntry({ ...entry, expiresAtMs: NOW_MS + HOUR_MS, document: "" }));
    expect(await bob.next(4_000)).toBeUndefined();
    expect(await bob.next(4_000)).toBe("second");
    expect(bob.states).toEqual(["present", "delivered", "lost", "present"]);
    expect(await kindsIn(dir)).toEqual(["claim.json", "claim.json", "offer.json", "offer.json"]);
    await ann.close();
    expect((await readdir(dir)).filter((name) => name.includes(slot))).toEqual([]);
  });

  test("an offer that goes is left for the next one, but not at once: the session may be opening", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    const ann = await offering(dir, "first", time);
    const bob = await Side.open(dir, "answer", time);
    await bob.next();
    await bob.publish("bob's");
    await ann.close();
    await offering(dir, "second", time);
    expect(await bob.next(4_500)).toBeUndefined();
    expect(await bob.next(2_000)).toBe("second");
    expect(await kindsIn(dir)).toEqual(["claim.json", "offer.json"]);
  });

  test("an offer that cannot serve is left to others", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    await offering(dir, "not for us", time);
    time.ms += 1_000;
    await offering(dir, "ours", time);
    const bob = await Side.open(dir, "answer", time);
    const refused = await bob.nextText();
    expect(refused?.text).toBe("not for us");
    refused?.carried.onRefused?.();
    expect(await bob.next()).toBe("ours");
    const ben = await Side.open(dir, "answer", time);
    expect(await ben.next()).toBe("not for us");
  });

  test("the claim of one that has died is lifted", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    const ann = await offering(dir, "offer", time);
    const dead = await Side.open(dir, "answer", time);
    await dead.next();
    const bob = await Side.open(dir, "answer", time);
    expect(await bob.next()).toBeUndefined();
    await ann.next(61_000);
    expect(await bob.next()).toBe("offer");
  });

  test("the claim of one that is alive is made again", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    const ann = await offering(dir, "offer", time);
    const bob = await Side.open(dir, "answer", time);
    await bob.next();
    const claim = await nameOf(dir, "claim");
    await unlink(join(dir, claim));
    await bob.next();
    expect(await nameOf(dir, "claim")).toBe(claim);
    expect(ann.states).toEqual([]);
  });

  test("who offers and is gone holds nobody up for long", async () => {
    const dir = await makeTempFolder();
    const time: Time = { ms: 0 };
    await offering(dir, "of somebody dead", time);
    time.ms += 1_000;
    await offering(dir, "of somebody alive", time);
    const bob = await Side.open(dir, "answer", time);
    expect(await bob.next()).toBe("of somebody dead");
    expect(await bob.next(55_000)).toBeUndefined();
    expect(await bob.next(10_000)).toBe("of somebody alive");
    // It comes back later, and stays longer.
    expect(await bob.next(65_000)).toBe("of somebody dead");
    expect(await bob.next(115_000)).toBeUndefined();
    expect(await bob.next(10_000)).toBe("of somebody alive");
  });
});

describe("what else lies there", () => {
  test("is not touched", async () => {
    const dir = await makeTempFolder();
    const others = ["LocaltionJson.json", "notes.txt", `p2p-${"0".repeat(32)}-offer.json.txt`, ".p2p-lock"];
    for (const name of others) await writeFile(join(dir, name), "mine");
    const past = { createdAtMs: NOW_MS - 48 * HOUR_MS, expiresAtMs: NOW_MS - 24 * HOUR_MS };
    const entry = { slot: "1".repeat(32), by: "2".repeat(16), revision: 1, document: "x", ...past };
    // Its name is ours, but what it says is something else.
    await writeFile(join(dir, `p2p-${"3".repeat(32)}-offer.json`), encodeEntry({ kind: "offer", ...entry }));
    const before = (await readdir(dir)).toSorted();
    const ann = await offering(dir);
    await ann.next();
    await ann.close();
    expect((await readdir(dir)).toSorted()).toEqual(before);
    for (const name of others) expect(await readFile(join(dir, name), "utf8")).toBe("mine");
  });

  test("of ours that has expired by its own word goes, whatever has come of its name", async () => {
    const dir = await makeTempFolder();
    const slot = "1".repeat(32);
    const past = { createdAtMs: NOW_MS - 48 * HOUR_MS, expiresAtMs: NOW_MS - HOUR_MS };
    const entry = { slot, by: "2".repeat(16), revision: 1, document: "x", ...past };
    const offer = encodeEntry({ kind: "offer", ...entry });
    await writeFile(join(dir, entryName({ kind: "offer", slot })), offer);
    await writeFile(join(dir, `p2p-${slot}-offer (1).json`), offer);
    await writeFile(join(dir, ".p2p-0123456789abcdef.tmp"), offer);
    await writeFile(join(dir, entryName({ kind: "claim", slot })), "cut off");
    await writeFile(join(dir, ".p2p-0123456789abcde0.tmp"), "cut off");
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBeUndefined();
    expect(await readdir(dir)).toEqual([".p2p-0123456789abcde0.tmp"]);
  });

  test("and is expired by our clock alone is the last choice", async () => {
    const dir = await makeTempFolder();
    const slot = "1".repeat(32);
    const past = { createdAtMs: NOW_MS - HOUR_MS, expiresAtMs: NOW_MS - 60_000 };
    const entry = { kind: "offer", slot, by: "2".repeat(16), revision: 1, document: "stale", ...past } as const;
    await writeFile(join(dir, entryName({ kind: "offer", slot })), encodeEntry(entry));
    await offering(dir, "good");
    expect(await (await Side.open(dir, "answer")).next()).toBe("good");
    expect(await (await Side.open(dir, "answer")).next()).toBe("stale");
  });

  test("a copy of a sync service is neither an offer nor an answer, and goes with its owner", async () => {
    const dir = await makeTempFolder();
    const ann = await offering(dir);
    const offer = await nameOf(dir, "offer");
    await writeFile(
      join(dir, offer.replace(".json", " (Ann's conflicted copy 2026-03-01).json")),
      await readFile(join(dir, offer)),
    );
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBe("offer");
    expect(await (await Side.open(dir, "answer")).next()).toBeUndefined();
    await bob.publish("answer");
    const answer = await nameOf(dir, "answer");
    await writeFile(join(dir, answer.replace(".json", "-ANNS-PC.json")), await readFile(join(dir, answer)));
    expect(await ann.next()).toBe("answer");
    expect(await ann.next()).toBeUndefined();
    await ann.close();
    await bob.close();
    expect(await readdir(dir)).toEqual([]);
  });

  test("what has half arrived is waited for", async () => {
    const dir = await makeTempFolder();
    const elsewhere = await makeTempFolder();
    await offering(elsewhere);
    const name = await nameOf(elsewhere, "offer");
    const whole = await readFile(join(elsewhere, name));
    await writeFile(join(dir, name), whole.subarray(0, 100));
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBeUndefined();
    await writeFile(join(dir, name), whole);
    expect(await bob.next()).toBe("offer");
  });

  test.skipIf(process.platform === "win32")("links are not followed, and large files not read", async () => {
    const dir = await makeTempFolder();
    const elsewhere = await makeTempFolder();
    await offering(elsewhere);
    const name = await nameOf(elsewhere, "offer");
    await symlink(join(elsewhere, name), join(dir, name));
    await mkdir(join(dir, entryName({ kind: "offer", slot: "4".repeat(32) })));
    await writeFile(join(dir, entryName({ kind: "offer", slot: "5".repeat(32) })), Buffer.alloc(3 * 1_048_576, 0x20));
    const bob = await Side.open(dir, "answer");
    expect(await bob.next()).toBeUndefined();
    expect(await readdir(dir)).toHaveLength(3);
  });

  test("texts that are costly to open are opened at a bounded rate", async () => {
    const dir = await makeTempFolder();
    const ann = await Side.open(dir, "offer", { ms: 0 }, { costOf: () => 1 });
    await ann.publish("offer");
    const slot = (await nameOf(dir, "offer")).slice(4, 36);
    for (let at = 0; at < 20; at += 1) {
      const by = at.toString(16).padStart(16, "0");
      const entry = {
        kind: "answer",
        slot,
        by,
        revision: 1,
        createdAtMs: NOW_MS,
        expiresAtMs: NOW_MS + HOUR_MS,
      } as const;
      await writeFile(join(dir, entryName(entry)), encodeEntry({ ...entry, document: `answer ${at}` }));
    }
    let count = 0;
    while ((await ann.next(2_000)) !== undefined) count += 1;
    expect(count).toBe(8);
    expect(await ann.next(4_000)).toBeDefined();
  });
});

describe("a folder", () => {
  test.each([
    ["missing", "make it, or name another one with --via folder:DIR"],
    ["file", "name another one with --via folder:DIR"],
  ])("that is none is told before anything begins: %s", async (name, hint) => {
    const dir = await makeTempFolder();
    await writeFile(join(dir, "file"), "");
    await expect(SharedFolderCarrier.open(join(dir, name), { role: "offer" })).rejects.toMatchObject({
      code: "FOLDER_UNUSABLE",
      hint,
    });
  });

  test("that vanishes is told once, and comes back with our offer in it", async () => {
    const base = await makeTempFolder();
    const dir = join(base, "shared");
    await mkdir(dir);
    const ann = await offering(dir);
    await rm(dir, { recursive: true });
    expect(await ann.next(3_000)).toBeUndefined();
    expect(ann.troubles.map(({ code }) => code)).toEqual(["FOLDER_GONE"]);
    await mkdir(dir);
    expect(await ann.next(3_000)).toBeUndefined();
    expect([ann.troubles.length, ann.told]).toEqual([1, ["folder-back"]]);
    expect(await kindsIn(dir)).toEqual(["offer.json"]);
    expect(ann.states).toEqual(["waiting"]);
  });

  test("our entry that somebody removes is put there again", async () => {
    const dir = await makeTempFolder();
    const ann = await offering(dir);
    await unlink(join(dir, await nameOf(dir, "offer")));
    await ann.next(2_000);
    expect(await kindsIn(dir)).toEqual(["offer.json"]);
  });
});
