// A network between two sockets on loopback: each side sends to its own port of the relay, which passes datagrams
// on to the other side, late, or not at all (seeded); and whoever holds the relay sees them all, keeps some back,
// and sends others in the name of either side.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { seededRandom } from "./seeded-random.ts";

export interface RelayConditions {
  /** Probability that a datagram is lost, each way. */
  loss: number;
  /** One way. */
  delayMs: number;
  seed: number;
}

export const GOOD_NETWORK: RelayConditions = { loss: 0, delayMs: 0, seed: 1 };

export interface Endpoint {
  address: string;
  port: number;
}

export type RelaySide = "a" | "b";

export class UdpRelay {
  /** Sees every datagram first; what it returns false for goes no further. */
  onDatagram: (datagram: Buffer, toward: RelaySide) => boolean = () => true;
  readonly #sockets: Record<RelaySide, Socket>;
  readonly #ends: Record<RelaySide, Endpoint | undefined>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #random: () => number;
  readonly #conditions: RelayConditions;
  #isClosed = false;

  private constructor(
    sockets: Record<RelaySide, Socket>,
    ends: Record<RelaySide, Endpoint | undefined>,
    conditions: RelayConditions,
  ) {
    this.#sockets = sockets;
    this.#ends = ends;
    this.#conditions = conditions;
    this.#random = seededRandom(conditions.seed);
    sockets.a.on("message", (datagram) => this.#forward(datagram, "b"));
    sockets.b.on("message", (datagram) => this.#forward(datagram, "a"));
  }

  /**
   * @param a - undefined: to be told with `setEnd`; until then nothing reaches it
   * @returns the relay, and where each side seems to be for the other one
   */
  static async open(
    a: Endpoint | undefined,
    b: Endpoint | undefined,
    conditions: RelayConditions,
  ): Promise<{ relay: UdpRelay; aSeenByB: Endpoint; bSeenByA: Endpoint }> {
    const [towardA, towardB] = await Promise.all([bind(), bind()]);
    const relay = new UdpRelay({ a: towardA, b: towardB }, { a, b }, conditions);
    return { relay, aSeenByB: towardB.address(), bSeenByA: towardA.address() };
  }

  setEnd(side: RelaySide, endpoint: Endpoint): void {
    this.#ends[side] = endpoint;
  }

  #forward(datagram: Buffer, toward: RelaySide): void {
    if (!this.onDatagram(datagram, toward) || this.#random() < this.#conditions.loss) return;
    if (this.#conditions.delayMs === 0) {
      this.send(datagram, toward);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.send(datagram, toward);
    }, this.#conditions.delayMs);
    this.#timers.add(timer);
  }

  /** Sends a datagram that seems to come from the other side. */
  send(datagram: Uint8Array, toward: RelaySide): void {
    const end = this.#ends[toward];
    if (end !== undefined && !this.#isClosed) this.#sockets[toward].send(datagram, end.port, end.address);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of Object.values(this.#sockets)) socket.close();
  }
}

async function bind(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}
