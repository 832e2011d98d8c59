// The keepalive rules of an exchange file in transit: when the STUN and TURN servers are asked again from the sockets
// in the file (RFC 8445 §11), which local addresses came or went, and whether the changes justify a new file.
import type { RewriteReason } from "../lib/events.ts";

/** The interval in milliseconds at which `KeepAlive.tick` is to be called. */
export const KEEP_ALIVE_TICK_MS = 2_000;
/**
 * NATs forget a UDP mapping that was idle for 30 s, the worst of them after 20 s. With a tick that adds up to two
 * seconds, servers are asked every 10 to 15 s: RFC 8445 §11 has 15 s, and a low rate is considerate of other people's
 * servers.
 */
const MIN_ROUND_MS = 10_000;
const ROUND_SPREAD_MS = 3_000;
/** Two ticks this far apart, by either clock, mean that the machine slept. */
const JUMP_MS = 60_000;
/** An address that returns sooner keeps its sockets: a cable was pulled, or the machine woke up. */
const MISSING_MS = 30_000;

/** This machine's clocks, in milliseconds. */
export interface Moment {
  /** Monotonic; may stop while the machine sleeps. */
  nowMs: number;
  /** Since 1970; advances while the machine sleeps. */
  wallMs: number;
}

/** The actions that a tick asks for. */
export interface KeepAliveWork {
  /** This machine has slept, so its knowledge of others is stale. */
  isAwake: boolean;
  /** Ask every server again from every socket that has had its answer. */
  isRoundDue: boolean;
  /** Addresses that need a socket. */
  came: string[];
  /** Addresses whose sockets are no longer useful. */
  gone: string[];
}

export class KeepAlive {
  readonly #random: () => number;
  #last: Moment;
  #nextRoundMs: number;
  readonly #missingSinceMs = new Map<string, number>();

  /**
   * @param random - 0 ≤ x < 1; keeps hosts that started together from asking in step
   * @param at - when the servers were first asked
   */
  constructor(random: () => number, at: Moment) {
    this.#random = random;
    this.#last = at;
    this.#nextRoundMs = this.#roundAfterMs(at.nowMs);
  }

  /**
   * To be called every KEEP_ALIVE_TICK_MS.
   * @param open - the addresses that have sockets
   * @param present - the addresses that this machine has now; empty: there is no network. Then sockets are kept,
   * because the same addresses may come back.
   */
  tick(at: Moment, open: readonly string[], present: readonly string[]): KeepAliveWork {
    const passedMs = Math.max(at.nowMs - this.#last.nowMs, Math.abs(at.wallMs - this.#last.wallMs));
    this.#last = at;
    const isAwake = passedMs > JUMP_MS;
    // Time asleep does not count as time in which an address was missing.
    if (isAwake) this.#missingSinceMs.clear();
    const isRoundDue = isAwake || at.nowMs >= this.#nextRoundMs;
    if (isRoundDue) this.#nextRoundMs = this.#roundAfterMs(at.nowMs);
    return { isAwake, isRoundDue, ...this.#compare(at.nowMs, open, present) };
  }

  #compare(nowMs: number, open: readonly string[], present: readonly string[]): { came: string[]; gone: string[] } {
    if (present.length === 0) return { came: [], gone: [] };
    const came = present.filter((address) => !open.includes(address));
    const missing = open.filter((address) => !present.includes(address));
    for (const address of this.#missingSinceMs.keys()) {
      if (!missing.includes(address)) this.#missingSinceMs.delete(address);
    }
    for (const address of missing) {
      if (!this.#missingSinceMs.has(address)) this.#missingSinceMs.set(address, nowMs);
    }
    // When another address appeared, this machine has moved: one new file reports both.
    const gone = missing.filter(
      (address) => came.length > 0 || nowMs - (this.#missingSinceMs.get(address) ?? nowMs) >= MISSING_MS,
    );
    return { came, gone };
  }

  #roundAfterMs(nowMs: number): number {
    return nowMs + MIN_ROUND_MS + this.#random() * ROUND_SPREAD_MS;
  }
}

/** Why the addresses in a file have changed. */
export type CandidateChange = Extract<
  RewriteReason,
  "late-candidates" | "mapping-changed" | "address-came" | "address-gone" | "answer-given-up"
>;

/** The location of one candidate. */
export interface OfferedAddress {
  type: "host" | "srflx" | "prflx" | "relay";
  address: string;
  port: number;
}

/**
 * The difference between the addresses in the file and the current ones; undefined when there is none. `address-gone`
 * is the one change after which a file that was already carried is still valid: it contains all our addresses.
 */
export function candidateChange(
  inFile: readonly OfferedAddress[],
  now: readonly OfferedAddress[],
): CandidateChange | undefined {
  const came = now.filter((one) => !inFile.some((other) => isSame(one, other)));
  const gone = inFile.filter((one) => !now.some((other) => isSame(one, other)));
  if (came.length === 0) return gone.length === 0 ? undefined : "address-gone";
  if (came.some(({ type }) => type === "host")) return "address-came";
  return gone.some(({ type }) => type !== "host") ? "mapping-changed" : "late-candidates";
}

function isSame(one: OfferedAddress, other: OfferedAddress): boolean {
  return one.address === other.address && one.port === other.port;
}

const FIRST_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 600_000;
/** After a quiet period of this length the next change is reported immediately. */
const PEACE_MS = 3_600_000;

/** Limits how often a file may be rewritten: an unstable network must not wear out a person. */
export class RewritePace {
  #lastMs = Number.NEGATIVE_INFINITY;
  #pauseMs = FIRST_PAUSE_MS;

  /** @returns whether a new file may be written now; if so, it is counted as written */
  take(nowMs: number): boolean {
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs < this.#pauseMs) return false;
    this.#pauseMs = sinceMs > PEACE_MS ? FIRST_PAUSE_MS : Math.min(MAX_PAUSE_MS, this.#pauseMs * 2);
    this.#lastMs = nowMs;
    return true;
  }
}
