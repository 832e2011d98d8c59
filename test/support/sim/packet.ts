// One datagram on its way through the simulation: its bytes, where it goes and what became of it.
import type { Task } from "./virtual-time.ts";

export type Fate =
  | "under way"
  | "delivered"
  | "lost"
  | "burst-lost"
  | "queue-drop"
  | "policed"
  | "mtu-drop"
  | "outage"
  | "filtered"
  | "corrupted"
  | "buffer-drop";

export interface Receiver {
  receive(packet: Packet): void;
}

/** Scheduled as a task it arrives. */
export class Packet implements Task {
  readonly bytes: Uint8Array;
  readonly direction: string;
  readonly sentAtMs: number;
  fate: Fate = "under way";
  arrivedAtMs: number | undefined = undefined;
  copies = 1;
  readonly #to: Receiver;

  constructor(bytes: Uint8Array, direction: string, sentAtMs: number, to: Receiver) {
    this.bytes = bytes;
    this.direction = direction;
    this.sentAtMs = sentAtMs;
    this.#to = to;
  }

  run(): void {
    this.#to.receive(this);
  }
}

const SLAB_BYTES = 2 ** 20;

/** Copies small pieces into large blocks: a receiver may keep what it got, so no block is ever used again. */
export class Slab {
  #block = new Uint8Array(SLAB_BYTES);
  #usedBytes = 0;

  copy(bytes: Uint8Array): Uint8Array {
    if (this.#usedBytes + bytes.length > SLAB_BYTES) {
      this.#block = new Uint8Array(Math.max(SLAB_BYTES, bytes.length));
      this.#usedBytes = 0;
    }
    const piece = this.#block.subarray(this.#usedBytes, this.#usedBytes + bytes.length);
    piece.set(bytes);
    this.#usedBytes += bytes.length;
    return piece;
  }
}
