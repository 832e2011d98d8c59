// Files whose names are not UTF-8, from one Linux side to another: every way that a file can go keeps their bytes.
import { mkdir, readdir, readFile, readlink, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { discardUnfinished, listUnfinished } from "../../../../src/store/transfer/unfinished-list.ts";
import { withRoomFor } from "../../../support/fake-disk.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";
import { makeTempDir, removeTempDir, type SideOptions, TransferSide } from "../../../support/transfer-pair.ts";

let ann: string;
let bob: string;

beforeEach(async () => {
  ann = await makeTempDir();
  bob = await makeTempDir();
});

afterEach(async () => {
  await removeTempDir(ann);
  await removeTempDir(bob);
});

/** A path with one character for each byte. */
const at = (...parts: string[]): Buffer =>
  Buffer.concat(parts.map((part, index) => Buffer.from((index === 0 ? "" : "/") + part, "latin1")));

/** Sends once between the two folders. @returns what the two sides said */
async function send(path: string, options: SideOptions = {}): Promise<{ a: TransferSide; b: TransferSide }> {
  const [forA, forB] = MemoryChannel.pair();
  const [a, b] = [new TransferSide(forA, ann), new TransferSide(forB, bob, options)];
  await a.send(path);
  await b.untilIdle();
  await a.session.close("ended");
  await b.session.close("ended");
  return { a, b };
}

const namesIn = async (folder: Buffer): Promise<string[]> =>
  (await readdir(folder, { encoding: "buffer" })).map((name) => name.toString("latin1")).toSorted();

async function writeOddTree(): Promise<void> {
  await mkdir(at(ann, "t"));
  await mkdir(at(ann, "t", "d\xff"));
  await writeFile(at(ann, "t", "d\xff", "caf\xe9"), "e acute");
  await writeFile(at(ann, "t", "d\xff", "caf\xe8"), "e grave");
  await symlink(at("caf\xe9"), at(ann, "t", "d\xff", "l\xfe"));
}

it("arrive under their bytes, with the folders and links above and to them", async () => {
  await writeOddTree();
  const { a, b } = await send("t");
  expect([...a.errorCodes, ...b.errorCodes]).toEqual([]);
  expect(await namesIn(at(bob, "in", "t"))).toEqual(["d\xff"]);
  expect(await namesIn(at(bob, "in", "t", "d\xff"))).toEqual(["caf\xe8", "caf\xe9", "l\xfe"]);
  expect(await readFile(at(bob, "in", "t", "d\xff", "caf\xe9"), "utf8")).toBe("e acute");
  expect(await readlink(at(bob, "in", "t", "d\xff", "l\xfe"), { encoding: "buffer" })).toEqual(at("caf\xe9"));
  const [grave, acute] = b.of("file-done");
  expect(acute).toMatchObject({
    path: `${bob}/in/t/d\\xff/caf\\xe9`,
    pathHex: at(bob, "in", "t", "d\xff", "caf\xe9").toString("hex"),
  });
  expect(grave?.path).toBe(`${bob}/in/t/d\\xff/caf\\xe8`);
  expect(a.of("file-done")[1]).toMatchObject({ path: `${ann}/t/d\\xff/caf\\xe9` });
  expect(b.of("incoming")[0]?.entries.map(({ path }) => path)).toContain("t/d\\xff/caf\\xe9");
});

it("are known when they come again, and numbered when others lie there", async () => {
  await writeOddTree();
  await send("t");
  const { b } = await send("t");
  expect(b.of("file-done").map(({ skipped }) => skipped)).toEqual([true, true]);
  await writeFile(at(ann, "t", "d\xff", "caf\xe9"), "another");
  await send("t");
  expect(await namesIn(at(bob, "in", "t", "d\xff"))).toEqual(["caf\xe8", "caf\xe9", "caf\xe9 (1)", "l\xfe"]);
});

it("go on where they were interrupted, are listed and can be discarded", async () => {
  await mkdir(at(ann, "d\xff"));
  await writeFile(at(ann, "d\xff", "big\xe9"), Buffer.alloc(3_000_000, "b"));
  const stateDir = join(bob, "state");
  const keep = { stateDir };
  const first = await send("d\udcff", { fileSystem: withRoomFor(2_000_000), keep });
  expect(first.b.errorCodes).toEqual(["DISK_FULL"]);
  const [unfinished] = await listUnfinished(stateDir);
  expect(unfinished).toMatchObject({ path: "d\\xff/big\\xe9", folder: `${bob}/in/d\\xff`, state: "ready" });
  const second = await send("d\udcff", { keep });
  expect(second.b.of("incoming")[0]?.resumable).toMatchObject([{ path: "d\\xff/big\\xe9" }]);
  expect(second.b.of("accepted")[0]?.resumedFrom).toBeGreaterThan(0);
  expect(await namesIn(at(bob, "in", "d\xff"))).toEqual(["big\xe9"]);

  await rename(at(bob, "in", "d\xff", "big\xe9"), at(bob, "away"));
  await send("d\udcff", { fileSystem: withRoomFor(2_000_000), keep });
  const [again] = await listUnfinished(stateDir);
  await discardUnfinished(stateDir, again?.id ?? "");
  expect(await namesIn(at(bob, "in", "d\xff"))).toEqual([]);
});

it("a file of p2p itself in a folder is told to both sides, and is no failure", async () => {
  const part = ".p2p-0123456789abcdef.part";
  await mkdir(at(ann, "t"));
  await writeFile(join(ann, "t", part), "part");
  await writeFile(join(ann, "t", "f"), "f");
  const { a, b } = await send("t");
  const leftOut = { event: "left-out", count: 1, entries: [{ path: `t/${part}`, why: "own" }] };
  expect(a.of("left-out")).toEqual([{ ...leftOut, transfer: "s1", direction: "send" }]);
  expect(b.of("left-out")).toEqual([{ ...leftOut, transfer: "r1", direction: "receive" }]);
  expect([a.session.exit, b.session.exit, ...a.errorCodes, ...b.errorCodes]).toEqual([0, 0]);
  expect(b.events[0]?.event).toBe("left-out");
});

it("a name that is kept for p2p's own files is told to both sides before the transfer, and what it becomes", async () => {
  await mkdir(at(ann, "t"));
  await mkdir(at(ann, "t", ".p2p-d"));
  for (const name of [".p2p-notes.txt", "a\\b", "f", ".p2p-d/inside"]) await writeFile(at(ann, "t", name), name);
  const { a, b } = await send("t");
  const entries = [
    { path: "t/.p2p-d", as: "t/_.p2p-d" },
    { path: "t/.p2p-notes.txt", as: "t/_.p2p-notes.txt" },
    { path: "t/a\\b", as: "t/a_b" },
  ];
  for (const [side, expected] of [
    [a, { transfer: "s1", direction: "send" }],
    [b, { transfer: "r1", direction: "receive" }],
  ] as const) {
    const [told, ...more] = side.of("renamed");
    expect(more).toEqual([]);
    expect(told).toMatchObject({ event: "renamed", count: 3, ...expected });
    expect(told?.entries.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual(entries);
  }
  expect(a.events.map(({ event }) => event).slice(0, 2)).toEqual(["renamed", "offered"]);
  expect(b.events.map(({ event }) => event).slice(0, 2)).toEqual(["renamed", "incoming"]);
  expect(await namesIn(at(bob, "in", "t"))).toEqual(["_.p2p-d", "_.p2p-notes.txt", "a_b", "f"]);
});
