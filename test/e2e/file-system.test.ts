// What a file system holds besides plain files, between two real processes: what arrives is the truth about what
// was sent, and what cannot be sent is said while the rest goes on.
import {
  appendFile,
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
} from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { answer, carry, connect, exits, offer, OWN_FILE, PEER_FILE, people, until } from "../support/processes.ts";
import { randomFile, readTree, sha256Of, writeTree } from "../support/trees.ts";

const MIB = 1 << 20;

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

describe.concurrent("symbolic links", () => {
  test("that stay inside arrive as links; one that leads out is named, and ends with 8", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "lib/so.1.2": text("library"), "lib/deep/": "folder", "secret/key": text("k") });
    await symlink("so.1.2", join(ann.dir, "lib/so.1"));
    await symlink("so.1", join(ann.dir, "lib/so"));
    await symlink("../so", join(ann.dir, "lib/deep/up"));
    await symlink("gone", join(ann.dir, "lib/dangling"));
    await symlink("../secret/key", join(ann.dir, "lib/out"));
    await symlink("/etc/hostname", join(ann.dir, "lib/absolute"));
    const pair = await connect({ ann, bob }, ["--no-chat", "lib"], ["--no-chat", "-y", "-o", "in"]);
    expect(await exits(pair)).toEqual([8, 0]);
    const { out: _out, absolute: _absolute, ...sent } = await readTree(join(ann.dir, "lib"));
    expect(await readTree(join(bob.dir, "in/lib"))).toEqual(sent);
    expect(pair.ann.stderr).toContain("lib/out' is not sent: it is a link that leads out of the folder");
    expect(pair.ann.stderr).toContain("lib/absolute' is not sent: it is a link that leads out of the folder");
  });

  test("of the receiver's own are no way out for links that come", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "d/file": text("x") });
    await symlink("way/.ssh", join(ann.dir, "d/link"));
    await mkdir(join(bob.dir, "in/d"), { recursive: true });
    await symlink(bob.stateDir, join(bob.dir, "in/d/way"));
    const pair = await connect({ ann, bob }, ["--no-chat", "d"], ["--no-chat", "-y", "-o", "in"]);
    expect(await exits(pair)).toEqual([7, 8]);
    expect(Object.keys(await readTree(join(bob.dir, "in/d"))).toSorted()).toEqual(["file", "way"]);
    expect(pair.bob.stderr).toContain("the link ");
    expect(pair.bob.stderr).toContain("in/d/link' is not made: it would lead out of the folder that was sent");
  });

  test("given by name stand for what they lead to", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "real/file": text("x") });
    await symlink("real", join(ann.dir, "alias"));
    const pair = await connect({ ann, bob }, ["--no-chat", "alias"], ["--no-chat", "-y", "-o", "in"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect((await lstat(join(bob.dir, "in/alias"))).isDirectory()).toBe(true);
    expect(Object.keys(await readTree(join(bob.dir, "in"))).toSorted()).toEqual(["alias", "alias/file"]);
    expect(await readlink(join(ann.dir, "alias"))).toBe("real");
  });
});

