// The connections of those who have not shown that they know our file. Anybody who finds a port may open any number of
// them, and the peer itself is a stranger until its first message, a round trip later. So the places are shared fairly:
// a new connection evicts one of whoever has the most, and those that the peer's file names are evicted last.
import { destinationOf } from "../../lib/address.ts";

/**
 * Places of all ports of one side together: file descriptors that a process has beside its files. Eight crowds have 16
 * each; at 500 connections a second each of these lasts a quarter of a second, and the peer's as long as it may.
 */
export const MAX_STRANGERS = 128;

export interface Stranger {
  /** The IP address, without a zone. */
  readonly address: string;
  /** Closes the connection. */
  destroy(): void;
}

interface Place {
  readonly stranger: Stranger;
  /** Its owner, as far as the address shows it, and the network of that. */
  readonly owner: string;
  readonly network: string;
}

export class StrangerRoom {
  /** The places in order of arrival. */
  readonly #places = new Map<Stranger, Place>();
  #expected: ReadonlySet<string> = new Set();

  /** Sets the addresses that the peer's file names, replacing earlier ones. */
  expect(addresses: readonly string[]): void {
    this.#expected = new Set(addresses.map((address) => ownersOf(address).owner));
  }

  get size(): number {
    return this.#places.size;
  }

  /** Admits a connection; where no place is left another one is evicted, or this one itself. */
  admit(stranger: Stranger): void {
    this.#places.set(stranger, { stranger, ...ownersOf(stranger.address) });
    if (this.#places.size <= MAX_STRANGERS) return;
    const last = this.#whoGoes();
    if (last === undefined) return;
    this.#places.delete(last);
    last.destroy();
  }

  /** The connection is closed, or no longer a stranger's. */
  release(stranger: Stranger): void {
    this.#places.delete(stranger);
  }

  /** Chooses the oldest connection of the address that has the most, in the network that has the most. */
  #whoGoes(): Stranger | undefined {
    const all = [...this.#places.values()];
    const unexpected = all.filter(({ owner }) => !this.#expected.has(owner));
    const ofNetwork = mostOf(unexpected.length > 0 ? unexpected : all, ({ network }) => network);
    const [oldest] = mostOf(ofNetwork, ({ owner }) => owner);
    return oldest?.stranger;
  }
}

/** The largest group; among equals, the one whose first member came first. */
function mostOf(places: readonly Place[], groupOf: (place: Place) => string): readonly Place[] {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const group = groups.get(groupOf(place));
    if (group === undefined) groups.set(groupOf(place), [place]);
    else group.push(place);
  }
  return [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), []);
}

/** The owner is an IPv4 /32 or IPv6 /64, the network a /24 or /48: four and three parts of either. */
function ownersOf(address: string): { owner: string; network: string } {
  const { key } = destinationOf(address, 0);
  const separator = key.includes(":") ? ":" : ".";
  const parts = key.split(separator);
  return { owner: parts.slice(0, 4).join(separator), network: parts.slice(0, 3).join(separator) };
}
