// A carrier that is a command, with a process that does what the test says.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import type { CarriedText, CarrierEvent } from "../../../../src/pairing/carrier.ts";
import { CommandCarrier } from "../../../../src/pairing/carriers/command.ts";
import { type FarCommand, farCommandOf } from "../../../../src/pairing/carriers/far-command.ts";
import type { FarEnd, FarProcess } from "../../../../src/pairing/carriers/far-process.ts";
import { HandClock } from "../../../support/hand-clock.ts";
import { withResolvers } from "../../../support/with-resolvers.ts";

const OFFER = '{"our":"offer"}';
const ANSWER = '{"p2p":{"expiresAt":"2030-01-01T00:00:00Z"},"sdp":"answer"}';

/** A stream whose bytes the test gives. */
class FakeStream {
  readonly #chunks: (string | undefined)[] = [];
  #wake: () => void = () => {};

  /** @param text - undefined: the stream ends */
  say(text: string | undefined): void {
    this.#chunks.push(text);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#chunks.splice(0, 1);
      if (next.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if (next[0] === undefined) return;
      else yield Buffer.from(next[0]);
    }
  }
}

class FakeProcess implements FarProcess {
  readonly stdout = new FakeStream();
  readonly stderr = new FakeStream();
  readonly written: string[] = [];
  readonly signals: string[] = [];
  isIdle = true;
  isInputEnded = false;
  onIdle: () => void = () => {};
  readonly #started = withResolvers<boolean>();
  readonly #ended = withResolvers<FarEnd>();
  readonly #closed = withResolvers<void>();
  readonly started = this.#started.promise;
  readonly ended = this.#ended.promise;
  readonly closed = this.#closed.promise;
  /** What it does when a signal comes. */
  onSignal: (signal: string) => void = () => {};

  constructor(isRunning = true) {
    this.#started.resolve(isRunning);
  }

  write(text: string): void {
    this.written.push(text);
  }

  endInput(): void {
    this.isInputEnded = true;
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.signals.push(signal);
    this.onSignal(signal);
  }

  end(end: FarEnd): void {
    this.stdout.say(undefined);
    this.stderr.say(undefined);
    this.#ended.resolve(end);
    this.#closed.resolve();
  }

  exit(status: number): void {
    this.end({ how: "status", status });
  }
}

function setUp(options: { via?: string; far?: FakeProcess } = {}) {
  const { via = "ssh://nas", far = new FakeProcess() } = options;
  const clock = new HandClock();
  const states: string[] = [];
  const told: CarrierEvent[] = [];
  const started: FarCommand[] = [];
  const emit = (event: CarrierEvent): void => {
    if (event.event === "carrier") states.push(event.state);
    else told.push(event);
  };
  const context = { emit };
  const carrier = new CommandCarrier(farCommandOf(via) as FarCommand, context, {
    start: async (command) => {
      started.push(command);
      return await Promise.resolve(far);
    },
    after: (ms, call) => clock.setTimer(call, ms),
  });
  const abort = new AbortController();
  const texts: string[] = [];
  /** Reads to the end; the error that ended it. */
  const read = async (): Promise<unknown> => {
    try {
      for await (const text of carrier.incoming(abort.signal)) texts.push(asText(text));
      return undefined;
    } catch (error) {
      return error;
    }
  };
  return { carrier, far, clock, states, told, started, abort, texts, read };
}

function asText({ bytes, label, isFromBefore }: CarriedText): string {
  expect({ label, isFromBefore }).toEqual({ label: "ssh://nas", isFromBefore: false });
  return Buffer.from(bytes).toString();
}

