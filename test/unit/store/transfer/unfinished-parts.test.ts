// Parts that outlive a session: written down, found, locked by one, and what others planted left alone.
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainDisk } from "../../../../src/store/transfer/disk.ts";
import { nodeFileSystem } from "../../../../src/store/file-system.ts";
import {
  decodeFacts,
  encodeFacts,
  journalName,
  partLockName,
  partName,
} from "../../../../src/store/transfer/part-journal.ts";
import { discardUnfinished, listUnfinished } from "../../../../src/store/transfer/unfinished-list.ts";
import { newPartId } from "../../../../src/store/transfer/part-owner.ts";
import { UnfinishedParts } from "../../../../src/store/transfer/unfinished-parts.ts";

const disk = plainDisk(nodeFileSystem);
const FILE = { path: "d/照片.jpg", bytes: 1_000, mtimeUs: 5 };

let dir: string;
let stateDir: string;
let folder: string;

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), "p2p-parts-")));
  stateDir = join(dir, "state");
  folder = join(dir, "out");
  await mkdir(folder);
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** A part that another process left. */
async function leftPart(bytes = 400): Promise<{ folder: string; id: string }> {
  const place = UnfinishedParts.newPlace(folder);
  const parts = new UnfinishedParts(disk, { stateDir, from: "Ann" });
  await writeFile(join(folder, partName(place.id)), Buffer.alloc(bytes, 1), { mode: 0o600 });
  await parts.keep(place, FILE);
  await parts.release(place);
  return place;
}

describe("a journal", () => {
  it("has what the file was offered as, for its owner alone, and its part is found by it", async () => {
    const { id } = await leftPart();
    expect((await readdir(folder)).toSorted((a, b) => a.localeCompare(b))).toEqual([journalName(id), partName(id)]);
    expect((await lstat(join(folder, journalName(id)))).mode & 0o777).toBe(0o600);
    const [found] = (await new UnfinishedParts(disk).findIn(folder)).parts;
    expect(found).toMatchObject({
      place: { folder, id },
      facts: { ...FILE, from: "Ann" },
      part: { bytes: 400, names: 1 },
    });
  });

  it.each([
    ["nothing", ""],
    ["half of it", '{"version":1,"path":"f","by'],
    ["another version", '{"version":2,"path":"f","bytes":1,"mtimeUs":0,"from":"","createdMs":0}'],
    ["no path", '{"version":1,"path":"","bytes":1,"mtimeUs":0,"from":"","createdMs":0}'],
    ["a negative size", '{"version":1,"path":"f","bytes":-1,"mtimeUs":0,"from":"","createdMs":0}'],
    ["a size that is no integer", '{"version":1,"path":"f","bytes":1e300,"mtimeUs":0,"from":"","createdMs":0}'],
    ["a very long path", JSON.stringify({ version: 1, ...FILE, path: "x".repeat(5_000), from: "", createdMs: 0 })],
    ["a list", "[1]"],
    ["null", "null"],
  ])("with %s in it is none", async (_, text) => {
    const { id } = await leftPart();
    await writeFile(join(folder, journalName(id)), text);
    expect(await new UnfinishedParts(disk).findIn(folder)).toEqual({ parts: [], orphans: [] });
  });

  it("that is larger than any, a link, a folder or a second name of something is none", async () => {
    const { id } = await leftPart();
    const path = join(folder, journalName(id));
    const parts = new UnfinishedParts(disk);
    const text = await readFile(path, "utf8");
    await writeFile(path, text + " ".repeat(70_000));
    expect(await parts.findIn(folder)).toEqual({ parts: [], orphans: [] });
    await rm(path);
    await writeFile(join(dir, "elsewhere"), text);
    await symlink(join(dir, "elsewhere"), path);
    expect(await parts.findIn(folder)).toEqual({ parts: [], orphans: [] });
    await rm(path);
    await mkdir(path);
    expect(await parts.findIn(folder)).toEqual({ parts: [], orphans: [] });
  });
});

describe("a part", () => {
  const open = async (place: { folder: string; id: string }, before: () => Promise<void> = async () => {}) => {
    const parts = new UnfinishedParts(disk);
    const found = await parts.find(place);
    await before();
    const handle = found === undefined ? undefined : await parts.open(found);
    await handle?.close();
    return handle !== undefined;
  };

  it("is opened when it is what was found", async () => {
    expect(await open(await leftPart())).toBe(true);
  });

  it("that is read-only since a crash is opened all the same", async () => {
    const place = await leftPart();
    await chmod(join(folder, partName(place.id)), 0o400);
    expect(await open(place)).toBe(true);
  });

  it("is not opened when a link, another size or a file with two names has taken its place", async () => {
    await writeFile(join(dir, "victim"), Buffer.alloc(400));
    for (const plant of [
      async (path: string) => {
        await rm(path);
        await symlink(join(dir, "victim"), path);
      },
      async (path: string) => truncate(path, 300),
      async (path: string) => link(path, join(dir, `second-${Math.trunc((await lstat(path)).ino)}`)),
    ]) {
      const place = await leftPart();
      expect(await open(place, () => plant(join(folder, partName(place.id))))).toBe(false);
    }
  });

  it("that is a link is not found", async () => {
    const place = await leftPart();
    await rm(join(folder, partName(place.id)));
    await symlink(join(dir, "victim"), join(folder, partName(place.id)));
    await writeFile(join(dir, "victim"), Buffer.alloc(400));
    expect((await new UnfinishedParts(disk).find(place))?.part).toBeUndefined();
  });

  it("is locked by one at a time", async () => {
    const place = await leftPart();
    const [one, other] = [new UnfinishedParts(disk), new UnfinishedParts(disk)];
    expect(await one.lock(place)).toBe(true);
    expect(await other.lock(place)).toBe(false);
    expect(await listUnfinished(stateDir)).toMatchObject([{ state: "receiving" }]);
    await expect(discardUnfinished(stateDir, place.id)).rejects.toMatchObject({ code: "TRANSFER_IN_USE" });
    await one.release(place);
    expect(await other.lock(place)).toBe(true);
    await other.release(place);
  });

  it("whose holder was killed is free", async () => {
    const place = await leftPart();
    const gone = {
      pid: 2 ** 30,
      host: hostname(),
      command: "receive",
      birth: "",
      nonce: "0".repeat(16),
    };
    await writeFile(join(folder, partLockName(place.id)), JSON.stringify(gone));
    expect(await listUnfinished(stateDir)).toMatchObject([{ state: "ready" }]);
    expect(await new UnfinishedParts(disk).lock(place)).toBe(true);
  });
});