describe.concurrent("files", () => {
  test("with two names are two files", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "d/one": text("same") });
    await link(join(ann.dir, "d/one"), join(ann.dir, "d/two"));
    const pair = await connect({ ann, bob }, ["--no-chat", "d"], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await readTree(join(bob.dir, "d"))).toEqual(await readTree(join(ann.dir, "d")));
    expect((await stat(join(bob.dir, "d/one"))).nlink).toBe(1);
  });

  test("with holes arrive with their bytes and without the room of the holes", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const path = join(ann.dir, "disk.img");
    const file = await open(path, "w");
    await file.write(Buffer.alloc(10_000, 7), 0, 10_000, 20 * MIB);
    await file.truncate(48 * MIB);
    await file.close();
    const pair = await connect({ ann, bob }, ["--no-chat", "disk.img"], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    const received = join(bob.dir, "disk.img");
    expect(await sha256Of(received)).toBe(await sha256Of(path));
    const { size, blocks } = await stat(received);
    expect(size).toBe(48 * MIB);
    expect(blocks * 512).toBeLessThan(MIB);
  });

  test("keep times of any year, their modes under the umask over there, and their folder's", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "t/1960": text("x"), "t/2446": text("y"), "t/zeros": new Uint8Array(3 * MIB) });
    for (const [path, seconds] of [
      ["t/1960", "-315619199.5"],
      ["t/2446", "15032385535"],
      ["t/zeros", "999999999.123456"],
      ["t", "-1.000001"],
    ] as const) {
      await utimes(join(ann.dir, path), seconds, seconds);
    }
    await chmod(join(ann.dir, "t/1960"), 0o4755);
    const pair = await connect({ ann, bob }, ["--no-chat", "t"], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    for (const path of ["t", "t/1960", "t/2446", "t/zeros"]) {
      const [sent, got] = await Promise.all([stat(join(ann.dir, path)), stat(join(bob.dir, path))]);
      expect([path, got.mtimeMs]).toEqual([path, sent.mtimeMs]);
      expect([path, got.mode & 0o7777]).toEqual([path, sent.mode & 0o777 & ~process.umask()]);
    }
    expect(pair.bob.stderr).not.toContain("does not keep");
  });

  test("sent again beside another file of their name are there already", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "a.tar.gz": text("new") });
    await writeTree(bob.dir, { "a.tar.gz": text("old") });
    for (let time = 0; time < 2; time += 1) {
      const pair = await connect({ ann, bob }, ["--no-chat", "a.tar.gz"], ["--no-chat", "-y", "--json"]);
      expect(await exits(pair)).toEqual([0, 0]);
      const path = join(bob.dir, "a (1).tar.gz");
      expect(pair.bob.eventsOf("file-done")).toMatchObject([time === 0 ? { path } : { path, skipped: true }]);
      for (const { dir } of [ann, bob]) for (const name of [OWN_FILE, PEER_FILE]) await rm(join(dir, name));
    }
    expect((await readdir(bob.dir)).filter((name) => name.startsWith("a"))).toEqual(["a (1).tar.gz", "a.tar.gz"]);
  });

  test("whose names differ only in how an accent is written stay two", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, {
      "d/caf\u00e9": text("composed"),
      "d/cafe\u0301": text("decomposed"),
      "d/CAF\u00c9": text("upper"),
    });
    const pair = await connect({ ann, bob }, ["--no-chat", "d"], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await readTree(join(bob.dir, "d"))).toEqual(await readTree(join(ann.dir, "d")));
    expect(await readdir(join(bob.dir, "d"))).toHaveLength(3);
  });

  test("that lie too deep over there are told, and the others arrive", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const segment = "d".repeat(100);
    // As long as a path of this system may be, for who has a short way to it.
    const depth = Math.floor((4_094 - join(ann.dir, "top").length - "/file".length) / (segment.length + 1));
    const deep = Array.from({ length: depth }, () => segment).join("/");
    await writeTree(ann.dir, { [`top/${deep}/file`]: text("deep"), "top/near": text("near") });
    const pair = await connect({ ann, bob }, ["--no-chat", "top"], ["--no-chat", "-y", "-o", "x".repeat(200)]);
    expect(await exits(pair)).toEqual([7, 8]);
    const [folder = ""] = await readdir(bob.dir).then((names) => names.filter((name) => name.startsWith("xxx")));
    const tree = await readTree(join(bob.dir, folder, "top")).catch(() => ({}));
    expect(
      Object.entries(tree)
        .filter(([, content]) => content !== "folder")
        .map(([path]) => path),
    ).toEqual(["near"]);
    expect(pair.bob.stderr).toContain("ENAMETOOLONG");
  });

  test("and folders that cannot be read are told, the others arrive, and it ends with 8", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, {
      "d/closed": text("x"),
      "d/open": text("o"),
      "d/locked/in": text("i"),
      "d/z": text("z"),
    });
    await chmod(join(ann.dir, "d/closed"), 0o000);
    await chmod(join(ann.dir, "d/locked"), 0o000);
    t.onTestFinished(() => chmod(join(ann.dir, "d/locked"), 0o700));
    const pair = await connect({ ann, bob }, ["--no-chat", "d"], ["--no-chat", "-y"], { ann: { isOrdinary: true } });
    expect(await exits(pair)).toEqual([8, 4]);
    expect(Object.keys(await readTree(join(bob.dir, "d"))).toSorted()).toEqual(["locked", "open", "z"]);
    expect(pair.ann.stderr).toContain("d/closed': EACCES");
    expect(pair.ann.stderr).toContain("d/locked': EACCES");
    expect(pair.bob.stderr).toContain("could not send 'd/closed': it cannot be read there");
  });

  test("that grow, shrink and vanish on the way are told, and the others arrive", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const inAnn = (name: string): string => join(ann.dir, "d", name);
    await mkdir(join(ann.dir, "d"));
    await randomFile(inAnn("0-grows"), 8 * MIB);
    await randomFile(inAnn("1-shrinks"), 4 * MIB);
    await writeTree(ann.dir, {
      "d/2-grows": text("2"),
      "d/3-shrinks": text("33"),
      "d/4-vanishes": text("4"),
      "d/5-stays": text("5"),
    });
    const pair = await connect(
      { ann, bob },
      ["--no-chat", "--json", "--limit", "4MB/s", "d"],
      ["--no-chat", "--json", "-y"],
    );
    // The first is being sent, the others are not even read: no more than 2 MiB are read ahead.
    await pair.bob.event("progress", ({ bytes }) => bytes > 0);
    await appendFile(inAnn("0-grows"), "more");
    await truncate(inAnn("1-shrinks"), MIB);
    await appendFile(inAnn("2-grows"), "more");
    await truncate(inAnn("3-shrinks"), 0);
    await rm(inAnn("4-vanishes"));
    expect(await exits(pair)).toEqual([8, 4]);
    const told = pair.ann.eventsOf("error").map(({ code, message }) => `${code} ${message.match(/\d-\w+/)?.[0]}`);
    expect(told.toSorted()).toEqual([
      "SOURCE_CHANGED 0-grows",
      "SOURCE_CHANGED 1-shrinks",
      "SOURCE_CHANGED 2-grows",
      "SOURCE_CHANGED 3-shrinks",
      "SOURCE_CHANGED 4-vanishes",
    ]);
    expect(pair.bob.eventsOf("error").map(({ code }) => code)).toEqual(
      Array.from({ length: 5 }, () => "PEER_CANNOT_SEND"),
    );
    // What came of those that changed may be kept for another time, hidden.
    const names = await readdir(join(bob.dir, "d"));
    expect(names.filter((name) => !name.startsWith(".p2p-"))).toEqual(["5-stays"]);
    expect(pair.bob.eventsOf("transfer-done")).toMatchObject([{ files: 1, bytes: 1 }]);
  });
});

