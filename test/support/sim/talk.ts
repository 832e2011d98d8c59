// Traffic both ways over a pair, until all of it has arrived and both sides are at rest.
import type { AssociationEvent } from "../../../src/sctp/association-types.ts";
import type { Engine } from "../../../src/sctp/engine.ts";
import { connect, makePath, type Pair, type Path, type PathConditions } from "./pair.ts";
import type { Side } from "./side.ts";
import { type MessageSender, type PlannedMessage, Traffic } from "./traffic.ts";

export interface TalkingEngine extends Engine<AssociationEvent>, MessageSender {
  start(nowMs: number): void;
  readonly isDrained: boolean;
}

export interface TalkOptions<A, B = A> {
  seed: number;
  conditions: PathConditions;
  /** A path that others use too; one of its own unless given. */
  path?: Path;
  a: A;
  b: B;
  aSends: readonly PlannedMessage[];
  bSends: readonly PlannedMessage[];
  inspect?: (engine: A | B) => string | undefined;
  /** When either side calls `start`. */
  startAtMs?: { a: number; b: number };
  bufferBytes?: number;
  /** Told of everything but messages and progress. */
  onEvent?: (name: "a" | "b", event: AssociationEvent, nowMs: number) => void;
}

export class Talk<A extends TalkingEngine, B extends TalkingEngine = A> {
  readonly pair: Pair<A, B, AssociationEvent>;
  readonly fromA: Traffic;
  readonly fromB: Traffic;
  /** When a's association came up; undefined: not yet. */
  establishedAtMs: number | undefined = undefined;

  constructor(options: TalkOptions<A, B>) {
    const { seed, conditions, inspect, bufferBytes, startAtMs = { a: 0, b: 0 } } = options;
    this.fromA = new Traffic(options.aSends, seed + 1, bufferBytes);
    this.fromB = new Traffic(options.bSends, seed + 2, bufferBytes);
    const sideOf = <E extends A | B>(name: "a" | "b", engine: E, sends: Traffic, takes: Traffic) => ({
      engine,
      ...(inspect === undefined ? {} : { inspect }),
      onEvent: (event: AssociationEvent, side: { engine: E; nowMs: number }) => {
        if (event.type === "message") {
          takes.take(event, side.nowMs);
          if (takes.flaw !== undefined) this.pair.simulation.fail(`${name} received: ${takes.flaw}`);
          return;
        }
        if (event.type === "established" && name === "a") this.establishedAtMs ??= side.nowMs;
        if (event.type !== "progress") {
          this.pair.simulation.ladder.note(side.nowMs, `${name}: ${JSON.stringify(event)}`);
          options.onEvent?.(name, event, side.nowMs);
        }
        sends.offer(side.engine, side.nowMs);
      },
    });
    this.pair = connect(
      options.path ?? makePath(seed, conditions),
      conditions,
      sideOf("a", options.a, this.fromA, this.fromB),
      sideOf("b", options.b, this.fromB, this.fromA),
    );
    this.#begin(this.pair.a, this.fromA, options.aSends, startAtMs.a);
    this.#begin(this.pair.b, this.fromB, options.bSends, startAtMs.b);
  }

  get isDone(): boolean {
    const { a, b } = this.pair;
    return this.fromA.isComplete && this.fromB.isComplete && a.engine.isDrained && b.engine.isDrained;
  }

  /** Goodput of what a sent, in bytes per millisecond since its association came up. */
  get goodput(): number {
    return this.fromA.goodput(this.establishedAtMs ?? 0);
  }

  /** Runs until every message has arrived and has been acknowledged. */
  finish(limitMs: number): this {
    this.pair.simulation.runUntil(() => this.isDone, limitMs, "all delivered and drained");
    return this;
  }

  #begin<E extends TalkingEngine>(
    side: Side<E, AssociationEvent>,
    sends: Traffic,
    plan: readonly PlannedMessage[],
    startAtMs: number,
  ): void {
    side.at(startAtMs, (engine, nowMs) => {
      engine.start(nowMs);
      sends.offer(engine, nowMs);
    });
    for (const atMs of new Set(plan.map((message) => message.atMs))) {
      if (atMs > startAtMs) {
        side.at(atMs, (engine, nowMs) => {
          sends.offer(engine, nowMs);
        });
      }
    }
  }
}
