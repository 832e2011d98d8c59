// Ordered shutdown: SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE, after each side's last data is delivered. RFC 9260 §9.2.
import type { OutgoingChunk } from "./outgoing-chunk.ts";
import { ChunkType } from "./packet/chunk-types.ts";
import { writeU32 } from "./packet/fields.ts";
import type { Tsn } from "./serial.ts";

type State = "open" | "pending" | "sent" | "received" | "ack-sent" | "complete" | "stopped";

const NONE = new Uint8Array(0);
const NEVER = Number.POSITIVE_INFINITY;
/** Association.Max.Retrans, RFC 9260 §16: unlike data, a shutdown is not retransmitted forever. */
const MAX_REPEATS = 8;

export class Shutdown {
  readonly #send: (chunk: OutgoingChunk) => void;
  #state: State = "open";
  #deadlineMs = NEVER;
  #repeats = 0;

  constructor(send: (chunk: OutgoingChunk) => void) {
    this.#send = send;
  }

  begin(): void {
    if (this.#state === "open") this.#state = "pending";
  }

  /** Whether shutdown has started, so that no new data may be queued. */
  get isBegun(): boolean {
    return this.#state !== "open";
  }

  get isSent(): boolean {
    return this.#state === "sent";
  }

  get isAckSent(): boolean {
    return this.#state === "ack-sent";
  }

  get nextDeadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Call when all queued data is acknowledged. */
  handleDrained(nowMs: number, cumulativeTsn: Tsn, rtoMs: number): void {
    if (this.#state !== "pending" && this.#state !== "received") return;
    this.#deadlineMs = nowMs + rtoMs;
    if (this.#state === "received") {
      this.#state = "ack-sent";
      this.#send({ type: ChunkType.SHUTDOWN_ACK, flags: 0, value: NONE });
    } else {
      this.#state = "sent";
      const value = new Uint8Array(4);
      writeU32(value, 0, cumulativeTsn);
      this.#send({ type: ChunkType.SHUTDOWN, flags: 0, value });
    }
  }

  handleShutdown(): void {
    if (this.#state === "open" || this.#state === "pending") {
      this.#state = "received";
    } else if (this.#state === "sent" || this.#state === "ack-sent") {
      this.#state = "ack-sent";
      this.#send({ type: ChunkType.SHUTDOWN_ACK, flags: 0, value: NONE });
    }
  }

  /** Also valid after the end: our SHUTDOWN COMPLETE may have been lost. @returns whether the association has ended */
  handleShutdownAck(): boolean {
    if (this.#state !== "sent" && this.#state !== "ack-sent" && this.#state !== "complete") return false;
    this.#state = "complete";
    this.#send({ type: ChunkType.SHUTDOWN_COMPLETE, flags: 0, value: NONE });
    return true;
  }

  /** @returns whether the peer has not answered for too long */
  advance(nowMs: number, rtoMs: number): boolean {
    if (nowMs < this.#deadlineMs) return false;
    this.#repeats += 1;
    if (this.#repeats > MAX_REPEATS) return true;
    // It is resent from its own state, with the cumulative TSN of that time.
    if (this.#state === "sent") this.#state = "pending";
    else if (this.#state === "ack-sent") this.#state = "received";
    this.#deadlineMs = nowMs + rtoMs;
    return false;
  }

  stop(): void {
    if (this.#state !== "complete") this.#state = "stopped";
    this.#deadlineMs = NEVER;
  }
}
