// Files from and to pipes: exact bytes, readers that are slow or leave, and what is not wanted.
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connect, exits, OWN_FILE, PEER_FILE, people, type Running } from "../support/processes.ts";
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

  test("a reader that has enough, as head -c, ends it: 0 there, 4 for the sender", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await randomFile(join(ann.dir, "one.bin"), 48 * MIB);
    const pair = await connect({ ann, bob }, ["--no-chat", "one.bin"], ["--no-chat", "-y", "-o", "-"], {
      bob: { stdout: "stream" },
    });
    await once(pair.bob.output, "readable");
    pair.bob.output.destroy();
    expect(await exits(pair)).toEqual([4, 0]);
    expect(pair.bob.stderr).not.toContain("p2p: error");
    expect(pair.ann.stderr).toContain("(TRANSFER_INTERRUPTED)");
  });

  test("takes the first file; the rest is declined: 7 for the sender, 0 here", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await Promise.all(["a.txt", "b.txt"].map((name) => writeFile(join(ann.dir, name), `this is ${name}`)));
    const pair = await connect({ ann, bob }, ["--no-chat", "a.txt", "b.txt"], ["--no-chat", "-y", "-o", "-"]);
    expect(await exits(pair)).toEqual([7, 0]);
    expect(pair.bob.stdout).toBe("this is a.txt");
    expect(pair.ann.stderr).toContain("(PEER_CANNOT_STORE)");
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
