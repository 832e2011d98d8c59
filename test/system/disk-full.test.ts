// A real disk without room, a small tmpfs: said before the first byte, and when it fills up on the way. Needs root.
import { execFileSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import { connect, exits, type Pair, people } from "../support/processes.ts";
import { randomFile } from "../support/trees.ts";

const MIB = 1 << 20;

/** A disk with these options at a path, gone after the test. */
async function mountDisk(t: TestContext, path: string, options: string): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("This test mounts a small disk: run it as root");
  await mkdir(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
  t.onTestFinished(() => {
    execFileSync("umount", ["--lazy", path]);
  });
}

/** Ann sends `sent` MiB at 2 MB/s to Bob, whose output folder is a disk of `room` MiB. */
async function send(t: TestContext, sent: number, room: number): Promise<{ pair: Pair; disk: string }> {
  const { ann, bob } = await people(t, "ann", "bob");
  const disk = join(bob.dir, "disk");
  await mountDisk(t, disk, `size=${room}m`);
  await randomFile(join(ann.dir, "big.bin"), sent * MIB);
  const pair = await connect(
    { ann, bob },
    ["--no-chat", "--json", "--limit", "2MB/s", "big.bin"],
    ["--no-chat", "--json", "-y", "-o", "disk"],
  );
  return { pair, disk };
}

test("too small for what is offered: declined before the first byte, with both numbers", async (t) => {
  const { pair, disk } = await send(t, 12, 8);
  expect(await exits(pair)).toEqual([7, 8]);
  expect(pair.bob.eventsOf("error")).toMatchObject([{ code: "DISK_FULL" }]);
  expect(pair.bob.eventsOf("error")[0]?.message).toContain("12.0 MiB needed, 8.0 MiB free");
  expect(pair.bob.eventsOf("accepted")).toEqual([]);
  expect(pair.ann.eventsOf("error")).toMatchObject([{ code: "PEER_CANNOT_STORE" }]);
  expect(await readdir(disk)).toEqual([]);
});

test("without room for more files: declined before the first byte, for what it lacks", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  await mountDisk(t, join(bob.dir, "disk"), "size=16m,nr_inodes=20");
  await mkdir(join(ann.dir, "d"));
  for (let at = 0; at < 40; at += 1) await writeFile(join(ann.dir, "d", `${at}`), "x");
  const pair = await connect({ ann, bob }, ["--no-chat", "d"], ["--no-chat", "--json", "-y", "-o", "disk"]);
  expect(await exits(pair)).toEqual([7, 8]);
  expect(pair.bob.eventsOf("error")).toMatchObject([{ code: "DISK_FULL" }]);
  expect(pair.bob.eventsOf("error")[0]?.message).toContain("the disk has no inodes left");
});

test("filled by somebody else on the way: the same, and the part is kept for when there is room", async (t) => {
  const { pair, disk } = await send(t, 12, 16);
  await pair.bob.event("progress", ({ bytes }) => bytes > 0);
  // As much as there is room for.
  await writeFile(join(disk, "filler"), Buffer.alloc(16 * MIB)).catch((error: NodeJS.ErrnoException) => {
    expect(error.code).toBe("ENOSPC");
  });
  expect(await exits(pair)).toEqual([7, 8]);
  expect(pair.bob.eventsOf("error")).toMatchObject([{ code: "DISK_FULL" }]);
  expect(pair.bob.eventsOf("error")[0]?.message).toMatch(/: \S+ MiB needed, \S+ (B|KiB|MiB) free$/);
  expect(pair.ann.eventsOf("error")).toMatchObject([{ code: "PEER_CANNOT_STORE" }]);
  const left = (await readdir(disk)).map((name) => name.split(".").at(-1));
  expect(new Set(left)).toEqual(new Set(["filler", "journal", "part"]));
});
