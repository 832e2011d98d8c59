// How a session ends, as exit codes and as what is left on the disk.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { cpuPressureMs } from "../support/cpu-time.ts";
import {
  answer,
  carry,
  connect,
  exits,
  type Running,
  type TimedEvent,
  offer,
  OWN_FILE,
  people,
  type Person,
} from "../support/processes.ts";
import { randomFile } from "../support/trees.ts";

const BIG = 400 << 20;
/** A dead peer is noticed within 15 s, and the rest is to end; time in which somebody waits for a processor is not counted. */
const NOTICED_MS = 18_000;

/** Starts a transfer from Ann to Bob that takes a while, and waits until bytes flow. */
async function inTheMiddle(t: TestContext): Promise<{ ann: Running; bob: Running; bobs: Person }> {
  const { ann, bob } = await people(t, "ann", "bob");
  await randomFile(join(ann.dir, "big.bin"), BIG);
  const pair = await connect({ ann, bob }, ["--no-chat", "--json", "big.bin"], ["--no-chat", "--json", "-y"]);
  await pair.bob.event("progress", ({ bytes }) => bytes > 0);
  return { ...pair, bobs: bob };
}

function lastOf(side: Running): TimedEvent | undefined {
  return side.events.at(-1);
}

/** Two idle sides in a session that goes on as long as their input is open. */
async function talking(t: TestContext): Promise<{ ann: Running; bob: Running }> {
  const pair = await connect(await people(t, "ann", "bob"), ["--json"], ["--json"], {
    ann: { stdin: "pipe" },
    bob: { stdin: "pipe" },
  });
  await pair.ann.event("connected");
  await pair.bob.event("connected");
  return pair;
}

describe.concurrent("a signal", () => {
  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s while waiting for the other side's file → %i", async ([signal, exit], t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["--json"]);
    await side.event("waiting");
    side.signal(signal);
    expect(await side.exit()).toBe(exit);
    expect(lastOf(side)).toMatchObject({ event: "closed", reason: "interrupted", exit });
  });

  test("Ctrl-C in a session → 130 here, and the other side ends as after a bye", async (t) => {
    const { ann, bob } = await talking(t);
    ann.signal("SIGINT");
    expect(await exits({ ann, bob })).toEqual([130, 0]);
    expect(lastOf(bob)).toMatchObject({ event: "closed", reason: "peer-bye", exit: 0 });
  });

  test("Ctrl-C in the middle of a transfer → 130 here, 4 there, and no half file under its name", async (t) => {
    const { ann, bob, bobs } = await inTheMiddle(t);
    ann.signal("SIGINT");
    expect(await exits({ ann, bob })).toEqual([130, 4]);
    expect(bob.eventsOf("error")).toContainEqual(expect.objectContaining({ code: "TRANSFER_INTERRUPTED" }));
    expect(await readdir(bobs.dir)).not.toContain("big.bin");
  });
});

test("SIGTERM from a program that does not read what comes → 143", async (t) => {
  // More than the pipe and this process take without reading.
  const messages = Array.from({ length: 4 }, () => ["-m", "x".repeat(100_000)]).flat();
  const { ann, bob } = await connect(await people(t, "ann", "bob"), ["--json", "--no-chat", ...messages], ["--json"], {
    bob: { stdin: "pipe", stdout: "stream" },
  });
  await ann.until(() => ann.eventsOf("message").length === 4, "four messages have come");
  bob.signal("SIGTERM");
  expect(await exits({ ann, bob })).toEqual([0, 143]);
});

/** One side dies. @returns the exit code of the other one, which has noticed it in time */
async function exitAfterDeath(dying: Running, other: Running): Promise<number> {
  await dying.kill();
  const [deadMs, pressureMs] = [performance.now(), cpuPressureMs()];
  const exit = await other.exit();
  expect(performance.now() - deadMs - (cpuPressureMs() - pressureMs)).toBeLessThan(NOTICED_MS);
  return exit;
}

describe.concurrent("a peer that dies", () => {
  test("while it sends: noticed within 15 s → 4", async (t) => {
    const { ann, bob, bobs } = await inTheMiddle(t);
    expect(await exitAfterDeath(ann, bob)).toBe(4);
    expect(lastOf(bob)).toMatchObject({ event: "closed", reason: "lost", exit: 4 });
    expect(await readdir(bobs.dir)).not.toContain("big.bin");
  });

  test("while it receives: noticed within 15 s → 4", async (t) => {
    const { ann, bob } = await inTheMiddle(t);
    expect(await exitAfterDeath(bob, ann)).toBe(4);
    expect(lastOf(ann)).toMatchObject({ event: "closed", reason: "lost", exit: 4 });
  });

  test("with nothing running: noticed within 15 s → 3", async (t) => {
    const { ann, bob } = await talking(t);
    expect(await exitAfterDeath(bob, ann)).toBe(3);
    expect(ann.eventsOf("error")).toContainEqual(expect.objectContaining({ code: "CONNECTION_LOST" }));
    expect(lastOf(ann)).toMatchObject({ event: "closed", reason: "lost", exit: 3 });
  });
});

