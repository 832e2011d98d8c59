// What a seed draws for two simulated sessions: people, a path, what each of them does, and what goes wrong.
import { logUniform } from "../seeded-random.ts";
import type { LineConditions } from "./session-line.ts";
import type { SideSettings } from "./session-side.ts";

/** What a person does, and when, in virtual milliseconds since the session has begun. */
export type Action =
  | { readonly atMs: number; readonly does: "say"; readonly text: string }
  | { readonly atMs: number; readonly does: "send"; readonly paths: readonly string[] }
  | { readonly atMs: number; readonly does: "leave"; readonly reason: "quit" | "interrupted" }
  | { readonly atMs: number; readonly does: "finish" | "keep-contact" | "cancel" };

/** What happens to one side, or to the path. */
export type Fault =
  | { readonly fault: "crash"; readonly side: 0 | 1; readonly atMs: number }
  /** The machine stands still at this change of its disk, counted from the start of the session. */
  | { readonly fault: "crash-at-change"; readonly side: 0 | 1; readonly change: number }
  | { readonly fault: "cut"; readonly atMs: number; readonly forMs: number }
  | { readonly fault: "jump"; readonly side: 0 | 1; readonly atMs: number; readonly ms: number }
  /** Every call takes up to this long, and one in a hundred `stallMs`. */
  | { readonly fault: "slow-disk"; readonly side: 0 | 1; readonly ms: number; readonly stallMs: number }
  /** The disk has only this much room more. */
  | { readonly fault: "full-disk"; readonly side: 0 | 1; readonly bytes: number };

/** One meeting of the two. */
export interface Round {
  readonly line: LineConditions;
  readonly settings: readonly [SideSettings, SideSettings];
  readonly actions: readonly [readonly Action[], readonly Action[]];
  readonly faults: readonly Fault[];
}

/** Everything that a seed decides before anything runs. */
export interface Plan {
  /** Files in `/home` of each side: path → size in bytes. */
  readonly files: readonly [ReadonlyMap<string, number>, ReadonlyMap<string, number>];
  /** Each side has an older file under the name that the other's single file has. */
  readonly hasOld: readonly [boolean, boolean];
  /** The last one has no faults, and in it each side sends all of its files. */
  readonly rounds: readonly Round[];
}

const SIDES = [0, 1] as const;
const LONGEST_CUT_MS = 200_000;
const MOST_FAULTY_ROUNDS = 3;

type Random = () => number;

function chance(random: Random, share: number): boolean {
  return random() < share;
}