it("ids of one process differ from their first digits on", () => {
  const ids = Array.from({ length: 30 }, () => newPartId());
  // Of 16,777,216 values.
  expect(new Set(ids.map((id) => id.slice(0, 6))).size).toBeGreaterThan(28);
  expect(new Set(ids.map((id) => id.slice(0, 1))).size).toBeGreaterThan(1);
});

describe("what belongs to no journal", () => {
  it("is an orphan when the process that made it has ended, and only then", async () => {
    const parts = new UnfinishedParts(disk);
    const mine = partName(newPartId());
    // Of a process on this machine that is not there: its digits are the other way round.
    const id = newPartId();
    const ended = id.slice(0, 11) + (0xfffff - Number.parseInt(id.slice(11), 16)).toString(16).padStart(5, "0");
    const elsewhere = partName("0".repeat(16));
    const kept = await leftPart();
    for (const name of [mine, partName(ended), `${journalName(ended)}.tmp`, elsewhere])
      await writeFile(join(folder, name), "x");
    const { orphans } = await parts.findIn(folder);
    expect(new Set(orphans)).toEqual(new Set([partName(ended), `${journalName(ended)}.tmp`]));
    await parts.clean(folder, orphans);
    expect(new Set(await readdir(folder))).toEqual(new Set([mine, elsewhere, journalName(kept.id), partName(kept.id)]));
  });

  it("is left alone when it is no file of this user", async () => {
    await symlink(join(dir, "victim"), join(folder, "link"));
    await writeFile(join(dir, "victim"), "x");
    await new UnfinishedParts(disk).clean(folder, ["link", "nothing"]);
    expect(await readdir(folder)).toEqual(["link"]);
  });
});

describe("the list", () => {
  it("tells what there is, and what is gone without forgetting it", async () => {
    const here = await leftPart();
    const gone = await leftPart();
    await rm(join(folder, partName(gone.id)));
    const listed = await listUnfinished(stateDir);
    expect(listed.find(({ id }) => id === here.id)).toMatchObject({
      path: FILE.path,
      folder,
      bytes: 400,
      total: 1_000,
      from: "Ann",
      state: "ready",
      createdAt: expect.stringMatching(/Z$/),
    });
    expect(listed.find(({ id }) => id === gone.id)).toMatchObject({ bytes: 0, state: "part-gone" });
    await rm(folder, { recursive: true });
    expect((await listUnfinished(stateDir)).map(({ state }) => state)).toEqual(["folder-gone", "folder-gone"]);
  });

  it("is empty before anything was kept, and leaves out what is no entry", async () => {
    expect(await listUnfinished(stateDir)).toEqual([]);
    const index = join(stateDir, "transfers");
    await mkdir(index, { recursive: true });
    for (const [name, text] of [
      ["x.json", "{}"],
      [`${"0".repeat(16)}.json`, '{"folder":"relative","path":"f","bytes":1}'],
      [`${"1".repeat(16)}.json`, "nonsense"],
      [`${"2".repeat(16)}.json`, "null"],
    ] as const) {
      await writeFile(join(index, name), text);
    }
    expect(await listUnfinished(stateDir)).toEqual([]);
  });

  it("loses what is discarded, by as many digits as it takes", async () => {
    const { id } = await leftPart();
    await expect(discardUnfinished(stateDir, id.slice(0, 3))).rejects.toMatchObject({ code: "NO_SUCH_TRANSFER" });
    await expect(discardUnfinished(stateDir, "zzzz")).rejects.toMatchObject({ code: "NO_SUCH_TRANSFER" });
    expect(await discardUnfinished(stateDir, id.slice(0, 4))).toMatchObject({ id, path: FILE.path });
    expect(await readdir(folder)).toEqual([]);
    expect(await listUnfinished(stateDir)).toEqual([]);
  });
});

it("facts survive being written", () => {
  const facts = { ...FILE, from: "x\u202e\n", createdMs: 7 };
  expect(decodeFacts(encodeFacts(facts))).toEqual(facts);
});
