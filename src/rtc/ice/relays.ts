// The relays of this side: one of each TURN server, refreshed while somebody may come by it, and another in place of one
// that its server has forgotten. relay.ts speaks with the servers.
import type { TurnServer } from "../network-options.ts";
import type { Notice } from "../../lib/notices.ts";
import { type CandidateUser, mayDrop } from "./candidate-user.ts";
import { allocateRelay, type Relay, refreshRelay } from "./relay.ts";

/** After one of a server was asked for, another is not before so long: a server that gives and takes sets no pace. */
const REPLACE_MS = 10_000;

export interface RelaysOptions {
  /** Nothing but relays is offered. */
  isOnlyKind: boolean;
  /** Of what happens after gathering. */
  onNotice: (notice: Notice) => void;
}

export class Relays {
  readonly #options: RelaysOptions;
  readonly #user: CandidateUser;
  #all: Relay[] = [];
  /** Their server has forgotten them, or is gone; true while another is on its way, or there. */
  readonly #lost = new Map<Relay, boolean>();
  /** When one of each server, by its place in the list, was asked for last. */
  readonly #askedMs = new Map<number, number>();
  /** Lost ones whose turn has not come. */
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

  /** The address of this machine that the server of a relay is reached from. */
  sourceOf(protocol: unknown): string | undefined {
    return this.#all.find((relay) => relay.protocol === protocol)?.sourceAddress;
  }

  /** @returns whether the server has given one; never rejects */
  async add(server: TurnServer, index: number, onNotice: (notice: Notice) => void): Promise<boolean> {
    const onLost = (lost: Relay): void => {
      if (this.#all.includes(lost)) void this.#replace(lost);
    };
    const { isOnlyKind } = this.#options;
    const { signal } = this.#abort;
    this.#askedMs.set(index, performance.now());
    const relay = await allocateRelay(server, { index, isOnlyKind, onNotice, onLost, signal });
    if (relay === undefined) return false;
    if (this.#isClosed) {
      await relay.protocol.close();
      return false;
    }
    this.#all.push(relay);
    this.#user.adopt(relay.protocol, relay.candidate);
    return true;
  }

  /** Their servers are asked whether they still have them. */
  async refresh(): Promise<void> {
    await Promise.all(this.#all.map((relay) => this.#refresh(relay)));
  }

  /** A TURN server forgets who reaches it from another address and port: then the relay is somewhere else as well. */
  async #refresh(relay: Relay): Promise<void> {
    const isKept = this.#lost.has(relay) ? false : refreshRelay(relay);
    // It says so without a signature, which is no better than silence: whoever searches does not wait for it.
    if (this.#user.purpose() === "search") await this.#replace(relay);
    else if (!(await isKept)) await this.#replace(relay);
  }

  /** One of each server is enough: the one that is in use, or the newest. */
  dropSpare(): void {
    const isInUse = ({ protocol }: Relay): boolean => this.#user.isInUse(protocol);
    for (const relay of this.#all.toReversed()) {
      const others = this.#all.filter((other) => other !== relay && other.index === relay.index);
      if (others.length === 0) this.#lost.delete(relay);
      else if (others.some(isInUse) || this.#lost.get(relay) === true) this.#drop(relay);
    }
  }

  /** A lost relay stays in the file until there is another; its server is told of once and asked in each round. */
  async #replace(relay: Relay): Promise<void> {
    const isOnItsWay = this.#lost.get(relay);
    if (isOnItsWay === true || this.#isClosed || this.#user.purpose() === "nothing") return;
    const waitMs = (this.#askedMs.get(relay.index) ?? Number.NEGATIVE_INFINITY) + REPLACE_MS - performance.now();
    if (waitMs > 0) {
      this.#replaceLater(relay, waitMs);
      return;
    }
    this.#lost.set(relay, true);
    const onNotice = isOnItsWay === undefined ? this.#options.onNotice : () => {};
    const isReplaced = await this.add(relay.server, relay.index, onNotice);
    this.#lost.set(relay, isReplaced);
    // A peer that is looked for knows the old one, which may serve as well.
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
    // Connected meanwhile, perhaps through this one.
    if (this.#isClosed || !mayDrop(this.#user, relay.protocol)) return;
    this.#all = this.#all.filter((other) => other !== relay);
    this.#user.forget(relay.protocol);
    relay.protocol.close().catch(() => {});
  }

  /** Nothing is asked and nothing changes any more. The relays are closed by the agent that has adopted them. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#abort.abort();
  }
}
