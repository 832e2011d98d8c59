// The relays of this side: one at each TURN server, refreshed while somebody may use it, and replaced when its server
// has lost it. relay.ts talks to the servers.
import type { TurnServer } from "../network-options.ts";
import { type CandidateUser, mayDrop } from "./candidate-user.ts";
import type { ServerReport } from "./gather.ts";
import { allocateRelay, type Relay, refreshRelay } from "./relay.ts";

/** Minimum time between two requests to one server: a server that gives and takes relays does not set the pace. */
const REPLACE_MS = 10_000;

export interface RelaysOptions {
  /** Only relays are offered. */
  isOnlyKind: boolean;
  /** Receives the reports after gathering. */
  report: (report: ServerReport) => void;
}

export class Relays {
  readonly #options: RelaysOptions;
  readonly #user: CandidateUser;
  #all: Relay[] = [];
  /** Allocations known to be dead; true once a replacement has been requested. */
  readonly #lost = new Map<Relay, boolean>();
  /** When a relay of each server, by its index in the list, was last requested. */
  readonly #askedMs = new Map<number, number>();
  /** Timers of lost relays whose replacement is deferred. */
  readonly #timers = new Map<Relay, NodeJS.Timeout>();
  readonly #abort = new AbortController();
  #isClosed = false;

  constructor(options: RelaysOptions, user: CandidateUser) {
    this.#options = options;
    this.#user = user;
  }

  get all(): readonly Relay[] {
    return this.#all;
  }

  /** The local address from which the server of a relay is reached. */
  sourceOf(protocol: unknown): string | undefined {
    return this.#all.find((relay) => relay.protocol === protocol)?.sourceAddress;
  }

  /** @returns whether the server has granted one; never rejects */
  async add(server: TurnServer, index: number, report: (report: ServerReport) => void): Promise<boolean> {
    const onLost = (lost: Relay): void => {
      if (this.#all.includes(lost)) void this.#replace(lost);
    };
    const { isOnlyKind } = this.#options;
    const { signal } = this.#abort;
    this.#askedMs.set(index, performance.now());
    const relay = await allocateRelay(server, { index, isOnlyKind, report, onLost, signal });
    if (relay === undefined) return false;
    if (this.#isClosed) {
      await relay.protocol.close();
      return false;
    }
    this.#all.push(relay);
    this.#user.adopt(relay.protocol, relay.candidate);
    return true;
  }

  /** Asks the servers whether they still have their allocations. */
  async refresh(): Promise<void> {
    await Promise.all(this.#all.map((relay) => this.#refresh(relay)));
  }

  /** A TURN server does not recognize a client at another address and port: then its new relay is elsewhere as well. */
  async #refresh(relay: Relay): Promise<void> {
    const isKept = this.#lost.has(relay) ? false : refreshRelay(relay);
    // The server's error is unsigned, which proves no more than silence: a search does not wait for it.
    if (this.#user.purpose() === "search") await this.#replace(relay);
    else if (!(await isKept)) await this.#replace(relay);
  }

  /** One relay of each server is enough: the one in use, or the newest. */
  dropSpare(): void {
    const isInUse = ({ protocol }: Relay): boolean => this.#user.isInUse(protocol);
    for (const relay of this.#all.toReversed()) {
      const others = this.#all.filter((other) => other !== relay && other.index === relay.index);
      if (others.length === 0) this.#lost.delete(relay);
      else if (others.some(isInUse) || this.#lost.get(relay) === true) this.#drop(relay);
    }
  }

  /** A lost relay stays in the file until it is replaced; its server is reported once and asked in each round. */
  async #replace(relay: Relay): Promise<void> {
    const isOnItsWay = this.#lost.get(relay);
    if (isOnItsWay === true || this.#isClosed || this.#user.purpose() === "nothing") return;
    const waitMs = (this.#askedMs.get(relay.index) ?? Number.NEGATIVE_INFINITY) + REPLACE_MS - performance.now();
    if (waitMs > 0) {
      this.#replaceLater(relay, waitMs);
      return;
    }
    this.#lost.set(relay, true);
    const report = isOnItsWay === undefined ? this.#options.report : () => {};
    const isReplaced = await this.add(relay.server, relay.index, report);
    this.#lost.set(relay, isReplaced);
    // A peer that we search for knows the old one, which may still work.
    if (isReplaced && this.#user.purpose() !== "search") this.#drop(relay);
  }

  #replaceLater(relay: Relay, waitMs: number): void {
    if (this.#timers.has(relay)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(relay);
      if (this.#all.includes(relay)) void this.#replace(relay);
    }, waitMs);
    this.#timers.set(relay, timer);
  }

  #drop(relay: Relay): void {
    // A connection was established meanwhile, perhaps through this relay.
    if (this.#isClosed || !mayDrop(this.#user, relay.protocol)) return;
    this.#all = this.#all.filter((other) => other !== relay);
    this.#user.forget(relay.protocol);
    relay.protocol.close().catch(() => {});
  }

  /** Stops all requests and changes. The agent that has adopted the relays closes them. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#abort.abort();
  }
}
