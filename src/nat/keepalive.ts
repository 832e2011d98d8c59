// What keeps an exchange file true while it travels, as rules: when the STUN and TURN servers are asked again from the
// sockets in the file (RFC 8445 §11), which local addresses came or went, and whether what is found is worth a new file.
import type { RewriteReason } from "../lib/notices.ts";

/** How often `KeepAlive.tick` is to be called, in milliseconds. */
export const KEEP_ALIVE_TICK_MS = 2_000;
/**
 * NATs forget a UDP mapping that was idle for 30 s, the worst of them for 20. With a tick that adds up to two seconds,
 * servers are asked every 10 to 15 s: RFC 8445 §11 has 15 s, and seldom is kind to servers of others.
 */
const MIN_ROUND_MS = 10_000;
const ROUND_SPREAD_MS = 3_000;
/** Two ticks that far apart, by either clock, are sleep and wake. */
const JUMP_MS = 60_000;
/** An address that is back before comes with the same sockets: a cable that was pulled, a machine that wakes up. */
const MISSING_MS = 30_000;

/** Of time, as this machine sees it, in milliseconds. */
export interface Moment {
  /** Never goes back, and may stand still while the machine sleeps. */
  nowMs: number;
  /** Since 1970; it goes on while the machine sleeps. */
  wallMs: number;
}

/** What is to be done now. */
export interface KeepAliveWork {
  /** This machine has slept: what it knows of others is old. */
  isAwake: boolean;
  /** Ask every server from every socket that has had its answer. */
  isRoundDue: boolean;
  /** Addresses that need a socket. */
  came: string[];
  /** Addresses whose sockets are of no more use. */
  gone: string[];
}

export class KeepAlive {
  readonly #random: () => number;
  #last: Moment;
  #nextRoundMs: number;
  readonly #missingSinceMs = new Map<string, number>();

  /**
   * @param random - 0 ≤ x < 1; hosts that began together do not ask in step
   * @param at - when the servers were asked first
   */
  constructor(random: () => number, at: Moment) {
    this.#random = random;
    this.#last = at;
    this.#nextRoundMs = this.#roundAfterMs(at.nowMs);
  }

  /**
   * To be called every KEEP_ALIVE_TICK_MS.
   * @param open - the addresses that have sockets
   * @param present - the addresses that this machine has now; empty: there is no network. Then sockets stay: what comes
   * back may be the same.
   */
  tick(at: Moment, open: readonly string[], present: readonly string[]): KeepAliveWork {
    const passedMs = Math.max(at.nowMs - this.#last.nowMs, Math.abs(at.wallMs - this.#last.wallMs));
    this.#last = at;
    const isAwake = passedMs > JUMP_MS;
    // Time asleep is no time in which an address was missing.
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
    // Where another came, this machine has moved: one new file tells both.
    const gone = missing.filter(
      (address) => came.length > 0 || nowMs - (this.#missingSinceMs.get(address) ?? nowMs) >= MISSING_MS,
    );
    return { came, gone };
  }

  #roundAfterMs(nowMs: number): number {
    return nowMs + MIN_ROUND_MS + this.#random() * ROUND_SPREAD_MS;
  }
}

/** Why addresses in a file are others now. */
export type CandidateChange = Extract<
  RewriteReason,
  "late-candidates" | "mapping-changed" | "address-came" | "address-gone"
>;

/** What a candidate says of where we are. */
export interface OfferedAddress {
  type: "host" | "srflx" | "prflx" | "relay";
  address: string;
  port: number;
}

/**
 * What distinguishes the addresses in the file from those of now; undefined: nothing.
 * `address-gone` is the one change after which a file that was carried already still serves: all of ours is in it.
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
/** After such a time of peace the next change is told at once. */
const PEACE_MS = 3_600_000;

/** How often a file may be written anew: a network that cannot make up its mind must not wear out a person. */
export class RewritePace {
  #lastMs = Number.NEGATIVE_INFINITY;
  #pauseMs = FIRST_PAUSE_MS;

  /** @returns whether a new file may be written now; it counts as written then */
  take(nowMs: number): boolean {
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs < this.#pauseMs) return false;
    this.#pauseMs = sinceMs > PEACE_MS ? FIRST_PAUSE_MS : Math.min(MAX_PAUSE_MS, this.#pauseMs * 2);
    this.#lastMs = nowMs;
    return true;
  }
}