function pick<T>(random: Random, ...choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

function whole(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** The two paths that a side sends: a folder and a single file. */
export function pathsOf(side: 0 | 1): readonly [string, string] {
  return [`/home/t${side}`, `/home/single${side}`];
}

function drawFiles(random: Random, side: 0 | 1): Map<string, number> {
  const [folder, single] = pathsOf(side);
  const size = (): number => (chance(random, 0.15) ? 0 : Math.floor(logUniform(random, 1, 200_000)));
  const files = new Map([[single, chance(random, 0.5) ? size() : Math.floor(logUniform(random, 100_000, 200_000))]]);
  for (const name of ["large", "d/medium", "d/e/small", "tiny"]) {
    if (name === "tiny" || chance(random, 0.6)) files.set(`${folder}/${name}`, size());
  }
  return files;
}

function drawSettings(random: Random, conflict: SideSettings["conflict"], verify: boolean): SideSettings {
  return {
    mode: pick(random, "once", "once", "conversation"),
    consent: pick(random, "accept", "accept", "accept", "ask", "ask", "decline"),
    conflict,
    verify,
    limitBytesPerSecond: chance(random, 0.1) ? 50_000 : undefined,
    recovers: chance(random, 0.5),
    readerMs: chance(random, 0.2) ? 20 : 0,
    isAbortHeard: !chance(random, 0.1),
  };
}

function drawLine(random: Random): LineConditions {
  return {
    delayMs: logUniform(random, 1, 300),
    jitterMs: random() * 20,
    bytesPerMs: logUniform(random, 10, 2_000),
  };
}

function drawActions(random: Random, side: 0 | 1, { mode }: SideSettings): Action[] {
  const actions: Action[] = [];
  const soon = (): number => (chance(random, 0.3) ? 0 : random() * 4_000);
  for (let count = whole(random, 5); count > 0; count -= 1) {
    actions.push({ atMs: soon(), does: "say", text: `${side}-${count}` });
  }
  for (const path of pathsOf(side)) {
    if (chance(random, 0.6)) actions.push({ atMs: soon(), does: "send", paths: [path] });
  }
  if (chance(random, 0.1)) actions.push({ atMs: soon(), does: "cancel" });
  if (chance(random, 0.2)) actions.push({ atMs: soon(), does: "keep-contact" });
  const lastMs = Math.max(0, ...actions.map(({ atMs }) => atMs));
  if (mode === "once") actions.push({ atMs: lastMs, does: "finish" });
  if (mode === "conversation" || chance(random, 0.05)) {
    const reason = pick(random, "quit", "quit", "quit", "interrupted");
    actions.push({ atMs: random() < 0.5 ? random() * 4_000 : 5_000 + random() * 30_000, does: "leave", reason });
  }
  return actions.sort((one, other) => one.atMs - other.atMs);
}

function drawFault(random: Random): Fault {
  const side = pick(random, ...SIDES);
  const atMs = logUniform(random, 1, 8_000);
  switch (pick(random, "crash", "crash-at-change", "crash-at-change", "cut", "cut", "jump", "slow-disk", "full-disk")) {
    case "crash":
      return { fault: "crash", side, atMs };
    case "cut":
      return { fault: "cut", atMs, forMs: logUniform(random, 10, LONGEST_CUT_MS) };
    case "jump":
      return { fault: "jump", side, atMs, ms: logUniform(random, 100, 3_600_000) };
    case "slow-disk":
      return { fault: "slow-disk", side, ms: logUniform(random, 1, 500), stallMs: logUniform(random, 500, 10_000) };
    case "full-disk":
      return { fault: "full-disk", side, bytes: Math.floor(logUniform(random, 1, 200_000)) };
    default:
      return { fault: "crash-at-change", side, change: 1 + whole(random, 100) };
  }
}

function drawFaultyRound(random: Random, conflicts: readonly SideSettings["conflict"][]): Round {
  const isVerified = chance(random, 0.2);
  const verify = [isVerified, isVerified && chance(random, 0.5)] as const;
  const settings = [
    drawSettings(random, conflicts[0] ?? "rename", verify[0]),
    drawSettings(random, conflicts[1] ?? "rename", verify[1]),
  ] as const;
  const actions = [drawActions(random, 0, settings[0]), drawActions(random, 1, settings[1])] as const;
  const faults: Fault[] = [];
  for (let count = pick(random, 0, 1, 1, 2, 3); count > 0; count -= 1) faults.push(drawFault(random));
  return { line: drawLine(random), settings, actions, faults };
}

/** The round that has to bring everything over. */
function lastRound(random: Random, conflicts: readonly SideSettings["conflict"][]): Round {
  const settings = SIDES.map(
    (side): SideSettings => ({
      mode: "once",
      consent: "accept",
      conflict: conflicts[side] ?? "rename",
      verify: false,
      limitBytesPerSecond: undefined,
      recovers: true,
      readerMs: 0,
      isAbortHeard: true,
    }),
  );
  const actions = SIDES.map((side): Action[] => [
    ...pathsOf(side).map((path): Action => ({ atMs: 0, does: "send", paths: [path] })),
    { atMs: 0, does: "say", text: `${side}-last` },
    { atMs: 0, does: "finish" },
  ]);
  return {
    line: drawLine(random),
    settings: settings as unknown as Round["settings"],
    actions: actions as unknown as Round["actions"],
    faults: [],
  };
}

/** Draws the whole of a run. */
export function drawPlan(random: Random): Plan {
  const conflicts = SIDES.map(() => pick(random, "rename" as const, "overwrite" as const, "skip" as const));
  const files = [drawFiles(random, 0), drawFiles(random, 1)] as const;
  const hasOld = [chance(random, 0.3), chance(random, 0.3)] as const;
  const rounds = Array.from({ length: 1 + whole(random, MOST_FAULTY_ROUNDS) }, () =>
    drawFaultyRound(random, conflicts),
  );
  return { files, hasOld, rounds: [...rounds, lastRound(random, conflicts)] };
}
