// Runs what a seed has drawn for two sessions, their disks and the path between them, in virtual time: nothing but the
// seed decides what happens, and in which order. Whatever is wrong becomes an error with the seed and the trace.
import { logUniform, seededRandom } from "../seeded-random.ts";
import { CrashDisk } from "../crash-disk.ts";
import {
  type Contents,
  type Expected,
  faultsOfDisk,
  faultsOfDone,
  faultsOfEnd,
  faultsOfOrder,
  faultsOfTexts,
} from "./session-judge.ts";
import { SessionLine } from "./session-line.ts";
import { type Action, drawPlan, type Fault, pathsOf, type Plan, type Round } from "./session-plan.ts";
import { SimulatedSide } from "./session-side.ts";
import type { P2pEvent } from "../../../src/lib/events.ts";
import { VirtualTime } from "./virtual-time.ts";

/** By then each session has ended, whatever went wrong: the longest cut, a search for a path, and slow disks. */
const ROUND_LIMIT_MS = 30 * 60_000;
const STEPS_PER_ROUND = 200_000;
const TRACE_LINES_SHOWN = 150;
const STALL_SHARE = 0.01;

/** What a run did, so that a test can tell that something was tried. */
export interface RunFacts {
  readonly trace: readonly string[];
  readonly rounds: number;
  readonly crashes: number;
  readonly resumedBytes: number;
  readonly doneTransfers: number;
  readonly exits: readonly number[];
}

// It is taken before a simulation replaces it.
const realImmediate = setImmediate;

/** Contents are cut out of it, because to draw each of their bytes would take most of a run. */
const NOISE = (() => {
  const random = seededRandom(4_711);
  return new Uint8Array(Uint32Array.from({ length: 2 ** 18 }, () => random() * 2 ** 32).buffer);
})();

/** @param bytes - less than 2^19 */
function noise(bytes: number, random: () => number): Uint8Array {
  const from = Math.floor(random() * (NOISE.length - bytes));
  return NOISE.slice(from, from + bytes);
}

class SessionWorld {
  readonly time = new VirtualTime();
  readonly trace: string[] = [];
  readonly #random: () => number;
  readonly #plan: Plan;
  readonly #disks: [CrashDisk, CrashDisk];
  readonly #expected: [Expected, Expected];
  crashes = 0;
  resumedBytes = 0;
  doneTransfers = 0;
  readonly exits: number[] = [];

