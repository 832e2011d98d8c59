// Paths as bytes, and the errors of the system.
import { lstat, mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { decodeName } from "../../../src/lib/byte-names.ts";
import {
  absolutePath,
  errnoOf,
  isSameFile,
  nodeFileSystem,
  systemReason,
  waitingForHolders,
} from "../../../src/store/file-system.ts";
import { systemError } from "../../support/fake-disk.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

/** "a", a byte that is no UTF-8, "b". */
const ODD_NAME = decodeName(Uint8Array.of(0x61, 0xff, 0x62));

test("names of any bytes go through the disk and come back", async () => {
  const dir = await makeTempFolder();
  const odd = join(dir, ODD_NAME);
  await nodeFileSystem.mkdir(odd, {});
  expect(await readdir(dir, { encoding: "buffer" })).toEqual([Buffer.from([0x61, 0xff, 0x62])]);
  expect(await nodeFileSystem.readdir(dir)).toEqual([ODD_NAME]);
  expect(await nodeFileSystem.realpath(odd)).toBe(odd);
  await nodeFileSystem.symlink(ODD_NAME, join(dir, "link"));
  expect(await nodeFileSystem.readlink(join(dir, "link"))).toBe(ODD_NAME);
  expect(await nodeFileSystem.realpath(join(dir, "link"))).toBe(odd);
  await nodeFileSystem.access(odd, 0);
  await expect(nodeFileSystem.access(`${odd}c`, 0)).rejects.toMatchObject({ code: "ENOENT" });
});

test("the character that stands for such bytes may be part of a name", async () => {
  const dir = await makeTempFolder();
  await mkdir(join(dir, "\ufffd"));
  await symlink("\ufffd", join(dir, "link"));
  expect((await nodeFileSystem.readdir(dir)).toSorted()).toEqual(["link", "\ufffd"]);
  expect(await nodeFileSystem.readlink(join(dir, "link"))).toBe("\ufffd");
  expect((await lstat(await nodeFileSystem.realpath(join(dir, "link")))).isDirectory()).toBe(true);
});

test("a path is absolute whatever the working directory is called", () => {
  const cwd = process.cwd();
  expect(absolutePath("x/../y")).toBe(join(cwd, "y"));
  if (process.platform !== "linux") return;
  vi.spyOn(process, "cwd").mockReturnValue("/somewhere/\ufffd");
  expect(absolutePath("x/../y")).toBe(join(cwd, "y"));
  expect(absolutePath("/x/../y")).toBe("/y");
});

test("new files have the permissions that this process leaves them", () => {
  expect(nodeFileSystem.umask()).toBe(process.umask());
});

test("only an error of the system has a code of the system", () => {
  expect(errnoOf(Object.assign(new Error("x"), { code: "EIO" }))).toBe("EIO");
  for (const other of [new Error("x"), Object.assign(new Error("x"), { code: 5 }), { code: "EIO" }, "EIO", null]) {
    expect(errnoOf(other)).toBeUndefined();
  }
});

test("the reason of a failure does not name the path again", () => {
  expect(systemReason(new Error("ENOENT: no such file, open '/a, b'"))).toBe("ENOENT: no such file");
  expect(systemReason("odd")).toBe("odd");
});

describe("a file that another program holds", () => {
  /** A file system that refuses so often before it obeys. */
  function refusing(times: number, code: string) {
    const calls: string[] = [];
    const waits: number[] = [];
    const refuse = (call: string): Promise<void> => {
      calls.push(call);
      return calls.length <= times ? Promise.reject(systemError(code)) : Promise.resolve();
    };
    const changes = {
      link: (from: string, to: string) => refuse(`link ${from} ${to}`),
      rename: (from: string, to: string) => refuse(`rename ${from} ${to}`),
      unlink: (path: string) => refuse(`unlink ${path}`),
    };
    const tried = waitingForHolders(changes, (ms) => {
      waits.push(ms);
      return Promise.resolve();
    });
    return { calls, waits, tried };
  }

  test.each(["EPERM", "EBUSY", "EACCES"])("%s: is renamed and removed once the other lets go", async (code) => {
    const { calls, waits, tried } = refusing(3, code);
    await tried.rename("a", "b");
    expect(calls).toEqual(Array.from({ length: 4 }, () => "rename a b"));
    expect(waits).toEqual([10, 20, 40]);
    const other = refusing(1, code);
    await other.tried.unlink("a");
    expect(other.calls).toEqual(["unlink a", "unlink a"]);
  });

  test("is told after two and a half seconds", async () => {
    const { calls, waits, tried } = refusing(100, "EPERM");
    await expect(tried.unlink("a")).rejects.toMatchObject({ code: "EPERM" });
    expect([calls.length, waits.reduce((one, other) => one + other)]).toEqual([9, 2_550]);
  });

  test("nothing else is tried again, nor a link on a disk without links", async () => {
    const missing = refusing(1, "ENOENT");
    await expect(missing.tried.rename("a", "b")).rejects.toMatchObject({ code: "ENOENT" });
    const linkless = refusing(1, "EPERM");
    await expect(linkless.tried.link("a", "b")).rejects.toMatchObject({ code: "EPERM" });
    expect([...missing.waits, ...linkless.waits]).toEqual([]);
    const busy = refusing(1, "EBUSY");
    await busy.tried.link("a", "b");
    expect(busy.calls).toHaveLength(2);
  });
});

test("a file is the same for a look at its path and one at it open, also where Windows tells the disk in two ways", () => {
  const byPath = { dev: 0x1234_5678_9abc, ino: 7 };
  const open = { dev: 0x5678_9abc, ino: 7 };
  expect(isSameFile(byPath, open, "win32")).toBe(true);
  expect(isSameFile(byPath, { ...byPath, ino: 8 }, "win32")).toBe(false);
  expect(isSameFile(byPath, open, "linux")).toBe(false);
  expect(isSameFile(byPath, { ...byPath }, "linux")).toBe(true);
});
