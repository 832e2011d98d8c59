// Links, pipes and the like in the exchange folder: none is followed, copied or waited for.
import { chmod, lstat, mkdir, readdir, readFile, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDocument } from "../../../../src/store/exchange/document-file.ts";
import { FolderLock } from "../../../../src/store/exchange/folder-lock.ts";
import { errorText } from "../../../../src/words/errors.ts";
import type { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { makePipe, ODD_FILES } from "../../../support/odd-files.ts";
import { answer, offer } from "../../exchange/fixtures.ts";
import { folders, offering, Side, text } from "./side.ts";
import { makeTempFolder } from "./temp-folder.ts";

const OWN = "LocaltionJson.json";
const PEER = "LocaltionJson_p.json";

/** Puts something in the place of our file. */
async function replaceOwn(side: Side, kind: keyof typeof ODD_FILES): Promise<void> {
  await unlink(join(side.dir, OWN));
  await ODD_FILES[kind](join(side.dir, OWN));
}

describe("in the place of our file", () => {
  test.each(["link", "pipe", "socket", "device"] as const)("a %s makes way, and is told", async (kind) => {
    const side = await offering();
    const told = await side.watch(2_000, [500, () => replaceOwn(side, kind)]);
    expect(told).toEqual([`500 refused ${OWN}: FILE_MALFORMED`]);
    expect(await side.read(OWN)).toBe(text(offer()));
    expect((await lstat(join(side.dir, OWN))).isFile()).toBe(true);
    expect(await readdir(side.dir)).not.toContain(PEER);
  });

  test.each(["too-large", "folder"] as const)("what is a %s is set aside unread", async (kind) => {
    const side = await offering();
    const told = await side.watch(3_000, [500, () => replaceOwn(side, kind)]);
    expect(told[0]).toBe(`500 own-overwritten ${OWN} → ${PEER}`);
    expect(await side.read(OWN)).toBe(text(offer()));
    const { size } = await lstat(join(side.dir, PEER));
    if (kind === "too-large") expect(size).toBe(300_000_000);
  });

  test("a document is kept with mode 0600, whatever mode it came with", async () => {
    const side = await offering();
    await side.watch(1_000, [
      500,
      async () => {
        await side.put(OWN, answer());
        await chmod(join(side.dir, OWN), 0o666);
      },
    ]);
    expect((await lstat(join(side.dir, PEER))).mode & 0o777).toBe(0o600);
  });

  test("a link is not read, even one to a document that could serve", async () => {
    const side = await offering();
    const elsewhere = join(await makeTempFolder(), "theirs");
    await writeFile(elsewhere, text(answer()));
    await side.watch(1_000, [
      500,
      async () => {
        await unlink(join(side.dir, OWN));
        await symlink(elsewhere, join(side.dir, OWN));
      },
    ]);
    expect((await readdir(side.dir)).sort()).toEqual([".p2p-lock", OWN]);
    expect(await readFile(elsewhere, "utf8")).toBe(text(answer()));
  });
});

describe("under the name of the other side's file", () => {
  test.each(Object.entries(ODD_FILES))("a %s is told and stays", async (kind, plant) => {
    const side = await offering();
    const told = await side.watch(8_000, [250, () => plant(join(side.dir, PEER))]);
    const isRead = kind === "too-large";
    expect(told).toEqual([isRead ? `250 refused ${PEER}: FILE_TOO_LARGE` : `5250 refused ${PEER}: FILE_MALFORMED`]);
    expect(await readdir(side.dir)).toContain(PEER);
  });

  test("what it is, and what to do, is said in both languages", async () => {
    const path = join(await makeTempFolder(), "x");
    makePipe(path);
    const error = await readDocument(path, false).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "FILE_MALFORMED", message: `${path}: is not read: it is a pipe` });
    expect(errorText(error as P2pError, "zh")).toEqual({
      message: `${path}：没有读取：它是一个管道`,
      hint: "请把文件本身放到那里",
    });
  });
});

test("a link under any other name is left alone", async () => {
  const side = await offering();
  const elsewhere = join(await makeTempFolder(), "theirs");
  await writeFile(elsewhere, text(answer()));
  await symlink(elsewhere, join(side.dir, "link.json"));
  makePipe(join(side.dir, "pipe.json"));
  expect(await side.watch(8_000)).toEqual([]);
});

test("a link that `in` names is followed", async () => {
  const folder = await makeTempFolder();
  await writeFile(join(folder, "theirs"), text(answer()));
  await symlink(join(folder, "theirs"), join(folder, "link"));
  const side = await offering({ in: join(folder, "link") });
  expect(await side.watch(500)).toEqual([`0 peer ${join(folder, "link")}: serve 3210`]);
});

describe("in the place of the lock", () => {
  test.each(Object.entries(ODD_FILES))("a %s is refused by name, and stays", async (_kind, plant) => {
    const dir = await makeTempFolder();
    const path = join(dir, ".p2p-lock");
    await plant(path);
    await expect(FolderLock.acquire(dir, "offer")).rejects.toMatchObject({
      code: "LOCK_UNUSABLE",
      exit: 8,
      params: { path },
      hint: `remove ${path}, or use --dir for another folder`,
    });
    await expect(lstat(path)).resolves.toBeDefined();
  });

  test("a link to nothing is refused, not tried for ever", async () => {
    const dir = await makeTempFolder();
    await symlink(join(dir, "nothing"), join(dir, ".p2p-lock"));
    await expect(FolderLock.acquire(dir, "offer")).rejects.toMatchObject({ code: "LOCK_UNUSABLE" });
  });

  test("a claim of more than 4 KiB is none", async () => {
    const dir = await makeTempFolder();
    const claim = { pid: 1, host: hostname(), command: "x".repeat(5_000), birth: "", nonce: "00112233aabbccdd" };
    await writeFile(join(dir, ".p2p-lock"), JSON.stringify(claim));
    await expect(FolderLock.acquire(dir, "offer")).rejects.toMatchObject({ params: { kind: "too-large" } });
  });

  test("what came there while it was held is not taken away with it", async () => {
    const dir = await makeTempFolder();
    const lock = await FolderLock.acquire(dir, "offer");
    await unlink(join(dir, ".p2p-lock"));
    makePipe(join(dir, ".p2p-lock"));
    await lock.release();
    expect(await readdir(dir)).toEqual([".p2p-lock"]);
  });
});

test("a document of 300 MB over our own is not copied", async () => {
  const side = await offering();
  await side.watch(1_000, [
    500,
    async () => {
      await writeFile(join(side.dir, OWN), text(answer()));
      await truncate(join(side.dir, OWN), 300_000_000);
    },
  ]);
  // It has another name; a copy would be a second file.
  expect((await lstat(join(side.dir, PEER))).blocks).toBeLessThan(1_000);
});

test("a folder in the place of our file at the start is named before an offer is made, and holds no lock", async () => {
  const options = await folders();
  await mkdir(join(options.dir, OWN));
  const opening = Side.open("offer", options);
  await expect(opening).rejects.toMatchObject({
    code: "WRITE_FAILED",
    exit: 8,
    params: { reason: "it is a folder" },
    hint: "move it away, or choose another with --dir",
  });
  expect(await readdir(options.dir)).toEqual([OWN]);
});