  constructor(seed: number) {
    this.#plan = drawPlan(seededRandom(seed));
    this.#random = seededRandom(seed ^ 0x5e55_1045);
    this.#note(
      `plan ${JSON.stringify(this.#plan, (_, value: unknown) => (value instanceof Map ? [...value] : value))}`,
    );
    this.#disks = [new CrashDisk(), new CrashDisk()];
    const own = this.#plan.files.map(
      (files) => new Map([...files].map(([path, bytes]) => [path, noise(bytes, this.#random)])),
    );
    const expected = ([0, 1] as const).map((side): Expected => {
      const sent = new Map<string, Uint8Array>();
      for (const [path, content] of own[1 - side] ?? []) sent.set(path.replace("/home/", "/out/"), content);
      const old = this.#plan.hasOld[side] ? new Map([[`/out/single${1 - side}`, noise(777, this.#random)]]) : new Map();
      const outside: Contents = own[side] ?? new Map();
      for (const [path, content] of [...outside, ...old]) this.#disks[side].put(path, content);
      return { outside, sent, old };
    });
    this.#expected = expected as [Expected, Expected];
  }

  #note = (line: string): void => {
    this.trace.push(`${this.time.nowMs.toFixed(3)} ${line}`);
  };

  async run(): Promise<void> {
    for (const [number, round] of this.#plan.rounds.entries()) {
      this.#note(`round ${number}`);
      await this.#runRound(round, number === this.#plan.rounds.length - 1);
    }
  }

  async #runRound(round: Round, isLast: boolean): Promise<void> {
    const line = new SessionLine(round.line, { time: this.time, random: this.#random });
    const around = { time: this.time, random: this.#random, trace: this.#note, onEvent: this.#react };
    const open = (index: 0 | 1): SimulatedSide =>
      new SimulatedSide(index, round.settings[index], this.#disks[index], line.ends[index], around);
    const sides = [open(0), open(1)] as const;
    for (const [index, disk] of this.#disks.entries()) this.#watch(sides[index as 0 | 1], disk, round.faults);
    for (const side of sides) {
      side.start();
      for (const action of round.actions[side.index]) this.#after(action.atMs, () => this.#act(side, action));
    }
    for (const fault of round.faults) this.#plant(fault, sides, line);
    await this.#drive(sides);
    for (const side of sides) this.#judgeEnd(side, sides[1 - side.index] as SimulatedSide);
    if (isLast) this.#judgeLast(sides);
    for (const side of sides) {
      if (!side.isCrashed) continue;
      this.crashes += 1;
      this.#disks[side.index] = this.#disks[side.index].crash(this.#random);
      this.#check(faultsOfDisk(this.#disks[side.index].files(), this.#expected[side.index]));
    }
  }

  #watch(side: SimulatedSide, disk: CrashDisk, faults: readonly Fault[]): void {
    const own = faults.filter((fault) => "side" in fault && fault.side === side.index);
    const slow = own.find((fault) => fault.fault === "slow-disk");
    const full = own.find((fault) => fault.fault === "full-disk");
    const crash = own.find((fault) => fault.fault === "crash-at-change");
    const crashAt = crash === undefined ? Infinity : disk.operations + crash.change;
    const usedBytes = [...disk.files().values()].reduce((sum, { length }) => sum + length, 0);
    disk.roomBytes = full === undefined ? Infinity : usedBytes + full.bytes;
    disk.beforeCall = (call, name) => {
      this.#note(`${side.name} disk ${name}`);
      if (call !== "look" && disk.operations >= crashAt) side.crash();
      if (slow === undefined) return undefined;
      const isStalled = this.#random() < STALL_SHARE;
      const ms = isStalled ? slow.stallMs : slow.ms * this.#random();
      return new Promise((resolve) => this.#after(ms, resolve));
    };
  }

  #plant(fault: Fault, sides: readonly [SimulatedSide, SimulatedSide], line: SessionLine): void {
    switch (fault.fault) {
      case "crash":
        this.#after(fault.atMs, () => sides[fault.side].crash());
        break;
      case "jump":
        this.#after(fault.atMs, () => sides[fault.side].jump(fault.ms));
        break;
      case "cut":
        this.#after(fault.atMs, () => {
          this.#note("the path is cut");
          line.cut();
          for (const side of sides) side.handlePath("cut");
        });
        this.#after(fault.atMs + fault.forMs, () => {
          this.#note("the path is joined");
          line.join();
          for (const side of sides) side.handlePath("joined");
        });
        break;
      default:
        break;
    }
  }

