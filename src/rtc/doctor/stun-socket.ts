// The doctor's UDP socket for STUN queries: sends each request several times and measures the round trip. Every packet
// has its own transaction id, so that a round trip is not counted from an earlier packet.
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Endpoint } from "../../nat/mapping.ts";
import {
  type BindingAnswer,
  type Change,
  decodeBindingAnswer,
  encodeAllocateRequest,
  encodeBindingRequest,
  TRANSACTION_ID_BYTES,
  transactionOf,
} from "../../nat/stun-binding.ts";
import { withinMs } from "../within.ts";

/** Delay between the packets of one request. */
const PAUSES_MS: readonly number[] = [0, 300, 500, 800];

export interface Answer extends BindingAnswer {
  readonly rttMs: number;
  /** Source address of the response. */
  readonly from: Endpoint;
}

type Encode = (transactionId: Uint8Array) => Uint8Array;
/** @returns undefined for a datagram that is not a response: the wait continues */
type Read<T> = (datagram: Uint8Array, from: Endpoint, rttMs: number) => T | undefined;

export class StunSocket {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (datagram: Uint8Array, from: Endpoint) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (datagram, { address, port }) => {
      this.#waiting.get(transactionOf(datagram) ?? "")?.(datagram, { address, port });
    });
    // A datagram that the network refuses counts as unanswered.
    socket.on("error", () => {});
  }

  /** @throws the system's error when the address cannot be bound */
  static async open(family: 4 | 6, address: string): Promise<StunSocket> {
    const socket = createSocket(family === 4 ? { type: "udp4" } : { type: "udp6", ipv6Only: true });
    const listening = once(socket, "listening");
    socket.bind({ address, port: 0, exclusive: true });
    try {
      await listening;
    } catch (error) {
      socket.close();
      throw error;
    }
    return new StunSocket(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Asks how a STUN server sees this socket. @returns undefined when there was no answer within `limitMs` */
  async ask(server: Endpoint, limitMs: number, change?: Change): Promise<Answer | undefined> {
    return await this.#exchange(
      server,
      limitMs,
      (id) => encodeBindingRequest(id, change),
      (datagram, from, rttMs): Answer | undefined => {
        const answer = decodeBindingAnswer(datagram);
        return answer === undefined ? undefined : { ...answer, from, rttMs };
      },
    );
  }

  /** Whether a TURN server answers at all, even with a refusal. */
  async findsTurn(server: Endpoint, limitMs: number): Promise<boolean> {
    return (await this.#exchange(server, limitMs, encodeAllocateRequest, () => true)) === true;
  }

  async #exchange<T>(server: Endpoint, limitMs: number, encode: Encode, read: Read<T>): Promise<T | undefined> {
    const transactions: string[] = [];
    const over = new AbortController();
    const answered = new Promise<T>((resolve) => {
      const send = (): void => {
        const request = encode(randomBytes(TRANSACTION_ID_BYTES));
        const sentMs = performance.now();
        const transaction = transactionOf(request) ?? "";
        transactions.push(transaction);
        this.#waiting.set(transaction, (datagram, from) => {
          const result = read(datagram, from, performance.now() - sentMs);
          if (result !== undefined) resolve(result);
        });
        this.#socket.send(request, server.port, server.address, () => {});
      };
      void repeat(send, over.signal);
    });
    try {
      return await withinMs(limitMs, answered);
    } finally {
      over.abort();
      for (const transaction of transactions) this.#waiting.delete(transaction);
    }
  }

  close(): void {
    this.#socket.close();
  }
}

async function repeat(send: () => void, signal: AbortSignal): Promise<void> {
  try {
    for (const ms of PAUSES_MS) {
      await pause(ms, undefined, { signal });
      send();
    }
  } catch {
    // Either the answer has arrived, or the caller has stopped waiting.
  }
}