test("an output folder that cannot be written is told before anything is carried", async (t) => {
  const { bob } = await people(t, "bob");
  await mkdir(join(bob.dir, "in"));
  await chmod(join(bob.dir, "in"), 0o555);
  const refused = answer(bob, ["--no-chat", "-y", "-o", "in"], { isOrdinary: true });
  expect(await refused.exit()).toBe(8);
  expect(refused.stderr).toContain("cannot receive into in: you may not write there (OUTPUT_UNUSABLE)");
  expect(await readdir(bob.dir)).toEqual(["in"]);
});

test("one that gets another name on the way ends the transfer then, and the files are unfinished on both sides", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  await randomFile(join(ann.dir, "big.bin"), 24 * MIB);
  await mkdir(join(bob.dir, "in"));
  const args = ["--no-chat", "--json", "-y", "-o", "in"];
  const pair = await connect({ ann, bob }, ["--no-chat", "--json", "--limit", "4MB/s", "big.bin"], args);
  await pair.bob.event("progress", ({ bytes }) => bytes > 0);
  await rename(join(bob.dir, "in"), join(bob.dir, "moved"));
  expect(await exits(pair)).toEqual([7, 8]);
  expect(pair.bob.eventsOf("error")).toMatchObject([{ code: "OUTPUT_GONE" }]);
  expect(pair.ann.eventsOf("error")).toMatchObject([{ code: "PEER_CANNOT_STORE" }]);
  // The rest does not travel for nothing.
  expect(pair.bob.eventsOf("progress").at(-1)?.bytes).toBeLessThan(24 * MIB);
});

test("one that cannot be written any more is told before the first byte", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  await writeTree(ann.dir, { file: text("x") });
  await mkdir(join(bob.dir, "in"));
  const pair = {
    ann: offer(ann, ["--no-chat", "file"]),
    bob: answer(bob, ["--no-chat", "-y", "-o", "in"], { isOrdinary: true }),
  };
  await carry(ann, bob);
  await until(() => existsSync(join(bob.dir, OWN_FILE)), "Bob has found that he can receive");
  await chmod(join(bob.dir, "in"), 0o555);
  await carry(bob, ann);
  expect(await exits(pair)).toEqual([7, 8]);
  expect(await readdir(join(bob.dir, "in"))).toEqual([]);
  expect(pair.bob.stderr).toContain("EACCES");
  expect(pair.bob.stderr).toContain("(WRITE_FAILED)");
  expect(pair.ann.stderr).toContain("(PEER_CANNOT_STORE)");
});
