// Two engines and the two directions between them: the simulation that most tests need.
import type { Engine } from "../../../src/sctp/engine.ts";
import { CLEAN_LINK, type Link, type LinkConditions } from "./link.ts";
import type { Side, SideOptions } from "./side.ts";
import { Simulation } from "./simulation.ts";

export interface StallConditions {
  /** Mean time between the end of one stall and the next. */
  everyMs: number;
  leastMs: number;
  mostMs: number;
}

export interface PathConditions {
  aToB: LinkConditions;
  bToA: LinkConditions;
  /** Of either side's event loop. */
  stalls: StallConditions | undefined;
  timerLatenessMs: number;
}

export const CLEAN_PATH: PathConditions = {
  aToB: CLEAN_LINK,
  bToA: CLEAN_LINK,
  stalls: undefined,
  timerLatenessMs: 0,
};

/** The same both ways. */
export function symmetricPath(link: Partial<LinkConditions>, rest: Partial<PathConditions> = {}): PathConditions {
  const both = { ...CLEAN_LINK, ...link };
  return { ...CLEAN_PATH, aToB: both, bToA: both, ...rest };
}

export type PairSide<E, V> = Omit<SideOptions<E, V>, "name" | "timerLatenessMs">;

/** Two ends on links that other pairs may share. */
export interface Pair<A extends Engine<V>, B extends Engine<V>, V> {
  simulation: Simulation;
  a: Side<A, V>;
  b: Side<B, V>;
  aToB: Link;
  bToA: Link;
}

export type Path = Pick<Pair<never, never, never>, "simulation" | "aToB" | "bToA">;

export function makePath(seed: number, conditions: PathConditions): Path {
  const simulation = new Simulation(seed, conditions);
  const aToB = simulation.link("a→b", conditions.aToB);
  const bToA = simulation.link("b→a", conditions.bToA);
  return { simulation, aToB, bToA };
}

/** Puts two engines at the ends of a path. Nothing runs yet. */
export function connect<A extends Engine<V>, B extends Engine<V>, V>(
  path: Path,
  conditions: Pick<PathConditions, "stalls" | "timerLatenessMs">,
  a: PairSide<A, V>,
  b: PairSide<B, V>,
): Pair<A, B, V> {
  const { simulation, aToB, bToA } = path;
  const { timerLatenessMs, stalls } = conditions;
  const sideA = simulation.side<A, V>({ ...a, name: "a", timerLatenessMs }, aToB);
  const sideB = simulation.side<B, V>({ ...b, name: "b", timerLatenessMs }, bToA);
  sideA.peer = sideB;
  sideB.peer = sideA;
  if (stalls !== undefined) {
    stallNowAndThen(simulation, sideA, stalls);
    stallNowAndThen(simulation, sideB, stalls);
  }
  return { ...path, a: sideA, b: sideB };
}

/** Stalls a side at random times from the start of the simulation, or from now on. */
export function stallNowAndThen<E extends Engine<V>, V>(
  simulation: Simulation,
  side: Side<E, V>,
  { everyMs, leastMs, mostMs }: StallConditions,
): void {
  const pauseMs = () => -Math.log(1 - simulation.random()) * everyMs;
  const begin = () => {
    const durationMs = leastMs + (mostMs - leastMs) * simulation.random();
    side.stall(durationMs);
    simulation.at(simulation.nowMs + durationMs + pauseMs(), begin);
  };
  simulation.at(simulation.nowMs + pauseMs(), begin);
}
