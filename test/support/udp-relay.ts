// A bad network between two sockets on loopback: each side sends to its own port of the relay, which passes
// datagrams on to the other side, late, or not at all. Seeded.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export interface RelayConditions {
  /** Probability that a datagram is lost, each way. */
  loss: number;
  /** One way. */
  delayMs: number;
  seed: number;
}

export interface Endpoint {
  address: string;
  port: number;
}

/** A small seeded generator (mulberry32): 0 ≤ x < 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class UdpRelay {
  readonly #sockets: Socket[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #random: () => number;
  readonly #conditions: RelayConditions;

  private constructor(conditions: RelayConditions) {
    this.#conditions = conditions;
    this.#random = seededRandom(conditions.seed);
  }

  /**
   * @returns the relay, and where each side seems to be for the other one
   */
  static async open(
    a: Endpoint,
    b: Endpoint,
    conditions: RelayConditions,
  ): Promise<{ relay: UdpRelay; aSeenByB: Endpoint; bSeenByA: Endpoint }> {
    const relay = new UdpRelay(conditions);
    const [towardA, towardB] = await Promise.all([relay.#bind(), relay.#bind()]);
    towardA.on("message", (datagram) => relay.#forward(datagram, towardB, a));
    towardB.on("message", (datagram) => relay.#forward(datagram, towardA, b));
    return { relay, aSeenByB: towardA.address(), bSeenByA: towardB.address() };
  }

  async #bind(): Promise<Socket> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    this.#sockets.push(socket);
    return socket;
  }

  #forward(datagram: Buffer, from: Socket, to: Endpoint): void {
    if (this.#random() < this.#conditions.loss) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      from.send(datagram, to.port, to.address);
    }, this.#conditions.delayMs);
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.close();
  }
}
