// Two ends of a message channel in one process: ordered, reliable, delivered some bytes at a time in later turns
// of the event loop, so that a sender meets a full buffer as on a network.
import type { MessageChannel } from "../../src/lib/message-channel.ts";

export interface MemoryChannelOptions {
  maxMessageBytes?: number;
  /** Delivered in one turn of the event loop, in each direction; a larger message goes alone. */
  bytesPerTurn?: number;
  /** Calls back in a later turn of the event loop; `setImmediate` unless given. */
  nextTurn?: (callback: () => void) => void;
  /** Sees and may replace what one end sends: a hostile or broken peer. Undefined drops it. */
  tamper?: (message: string | Uint8Array, from: "a" | "b") => string | Uint8Array | undefined;
}

export class MemoryChannel implements MessageChannel {
  readonly label: string = "p2p-transfer";
  readonly protocol: string = "p2p-transfer/1";
  readonly maxMessageBytes: number;
  onMessage: (data: string | Uint8Array) => void = () => {};
  onBufferedLow: () => void = () => {};
  onClose: () => void = () => {};
  lowWaterBytes = 0;
  /** Highest value of `bufferedBytes` so far. */
  peakBufferedBytes = 0;
  sentMessages = 0;
  sentBytes = 0;
  /** While true nothing of this end is delivered. */
  isHeld = false;
  #peer: MemoryChannel | undefined;
  readonly #bytesPerTurn: number;
  readonly #nextTurn: (callback: () => void) => void;
  readonly #tamper: (message: string | Uint8Array) => string | Uint8Array | undefined;
  readonly #queue: (string | Uint8Array)[] = [];
  #bufferedBytes = 0;
  #isOpen = true;
  #isScheduled = false;
  #drainWaiters: ((isDrained: boolean) => void)[] = [];

  private constructor(name: "a" | "b", options: MemoryChannelOptions) {
    this.maxMessageBytes = options.maxMessageBytes ?? 262_144;
    this.#bytesPerTurn = options.bytesPerTurn ?? 131_072;
    this.#nextTurn = options.nextTurn ?? ((callback) => void setImmediate(callback));
    this.#tamper = (message) => (options.tamper === undefined ? message : options.tamper(message, name));
  }

  static pair(options: MemoryChannelOptions = {}): [MemoryChannel, MemoryChannel] {
    const a = new MemoryChannel("a", options);
    const b = new MemoryChannel("b", options);
    a.#peer = b;
    b.#peer = a;
    return [a, b];
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(data: string | Uint8Array): void {
    if (!this.#isOpen) return;
    const bytes = sizeOf(data);
    if (bytes > this.maxMessageBytes) throw new RangeError(`Cannot send ${bytes} bytes in one message`);
    this.#queue.push(data);
    this.#bufferedBytes += bytes;
    this.peakBufferedBytes = Math.max(this.peakBufferedBytes, this.#bufferedBytes);
    this.sentMessages += 1;
    this.sentBytes += bytes;
    this.#schedule();
  }

  release(): void {
    this.isHeld = false;
    this.#schedule();
  }

  /** The other end's messages wait there. */
  pause(): void {
    if (this.#peer !== undefined) this.#peer.isHeld = true;
  }

  resume(): void {
    this.#peer?.release();
  }

  #schedule(): void {
    if (this.#isScheduled || this.isHeld) return;
    this.#isScheduled = true;
    this.#nextTurn(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const before = this.#bufferedBytes;
    let room = this.#bytesPerTurn;
    for (let next = this.#queue[0]; next !== undefined && room > 0 && !this.isHeld; next = this.#queue[0]) {
      this.#queue.shift();
      const bytes = sizeOf(next);
      this.#bufferedBytes -= bytes;
      room -= bytes;
      const passed = this.#tamper(next);
      // The bytes belong to the receiver, and the sender's may be parts of a larger buffer.
      if (passed !== undefined && this.#peer?.isOpen === true) {
        this.#peer.onMessage(typeof passed === "string" ? passed : passed.slice());
      }
    }
    if (this.#queue.length > 0) this.#schedule();
    else this.#wakeDrained();
    if (before > this.lowWaterBytes && this.#bufferedBytes <= this.lowWaterBytes) this.onBufferedLow();
  }

  #wakeDrained(): void {
    for (const wake of this.#drainWaiters.splice(0)) wake(this.#isOpen);
  }

  whenDrained(callback: (isDrained: boolean) => void): void {
    if (this.#queue.length === 0 || !this.#isOpen) callback(this.#isOpen);
    else this.#drainWaiters.push(callback);
  }

  /** Both ends are closed at once; what was queued is lost. */
  close(): void {
    for (const end of [this, this.#peer]) {
      if (end?.isOpen !== true) continue;
      end.#isOpen = false;
      end.#queue.length = 0;
      end.#bufferedBytes = 0;
      end.#wakeDrained();
      end.onClose();
    }
  }
}

function sizeOf(data: string | Uint8Array): number {
  return typeof data === "string" ? new TextEncoder().encode(data).length : data.length;
}
