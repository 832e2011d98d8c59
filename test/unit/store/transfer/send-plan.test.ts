import { execFileSync } from "node:child_process";
import { chmod, mkdir, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import { FileSource } from "../../../../src/store/transfer/file-source.ts";
import { planSend } from "../../../../src/store/transfer/send-plan.ts";
import { systemError } from "../../../support/fake-disk.ts";
import { makeTempDir, removeTempDir } from "../../../support/transfer-pair.ts";
import { writeTree } from "../../../support/trees.ts";

let dir: string;

beforeEach(async () => {
  dir = await makeTempDir();
});

afterEach(async () => {
  await removeTempDir(dir);
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof P2pError) return error.code;
    throw error;
  }
  return "none";
}

function problemsOf(plan: { problems: readonly P2pError[] }): string[] {
  return plan.problems.map((problem) => problem.message);
}

/** A folder of a disk that nobody has: so many files, all of them like this. */
function folderOf(count: number, nameOf: (at: number) => string, file: { size: number }): FileSystem {
  const isFolder = (path: string) => path.endsWith("/t");
  const stats = (path: string) => ({
    isFile: () => !isFolder(path),
    isDirectory: () => isFolder(path),
    isSymbolicLink: () => false,
    mode: 0o755,
    mtimeMs: 0,
    ...file,
  });
  const children = Array.from({ length: count }, (_, at) => nameOf(at));
  const port = {
    stat: async (path: string) => stats(path),
    lstat: async (path: string) => stats(path),
    access: async () => {},
    readdir: async () => children,
    open: async () => ({ fd: 0, read: async () => ({ bytesRead: 0 }), close: async () => {} }),
    pathOfOpen: () => undefined,
  };
  return port as unknown as FileSystem;
}

describe("more than a transfer holds is told before anything is offered", () => {
  it.each<[string, FileSystem, string]>([
    ["files", folderOf(250_000, String, { size: 0 }), "more than 250000 files and folders in one transfer"],
    [
      "bytes of paths",
      folderOf(8_500, (at) => String(at).padEnd(4_000, "n"), { size: 0 }),
      "paths of more than 32 MiB in one transfer",
    ],
    ["bytes", folderOf(3, String, { size: 2 ** 52 }), "'/t/1' is not sent: with it the transfer is larger than 8 PiB"],
  ])("%s", async (_, fileSystem, message) => {
    await expect(planSend(["/t"], fileSystem)).rejects.toThrow(message);
  });

  it("a folder may have more folders than a call can have arguments", async () => {
    const fileSystem = folderOf(150_000, String, { size: 0 });
    const isFolder = { isFile: () => false, isDirectory: () => true };
    const lstat = async (path: string) => Object.assign(await fileSystem.lstat(path), isFolder);
    const readdir = async (path: string) => (path === "/t" ? fileSystem.readdir(path) : []);
    const plan = await planSend(["/t"], { ...fileSystem, lstat, readdir });
    expect(plan.manifest.entries).toHaveLength(150_001);
  });

  it("times that no transfer can tell are told as near as can be", async () => {
    const file = { size: 0, mtimeMs: 1e18 };
    const plan = await planSend(["/t"], folderOf(1, String, file));
    expect(plan.manifest.entries.map(({ mtimeUs }) => mtimeUs)).toContain(253_402_300_799_999_968);
  });
});

