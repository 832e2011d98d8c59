// The rule by which a line between two machines moves from one kind of path to the other, UDP or TCP, while both are
// kept alive (docs/networks.md). It decides only for what this side sends: each side moves by itself, to a pair that both
// have checked. A move that proves wrong is taken back, and not tried again soon.
import { BULK_RATE, BulkLoad, type OutgoingFiles, type PathLoad } from "./bulk-load.ts";

export type Transport = "udp" | "tcp";

/**
 * A move counts as proven with the first answer on the new pair after it. Without one after this long it is taken back: a
 * round trip of a second over full queues is still an answer.
 */
export const PROOF_MS = 2_000;
/** Between two checks on the new pair until one is answered. */
export const PROOF_CHECK_MS = 400;
/** In so long a line moves twice at most: by choice only after a quiet time of that length, and then back. */
export const MOVE_PAUSE_MS = 60_000;
const MAX_MOVES = 2;
/** A move of bulk to TCP has to carry this share of the rate of before within `GAIN_MS`, or it is taken back. */
const LEAST_GAIN = 0.9;
/** Where files took TCP from the beginning, it has to carry this, bytes per second: 100 Mbit/s of Ethernet do. */
export const NEIGHBOUR_RATE = 10_000_000;
/** Below this share of that rate there is no bulk to judge by: the file has ended, and a line is never without a trickle. */
const LEAST_LOAD = 0.1;
/** Until the rate of a move is judged: TCP has opened its window by then, and what was in flight has arrived. */
export const GAIN_MS = 3_000;
/** After a move that was taken back, or a pair that fell silent, its kind waits so long, twice as long each time more. */
export const HOLD_MS = 60_000;
export const MAX_HOLD_MS = 960_000;

/** What the rule wants to know of a kept pair. */
export interface MovablePair {
  readonly transport: Transport;
  /** The other end is in a network of this computer, so that no router is in between. */
  readonly isNeighbour: boolean;
}

interface Hold {
  untilMs: number;
  nextMs: number;
}

/** The check of a move that was just made. */
interface Proof {
  to: Transport;
  /** The answer to a check from before shows only that the pair worked then. */
  sinceMs: number;
  untilMs: number;
  nextCheckMs: number;
}

/** The judgement of a move that bulk has made to TCP. */
interface Trial {
  readonly rateBefore: number;
  readonly untilMs: number;
  /** The best of the windows since. */
  bestRate: number;
}

export class MoveRule {
  #bulk = new BulkLoad();
  #trial: Trial | undefined;
  readonly #holds = new Map<Transport, Hold>();
  /** The kinds of pairs on which the peer takes data. */
  readonly #ready = new Set<Transport>();
  #isAllowed = false;
  /** When the line last moved, latest first; at most `MAX_MOVES`. */
  #movedMs: number[] = [];
  #proof: Proof | undefined;

  /** The peer keeps two pairs as well. */
  allow(): void {
    this.#isAllowed = true;
  }

  get isAllowed(): boolean {
    return this.#isAllowed;
  }

  /** The peer takes data on its pair of this kind. */
  handlePeerReady(transport: Transport): void {
    this.#ready.add(transport);
  }

  /** What was carried until now. It may be told at any time, and is judged over half a second. */
  noteLoad(load: PathLoad, nowMs: number): void {
    if (this.#bulk.note(load, nowMs) && this.#trial !== undefined) {
      this.#trial.bestRate = Math.max(this.#trial.bestRate, this.#bulk.rate);
    }
  }

  /** Files leave from now on, so many; with 0 bytes, none do. */
  expect(files: OutgoingFiles): void {
    this.#bulk.expect(files);
  }

  /** The pairs that were kept are no longer. */
  forgetPairs(): void {
    this.#ready.clear();
    this.#proof = undefined;
    this.#trial = undefined;
  }

  /** Another peer: forgets everything. */
  begin(): void {
    this.forgetPairs();
    this.#bulk = new BulkLoad();
    this.#holds.clear();
    this.#isAllowed = false;
    this.#movedMs = [];
  }

  /**
   * Whether data moves now from the pair that carries to the one that is kept. Bulk over a short path takes TCP, to a
   * neighbour before it has begun; in all other cases UDP is better wherever it works.
   */
  wantsMove(from: MovablePair, to: MovablePair, nowMs: number): boolean {
    const { transport } = to;
    if (!this.#isPossible(transport) || this.#proof !== undefined || nowMs < this.#notBeforeMs(transport)) return false;
    return this.#isForTcp(from, to) === (transport === "tcp");
  }

  #isForTcp(...pairs: readonly [MovablePair, MovablePair]): boolean {
    return this.#bulk.isBulkNearby || (this.#bulk.isBulkExpected && pairs.every(({ isNeighbour }) => isNeighbour));
  }

