// Links and pipes in the place of files, with real processes: nothing is copied, nothing is waited for, Ctrl-C ends it.
import { constants } from "node:fs";
import {
  appendFile,
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "vitest";
import { makePipe } from "../support/odd-files.ts";
import { answer, offer, OWN_FILE, PEER_FILE, people, run } from "../support/processes.ts";

describe.concurrent("in the exchange folder", () => {
  test("a link in the place of our file is not copied, and ours is there again", async (t) => {
    const { expect } = t;
    const { ann } = await people(t, "ann");
    await mkdir(ann.stateDir, { recursive: true });
    const secret = join(ann.stateDir, "secret");
    await writeFile(secret, "TOP SECRET", { mode: 0o600 });
    const side = offer(ann, ["--json"]);
    await side.event("local-file");
    await unlink(join(ann.dir, OWN_FILE));
    await symlink(secret, join(ann.dir, OWN_FILE));
    expect((await side.event("error")).code).toBe("FILE_MALFORMED");
    expect((await lstat(join(ann.dir, OWN_FILE))).isFile()).toBe(true);
    expect(await readdir(ann.dir)).not.toContain(PEER_FILE);
    expect(await readFile(secret, "utf8")).toBe("TOP SECRET");
    side.signal("SIGINT");
    expect(await side.exit()).toBe(130);
  });

  test("a pipe in the place of the lock is an error", async (t) => {
    const { ann } = await people(t, "ann");
    makePipe(join(ann.dir, ".p2p-lock"));
    const side = offer(ann, ["--json"]);
    t.expect(await side.exit()).toBe(8);
    t.expect(side.eventsOf("error").map(({ code }) => code)).toEqual(["LOCK_UNUSABLE"]);
  });
});

describe.concurrent("a pipe that a person names", () => {
  test("with --in is read as soon as somebody writes to it", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const ours = offer(ann, ["--json"]);
    await ours.event("local-file");
    const pipe = join(bob.dir, "pipe");
    makePipe(pipe);
    const side = answer(bob, ["--json", "--in", pipe]);
    t.expect(await side.event("waiting")).toMatchObject({ path: pipe });
    await appendFile(pipe, await readFile(join(ann.dir, OWN_FILE)));
    t.expect(await side.event("peer-file")).toMatchObject({ path: pipe });
    await side.event("local-file");
  });

  test("with --in and never writes to does not hold Ctrl-C", async (t) => {
    const { bob } = await people(t, "bob");
    const pipe = join(bob.dir, "pipe");
    makePipe(pipe);
    const side = answer(bob, ["--json", "--in", pipe]);
    await side.event("waiting");
    side.signal("SIGINT");
    t.expect(await side.exit()).toBe(130);
  });

  test.for([
    ["inspect", "pipe"],
    ["unseal", "pipe"],
    ["unseal", "--passphrase-file", "pipe", "sealed"],
  ])("to %s %s does not hold it either", async (args, t) => {
    const { ann } = await people(t, "ann");
    const pipe = join(ann.dir, "pipe");
    makePipe(pipe);
    await writeFile(join(ann.dir, "sealed"), "age-encryption.org/v1\n-> scrypt A 8\nA\n--- A\n");
    const side = run(ann, args);
    const writer = await firstReader(pipe);
    side.signal("SIGINT");
    t.expect(await side.exit()).toBe(-1);
    await writer.close();
  });
});

/** Waits until somebody has the pipe open to read. @returns what keeps it from ending */
async function firstReader(pipe: string): Promise<FileHandle> {
  for (;;) {
    const writer = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
    if (writer !== undefined) return writer;
    await setImmediate();
  }
}

describe.concurrent("the state directory", () => {
  test("with a link or a folder that others may write is an error, and stays as it is", async (t) => {
    const { ann } = await people(t, "ann");
    const elsewhere = join(ann.dir, "elsewhere");
    await mkdir(elsewhere);
    await chmod(elsewhere, 0o755);
    await mkdir(ann.stateDir, { recursive: true });
    await symlink(elsewhere, join(ann.stateDir, "contacts"));
    const linked = run(ann, ["contacts"]);
    t.expect(await linked.exit()).toBe(8);
    t.expect(linked.stderr).toContain("STATE_UNSAFE");
    t.expect((await lstat(elsewhere)).mode & 0o777).toBe(0o755);
    await unlink(join(ann.stateDir, "contacts"));
    await mkdir(join(ann.stateDir, "contacts"));
    await chmod(join(ann.stateDir, "contacts"), 0o777);
    const opened = offer(ann, ["--json"]);
    t.expect(await opened.exit()).toBe(8);
    t.expect(opened.eventsOf("error").map(({ code }) => code)).toEqual(["STATE_UNSAFE"]);
  });

  test("with a pipe among the contacts lists the others, and names it", async (t) => {
    const { ann } = await people(t, "ann");
    await mkdir(join(ann.stateDir, "contacts"), { mode: 0o700, recursive: true });
    makePipe(join(ann.stateDir, "contacts", `${"c".repeat(64)}.json`));
    const side = run(ann, ["contacts"]);
    t.expect(await side.exit()).toBe(0);
    t.expect(side.stderr).toMatch(/^left out: .*c\.json/);
  });

  test("a config that is a pipe is an error", async (t) => {
    const { ann } = await people(t, "ann");
    makePipe(join(ann.dir, "config"));
    const side = offer(ann, ["--json"], { env: { P2P_CONFIG: join(ann.dir, "config") } });
    t.expect(await side.exit()).toBe(2);
    t.expect(side.stderr).toContain("cannot be read: it is a pipe");
  });
});
