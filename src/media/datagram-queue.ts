// Datagrams that are ready to leave, the most urgent first: what controls, then sound, then what the peer lacks, then
// pictures. Their driver takes them at once; what it does not take is bounded.
import { Fifo } from "../lib/fifo.ts";

export const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

const URGENCIES = ["control", "audio", "again", "video"] as const;
export type Urgency = (typeof URGENCIES)[number];

export class DatagramQueue {
  readonly #queues: Readonly<Record<Urgency, Fifo<Uint8Array>>> = {
    control: new Fifo(),
    audio: new Fifo(),
    again: new Fifo(),
    video: new Fifo(),
  };
  #bytes = 0;

  /** Whether there is no room for more until some are taken. */
  get isFull(): boolean {
    return this.#bytes >= MAX_QUEUED_BYTES;
  }

  push(urgency: Urgency, datagram: Uint8Array): void {
    this.#queues[urgency].push(datagram);
    this.#bytes += datagram.length;
  }

  shift(): Uint8Array | undefined {
    for (const urgency of URGENCIES) {
      const datagram = this.#queues[urgency].shift();
      if (datagram === undefined) continue;
      this.#bytes -= datagram.length;
      return datagram;
    }
    return undefined;
  }
}
