// Files from and to pipes: exact bytes, readers that are slow or leave, and what is not wanted.
import { execFile } from "node:child_process";
import { createHash, type Hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  answer,
  binary,
  carry,
  connect,
  exits,
  offer,
  OWN_FILE,
  PEER_FILE,
  people,
  type Running,
  type Person,
} from "../support/processes.ts";
import { randomFile } from "../support/trees.ts";

const MIB = 1 << 20;

/** Reads all of stdout. @returns its SHA-256 in hex and its length */
async function drain(side: Running): Promise<{ sha256: string; bytes: number }> {
  const hash: Hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of side.output) {
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

describe.concurrent("-o -", () => {
  test("writes exactly the bytes of the file to stdout, and messages to stderr", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const sha256 = await randomFile(join(ann.dir, "one.bin"), 20 * MIB + 5);
    const args = ["--no-chat", "-m", "here it is", "one.bin"];
    const pair = await connect({ ann, bob }, args, ["--no-chat", "-y", "-o", "-"], { bob: { stdout: "stream" } });
    expect(await drain(pair.bob)).toEqual({ sha256, bytes: 20 * MIB + 5 });
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.stderr).toContain("here it is");
    expect((await readdir(bob.dir)).toSorted()).toEqual([OWN_FILE, PEER_FILE]);
  });

  test("a reader that pauses gets everything", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const bytes = 48 * MIB;
    const sha256 = await randomFile(join(ann.dir, "one.bin"), bytes);
    const pair = await connect({ ann, bob }, ["--no-chat", "--json", "one.bin"], ["--no-chat", "-y", "-o", "-"], {
      bob: { stdout: "stream" },
    });
    // Nothing is read here until some of it has gone into the pipe and what may wait over there is full.
    await pair.ann.event("accepted");
    await once(pair.bob.output, "readable");
    expect(await drain(pair.bob)).toEqual({ sha256, bytes });
    expect(await exits(pair)).toEqual([0, 0]);
  });

  test("a reader that has enough, as head -c, ends it quietly: the file is unfinished, 4 on both sides", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await randomFile(join(ann.dir, "one.bin"), 48 * MIB);
    const pair = await connect({ ann, bob }, ["--no-chat", "one.bin"], ["--no-chat", "-y", "-o", "-"], {
      bob: { stdout: "stream" },
    });
    await once(pair.bob.output, "readable");
    pair.bob.output.destroy();
    expect(await exits(pair)).toEqual([4, 4]);
    expect(pair.bob.stderr).not.toContain("p2p: error");
    expect(pair.ann.stderr).toContain("(TRANSFER_INTERRUPTED)");
  });

  test("takes the first file; the rest is declined: 7 for the sender, 0 here", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await Promise.all(["a.txt", "b.txt"].map((name) => writeFile(join(ann.dir, name), `this is ${name}`)));
    const pair = await connect({ ann, bob }, ["--no-chat", "a.txt", "b.txt"], ["--no-chat", "-y", "-o", "-"]);
    expect(await exits(pair)).toEqual([7, 0]);
    expect(pair.bob.stdout).toBe("this is a.txt");
    expect(pair.ann.stderr).toContain("the other side declined 'b.txt'");
    expect((await readdir(bob.dir)).toSorted()).toEqual([OWN_FILE, PEER_FILE]);
  });

  test("is no consent: without -y it is declined", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "a.txt"), "a");
    const pair = await connect({ ann, bob }, ["--no-chat", "a.txt"], ["--no-chat", "-o", "-"]);
    expect(await exits(pair)).toEqual([7, 0]);
    expect(pair.bob.stdout).toBe("");
  });
});

describe.concurrent("PATH -", () => {
  test("sends stdin as a file, exactly, under the name stdin", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const content = randomBytes(3 * MIB + 1);
    const pair = await connect({ ann, bob }, ["-"], ["--no-chat", "-y"], { ann: { stdin: "pipe" } });
    pair.ann.type(content);
    pair.ann.endInput();
    expect(await exits(pair)).toEqual([0, 0]);
    expect((await readFile(join(bob.dir, "stdin"))).equals(content)).toBe(true);
    expect(pair.bob.stdout).toBe("");
  });

  test("beside other PATHs, with a name of its own, and empty too", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "a.txt"), "a");
    const args = ["a.txt", "-", "--stdin-name", "报告.txt"];
    const pair = await connect({ ann, bob }, args, ["--no-chat", "-y"], { ann: { stdin: "pipe" } });
    pair.ann.endInput();
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await readFile(join(bob.dir, "a.txt"), "utf8")).toBe("a");
    expect(await readFile(join(bob.dir, "报告.txt"), "utf8")).toBe("");
  });

  test("from pipe to pipe: read before the other side is there, written as it comes", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const content = randomBytes(5 * MIB);
    const annSide = offer(ann, ["-"], { stdin: "pipe" });
    annSide.type(content);
    annSide.endInput();
    await carry(ann, bob);
    const bobSide = answer(bob, ["--no-chat", "-y", "-o", "-"], { stdout: "stream" });
    await carry(bob, ann);
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect(await drain(bobSide)).toEqual({ sha256, bytes: content.length });
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
  });

  test("of the same name as another PATH is refused before anything is written: 2", async (t) => {
    const { ann } = await people(t, "ann");
    await writeFile(join(ann.dir, "stdin"), "a");
    const side = offer(ann, ["stdin", "-"], { stdin: "pipe" });
    expect(await side.exit()).toBe(2);
    expect(side.stderr).toContain("(PATH_DUPLICATE)");
    expect(await readdir(ann.dir)).toEqual(["stdin"]);
  });

  test("that cannot be kept ends it before anybody waits: 8", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["-"], { stdin: "pipe", env: { TMPDIR: join(ann.dir, "not there") } });
    expect(await side.exit()).toBe(8);
    expect(side.stderr).toContain("(SPOOL_FAILED)");
  });
});

/** Runs p2p from a shell that closes or redirects one of its streams. @returns the exit code and stderr */
async function fromShell(person: Person, args: string, redirection: string): Promise<{ exit: number; stderr: string }> {
  const command = `exec "$0" "$1" ${args} --no-stun --bind 127.0.0.1 --no-chat --wait 1s ${redirection}`;
  const env = { PATH: process.env.PATH, HOME: person.stateDir, LANG: "C", P2P_STATE_DIR: person.stateDir };
  return await new Promise((resolve) => {
    const shell = ["-c", command, process.execPath, binary];
    const child = execFile("/bin/sh", shell, { cwd: person.dir, env }, (_error, _stdout, stderr) => {
      resolve({ exit: child.exitCode ?? -1, stderr });
    });
  });
}

describe.runIf(process.platform === "linux").concurrent("a stream that is closed", () => {
  test.for([
    ["answer -y -o -", ">&-", "cannot use stdout for --output -"],
    ["offer -", "<&-", "cannot use stdin for PATH -"],
    ["answer -y -o -", "1</dev/null", "cannot use stdout for --output -"],
  ] as const)("%s %s is told before anything is written: 8", async ([args, redirection, said], t) => {
    const { ann } = await people(t, "ann");
    const { exit, stderr } = await fromShell(ann, args, redirection);
    expect(stderr).toContain(said);
    expect(stderr).toContain("(STREAM_UNUSABLE)");
    expect(exit).toBe(8);
    expect(await readdir(ann.dir)).toEqual([]);
  });

  test("is not what `> /dev/null` is", async (t) => {
    const { ann } = await people(t, "ann");
    expect((await fromShell(ann, "answer -y -o -", "> /dev/null")).exit).toBe(6);
  });
});
