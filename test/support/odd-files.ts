// What somebody can put in the place of a file that is to be read.
import { execFileSync } from "node:child_process";
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";

/** A pipe that nobody writes to: whoever opens it without care waits for ever. Node cannot make one. */
export function makePipe(path: string): void {
  execFileSync("mkfifo", [path]);
}

/** How to put each kind of thing at a path, by what it is called. */
export const ODD_FILES: Readonly<Record<"link" | "folder" | "pipe" | "socket" | "device" | "too-large", Planter>> = {
  /** To a file of its own content, which must not be read. */
  link: async (path) => {
    const target = join(dirname(path), `target of ${basename(path)}`);
    await writeFile(target, "SECRET", { mode: 0o600 });
    await symlink(target, path);
  },
  folder: async (path) => {
    await mkdir(path);
  },
  pipe: async (path) => {
    await Promise.resolve(makePipe(path));
  },
  socket: async (path) => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(path, resolve);
    });
    onTestFinished(() => {
      server.close();
    });
  },
  /** A device of one's own takes root: a link to one that never ends. */
  device: async (path) => {
    await symlink("/dev/zero", path);
  },
  /** 300 MB that take no room on the disk. */
  "too-large": async (path) => {
    await writeFile(path, "", { mode: 0o600 });
    await truncate(path, 300_000_000);
  },
};

type Planter = (path: string) => Promise<void>;