  /** Whether data may move because the pair that carries is silent. */
  mayRescue(to: Transport, nowMs: number): boolean {
    const [, lastButOneMs = Number.NEGATIVE_INFINITY] = this.#movedMs;
    return this.#isPossible(to) && nowMs >= lastButOneMs + MOVE_PAUSE_MS;
  }

  #isPossible(to: Transport): boolean {
    return this.#isAllowed && this.#ready.has(to);
  }

  #notBeforeMs(to: Transport): number {
    const [lastMs = Number.NEGATIVE_INFINITY] = this.#movedMs;
    // Pauses between files do not move a line whose bulk has taken TCP.
    const quietMs = to === "udp" && this.#trial !== undefined ? this.#bulk.busyMs : lastMs;
    const heldMs = this.#holds.get(to)?.untilMs ?? Number.NEGATIVE_INFINITY;
    return Math.max(lastMs + MOVE_PAUSE_MS, quietMs + MOVE_PAUSE_MS, heldMs);
  }

  /** Data has moved by choice. */
  noteMoved(to: Transport, nowMs: number): void {
    this.#note(nowMs);
    const { rate } = this.#bulk;
    const rateBefore = rate >= BULK_RATE ? rate : NEIGHBOUR_RATE / LEAST_GAIN;
    this.#trial = to === "tcp" ? { rateBefore, untilMs: nowMs + GAIN_MS, bestRate: 0 } : undefined;
    this.#proof = { to, sinceMs: nowMs, untilMs: nowMs + PROOF_MS, nextCheckMs: nowMs };
  }

  /** The pair that data moved to has answered a check, which was sent then. */
  noteAnswered(sentMs: number): void {
    if (this.#proof !== undefined && sentMs >= this.#proof.sinceMs) this.#proof = undefined;
  }

  /** The other pair is gone, so that there is no way back. */
  noteAlone(): void {
    this.#proof = undefined;
    this.#trial = undefined;
  }

  /** Whether the pair that data moved to is due for a check, since it has answered none yet. */
  takeCheckDue(nowMs: number): boolean {
    const proof = this.#proof;
    if (proof === undefined || nowMs < proof.nextCheckMs) return false;
    proof.nextCheckMs = nowMs + PROOF_CHECK_MS;
    return true;
  }

  /** Whether the move is to be taken back now. It is held off then. */
  takeBack(nowMs: number): boolean {
    const proof = this.#proof;
    const isUnproven = proof !== undefined && nowMs >= proof.untilMs;
    if (!isUnproven && !this.#isSlower(nowMs)) return false;
    this.#note(nowMs);
    this.#hold(proof?.to ?? "tcp", nowMs);
    this.#proof = undefined;
    this.#trial = undefined;
    return true;
  }

  /** Bulk goes on over TCP, and less of it than before. Where it has ended nothing can be said. */
  #isSlower(nowMs: number): boolean {
    const trial = this.#trial;
    if (trial === undefined || nowMs < trial.untilMs || nowMs >= trial.untilMs + GAIN_MS) return false;
    const goesOn = this.#bulk.rate >= trial.rateBefore * LEAST_LOAD;
    return goesOn && trial.bestRate < trial.rateBefore * LEAST_GAIN;
  }

  /** Data has left the pair of this kind because it is silent. */
  noteRescued(from: Transport, nowMs: number): void {
    this.#proof = undefined;
    this.#trial = undefined;
    this.#note(nowMs);
    this.#hold(from, nowMs);
  }

  #note(nowMs: number): void {
    this.#movedMs = [nowMs, ...this.#movedMs].slice(0, MAX_MOVES);
  }

  #hold(transport: Transport, nowMs: number): void {
    const forMs = this.#holds.get(transport)?.nextMs ?? HOLD_MS;
    this.#holds.set(transport, { untilMs: nowMs + forMs, nextMs: Math.min(MAX_HOLD_MS, 2 * forMs) });
  }

  /** When `wantsMove`, `takeCheckDue` or `takeBack` may change; infinity: only after something has happened. */
  nextDeadlineMs(from: MovablePair, to: MovablePair | undefined): number {
    const proof = this.#proof;
    if (proof !== undefined) return Math.min(proof.nextCheckMs, proof.untilMs);
    if (to?.transport !== "udp" || !this.#isPossible("udp") || this.#isForTcp(from, to))
      return Number.POSITIVE_INFINITY;
    return this.#notBeforeMs("udp");
  }
}
