// Framing of TURN messages in a stream: STUN messages and ChannelData, each of which contains its length. RFC 8656
// §12.5, RFC 8489 §6.2.2. The stream is cut without copying, except for a message that spans chunks; at most one
// message is buffered.
import { BegunFrame } from "./begun-frame.ts";
import { MAGIC_COOKIE } from "./stun-message.ts";

const STUN_HEADER_BYTES = 20;
const CHANNEL_HEADER_BYTES = 4;
/** The longest message that its header can announce, padding included: the most that is ever buffered of a stream. */
export const MAX_TURN_FRAME_BYTES = STUN_HEADER_BYTES + 0xffff + 1;

export class TurnFrameSplitter {
  /** The bytes so far of a message whose length is not known yet. */
  readonly #header = new Uint8Array(STUN_HEADER_BYTES);
  #headerBytes = 0;
  readonly #begun = new BegunFrame();

  /** Bytes that are kept of a partial message: its buffer, once its length is known; at most `MAX_TURN_FRAME_BYTES`. */
  get keptBytes(): number {
    return this.#headerBytes + this.#begun.keptBytes;
  }

  /**
   * Parses the next chunk of the stream. The cost is linear in the length of `chunk`, however the stream was cut.
   * @param onFrame - receives each message, padding included: a view into `chunk` or bytes of its own
   * @returns false when the next bytes begin neither kind of message: the rest of the stream cannot be parsed
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): boolean {
    let at = this.#begun.fill(chunk, 0, onFrame);
    while (at < chunk.length) {
      if (this.#headerBytes > 0) {
        if (!this.#takeHeader(chunk[at] as number)) return false;
        at += 1;
        at += this.#begun.fill(chunk, at, onFrame);
        continue;
      }
      const bytes = frameBytes(chunk, at, chunk.length - at);
      if (bytes === "malformed") return false;
      if (bytes === "unknown") {
        this.#header.set(chunk.subarray(at));
        this.#headerBytes = chunk.length - at;
        return true;
      }
      if (at + bytes > chunk.length) {
        this.#begun.begin(bytes, chunk.subarray(at));
        return true;
      }
      onFrame(chunk.subarray(at, at + bytes));
      at += bytes;
    }
    return true;
  }

  /** Takes one more byte of the header, which are nineteen at most. @returns false when it turned out to be invalid */
  #takeHeader(byte: number): boolean {
    this.#header[this.#headerBytes] = byte;
    this.#headerBytes += 1;
    const bytes = frameBytes(this.#header, 0, this.#headerBytes);
    if (bytes === "malformed") return false;
    if (bytes === "unknown") return true;
    this.#begun.begin(bytes, this.#header.subarray(0, this.#headerBytes));
    this.#headerBytes = 0;
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
