// Framing of TURN messages in a stream: STUN messages and ChannelData, each of which contains its length. RFC 8656
// §12.5, RFC 8489 §6.2.2. The stream is cut without copying, except for a message that spans chunks; at most one
// message is buffered.

const STUN_HEADER_BYTES = 20;
const CHANNEL_HEADER_BYTES = 4;
const MAGIC_COOKIE = 0x2112a442;
/** The longest message that its header can announce, padding included: the most that is ever buffered of a stream. */
export const MAX_TURN_FRAME_BYTES = STUN_HEADER_BYTES + 0xffff + 1;

export class TurnFrameSplitter {
  /** The bytes so far of a partial message, in a buffer that fits the whole message once its length is known. */
  #begun = new Uint8Array(STUN_HEADER_BYTES);
  #filled = 0;

  /** Buffered bytes of a partial message; at most `MAX_TURN_FRAME_BYTES`. */
  get keptBytes(): number {
    return this.#filled;
  }

  /**
   * Parses the next chunk of the stream. The cost is linear in the length of `chunk`, however the stream was cut.
   * @param onFrame - receives each message, padding included: a view into `chunk` or bytes of its own
   * @returns false when the next bytes begin neither kind of message: the rest of the stream cannot be parsed
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

  /** @returns how many bytes of the chunk belong to the partial message; undefined when it turned out to be invalid */
  #fill(chunk: Uint8Array, at: number, onFrame: (frame: Uint8Array) => void): number | undefined {
    const known = frameBytes(this.#begun, 0, this.#filled);
    if (known === "malformed") return undefined;
    if (known === "unknown") {
      // The header is copied byte by byte until the length is known: nineteen bytes at most.
      this.#begun[this.#filled++] = chunk[at] as number;
      return this.#settle(onFrame) ? 1 : undefined;
    }
    const rest = chunk.subarray(at, at + known - this.#filled);
    this.#begun.set(rest, this.#filled);
    this.#filled += rest.length;
    return this.#settle(onFrame) ? rest.length : undefined;
  }

  /** Makes room for the rest of a message whose length has become known, or emits it when it is whole. */
  #settle(onFrame: (frame: Uint8Array) => void): boolean {
    const bytes = frameBytes(this.#begun, 0, this.#filled);
    if (bytes === "malformed") return false;
    if (bytes === "unknown") return true;
    if (bytes !== this.#begun.length) {
      const whole = new Uint8Array(bytes);
      whole.set(this.#begun.subarray(0, this.#filled));
      this.#begun = whole;
    }
    if (this.#filled < bytes) return true;
    this.#filled = 0;
    onFrame(this.#begun);
    return true;
  }
}

/** The length of the message at `at`, in bytes, computed from the `known` bytes of it that have arrived. */
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
