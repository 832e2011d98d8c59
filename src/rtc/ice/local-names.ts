// Looks up the `.local` names behind which browsers hide their addresses, by multicast DNS in the networks of this machine
// (RFC 6762; draft-ietf-mmusic-mdns-ice-candidates). A file makes us ask for nothing but random names, at most
// MAX_LOCAL_NAMES of them, and only who is in the same network can answer.
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { IceCandidate } from "../../exchange/description.ts";
import { decodeMdnsAddresses, encodeMdnsQueries, MDNS_GROUP, MDNS_PORT } from "../../guard/mdns-message.ts";

/** Pauses between queries for names that nobody has answered (RFC 6762 §5.2 asks for growing ones); the last repeats. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 60_000];
/** One address of each family is taken for a name: that is what a machine has behind it. */
const FAMILIES = 2;
/** How long the address of the other family may come after the first: each has a question and an answer of its own. */
const OTHER_FAMILY_MS = 2_000;
/** RFC 6762 §11. */
const MULTICAST_TTL = 255;
const MAX_INTERFACES = 16;

/** One network of this machine: our address in it, and its size. */
export interface Interface {
  address: string;
  /** Bits of the prefix, 0 to 32. */
  prefixBits: number;
}

/** The IPv4 networks of this machine. @param bind - local addresses that may be used; empty: all but loopback */
export function interfacesOf(bind: readonly string[]): Interface[] {
  const interfaces = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ family, internal, address }) => family === "IPv4" && !internal && isAllowed(address, bind))
    .map(({ address, cidr }) => ({ address, prefixBits: Number(cidr?.split("/")[1] ?? 32) }));
  return interfaces.slice(0, MAX_INTERFACES);
}

function isAllowed(address: string, bind: readonly string[]): boolean {
  return bind.length === 0 || bind.includes(address);
}

/** Whether an address is in a network: nobody else has to be believed. RFC 6762 §11. */
export function isOnLink(address: string, { address: own, prefixBits }: Interface): boolean {
  const bits = (text: string): number => text.split(".").reduce((value, part) => value * 256 + Number(part), 0);
  const size = 2 ** (32 - prefixBits);
  return Math.floor(bits(address) / size) === Math.floor(bits(own) / size);
}

/** A name that was asked for: the candidates that have it, and the families of which an address was found. */
interface AskedName {
  hidden: IceCandidate[];
  families: Set<"IPv4" | "IPv6">;
}

export class LocalNames {
  readonly #asked = new Map<string, AskedName>();
  readonly #onFound: (candidates: IceCandidate[]) => void;
  readonly #sockets: Socket[] = [];
  #timer: NodeJS.Timeout | undefined;
  #rounds = 0;
  #isClosed = false;

  /**
   * Asks until each name is answered or `close` is called.
   * @param hidden - candidates with names for addresses
   * @param onFound - called with the candidates of a name for each message that has new addresses of it
   */
  constructor(
    hidden: readonly IceCandidate[],
    interfaces: readonly Interface[],
    onFound: (candidates: IceCandidate[]) => void,
    port: number = MDNS_PORT,
  ) {
    this.#onFound = onFound;
    for (const candidate of hidden) {
      const asked = this.#asked.get(candidate.address);
      if (asked === undefined) this.#asked.set(candidate.address, { hidden: [candidate], families: new Set() });
      else asked.hidden.push(candidate);
    }
    for (const network of interfaces) this.#open(network, port);
    this.#ask(port);
  }

  #open(network: Interface, port: number): void {
    // Others on this machine answer and ask at that port as well.
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    this.#sockets.push(socket);
    // Without this network the others are asked.
    socket.on("error", () => this.#forget(socket));
    socket.on("message", (message, from) => {
      // RFC 6762 §6, §11: an answer comes from that port, and from a neighbour.
      if (from.port === port && isOnLink(from.address, network)) this.#take(message);
    });
    socket.bind({ port, address: "0.0.0.0" }, () => {
      if (this.#isClosed) return;
      try {
        socket.addMembership(MDNS_GROUP, network.address);
        socket.setMulticastInterface(network.address);
        socket.setMulticastTTL(MULTICAST_TTL);
        this.#query(socket, port);
      } catch {
        this.#forget(socket);
      }
    });
  }

  #forget(socket: Socket): void {
    const at = this.#sockets.indexOf(socket);
    if (at === -1) return;
    this.#sockets.splice(at, 1);
    socket.close();
  }

  #query(socket: Socket, port: number): void {
    for (const [name, { families }] of this.#asked) {
      if (families.size > 0) continue;
      for (const query of encodeMdnsQueries(name)) socket.send(query, port, MDNS_GROUP, () => {});
    }
  }

  #ask(port: number): void {
    const pauseMs = PAUSES_MS[Math.min(this.#rounds, PAUSES_MS.length - 1)];
    this.#rounds += 1;
    this.#timer = setTimeout(() => {
      for (const socket of this.#sockets) this.#query(socket, port);
      this.#ask(port);
    }, pauseMs);
  }

  #take(message: Uint8Array): void {
    const found: IceCandidate[] = [];
    for (const { name, address } of decodeMdnsAddresses(message)) {
      const asked = this.#asked.get(name);
      const family = address.includes(":") ? "IPv6" : "IPv4";
      if (asked === undefined || asked.families.has(family)) continue;
      asked.families.add(family);
      found.push(...asked.hidden.map((candidate) => ({ ...candidate, address })));
    }
    if (found.length === 0) return;
    this.#onFound(found);
    this.#rest();
  }

  /** Ends when there is nothing more to hear. */
  #rest(): void {
    const counts = [...this.#asked.values()].map(({ families }) => families.size);
    if (this.#isClosed || counts.includes(0)) return;
    clearTimeout(this.#timer);
    if (counts.every((count) => count === FAMILIES)) this.close();
    else this.#timer = setTimeout(() => this.close(), OTHER_FAMILY_MS);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const socket of this.#sockets.splice(0)) socket.close();
  }
}
