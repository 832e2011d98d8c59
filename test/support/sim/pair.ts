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

export interface Pair<E extends Engine<V>, V> {
  simulation: Simulation;
  a: Side<E, V>;
  b: Side<E, V>;
  aToB: Link;
  bToA: Link;
}

/** Puts two engines on a path of their own. Nothing runs yet. */
export function makePair<E extends Engine<V>, V>(
  seed: number,
  conditions: PathConditions,
  a: PairSide<E, V>,
  b: PairSide<E, V>,
): Pair<E, V> {
  const simulation = new Simulation(seed, conditions);
  const aToB = simulation.link("a→b", conditions.aToB);
  const bToA = simulation.link("b→a", conditions.bToA);
  const { a: sideA, b: sideB } = connect(simulation, conditions, { ...a, out: aToB }, { ...b, out: bToA });
  return { simulation, a: sideA, b: sideB, aToB, bToA };
}

/** Two more sides in a simulation, on links that may be shared. */
export function connect<E extends Engine<V>, V>(
  simulation: Simulation,
  conditions: Pick<PathConditions, "stalls" | "timerLatenessMs">,
  a: PairSide<E, V> & { out: Link },
  b: PairSide<E, V> & { out: Link },
): { a: Side<E, V>; b: Side<E, V> } {
  const { timerLatenessMs, stalls } = conditions;
  const sideA = simulation.side<E, V>({ ...a, name: "a", timerLatenessMs }, a.out);
  const sideB = simulation.side<E, V>({ ...b, name: "b", timerLatenessMs }, b.out);
  sideA.peer = sideB;
  sideB.peer = sideA;
  if (stalls !== undefined) for (const side of [sideA, sideB]) stallNowAndThen(simulation, side, stalls);
  return { a: sideA, b: sideB };
}

function stallNowAndThen<E extends Engine<V>, V>(
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
  simulation.at(pauseMs(), begin);
}
