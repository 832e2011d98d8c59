// Framing of MQTT packets in a stream, as a client receives them (MQTT 5 §2.1). Each packet begins with its kind and its
// length, so that one that is too long is known by its first five bytes. One packet is buffered at a time, in one piece: a
// parser that was given the chunks of the stream would look for each byte of a long packet among all of them.
import { BegunFrame } from "./begun-frame.ts";

/** The length of the fixed header: kind and flags, then at most four bytes of length. MQTT 5 §1.5.5 */
const MAX_HEADER_BYTES = 5;
const CONTINUES = 0x80;
const PUBLISH = 3;
/** The bits of the quality of service; no packet has both. */
const QOS_3 = 0b0110;
/** The flags of each kind that a broker sends beside PUBLISH: CONNACK, PUBACK … PUBCOMP, SUBACK, UNSUBACK, PINGRESP, DISCONNECT, AUTH. */
const FLAGS: Readonly<Record<number, number>> = { 2: 0, 4: 0, 5: 0, 6: 2, 7: 0, 9: 0, 11: 0, 13: 0, 14: 0, 15: 0 };

/** Limits of whole packets in bytes. */
export interface MqttPacketLimits {
  /** A longer PUBLISH is passed over: anybody who may write to the topic can send one. */
  readonly publishBytes: number;
  /** Other packets are the broker's own, and short. */
  readonly otherBytes: number;
}

/** `malformed`, `too-long`: the rest of the stream is of no use. */
export type MqttSplit = "split" | "malformed" | "too-long";

export class MqttPacketSplitter {
  readonly #limits: MqttPacketLimits;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #headerBytes = 0;
  /** The packet whose header is complete; its buffer has at most the larger limit. */
  readonly #begun = new BegunFrame();
  /** Bytes to come of a packet that is passed over. */
  #passedOver = 0;

  constructor(limits: MqttPacketLimits) {
    this.#limits = limits;
  }

  /** The size of the buffer of the packet that has begun. */
  get keptBytes(): number {
    return this.#begun.keptBytes;
  }

  /**
   * Takes the next chunk of the stream, in a time linear in its length, however the stream was cut.
   * @param onPacket - receives each packet, header included
   */
  push(chunk: Uint8Array, onPacket: (packet: Uint8Array) => void): MqttSplit {
    let at = 0;
    while (at < chunk.length) {
      if (this.#passedOver > 0) {
        const passed = Math.min(this.#passedOver, chunk.length - at);
        this.#passedOver -= passed;
        at += passed;
        continue;
      }
      if (this.#begun.keptBytes === 0) {
        const split = this.#takeHeader(chunk[at] ?? 0);
        at += 1;
        if (split !== "split") return split;
      }
      at += this.#begun.fill(chunk, at, onPacket);
    }
    return "split";
  }

  #takeHeader(byte: number): MqttSplit {
    this.#header[this.#headerBytes] = byte;
    this.#headerBytes += 1;
    if (this.#headerBytes === 1) return isKindOfBroker(byte) ? "split" : "malformed";
    if ((byte & CONTINUES) !== 0) return this.#headerBytes < MAX_HEADER_BYTES ? "split" : "malformed";
    const header = this.#header.subarray(0, this.#headerBytes);
    this.#headerBytes = 0;
    const length = numberAt(header, 1);
    const isPublish = kindOf(header) === PUBLISH;
    const bytes = header.length + length;
    if (bytes <= (isPublish ? this.#limits.publishBytes : this.#limits.otherBytes)) {
      this.#begun.begin(bytes, header);
    } else if (isPublish) this.#passedOver = length;
    else return "too-long";
    return "split";
  }
}

function kindOf([first = 0]: Uint8Array): number {
  return first >> 4;
}

function isKindOfBroker(first: number): boolean {
  const flags = first & 0xf;
  return first >> 4 === PUBLISH ? (flags & QOS_3) !== QOS_3 : FLAGS[first >> 4] === flags;
}

/**
 * Whether the properties of a packet are short enough to be worth reading: a message may consist of them, tens of thousands.
 * Only a PUBLISH is long enough for that. MQTT 5 §3.3.2
 * @param packet - whole, of MQTT 5
 */
export function hasFewProperties(packet: Uint8Array, limitBytes: number): boolean {
  if (kindOf(packet) !== PUBLISH) return true;
  let at = 1;
  while (((packet[at] ?? 0) & CONTINUES) !== 0) at += 1;
  const topicBytes = (packet[at + 1] ?? 0) * 2 ** 8 + (packet[at + 2] ?? 0);
  const idBytes = ((packet[0] ?? 0) & QOS_3) === 0 ? 0 : 2;
  return numberAt(packet, at + 3 + topicBytes + idBytes) <= limitBytes;
}

/** A number of up to four bytes, the lowest digits first. MQTT 5 §1.5.5 */
function numberAt(bytes: Uint8Array, from: number): number {
  let number = 0;
  for (let at = from, place = 1; at < from + MAX_HEADER_BYTES - 1; at += 1, place *= CONTINUES) {
    const digits = bytes[at] ?? 0;
    number += (digits & ~CONTINUES) * place;
    if ((digits & CONTINUES) === 0) break;
  }
  return number;
}