  #act(side: SimulatedSide, action: Action): void {
    switch (action.does) {
      case "say":
        side.say(action.text);
        break;
      case "send":
        side.send(action.paths);
        break;
      case "cancel":
        for (const { transfer, state } of side.session.status().transfers) {
          if (state === "running" || state === "awaiting-consent") side.cancel(transfer);
        }
        break;
      case "keep-contact":
        side.keepContact();
        break;
      case "finish":
        side.finish();
        break;
      case "leave":
        side.leave(action.reason);
        break;
    }
  }

  /** What a person does about an event. */
  #react = (side: SimulatedSide, event: P2pEvent): void => {
    if (event.event === "incoming" && side.settings.consent === "ask") {
      const answer = this.#random() < 0.8 ? "accept" : "decline";
      this.#after(logUniform(this.#random, 1, 3_000), () => side.answer(event.transfer, answer));
    }
    if (event.event === "verify" && event.state === "shown") {
      this.#after(logUniform(this.#random, 1, 5_000), () => side.confirm());
    }
    if (event.event === "accepted" && event.resumedFrom !== undefined) this.resumedBytes += event.resumedFrom;
    if (event.event === "transfer-done") this.doneTransfers += 1;
  };

  #after(ms: number, run: () => void): void {
    this.time.schedule(this.time.nowMs + ms, { run });
  }

  /** Runs until both sessions are over and all that they were asked for has an outcome. */
  async #drive(sides: readonly [SimulatedSide, SimulatedSide]): Promise<void> {
    const limitMs = this.time.nowMs + ROUND_LIMIT_MS;
    let judged = 0;
    for (let steps = 0; ; steps += 1) {
      // All promises that can go on do so before the next event.
      await new Promise((resolve) => realImmediate(resolve));
      if (this.trace.length > judged) this.#judgeDone(sides, judged);
      judged = this.trace.length;
      if (sides.every(({ isOver, isCrashed, isAnswered }) => isOver && (isCrashed || isAnswered))) return;
      if (steps > STEPS_PER_ROUND) this.fail("loop: too many events");
      if (this.time.nextMs > limitMs) this.fail("a session does not end");
      this.time.step();
    }
  }

  /** Looks at the disks whenever a side has told that a transfer is done. */
  #judgeDone(sides: readonly [SimulatedSide, SimulatedSide], from: number): void {
    if (!this.trace.slice(from).some((line) => line.includes('"event":"transfer-done"'))) return;
    for (const side of sides) this.#check(faultsOfDone(side, sides[1 - side.index] as SimulatedSide));
  }

  #judgeEnd(side: SimulatedSide, other: SimulatedSide): void {
    if (side.closed !== undefined) this.exits.push(side.closed.exit);
    this.#check(faultsOfEnd(side));
    this.#check(faultsOfOrder(side));
    this.#check(faultsOfTexts(side, other));
    this.#check(faultsOfDone(side, other));
    this.#check(faultsOfDisk(this.#disks[side.index].files(), this.#expected[side.index]));
  }

  /** Nothing went wrong in the last round, so everything is there. */
  #judgeLast(sides: readonly [SimulatedSide, SimulatedSide]): void {
    for (const side of sides) {
      if (side.closed?.exit !== 0) this.fail(`${side.name} ends with ${side.closed?.exit} though nothing went wrong`);
      if (side.sends.length !== pathsOf(side.index).length) this.fail(`${side.name} could not send everything`);
      const durable = this.#disks[side.index].durableFiles();
      const { sent, old } = this.#expected[side.index];
      for (const [path, content] of sent) {
        const isKept = side.settings.conflict === "skip" && old.has(path);
        const isThere = [...durable].some(
          ([name, bytes]) => name.replace(/ \(\d+\)$/, "") === path && Buffer.compare(bytes, content) === 0,
        );
        if (!isThere && !isKept) this.fail(`${path} has not arrived`);
      }
    }
  }

  #check(faults: Iterable<string>): void {
    for (const fault of faults) this.fail(fault);
  }

  fail(reason: string): never {
    throw new Error(reason);
  }
}

/**
 * Runs everything that a seed decides. Timers of the store and its clock are virtual meanwhile: nothing else may run in
 * this thread.
 * @throws Error with the seed and the trace when anything is wrong
 */
export async function runSessions(seed: number): Promise<RunFacts> {
  const world = new SessionWorld(seed);
  const { setImmediate: before } = globalThis;
  const beforeNow = performance.now.bind(performance);
  globalThis.setImmediate = ((callback: () => void) => {
    world.time.schedule(world.time.nowMs, { run: callback });
  }) as unknown as typeof setImmediate;
  performance.now = () => world.time.nowMs;
  try {
    await world.run();
  } catch (cause) {
    const shown = [world.trace[0], ...world.trace.slice(-TRACE_LINES_SHOWN)].join("\n");
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`P2P_SESSION_SEED=${seed}: ${reason}\n${shown}`, { cause });
  } finally {
    globalThis.setImmediate = before;
    performance.now = beforeNow;
  }
  const { trace, crashes, resumedBytes, doneTransfers, exits } = world;
  const rounds = trace.filter((line) => line.includes(" round ")).length;
  return { trace, rounds, crashes, resumedBytes, doneTransfers, exits };
}
