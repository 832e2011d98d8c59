// The connections of those who have not shown that they know our file. Whoever sees a port may open as many as he likes,
// and the peer itself is a stranger until its first message, a round trip later. So the places are shared out: a new
// connection takes the place of one of whoever has the most, and those whom the peer's file names go last.
import { destinationOf } from "../../lib/address.ts";

/**
 * Places of all ports of one side together: file descriptors that a process has beside its files. Eight crowds have 16
 * each; at 500 connections a second each of these stays for a quarter of a second, and the peer's for as long as it may.
 */
export const MAX_STRANGERS = 128;

export interface Stranger {
  /** IP address, without a zone. */
  readonly address: string;
  /** Ends the connection. */
  destroy(): void;
}

interface Place {
  readonly stranger: Stranger;
  /** Whose it is, as far as can be told, and in which network. */
  readonly owner: string;
  readonly network: string;
}

export class StrangerRoom {
  /** In the order of their coming. */
  readonly #places = new Map<Stranger, Place>();
  #expected: ReadonlySet<string> = new Set();

  /** Those whom the peer's file names, in place of those before. */
  expect(addresses: readonly string[]): void {
    this.#expected = new Set(addresses.map((address) => ownersOf(address).owner));
  }

  get size(): number {
    return this.#places.size;
  }

  /** Takes one in; another has to go where there is no place left, or this one itself. */
  admit(stranger: Stranger): void {
    this.#places.set(stranger, { stranger, ...ownersOf(stranger.address) });
    if (this.#places.size <= MAX_STRANGERS) return;
    const last = this.#whoGoes();
    if (last === undefined) return;
    this.#places.delete(last);
    last.destroy();
  }

  /** It is gone, or no stranger any more. */
  release(stranger: Stranger): void {
    this.#places.delete(stranger);
  }

  /** The oldest of the address that has the most, in the network that has the most. */
  #whoGoes(): Stranger | undefined {
    const all = [...this.#places.values()];
    const unexpected = all.filter(({ owner }) => !this.#expected.has(owner));
    const ofNetwork = mostOf(unexpected.length > 0 ? unexpected : all, ({ network }) => network);
    const [oldest] = mostOf(ofNetwork, ({ owner }) => owner);
    return oldest?.stranger;
  }
}

/** The largest group, the one whose first came first among equals. */
function mostOf(places: readonly Place[], groupOf: (place: Place) => string): readonly Place[] {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const group = groups.get(groupOf(place));
    if (group === undefined) groups.set(groupOf(place), [place]);
    else group.push(place);
  }
  return [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), []);
}

/** Of IPv4 /32 and /24, of IPv6 /64 and /48: four and three parts of either. */
function ownersOf(address: string): { owner: string; network: string } {
  const { key } = destinationOf(address, 0);
  const separator = key.includes(":") ? ":" : ".";
  const parts = key.split(separator);
  return { owner: parts.slice(0, 4).join(separator), network: parts.slice(0, 3).join(separator) };
}