describe("the manifest", () => {
  it("lists files and folders in a fixed order, each folder before what is in it", async () => {
    await writeTree(dir, {
      "t/b/2": Buffer.from("22"),
      "t/a/": "folder",
      "t/b/1": Buffer.from("1"),
      "t/Z": Buffer.from(""),
      "t/é": Buffer.from("e"),
      f: Buffer.from("file"),
    });
    const plan = await planSend([join(dir, "t"), join(dir, "f")]);
    expect(plan.manifest.entries.map(({ path, type, bytes }) => [path, type, bytes])).toEqual([
      ["t", "directory", 0],
      ["t/Z", "file", 0],
      ["t/é", "file", 1],
      ["t/a", "directory", 0],
      ["t/b", "directory", 0],
      ["t/b/1", "file", 1],
      ["t/b/2", "file", 2],
      ["f", "file", 4],
    ]);
    expect(plan.manifest).toMatchObject({ files: 5, bytes: 8 });
    expect(plan.names).toEqual(["t", "f"]);
    expect(plan.localPath(5)).toBe(join(dir, "t/b/1"));
    expect(plan.problems).toEqual([]);
  });

  it("has permission bits and times in microseconds", async () => {
    const path = join(dir, "f");
    await writeFile(path, "x");
    await chmod(path, 0o4751);
    await utimes(path, 1_600_000_000.25, 1_600_000_000.25);
    const plan = await planSend([path]);
    expect(plan.manifest.entries).toEqual([
      { type: "file", path: "f", bytes: 1, mode: 0o751, mtimeUs: 1_600_000_000_250_000 },
    ]);
  });

  it("follows a link that was given, under its own name", async () => {
    await writeFile(join(dir, "target"), "12345");
    await symlink("target", join(dir, "link"));
    const plan = await planSend([join(dir, "link")]);
    expect(plan.manifest.entries).toMatchObject([{ path: "link", bytes: 5 }]);
    expect(plan.localPath(0)).toBe(join(dir, "link"));
  });

  it("has links that stay inside, as they are and behind all else", async () => {
    await writeTree(dir, { "t/d/file": Buffer.from("x"), "t/z": Buffer.from("z"), f: Buffer.from("f") });
    await symlink("../z", join(dir, "t/d/up"));
    await symlink("./d//file", join(dir, "t/down"));
    await symlink("not-there", join(dir, "t/dangling"));
    const plan = await planSend([join(dir, "t"), join(dir, "f")]);
    expect(plan.problems).toEqual([]);
    expect(plan.manifest).toMatchObject({ files: 3, bytes: 3 });
    expect(plan.manifest.entries.slice(-4)).toMatchObject([
      { type: "file", path: "f" },
      { type: "symlink", path: "t/dangling", target: "not-there", bytes: 0 },
      { type: "symlink", path: "t/down", target: "./d//file" },
      { type: "symlink", path: "t/d/up", target: "../z" },
    ]);
  });

  it("has what is not UTF-8 last, behind the links: not every peer takes it", async () => {
    await writeTree(dir, { "t/z": Buffer.from("z") });
    await symlink(Buffer.of(0x61, 0xff), join(dir, "t/b"));
    await symlink("z", join(dir, "t/a"));
    for (const byte of [0xe9, 0xe8]) {
      await writeFile(Buffer.concat([Buffer.from(`${dir}/t/caf`), Buffer.of(byte)]), String(byte));
    }
    const plan = await planSend([join(dir, "t")]);
    expect(plan.problems).toEqual([]);
    expect(plan.manifest.entries.map(({ path, target }) => [path, target])).toEqual([
      ["t", undefined],
      ["t/z", undefined],
      ["t/a", "z"],
      ["t/caf\udce8", undefined],
      ["t/caf\udce9", undefined],
      ["t/b", "a\udcff"],
    ]);
    const source = new FileSource(plan);
    const read = await source.read(4, 0, 3);
    expect(read.ok && Buffer.from(read.chunk).toString()).toBe("233");
    await source.close();
  });

  it("takes a path that is not UTF-8 itself", async () => {
    await writeFile(Buffer.concat([Buffer.from(`${dir}/caf`), Buffer.of(0xe9)]), "x");
    const plan = await planSend([join(dir, "caf\udce9")]);
    expect(plan.manifest.entries).toMatchObject([{ path: "caf\udce9", bytes: 1 }]);
    await expect(planSend([join(dir, "caf\udce8")])).rejects.toMatchObject({
      code: "PATH_MISSING",
      message: `cannot send '${dir}/caf\\xe8': it does not exist`,
    });
  });

  it("says of a path that was cut to UTF-8 before it came what is true", async () => {
    await expect(planSend([join(dir, "caf\ufffd")])).rejects.toMatchObject({
      message: `cannot send '${dir}/caf\ufffd': its name is not UTF-8, and cannot be given here`,
      hint: "send the folder that it is in, or rename it",
    });
  });

  it("names `.` and `..` by their real names", async () => {
    await mkdir(join(dir, "inner"));
    const dotted = await planSend([`${dir}/inner/.`]);
    expect(dotted.names).toEqual(["inner"]);
    const up = await planSend([`${dir}/inner/../inner/`]);
    expect(up.names).toEqual(["inner"]);
  });

  it("leaves out unfinished receptions", async () => {
    await writeTree(dir, { "t/.p2p-0123456789abcdef.part": Buffer.from("x"), "t/kept": Buffer.from("y") });
    const plan = await planSend([join(dir, "t")]);
    expect(plan.manifest.entries.map(({ path }) => path)).toEqual(["t", "t/kept"]);
    expect(plan.problems).toEqual([]);
  });
});