describe.concurrent("nobody there", () => {
  test("no file of the other side within --wait → 6", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const sides = { ann: offer(ann, ["--json", "--wait", "1s"]), bob: answer(bob, ["--json", "--wait", "1s"]) };
    expect(await exits(sides)).toEqual([6, 6]);
    expect(sides.ann.eventsOf("error")).toMatchObject([{ code: "FILE_NOT_THERE" }]);
    expect(lastOf(sides.ann)).toMatchObject({ event: "closed", reason: "timeout", exit: 6 });
    // Bob never wrote a file, so nothing of his has begun that could be closed.
    expect(sides.bob.eventsOf("error")).toMatchObject([{ code: "FILE_NOT_THERE" }]);
    expect(sides.bob.eventsOf("closed")).toEqual([]);
  });

  test("the answering side is gone: the offering side gives up after --connect-timeout → 3", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--json", "--no-chat", "--connect-timeout", "2s"]);
    await carry(ann, bob);
    const bobSide = answer(bob, ["--json", "--no-chat"]);
    await bobSide.event("local-file");
    await bobSide.kill();
    await carry(bob, ann);
    expect(await annSide.exit()).toBe(3);
    expect(annSide.eventsOf("error")).toMatchObject([{ code: "CANNOT_CONNECT" }]);
    expect(lastOf(annSide)).toMatchObject({ event: "closed", reason: "cannot-connect", exit: 3 });
  });

  test("the offering side is gone: the answering side tries until --wait → 3", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--json"]);
    await carry(ann, bob);
    await annSide.kill();
    const bobSide = answer(bob, ["--json", "--no-chat", "--wait", "3s"]);
    expect(await bobSide.exit()).toBe(3);
    expect(lastOf(bobSide)).toMatchObject({ event: "closed", exit: 3 });
  });
});

describe.concurrent("local trouble", () => {
  test("a path that does not exist → 8, before any file is written", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["missing.bin"]);
    expect(await side.exit()).toBe(8);
    expect(side.stderr).toMatch(/^p2p: error: .*missing\.bin.*\(PATH_MISSING\)\np2p: hint: /m);
    expect(await readdir(ann.dir)).toEqual([]);
  });

  test("two paths of the same base name → 2, before any file is written", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "a.txt"), "");
    await writeFile(join(bob.dir, "a.txt"), "");
    const side = offer(ann, ["a.txt", join(bob.dir, "a.txt")]);
    expect(await side.exit()).toBe(2);
    expect(side.stderr).toContain("(PATH_DUPLICATE)");
    expect(await readdir(ann.dir)).toEqual(["a.txt"]);
  });

  test("an address that is not this machine's → 8", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["--bind", "192.0.2.1"]);
    expect(await side.exit()).toBe(8);
    expect(side.stderr).toContain("(BIND_FAILED)");
  });

  test("a port that another program has → 8; the next of a range is taken instead", async (t) => {
    const { ann, bob, cid } = await people(t, "ann", "bob", "cid");
    const first = offer(ann, ["--json"]);
    await first.event("local-file");
    const port = /127\.0\.0\.1 (\d+) typ host/.exec(await readFile(join(ann.dir, OWN_FILE), "utf8"))?.[1];
    const refused = offer(bob, ["--port", `${port}`]);
    expect(await refused.exit()).toBe(8);
    expect(refused.stderr).toMatch(/cannot use port \d+ of .*\(BIND_FAILED\)\np2p: hint: .*--port/);
    const next = offer(cid, ["--json", "--port", `${port}-65535`]);
    await next.event("local-file");
  });

  test("only relays, and no TURN server that gives one → 3", async (t) => {
    const { ann } = await people(t, "ann");
    const env = { P2P_TURN_USER: "ann", P2P_TURN_PASSWORD: "secret" };
    const side = offer(ann, ["--relay-only", "--turn", "turn:127.0.0.1:9?transport=tcp"], { env });
    expect(await side.exit()).toBe(3);
    expect(side.stderr).toMatch(/turn:127\.0\.0\.1:9\S* did not answer: ECONNREFUSED/);
    expect(side.stderr).toContain("(NO_RELAY)");
    expect(await readdir(ann.dir)).toEqual([]);
  });

  test("both commands in one folder → 8, naming the process that has it", async (t) => {
    const { ann } = await people(t, "ann");
    const first = offer(ann, ["--json"]);
    await first.event("waiting");
    const second = answer(ann);
    expect(await second.exit()).toBe(8);
    expect(second.stderr).toContain("(FOLDER_IN_USE)");
    expect(second.stderr).toContain(String(first.pid));
    expect(first.hasEnded).toBe(false);
  });

  test("the folder of a process that was killed is free again", async (t) => {
    const { ann } = await people(t, "ann");
    const first = offer(ann, ["--json"]);
    await first.event("waiting");
    await first.kill();
    const second = offer(ann, ["--json"]);
    await second.event("waiting");
  });
});

describe.concurrent("who ends when", () => {
  test("a --no-chat side waits for the lines that its peer still pipes", async (t) => {
    const pair = await connect(await people(t, "ann", "bob"), ["--no-chat", "-m", "first"], [], {
      bob: { stdin: "pipe" },
    });
    await pair.bob.prints("first");
    pair.bob.type("second\n");
    await pair.ann.prints("second");
    pair.bob.type("third\n");
    pair.bob.endInput();
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.ann.lines).toEqual(["second", "third"]);
  });

  test("two --no-chat sides with nothing to say meet and part", async (t) => {
    const pair = await connect(await people(t, "ann", "bob"), ["--no-chat", "--json"], ["--no-chat", "--json"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect([lastOf(pair.ann), lastOf(pair.bob)].map((event) => event?.event)).toEqual(["closed", "closed"]);
  });

  test("a side that has much to send is waited for", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await randomFile(join(ann.dir, "some.bin"), 30 << 20);
    const pair = await connect({ ann, bob }, ["--no-chat", "some.bin"], ["--no-chat", "-y", "-m", "quick"]);
    expect(await exits(pair, 45_000)).toEqual([0, 0]);
    expect(await readdir(bob.dir)).toContain("some.bin");
  });
});
