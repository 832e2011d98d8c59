// What `npm pack` makes is all that a user gets: the command works from it, and nothing else is in it.
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { connect, exits, people, run } from "../support/processes.ts";
import { randomFile, sha256Of } from "../support/trees.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

function must(command: string, args: string[], cwd: string): void {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

test("a session with the packed command, and one with the packed module", async (t) => {
  const { ann, bob, user } = await people(t, "ann", "bob", "user");
  must("npm", ["pack", "--ignore-scripts", "--pack-destination", user.dir], root);
  const [tarball = ""] = await readdir(user.dir);
  must("tar", ["-xzf", tarball], user.dir);
  const unpacked = join(user.dir, "package");
  const files = (await readdir(unpacked, { recursive: true })).map((name) => name.replaceAll("\\", "/"));
  for (const file of ["bin/p2p.js", "dist/index.js", "dist/index.d.ts", "LICENSE", "README.md", "docs/errors.md"]) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => /^(src|test|scripts|node_modules)(\/|$)|LocaltionJson|\.part$/.test(file))).toEqual([]);

  const { version, dependencies } = JSON.parse(await readFile(join(unpacked, "package.json"), "utf8")) as Manifest;
  for (const name of Object.keys(dependencies)) {
    const link = join(unpacked, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, "node_modules", name), link, "junction");
  }
  const command = join(unpacked, "bin/p2p.js");
  const told = run(user, ["--version"], { command });
  expect(await told.exit()).toBe(0);
  expect(told.stdout).toBe(`${version}\n`);

  const sent = await randomFile(join(ann.dir, "one.bin"), 100_000);
  const pair = await connect({ ann, bob }, ["--no-chat", "-m", "hi", "one.bin"], ["--no-chat", "-y"], {
    ann: { command },
    bob: { command },
  });
  expect(await exits(pair)).toEqual([0, 0]);
  expect(pair.bob.stdout).toBe("hi\n");
  expect(await sha256Of(join(bob.dir, "one.bin"))).toBe(sent);

  // Its import of the package leads to the packed module.
  const embedded = spawnSync(process.execPath, [join(unpacked, "samples/embed.mjs")], { encoding: "utf8" });
  expect(embedded.stderr).toBe("");
  expect(embedded.stdout).toMatch(/the file is right\n$/);
});
