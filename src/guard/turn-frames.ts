// Messages of TURN in a stream: STUN messages and ChannelData, each with its length inside. RFC 8656 §12.5, RFC 8489
// §6.2.2. What comes is cut without copying, but for what two chunks share, and of that no more than one message is kept.

const STUN_HEADER_BYTES = 20;
const CHANNEL_HEADER_BYTES = 4;
const MAGIC_COOKIE = 0x2112a442;
/** The longest message that its header can announce, padding included: all that is ever kept of a stream. */
export const MAX_TURN_FRAME_BYTES = STUN_HEADER_BYTES + 0xffff + 1;

export class TurnFrameSplitter {
  /** Of a message that has begun: its bytes so far, in a buffer that holds the whole once its length is known. */
  #begun = new Uint8Array(STUN_HEADER_BYTES);
  #filled = 0;

  /** What is kept of a message that has begun, in bytes; at most `MAX_TURN_FRAME_BYTES`. */
  get keptBytes(): number {
    return this.#filled;
  }

  /**
   * Takes what came next. It costs as much as `chunk` is long, however it was cut.
   * @param onFrame - takes each message, padding included: a view into `chunk` or bytes of its own
   * @returns false when something begins that is neither: nothing behind it makes sense any more
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#filled > 0) {
        const taken = this.#fill(chunk, at, onFrame);
        if (taken === undefined) return false;
        at += taken;
        continue;
      }
      const bytes = frameBytes(chunk, at, chunk.length - at);
      if (bytes === "malformed") return false;
      if (bytes === "unknown" || at + bytes > chunk.length) {
        this.#begin(chunk, at, bytes === "unknown" ? STUN_HEADER_BYTES : bytes);
        return true;
      }
      onFrame(chunk.subarray(at, at + bytes));
      at += bytes;
    }
    return true;
  }

  #begin(chunk: Uint8Array, at: number, bytes: number): void {
    this.#begun = new Uint8Array(bytes);
    this.#begun.set(chunk.subarray(at));
    this.#filled = chunk.length - at;
  }

  /** @returns how much of the chunk belongs to what has begun; undefined: it has become nonsense */
  #fill(chunk: Uint8Array, at: number, onFrame: (frame: Uint8Array) => void): number | undefined {
    const known = frameBytes(this.#begun, 0, this.#filled);
    if (known === "malformed") return undefined;
    if (known === "unknown") {
      // Byte by byte until the length is known: nineteen at most.
      this.#begun[this.#filled++] = chunk[at] as number;
      return this.#settle(onFrame) ? 1 : undefined;
    }
    const rest = chunk.subarray(at, at + known - this.#filled);
    this.#begun.set(rest, this.#filled);
    this.#filled += rest.length;
    return this.#settle(onFrame) ? rest.length : undefined;
  }

  /** Makes room for the rest of a message whose length has become known, or hands it out when it is whole. */
  #settle(onFrame: (frame: Uint8Array) => void): boolean {
    const bytes = frameBytes(this.#begun, 0, this.#filled);
    if (bytes === "malformed") return false;
    if (bytes === "unknown") return true;
    if (bytes !== this.#begun.length) {
      const whole = new Uint8Array(bytes);
      whole.set(this.#begun.subarray(0, Math.min(this.#filled, bytes)));
      this.#begun = whole;
    }
    if (this.#filled < bytes) return true;
    this.#filled = 0;
    onFrame(this.#begun);
    return true;
  }
}

/** How long the message at `at` is, from the `known` bytes that are there of it. */
function frameBytes(bytes: Uint8Array, at: number, known: number): number | "unknown" | "malformed" {
  const first = bytes[at] as number;
  if (first >= 0x80) return "malformed";
  const isChannelData = first >= 0x40;
  if (known < (isChannelData ? CHANNEL_HEADER_BYTES : STUN_HEADER_BYTES)) return "unknown";
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, known);
  const length = view.getUint16(2);
  if (isChannelData) return CHANNEL_HEADER_BYTES + Math.ceil(length / 4) * 4;
  return length % 4 === 0 && view.getUint32(4) === MAGIC_COOKIE ? STUN_HEADER_BYTES + length : "malformed";
}
