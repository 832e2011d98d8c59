// Looks up the `.local` names behind which browsers hide their addresses, by multicast DNS in the networks of this machine
// (RFC 6762; draft-ietf-mmusic-mdns-ice-candidates). A file makes us ask for nothing but random names, at most
// MAX_LOCAL_NAMES of them, and only who is in the same network can answer.
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { IceCandidate } from "../../exchange/description.ts";
import { decodeMdnsAddresses, encodeMdnsQueries, MDNS_GROUPS, MDNS_PORT } from "../../guard/mdns-message.ts";
import { addressBytes, withoutZone } from "../../lib/address.ts";

/** Pauses between queries for names that nobody has answered (RFC 6762 §5.2 asks for growing ones); the last repeats. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 60_000];
/** One address of each family is taken for a name: that is what a machine has behind it. */
const FAMILIES = 2;
/** How long the address of the other family may come after the first: each has a question and an answer of its own. */
const OTHER_FAMILY_MS = 2_000;
/** RFC 6762 §11. */
const MULTICAST_TTL = 255;
const MAX_INTERFACES = 16;
/** RFC 4291 §2.5.6. */
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/i;

/** One network of this machine: our address in it, and its size. */
export interface Interface {
  family: "IPv4" | "IPv6";
  /** That of IPv6 is link-local and has a zone, `fe80::1%eth0`: by such ones neighbours ask and answer. */
  address: string;
  /** Bits of the prefix, 0 to 32, or to 128. */
  prefixBits: number;
}

/**
 * The networks of this machine, one of each family for each of its links.
 * @param bind - local addresses that may be used; empty: all but loopback. One of IPv6 allows the link that it is on
 * @param all - as Node tells them
 */
export function interfacesOf(bind: readonly string[], all = networkInterfaces()): Interface[] {
  const found = Object.entries(all).flatMap(([name, entries = []]) => {
    const usable = entries.filter(({ internal }) => !internal);
    const mayUseIpv6 = usable.some(({ family, address }) => family === "IPv6" && isAllowed(address, bind));
    return usable.flatMap((entry): Interface[] => {
      const { family, address, cidr } = entry;
      const prefixBits = Number(cidr?.split("/")[1] ?? (family === "IPv4" ? 32 : 128));
      if (family === "IPv4") return isAllowed(address, bind) ? [{ family, address, prefixBits }] : [];
      if (!mayUseIpv6 || !LINK_LOCAL.test(address)) return [];
      // Windows numbers its zones, and Node takes no others there.
      const zone = process.platform === "win32" ? String(entry.scopeid) : name;
      return [{ family, address: `${address}%${zone}`, prefixBits }];
    });
  });
  return found.slice(0, MAX_INTERFACES);
}

function isAllowed(address: string, bind: readonly string[]): boolean {
  return bind.length === 0 || bind.includes(address);
}

/** Whether an address is in a network: nobody else has to be believed. RFC 6762 §11. */
export function isOnLink(address: string, { address: own, prefixBits }: Interface): boolean {
  const [theirs, ours] = [addressBytes(withoutZone(address)), addressBytes(withoutZone(own))];
  if (theirs?.length !== ours?.length || zoneOf(address) !== zoneOf(own)) return false;
  const bitsOf = (bytes: Uint8Array = new Uint8Array()): string =>
    Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return bitsOf(theirs).slice(0, prefixBits) === bitsOf(ours).slice(0, prefixBits);
}

function zoneOf(address: string): string | undefined {
  return address.split("%")[1];
}

/** A name that was asked for: the candidates that have it, and the families of which an address was found. */
interface AskedName {
  hidden: IceCandidate[];
  families: Set<"IPv4" | "IPv6">;
}

/** A socket that asks in one network. */
interface Asker {
  socket: Socket;
  family: Interface["family"];
}

export class LocalNames {
  readonly #asked = new Map<string, AskedName>();
  readonly #onFound: (candidates: IceCandidate[]) => void;
  readonly #sockets: Asker[] = [];
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
    const { family, address } = network;
    const isIpv4 = family === "IPv4";
    const socket = createSocket({ type: isIpv4 ? "udp4" : "udp6", reuseAddr: true, ipv6Only: !isIpv4 });
    this.#sockets.push({ socket, family });
    // Without this network the others are asked.
    socket.on("error", () => this.#forget(socket));
    socket.on("message", (message, from) => {
      // RFC 6762 §6, §11: an answer comes from that port, and from a neighbour.
      if (from.port === port && isOnLink(from.address, network)) this.#take(message);
    });
    const link = isIpv4 ? address : `::%${zoneOf(address) ?? ""}`;
    socket.bind({ port, address: isIpv4 ? "0.0.0.0" : "::" }, () => {
      if (this.#isClosed) return;
      try {
        socket.addMembership(MDNS_GROUPS[family], link);
        socket.setMulticastInterface(link);
        socket.setMulticastTTL(MULTICAST_TTL);
        this.#query({ socket, family }, port);
      } catch {
        this.#forget(socket);
      }
    });
  }

  #forget(socket: Socket): void {
    const at = this.#sockets.findIndex((one) => one.socket === socket);
    if (at === -1) return;
    this.#sockets.splice(at, 1);
    socket.close();
  }

  #query({ socket, family }: Asker, port: number): void {
    for (const [name, { families }] of this.#asked) {
      if (families.size > 0) continue;
      for (const query of encodeMdnsQueries(name)) socket.send(query, port, MDNS_GROUPS[family], () => {});
    }
  }

  #ask(port: number): void {
    const pauseMs = PAUSES_MS[Math.min(this.#rounds, PAUSES_MS.length - 1)];
    this.#rounds += 1;
    this.#timer = setTimeout(() => {
      for (const asker of this.#sockets) this.#query(asker, port);
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
    for (const { socket } of this.#sockets.splice(0)) socket.close();
  }
}
