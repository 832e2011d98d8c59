// Two sessions that end towards each other in virtual time: every mix of modes, work, byes, delays and losses of the
// connection, from a seed. Whatever happens, each side closes once, in time, and with a code that fits.
import { expect, test } from "vitest";
import type { SessionMode } from "../../src/control/messages.ts";
import {
  BYE_TIMEOUT_MS,
  FLUSH_TIMEOUT_MS,
  INITIAL_ACTIVITY,
  type SessionActivity,
  type SessionEffect,
  type SessionInput,
  SessionMachine,
} from "../../src/control/session-machine.ts";
import { isLong } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";

const SEEDS = isLong ? 50_000 : 2_000;
const MAX_DELAY_MS = 3_000;
const MAX_TRANSFER_CLOSE_MS = 100;
const HOUR_MS = 3_600_000;

type Closed = Extract<SessionEffect, { effect: "closed" }>;

interface World {
  nowMs: number;
  isCut: boolean;
  readonly later: { atMs: number; order: number; run: () => void }[];
  order: number;
}

function schedule(world: World, delayMs: number, run: () => void): void {
  world.order += 1;
  world.later.push({ atMs: world.nowMs + delayMs, order: world.order, run });
}

class Side {
  readonly machine: SessionMachine;
  readonly world: World;
  readonly random: () => number;
  readonly mode: SessionMode;
  peer: Side | undefined;
  closed: Closed[] = [];
  /** When the end began, and when it was over. */
  endedAtMs: number | undefined;
  closedAtMs = 0;
  said: string[] = [];
  #lastArrivalMs = 0;
  #activity: SessionActivity = INITIAL_ACTIVITY;

  constructor(world: World, random: () => number, mode: SessionMode) {
    this.world = world;
    this.random = random;
    this.mode = mode;
    this.machine = new SessionMachine({ mode, isForeign: false });
  }