/** Lets what is settled go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("documents", () => {
  test("the first starts the command once; each is written, and theirs are read", async () => {
    const { carrier, far, started, states, texts, read, told } = setUp();
    expect(await carrier.publish(OFFER)).toEqual({ isMadeAnew: false });
    await carrier.publish("second");
    expect(started).toHaveLength(1);
    expect(far.written).toEqual([OFFER, "second"]);
    const over = read();
    far.stdout.say(`Welcome\n${ANSWER.slice(0, 9)}`);
    await settle();
    expect(states).toEqual(["present"]);
    far.stdout.say(`${ANSWER.slice(9)}\n${ANSWER}\n`);
    far.stderr.say("waiting\u001b[2J\n");
    await settle();
    expect(texts).toEqual([ANSWER, ANSWER]);
    expect(states).toEqual(["present", "delivered"]);
    expect(told).toEqual([
      { event: "far-end-says", text: "Welcome" },
      { event: "far-end-says", text: "waiting\u001b[2J" },
    ]);
    far.exit(0);
    expect(await over).toBeUndefined();
  });

  test("while the far side does not read, only the newest waits for it", async () => {
    const { carrier, far } = setUp();
    await carrier.publish(OFFER);
    far.isIdle = false;
    await carrier.publish("second");
    await carrier.publish("third");
    expect(far.written).toEqual([OFFER]);
    far.onIdle();
    far.onIdle();
    expect(far.written).toEqual([OFFER, "third"]);
  });

  test("after the reading was ended its stdout is read on, and given to nobody", async () => {
    const { carrier, far, texts, read, abort } = setUp();
    await carrier.publish(OFFER);
    const over = read();
    abort.abort();
    far.stdout.say(ANSWER);
    await settle();
    far.exit(1);
    expect(await over).toBeUndefined();
    expect(texts).toEqual([]);
  });
});

describe("a far end that fails", () => {
  /** @returns the error, its parameters, and the states told */
  async function failure(end: FarEnd, before: { via?: string; stdout?: string } = {}) {
    const run = setUp(before.via === undefined ? {} : { via: before.via });
    await run.carrier.publish(OFFER);
    const over = run.read();
    if (before.stdout !== undefined) run.far.stdout.say(before.stdout);
    await settle();
    run.far.end(end);
    await settle();
    run.clock.pass(2_000);
    const error = await over;
    expect(getEventListeners(run.abort.signal, "abort")).toEqual([]);
    if (!(error instanceof P2pError)) throw new Error(`no error: ${String(error)}`);
    return { code: error.code, params: error.params as Record<string, unknown>, states: run.states };
  }
  const status = (code: number): FarEnd => ({ how: "status", status: code });

  test("ssh that finds no host, and p2p's own exit code of the same number behind a shell", async () => {
    expect(await failure(status(255))).toEqual({
      code: "FAR_END_UNREACHABLE",
      params: { via: "ssh://nas" },
      states: ["present", "lost"],
    });
    expect(await failure(status(255), { via: "exec:x" })).toMatchObject({
      code: "FAR_END_FAILED",
      params: { via: "exec:x", why: "died", status: 255 },
    });
  });

  test.each([
    [127, "no-p2p"],
    [126, "no-p2p"],
    [2, "usage"],
    [8, "folder"],
    [1, "died"],
    [130, "died"],
  ])("exit code %i before an answer is told as %s", async (code, why) => {
    expect(await failure(status(code))).toMatchObject({ code: "FAR_END_FAILED", params: { why, status: code } });
  });

  test("a signal, an end in silence, and an end after a greeting", async () => {
    expect(await failure({ how: "signal", signal: "SIGKILL" })).toMatchObject({
      params: { why: "died", status: "SIGKILL" },
    });
    expect(await failure(status(0))).toMatchObject({ params: { why: "no-document" } });
    expect(await failure(status(0), { stdout: "This account is not available.\n" })).toMatchObject({
      params: { why: "no-document" },
    });
    expect((await failure(status(0))).params).not.toHaveProperty("status");
  });

  test("an end in the middle of its document is told for what it is", async () => {
    expect(await failure(status(1), { stdout: ANSWER.slice(0, 20) })).toMatchObject({ params: { why: "died" } });
  });

  test("an end after its answer leaves this side time to find out more, and is told then", async () => {
    expect(await failure(status(3), { stdout: ANSWER })).toEqual({
      code: "FAR_END_FAILED",
      params: { via: "ssh://nas", why: "died-later", status: 3 },
      states: ["present", "delivered", "lost"],
    });
    const { carrier, far, read, abort, clock, states } = setUp();
    await carrier.publish(OFFER);
    const over = read();
    far.stdout.say(ANSWER);
    await settle();
    far.exit(3);
    await settle();
    // The line has ended, or is connected, within the time.
    abort.abort();
    expect(await over).toBeUndefined();
    expect(states).toEqual(["present", "delivered"]);
    expect(clock.timerCount).toBe(0);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  test("a document that is none goes to the line, which says what is wrong with it", async () => {
    const { carrier, far, read, texts } = setUp();
    await carrier.publish(OFFER);
    const over = read();
    far.stdout.say("{ garbage }\n");
    await settle();
    far.exit(0);
    await over;
    expect(texts).toEqual(["{ garbage }"]);
  });

  test("a program that is not there, told by the process or when it is started", async () => {
    const { carrier, far, read, states } = setUp({ far: new FakeProcess(false) });
    await carrier.publish(OFFER);
    far.end({ how: "not-started", code: "ENOENT" });
    expect(await read()).toMatchObject({ code: "CARRIER_NOT_STARTED", params: { program: "ssh", code: "ENOENT" } });
    expect(states).toEqual(["lost"]);
    const broken = new CommandCarrier(
      farCommandOf("ssh://nas") as FarCommand,
      {},
      {
        start: () => Promise.reject(Object.assign(new Error("spawn"), { code: "E2BIG" })),
        after: () => () => {},
      },
    );
    await expect(broken.publish(OFFER)).rejects.toMatchObject({
      code: "CARRIER_NOT_STARTED",
      params: { code: "E2BIG" },
    });
  });

  test("one that has closed its stdout and runs on is not waited for without end", async () => {
    const { carrier, far, read, clock } = setUp();
    await carrier.publish(OFFER);
    const over = read();
    far.stdout.say(undefined);
    await settle();
    clock.pass(2_000);
    await settle();
    clock.pass(500);
    expect(await over).toMatchObject({ code: "FAR_END_FAILED", params: { why: "no-document" } });
  });
});

