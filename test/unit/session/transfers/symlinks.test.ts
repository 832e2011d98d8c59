// Symbolic links over a memory channel: those that stay inside the folder that was sent arrive as links, and
// nothing that a peer or the disk does with them leads out.
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ConflictPolicy } from "../../../../src/session/session-types.ts";
import { framesOf, messageOf } from "../../../support/frames.ts";
import { pairPerTest } from "../../../support/transfer-pair.ts";
import { readTree, writeTree } from "../../../support/trees.ts";

const { open, newest } = pairPerTest();

/** A folder `t` with a file and links to it, to a folder, to nothing, and in a circle. */
async function writeLinkedTree(dir: string): Promise<void> {
  await writeTree(dir, { "t/d/file": Buffer.from("content"), "t/locked/": "folder" });
  await symlink("d/file", join(dir, "t/to-file"));
  await symlink("d", join(dir, "t/to-folder"));
  await symlink("../d/file", join(dir, "t/d/up"));
  await symlink("not-there", join(dir, "t/dangling"));
  await symlink("..", join(dir, "t/d/circle"));
  await symlink("to-file", join(dir, "t/chain"));
}

describe("links inside a folder", () => {
  it("arrive as links, with their times, and both sides are done", async () => {
    const { a, b } = await open();
    await writeLinkedTree(a.dir);
    expect(await a.send("t")).toBe("done");
    expect(await readTree(b.outputDir)).toEqual(
      Object.fromEntries(Object.entries(await readTree(a.dir)).filter(([path]) => path !== "in")),
    );
    const [sent, got] = [await lstat(join(a.dir, "t/chain")), await lstat(join(b.outputDir, "t/chain"))];
    expect(Math.floor(got.mtimeMs)).toBe(Math.floor(sent.mtimeMs));
    expect([a.session.exit, b.session.exit]).toEqual([0, 0]);
    expect(b.of("incoming")[0]?.entries).toContainEqual({ path: "t/to-file", bytes: 0, type: "symlink" });
  });

  it("go into a folder whose mode locks it", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/f": Buffer.from("x") });
    await symlink("f", join(a.dir, "t/l"));
    await chmod(join(a.dir, "t"), 0o555);
    expect(await a.send("t")).toBe("done");
    expect(await readlink(join(b.outputDir, "t/l"))).toBe("f");
    expect((await lstat(join(b.outputDir, "t"))).mode & 0o777).toBe(0o555);
  });

  it("are left out for a peer that takes none: told, the rest arrives, exit 8", async () => {
    const { a, b } = await open({
      channel: {
        // As a program of the first days says it.
        tamper: (message, from) => {
          if (from === "a" || typeof message === "string") return message;
          return messageOf(
            ...framesOf(message).map((frame) => (frame.type === "hello" ? { ...frame, capabilities: 0 } : frame)),
          );
        },
      },
    });
    await writeTree(a.dir, { "t/f": Buffer.from("x") });
    await symlink("f", join(a.dir, "t/l"));
    expect(await a.send("t")).toBe("failed");
    expect(Object.keys(await readTree(b.outputDir)).toSorted()).toEqual(["t", "t/f"]);
    expect(a.of("error")).toMatchObject([{ code: "PATH_NOT_SENT" }]);
    expect(a.of("error")[0]?.message).toBe(
      `'${join(a.dir, "t/l")}' is not sent: it is a link, and the other side takes none`,
    );
    expect([a.session.exit, b.session.exit]).toEqual([8, 0]);
    expect(b.errorCodes).toEqual([]);
  });
});

describe("a link whose name exists", () => {
  async function sendOver(conflict: ConflictPolicy, plant: (path: string) => Promise<unknown>): Promise<string[]> {
    const { a, b } = await open({ b: { conflict } });
    await writeTree(a.dir, { "t/f": Buffer.from("x") });
    await symlink("f", join(a.dir, "t/l"));
    await mkdir(join(b.outputDir, "t"), { recursive: true });
    await plant(join(b.outputDir, "t/l"));
    expect(await a.send("t")).toBe("done");
    return (await readdir(join(b.outputDir, "t"))).toSorted();
  }

  it.each(["rename", "overwrite", "skip"] as const)("and is the same is left alone under %s", async (conflict) => {
    expect(await sendOver(conflict, (path) => symlink("f", path))).toEqual(["f", "l"]);
  });

  it("gets a number", async () => {
    expect(await sendOver("rename", (path) => symlink("other", path))).toEqual(["f", "l", "l (1)"]);
    expect(await readlink(join(newest().b.outputDir, "t/l"))).toBe("other");
    expect(await readlink(join(newest().b.outputDir, "t/l (1)"))).toBe("f");
  });

  it("replaces a file and a link under overwrite, not what that leads to", async () => {
    const victim = (): string => join(newest().b.dir, "victim");
    expect(
      await sendOver("overwrite", async (path) => {
        await writeFile(victim(), "untouched");
        await symlink(victim(), path);
      }),
    ).toEqual(["f", "l"]);
    expect(await readlink(join(newest().b.outputDir, "t/l"))).toBe("f");
    expect(await readFile(victim(), "utf8")).toBe("untouched");
  });

  it("never replaces a folder", async () => {
    expect(await sendOver("overwrite", (path) => mkdir(path))).toEqual(["f", "l", "l (1)"]);
  });

  it("is kept under skip", async () => {
    expect(await sendOver("skip", (path) => writeFile(path, "mine"))).toEqual(["f", "l"]);
    expect(await readFile(join(newest().b.outputDir, "t/l"), "utf8")).toBe("mine");
  });
});

describe("a link of the receiver's own", () => {
  it.each([
    ["leads out", (): string => newest().b.dir],
    ["leads out of the folder that comes, and stays in the output", (): string => "../elsewhere"],
    ["goes in circles", (): string => "way"],
  ])("that %s is no way for a link that comes", async (_, target) => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/f": Buffer.from("x") });
    await symlink("way/secret", join(a.dir, "t/l"));
    await writeTree(b.outputDir, { "t/": "folder", "elsewhere/": "folder" });
    await symlink(target(), join(b.outputDir, "t/way"));
    expect(await a.send("t")).toBe("failed");
    expect((await readdir(join(b.outputDir, "t"))).toSorted()).toEqual(["f", "way"]);
    expect(b.errorCodes).toEqual(["LINK_OUTSIDE"]);
    expect(a.errorCodes).toEqual(["PEER_CANNOT_STORE"]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
  });

  it("that leads to another place inside is followed", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/f": Buffer.from("x") });
    await symlink("way/f", join(a.dir, "t/l"));
    await writeTree(b.outputDir, { "t/deep/er/": "folder" });
    await symlink("deep/er/..", join(b.outputDir, "t/way"));
    expect(await a.send("t")).toBe("done");
    expect(await readlink(join(b.outputDir, "t/l"))).toBe("way/f");
  });
});
