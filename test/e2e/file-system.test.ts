// What a file system holds besides plain files, between two real processes: what arrives is the truth about what
// was sent, and what cannot be sent is said while the rest goes on.
import { lstat, mkdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connect, exits, people } from "../support/processes.ts";
import { readTree, writeTree } from "../support/trees.ts";

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
