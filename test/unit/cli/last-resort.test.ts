// An error that nobody caught: what is open is ended, programs hear `closed` last, and the exit code is that of a bug.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LAST_RESORT_MS } from "../../../src/cli/last-resort.ts";
import { closed, CONNECTED, FakeIo, LOCAL_FILE } from "./fakes.ts";
import { begin, settled } from "./pair-run.ts";

const BUG = new Error("nobody catches this");

type Told = Record<string, unknown>;

const eventsIn = (stdout: string): Told[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);

describe("an error that nobody caught", () => {
  test.each([[[LOCAL_FILE]], [[LOCAL_FILE, CONNECTED]]])("with --json: told, then `closed`, exit 1", async (events) => {
    const { io, line, exit } = await begin("offer --json");
    line.emit(...events);
    await settled();
    io.throwUncaught(BUG);
    io.throwUncaught(new Error("and what comes of it"));
    expect(await exit).toBe(1);
    expect(line.closes).toEqual([{ reason: "interrupted", exit: 1 }]);
    const { stdout, stderr } = await io.written();
    const told = eventsIn(stdout);
    expect(told.at(-1)).toMatchObject({ event: "closed", reason: "error", exit: 1 });
    expect(told.filter(({ event }) => event === "error")).toMatchObject([{ code: "INTERNAL" }]);
    expect(stderr.match(/nobody catches this/g)).toHaveLength(1);
  });

  test("with no line open (any more): told, and the process ends", async () => {
    const io = new FakeIo();
    const { exit, line } = await begin("offer", io);
    line.emit(LOCAL_FILE, closed());
    await exit;
    io.throwUncaught(BUG);
    while (io.exitedNow === undefined) await settled();
    expect(io.exitedNow).toBe(1);
    expect((await io.written()).stderr).toContain("unexpected: nobody catches this (INTERNAL)");
  });

  test("with P2P_DEBUG=1 its stack is told too", async () => {
    const { io, line, exit } = await begin("offer --json", new FakeIo([], { P2P_DEBUG: "1" }));
    line.emit(LOCAL_FILE);
    await settled();
    io.throwUncaught(BUG);
    expect(await exit).toBe(1);
    expect((await io.written()).stderr).toMatch(/Error: nobody catches this\n\s+at /);
  });
});

describe("when the line cannot be ended either", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test("`closed` is told all the same when the time is up", async () => {
    const { io, line } = await begin("offer --json");
    line.close = () => new Promise(() => {});
    line.emit(LOCAL_FILE);
    await settled();
    io.throwUncaught(BUG);
    await settled();
    expect(io.exitedNow).toBeUndefined();
    vi.advanceTimersByTime(LAST_RESORT_MS);
    expect(io.exitedNow).toBe(1);
    expect(eventsIn((await io.written()).stdout).at(-1)).toMatchObject({ event: "closed", reason: "error", exit: 1 });
  });
});

test("events that cannot be shown end the line, and `closed` is the last that programs hear", async () => {
  const { io, line, exit } = await begin("offer --json");
  line.emit(LOCAL_FILE);
  await settled();
  // Its time is no time: whatever writes the event fails.
  io.now = () => {
    io.now = () => new Date(0);
    throw BUG;
  };
  line.emit(CONNECTED);
  expect(await exit).toBe(1);
  expect(line.closes).toEqual([{ reason: "interrupted", exit: 1 }]);
  const told = eventsIn((await io.written()).stdout);
  expect(told.at(-2)).toMatchObject({ event: "error", code: "INTERNAL" });
  expect(told.at(-1)).toMatchObject({ event: "closed", reason: "error", exit: 1 });
});