  change(changes: Partial<SessionActivity>): void {
    this.#activity = { ...this.#activity, ...changes };
    this.handle({ input: "activity", activity: this.#activity });
  }

  handle(input: SessionInput): void {
    this.machine.handle(input, this.world.nowMs);
    this.drain();
  }

  advance(): void {
    this.machine.advance(this.world.nowMs);
    this.drain();
  }

  /** To the peer, in order, after a while; lost when the connection is cut meanwhile. */
  send(input: SessionInput): void {
    const arrivalMs = Math.max(this.#lastArrivalMs, this.world.nowMs + this.random() * MAX_DELAY_MS);
    this.#lastArrivalMs = arrivalMs;
    schedule(this.world, arrivalMs - this.world.nowMs, () => {
      if (!this.world.isCut) this.peer?.handle(input);
    });
  }

  drain(): void {
    for (let effect = this.machine.pollEffect(); effect !== undefined; effect = this.machine.pollEffect()) {
      if (this.closed.length > 0) throw new Error(`${effect.effect} after closed`);
      if (!this.machine.isOpen) this.endedAtMs ??= this.world.nowMs;
      this.said.push(effect.effect);
      this.#obey(effect);
    }
    if (!this.machine.isOpen) this.endedAtMs ??= this.world.nowMs;
  }

  #obey(effect: SessionEffect): void {
    switch (effect.effect) {
      case "say-done":
        this.send({ input: "peer-done" });
        break;
      case "say-bye":
        this.send({ input: "peer-bye" });
        break;
      case "say-bye-ack":
        this.send({ input: "peer-bye-ack" });
        break;
      case "close-transfers":
        this.change({ outgoing: 0, incoming: 0, running: 0 });
        schedule(this.world, this.random() * MAX_TRANSFER_CLOSE_MS, () =>
          this.handle({ input: "transfers-closed", exit: 0 }),
        );
        break;
      case "closed":
        this.closed.push(effect);
        this.closedAtMs = this.world.nowMs;
        // Closing the association tells the other side.
        schedule(this.world, this.random() * MAX_DELAY_MS, () =>
          this.peer?.handle({ input: "disconnected", how: "closed" }),
        );
        break;
      case "fail-texts":
      case "report-unanswered":
        break;
    }
  }
}

function plan(side: Side): void {
  const { world, random } = side;
  const texts = Math.floor(random() * 3);
  schedule(world, random() * 1_000, () => side.peer?.handle({ input: "peer-hello", mode: side.mode }));
  if (texts > 0) side.change({ unacknowledgedTexts: texts });
  // Some texts are never acknowledged: the peer is stuck, and its silence ends the session in the end.
  if (random() < 0.1) {
    schedule(world, 60_000, () => side.handle({ input: "disconnected", how: "lost" }));
  } else schedule(world, random() * 5_000, () => side.change({ unacknowledgedTexts: 0 }));
  if (random() < 0.5) {
    side.change({ outgoing: 1, running: 1 });
    side.peer?.change({ incoming: 1, running: 1 });
    schedule(world, random() * 8_000, () => {
      side.change({ outgoing: 0, running: 0 });
      side.peer?.change({ incoming: 0, running: 0 });
    });
  }
  schedule(world, random() * 2_000, () => side.change({ hasMore: false }));
  const mustQuit = side.mode === "conversation" || random() < 0.2;
  if (mustQuit) {
    const reason = random() < 0.5 ? "quit" : "interrupted";
    const isPatient = reason === "quit";
    const end: SessionInput = { input: "end", reason, exit: isPatient ? 0 : 130, isPatient };
    schedule(world, random() * 20_000, () => side.handle(end));
  }
}

function run(seed: number): { sides: Side[]; wasCut: boolean } {
  const random = seededRandom(seed);
  const world: World = { nowMs: 0, isCut: false, later: [], order: 0 };
  const mode = (): SessionMode => (random() < 0.5 ? "once" : "conversation");
  const sides = [new Side(world, random, mode()), new Side(world, random, mode())];
  const [ann, bob] = sides as [Side, Side];
  ann.peer = bob;
  bob.peer = ann;
  plan(ann);
  plan(bob);
  const wasCut = random() < 0.3;
  if (wasCut) {
    schedule(world, random() * 20_000, () => {
      world.isCut = true;
      for (const side of sides) {
        schedule(world, random() * 15_000, () => side.handle({ input: "disconnected", how: "lost" }));
      }
    });
  }
  for (;;) {
    world.later.sort((one, other) => one.atMs - other.atMs || one.order - other.order);
    const atMs = Math.min(world.later[0]?.atMs ?? Infinity, ...sides.map(({ machine }) => machine.nextDeadlineMs()));
    if (atMs > HOUR_MS) break;
    world.nowMs = atMs;
    for (const side of sides) side.advance();
    while ((world.later[0]?.atMs ?? Infinity) <= atMs) world.later.shift()?.run();
  }
  return { sides, wasCut };
}

test(`${SEEDS} pairs of sessions end on both sides, once and in time`, () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { sides, wasCut } = run(seed);
    for (const side of sides) {
      const told = `seed ${seed}: ${side.mode}, ${side.said.join(" ")}, state ${side.machine.state}`;
      expect(side.closed.length, told).toBe(1);
      const [closed] = side.closed;
      if (!wasCut) expect(closed?.reason, told).not.toBe("error");
      expect(side.said.filter((said) => said === "say-bye").length, told).toBeLessThanOrEqual(1);
      expect(side.said.filter((said) => said === "say-bye-ack").length, told).toBeLessThanOrEqual(1);
      expect(side.said.at(-1), told).toBe("closed");
      if (closed?.reason === "interrupted") expect(closed.exit, told).toBe(130);
      const lastedMs = side.closedAtMs - (side.endedAtMs ?? 0);
      expect(lastedMs, told).toBeLessThanOrEqual(FLUSH_TIMEOUT_MS + BYE_TIMEOUT_MS + MAX_TRANSFER_CLOSE_MS);
    }
  }
});
