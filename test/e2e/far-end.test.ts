// A carrier that is a command: `p2p offer --via exec:…` starts the other side by itself. test/system/ssh.test.ts does it
// through a real sshd; what a far end can do wrong is in test/unit/pairing/carriers/command.test.ts.
import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startFar } from "../../src/pairing/carriers/far-process.ts";
import { answer, binary, carry, LOOPBACK, offer, PEER_FILE, type Person, people, until } from "../support/processes.ts";

/** Processes of a loaded machine take their time. */
const LIMIT_MS = 180_000;

/** The command that answers in a person's folder. */
function answerOf({ dir, stateDir }: Person, before = ""): string {
  const answer = `'${process.execPath}' '${binary}' answer ${LOOPBACK.join(" ")} --yes --in - --out -`;
  return `cd '${dir}' && ${before}P2P_STATE_DIR='${stateDir}' ${answer}`;
}

describe("a command that reaches p2p answer", { timeout: 3 * LIMIT_MS }, () => {
  test("a file goes over; nothing but documents is carried, and no exchange file is written", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), "a photo");
    const via = `exec:${answerOf(bob, "echo 'Welcome here' && ")}`;
    const side = offer(ann, ["--json", "--via", via, "photo.jpg"]);
    expect(await side.exit(LIMIT_MS)).toBe(0);
    expect(await readFile(join(bob.dir, "photo.jpg"), "utf8")).toBe("a photo");
    expect(await readdir(ann.dir)).toEqual(["photo.jpg"]);
    expect(await readdir(bob.dir)).toEqual(["photo.jpg"]);
    expect(side.eventsOf("carrier").map(({ state }) => state)).toEqual(["present", "delivered"]);
    expect(side.eventsOf("carrier")[0]?.via).toBe(via);
    expect(side.eventsOf("local-file")[0]).not.toHaveProperty("path");
    expect(side.stderr).toContain("far end: Welcome here\n");
    expect(side.stderr).toMatch(/far end: saved .*photo\.jpg/);
  });

  test("runs into one folder at the same time do not disturb each other", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "same.txt"), "one");
    const sides = ["one", "two"].map((name) =>
      offer(ann, ["--via", `exec:${answerOf({ ...bob, stateDir: bob.stateDir + name })}`, "same.txt"], {
        env: { P2P_STATE_DIR: `${ann.stateDir}${name}` },
      }),
    );
    expect(await Promise.all(sides.map((side) => side.exit(LIMIT_MS)))).toEqual([0, 0]);
    // What has arrived already is not stored twice.
    expect((await readdir(bob.dir)).filter((name) => !/^same( \(1\))?\.txt$/.test(name))).toEqual([]);
    expect(await readFile(join(bob.dir, "same.txt"), "utf8")).toBe("one");
  });

  test("no such program, and a document that is none", async (t) => {
    const { ann } = await people(t, "ann");
    const missing = offer(ann, ["--via", "exec:/nowhere/p2p", "-m", "hi"]);
    const garbage = offer(ann, ["--via", "exec:echo '{garbage}'", "-m", "hi"]);
    expect(await missing.exit(LIMIT_MS)).toBe(3);
    expect(missing.stderr).toMatch(/p2p: error: .* \(FAR_END_FAILED\)\np2p: hint: install p2p there/);
    expect(missing.stderr).toMatch(/^far end: .*not found/m);
    expect(await garbage.exit(LIMIT_MS)).toBe(6);
    expect(garbage.stderr).toMatch(/\(FILE_MALFORMED\)\np2p: hint: what runs there must be 'p2p answer/);
  });

  test("a far end that hangs is ended with us, with all that it has started", async (t) => {
    const { ann } = await people(t, "ann");
    const pids = join(ann.dir, "pids");
    const command = `sleep 1000 & echo $! $$ > '${pids}'; trap '' TERM; cat > /dev/null; wait`;
    const side = offer(ann, ["--json", "--via", `exec:${command}`, "-m", "hi"]);
    await side.event("carrier", ({ state }) => state === "present", LIMIT_MS);
    await until(() => existsSync(pids) && readFileSync(pids, "utf8").endsWith("\n"), "both run", LIMIT_MS);
    const started = readFileSync(pids, "utf8").trim().split(" ").map(Number);
    expect(started.filter(isRunning)).toHaveLength(2);
    side.signal("SIGINT");
    expect(await side.exit(LIMIT_MS)).toBe(130);
    await until(() => !started.some(isRunning), "no child is left");
  });
});

describe("p2p answer --in - --out -", { timeout: 3 * LIMIT_MS }, () => {
  test("ends when whoever started it is gone, and goes on while somebody reads", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const offering = offer(ann, []);
    await carry(ann, bob, PEER_FILE);
    await offering.kill();
    const document = await readFile(join(bob.dir, PEER_FILE));
    const sides = ["read", "left"].map((name) => {
      const stateDir = bob.stateDir + name;
      return answer({ ...bob, stateDir }, ["--in", "-", "--out", "-"], { stdin: "pipe" });
    });
    for (const side of sides) {
      side.type(document);
      await side.until(() => /}\s*$/.test(side.stdout), "the answer is written", LIMIT_MS);
    }
    const [read, left] = sides;
    left?.output.destroy();
    left?.endInput();
    expect(await left?.exit(LIMIT_MS)).toBe(0);
    read?.endInput();
    // Two tries have found a reader.
    await read?.until(() => /}\s*\n\n+$/.test(read.stdout), "it looks for its reader", LIMIT_MS);
    expect(read?.hasEnded).toBe(false);
    read?.output.destroy();
    expect(await read?.exit(LIMIT_MS)).toBe(0);
  });
});

test("a program that is not there is told by the process", async () => {
  const far = await startFar({ kind: "ssh", program: "/nowhere/ssh", args: [], via: "ssh://nas" });
  far.write("a document");
  expect(await far.started).toBe(false);
  expect(await far.ended).toEqual({ how: "not-started", code: "ENOENT" });
  for await (const bytes of far.stdout) expect(bytes).toBe(undefined);
  far.kill("SIGTERM");
});

/** A process that has ended and that nobody has asked for its exit code does not run. */
function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