describe("a command that is started before there is a document", () => {
  test("is the one that gets the first document, and is told once there is one", async () => {
    const { carrier, far, started, states } = setUp();
    carrier.start();
    await settle();
    expect([started.length, states]).toEqual([1, []]);
    await carrier.publish(OFFER);
    await carrier.publish("second");
    await settle();
    expect([started.length, states, far.written]).toEqual([1, ["present"], [OFFER, "second"]]);
  });

  test("is ended with a line that never makes one", async () => {
    const { carrier, far } = setUp();
    far.onSignal = (signal) => far.end({ how: "signal", signal });
    carrier.start();
    await carrier.close();
    expect(far.signals[0]).toBe("SIGTERM");
  });

  test("that cannot be started fails with the first document, or not at all", async () => {
    const start = (): Promise<never> => Promise.reject(Object.assign(new Error("spawn"), { code: "E2BIG" }));
    const carrier = new CommandCarrier(farCommandOf("ssh://nas") as FarCommand, {}, { start, after: () => () => {} });
    carrier.start();
    await settle();
    await expect(carrier.publish(OFFER)).rejects.toMatchObject({ code: "CARRIER_NOT_STARTED" });
    await carrier.close();
  });
});

describe("the end", () => {
  test("without a session the process is ended at once, and killed where it does not end", async () => {
    const { carrier, far, clock } = setUp();
    await carrier.close();
    await carrier.publish(OFFER);
    const over = carrier.close();
    await settle();
    expect(far.isInputEnded).toBe(true);
    expect(far.signals).toEqual(["SIGTERM"]);
    clock.pass(2_000);
    await settle();
    expect(far.signals).toEqual(["SIGTERM", "SIGKILL"]);
    far.end({ how: "signal", signal: "SIGKILL" });
    await over;
    expect(clock.timerCount).toBe(0);
  });

  test("after a session it ends by itself, and a failure is told", async () => {
    for (const status of [0, 8]) {
      const { carrier, far, told } = setUp();
      await carrier.publish(OFFER);
      await carrier.handleConnected();
      const over = carrier.close();
      await settle();
      expect(far.signals).toEqual([]);
      far.exit(status);
      await over;
      expect(told).toEqual(status === 0 ? [] : [{ event: "far-end-ended", status: 8 }]);
    }
  });

  test("after a session that it does not notice it is ended", async () => {
    const { carrier, far, clock } = setUp();
    far.onSignal = (signal) => far.end({ how: "signal", signal });
    await carrier.publish(OFFER);
    await carrier.handleConnected();
    const over = carrier.close();
    await settle();
    clock.pass(3_000);
    await over;
    expect(far.signals[0]).toBe("SIGTERM");
  });
});