describe("a path that cannot be sent", () => {
  it("is refused before anything is read", async () => {
    await writeTree(dir, { "one/x": Buffer.from("x"), "two/x": Buffer.from("y") });
    expect(await codeOf(planSend([join(dir, "missing")]))).toBe("PATH_MISSING");
    expect(await codeOf(planSend([""]))).toBe("PATH_MISSING");
    expect(await codeOf(planSend([join(dir, "one/x/below")]))).toBe("PATH_MISSING");
    expect(await codeOf(planSend([join(dir, "one/x"), join(dir, "two/x")]))).toBe("PATH_DUPLICATE");
    expect(await codeOf(planSend(["/dev/null"]))).toBe("PATH_NOT_SENT");
  });

  it("is named as it was given", async () => {
    await expect(planSend(["no/such/file"])).rejects.toThrow("cannot send 'no/such/file': it does not exist");
  });

  it("is unreadable where the system says so", async () => {
    await writeFile(join(dir, "f"), "x");
    const fs: FileSystem = { ...nodeFileSystem, access: () => Promise.reject(systemError("EACCES")) };
    expect(await codeOf(planSend([join(dir, "f")], fs))).toBe("PATH_UNREADABLE");
  });
});

describe("what is in a folder and cannot be sent", () => {
  it("devices and links that lead out are told, the rest stays", async () => {
    await writeTree(dir, { "t/file": Buffer.from("x") });
    await symlink("/etc", join(dir, "t/absolute"));
    await symlink("../elsewhere", join(dir, "t/beside"));
    await symlink("file/../..", join(dir, "t/devious"));
    execFileSync("mkfifo", [join(dir, "t/pipe")]);
    const plan = await planSend([join(dir, "t")]);
    expect(plan.manifest.entries.map(({ path }) => path)).toEqual(["t", "t/file"]);
    expect(problemsOf(plan)).toEqual([
      `'${dir}/t/pipe' is not sent: it is neither a file nor a folder`,
      `'${dir}/t/absolute' is not sent: it is a link that leads out of the folder`,
      `'${dir}/t/beside' is not sent: it is a link that leads out of the folder`,
      `'${dir}/t/devious' is not sent: it is a link that leads out of the folder`,
    ]);
  });

  it("an unreadable folder is told, and stands in the manifest as an empty one", async () => {
    await writeTree(dir, { "t/closed/x": Buffer.from("x"), "t/open": Buffer.from("y") });
    const unlessClosed = async (path: string): Promise<void> => {
      if (path.endsWith("closed")) throw systemError("EACCES");
    };
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      open: (path, flags, mode) => unlessClosed(path).then(() => nodeFileSystem.open(path, flags, mode)),
      readdir: (path) => unlessClosed(path).then(() => nodeFileSystem.readdir(path)),
    };
    const plan = await planSend([join(dir, "t")], fileSystem);
    expect(plan.manifest.entries.map(({ path }) => path)).toEqual(["t", "t/open", "t/closed"]);
    expect(plan.problems.map(({ code }) => code)).toEqual(["PATH_UNREADABLE"]);
  });

  it("a file of p2p itself is left out and counted, and a name that only looks like one is sent", async () => {
    const part = ".p2p-0123456789abcdef";
    await writeTree(dir, {
      [`t/${part}.part`]: Buffer.from("p"),
      [`t/${part}.journal`]: Buffer.from("j"),
      "t/.p2p-lock": Buffer.from("l"),
      "t/LocaltionJson.json": Buffer.from("o"),
      "t/in/LocaltionJson.json": Buffer.from("another"),
      "t/.p2p-notes.part": Buffer.from("n"),
    });
    await symlink("t", join(dir, "way"));
    const plan = await planSend([join(dir, "t")], undefined, [join(dir, "way/LocaltionJson.json"), "-"]);
    expect(plan.problems).toEqual([]);
    expect(plan.leftOut.count).toBe(4);
    expect(plan.leftOut.told.map(({ path, why }) => `${path} ${why}`).toSorted()).toEqual([
      `t/${part}.journal own`,
      `t/${part}.part own`,
      "t/.p2p-lock own",
      "t/LocaltionJson.json own",
    ]);
    expect(plan.manifest.entries.map(({ path }) => path)).toEqual([
      "t",
      "t/.p2p-notes.part",
      "t/in",
      "t/in/LocaltionJson.json",
    ]);
  });

  it("a file that tells a page and has less is told, as PATH and in a folder, one that has a page is sent", async () => {
    await writeTree(dir, {
      "t/address": Buffer.from("00:00"),
      "t/page": Buffer.alloc(4096),
      "t/other": Buffer.from("x"),
    });
    const paged = <T extends { size: number }>(stats: T): T => Object.assign(stats, { size: 4096 });
    const isOf = (path: string): boolean => path.endsWith("address");
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      lstat: async (path) => (isOf(path) ? paged(await nodeFileSystem.lstat(path)) : await nodeFileSystem.lstat(path)),
      stat: async (path) => (isOf(path) ? paged(await nodeFileSystem.stat(path)) : await nodeFileSystem.stat(path)),
      fstatSync: (fd) => paged(nodeFileSystem.fstatSync(fd)),
    };
    const plan = await planSend([join(dir, "t")], fileSystem);
    expect(plan.manifest.entries.map(({ path }) => path)).toEqual(["t", "t/other", "t/page"]);
    expect(plan.problems).toMatchObject([{ code: "PATH_NOT_SENT", params: { kind: "endless" } }]);
    expect(await codeOf(planSend([join(dir, "t/address")], fileSystem))).toBe("PATH_NOT_SENT");
    expect((await planSend([join(dir, "t/other")])).manifest.files).toBe(1);
  });

  it("a file that tells no size and has content is told, an empty one is sent", async () => {
    await writeTree(dir, { "t/empty": Buffer.alloc(0), "t/version": Buffer.from("Linux"), "t/kmsg": Buffer.from("k") });
    const isOf = (path: string): boolean => path.endsWith("version") || path.endsWith("kmsg");
    const untold = <T extends { size: number }>(stats: T): T => Object.assign(stats, { size: 0 });
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      lstat: async (path) => (isOf(path) ? untold(await nodeFileSystem.lstat(path)) : await nodeFileSystem.lstat(path)),
      stat: async (path) => (isOf(path) ? untold(await nodeFileSystem.stat(path)) : await nodeFileSystem.stat(path)),
      fstatSync: (fd) => untold(nodeFileSystem.fstatSync(fd)),
      open: async (path, flags) => {
        const handle = await nodeFileSystem.open(path, flags);
        if (path.endsWith("kmsg")) handle.read = () => Promise.reject(systemError("EAGAIN"));
        return handle;
      },
    };
    const plan = await planSend([join(dir, "t")], fileSystem);
    expect(plan.manifest.entries.map(({ path }) => path)).toEqual(["t", "t/empty"]);
    expect(plan.problems.map(({ message }) => message)).toEqual([
      `'${dir}/t/kmsg' is not sent: its size is not known before it is read`,
      `'${dir}/t/version' is not sent: its size is not known before it is read`,
    ]);
    await expect(planSend([join(dir, "t/version")], fileSystem)).rejects.toMatchObject({
      code: "PATH_NOT_SENT",
      hint: "copy it, and send the copy; or send it through stdin: p2p offer - < FILE",
    });
  });

  it("a tree deeper than a path may be is told at its end", async () => {
    let deep = join(dir, "t");
    await mkdir(deep);
    for (let depth = 0; depth < 256; depth += 1) {
      deep = join(deep, "d");
      await mkdir(deep);
    }
    const plan = await planSend([join(dir, "t")]);
    expect(plan.manifest.entries).toHaveLength(256);
    expect(plan.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ is not sent: it lies too many folders deep$/),
    ]);
    expect(plan.leftOut).toMatchObject({ count: 1, told: [{ why: "path" }] });
  });
});

describe("a folder that somebody swaps for a link while it is planned", () => {
  it.each(["open", "readdir"] as const)("does not have the names of another one told, before %s", async (call) => {
    await writeTree(dir, { "t/sub/own": Buffer.from("1"), "secret/diary": Buffer.from("2") });
    const sub = join(dir, "t/sub");
    let swaps = 0;
    const swapBefore = async (path: string): Promise<void> => {
      if (path !== sub || swaps > 0) return;
      swaps += 1;
      await rename(sub, join(dir, "away"));
      await symlink(join(dir, "secret"), sub);
    };
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      open: async (path, flags, mode) => {
        if (call === "open") await swapBefore(path);
        return await nodeFileSystem.open(path, flags, mode);
      },
      readdir: async (path) => {
        await swapBefore(path);
        return await nodeFileSystem.readdir(path);
      },
    };
    const plan = await planSend([join(dir, "t")], fileSystem);
    expect(plan.manifest.entries.map(({ path }) => path)).not.toContain("t/sub/diary");
    if (call === "open") expect([swaps, plan.problems.map(({ code }) => code)]).toEqual([1, ["SOURCE_CHANGED"]]);
  });
});
