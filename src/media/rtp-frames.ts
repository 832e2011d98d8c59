// Whole frames from the RTP packets of a program on this machine, where hardly anything is lost: nothing is asked for again,
// and after a loss of video the next key frame is waited for. Pure. RFC 3550 §5.1.
import { type CodecName, CODECS } from "../lib/codecs.ts";
import type { EncodedFrame } from "./frame.ts";
import { MAX_FRAME_BYTES, MAX_PAYLOADS, type Packetiser } from "./packetiser.ts";
import { decodeRtp, type RtpPacket } from "./rtp.ts";

/** Another source counts when the one before has been silent for so long: the program was started again. */
const SILENT_MS = 1_000;
/** Payload types that RTCP has in its second byte. RFC 5761 §4. */
const FIRST_RTCP = 64;
const LAST_RTCP = 95;
/** Below it a payload type says which codec it is. RFC 3551 §6. */
const FIRST_DYNAMIC = 35;
const SPS = 7;

export class RtpFrames {
  readonly #packetiser: Packetiser;
  readonly #codec: CodecName;
  readonly #isVideo: boolean;
  readonly #clockRate: number;
  #source: { ssrc: number; payloadType: number } | undefined;
  #heardMs = 0;
  #expected: number | undefined;
  /** The payloads of the frame that is coming. */
  #payloads: Uint8Array[] = [];
  #bytes = 0;
  #timestamp = 0;
  /** A part of the frame that is coming is missing. */
  #isBroken = false;
  /** No frame is of use before the next key frame. */
  #needsKey = true;
  /** The time of the first frame, and what belongs to it. */
  #base: { timestamp: number; us: number; startMs: number } | undefined;
  #lastUs = 0;

  constructor(codec: CodecName, packetiser: Packetiser) {
    this.#codec = codec;
    this.#packetiser = packetiser;
    this.#isVideo = CODECS[codec].kind === "video";
    this.#clockRate = CODECS[codec].clockRate;
  }

  /** @param datagram - kept in parts until its frame is whole @returns the frames that are whole by it, at most two */
  handle(datagram: Uint8Array, nowMs: number): EncodedFrame[] {
    const packet = decodeRtp(datagram);
    if (packet === undefined || !this.#isOfSource(packet, nowMs)) return [];
    const frames: EncodedFrame[] = [];
    const isNext = this.#expected === undefined || packet.sequence === this.#expected;
    // A packet that is late or comes twice belongs to what was decided already.
    if (this.#expected !== undefined && ((packet.sequence - this.#expected) & 0xffff) >= 0x8000) return [];
    this.#expected = (packet.sequence + 1) & 0xffff;
    if (packet.timestamp !== this.#timestamp || !this.#isVideo) {
      if (!isNext) this.#isBroken = true;
      this.#finish(frames, nowMs);
      this.#timestamp = packet.timestamp;
      // What was lost may have been the beginning of this frame.
      this.#isBroken = !isNext && this.#isVideo && !this.#packetiser.begins(packet.payload);
      if (!isNext && this.#isVideo) this.#needsKey = true;
    } else if (!isNext) this.#isBroken = true;
    this.#add(packet.payload);
    if (packet.isMarked || !this.#isVideo) this.#finish(frames, nowMs);
    return frames;
  }

  #isOfSource({ ssrc, payloadType }: RtpPacket, nowMs: number): boolean {
    if (payloadType >= FIRST_RTCP && payloadType <= LAST_RTCP) return false;
    // ffmpeg sends G.711 unless it is told otherwise.
    if (payloadType < FIRST_DYNAMIC && payloadType !== CODECS[this.#codec].payloadType) return false;
    const source = this.#source;
    const isSame = source?.ssrc === ssrc && source.payloadType === payloadType;
    if (!isSame) {
      if (source !== undefined && nowMs - this.#heardMs < SILENT_MS) return false;
      this.#source = { ssrc, payloadType };
      this.#begin();
    }
    this.#heardMs = nowMs;
    return true;
  }

  /** Frames from now on belong to another program, or to nobody who has seen those before. */
  #begin(): void {
    this.#payloads = [];
    this.#bytes = 0;
    this.#expected = undefined;
    this.#isBroken = false;
    this.#needsKey = true;
    if (this.#base !== undefined) this.#base = { ...this.#base, timestamp: -1 };
  }

  /** What was passed on before did not get to where it is wanted: the next frame has to be one that needs none. */
  restart(): void {
    this.#needsKey = true;
  }

  #add(payload: Uint8Array): void {
    if (payload.length === 0) return;
    this.#bytes += payload.length;
    if (this.#payloads.length >= MAX_PAYLOADS || this.#bytes > MAX_FRAME_BYTES) {
      this.#payloads = [];
      this.#isBroken = true;
      return;
    }
    if (!this.#isBroken) this.#payloads.push(payload);
  }

  #finish(frames: EncodedFrame[], nowMs: number): void {
    const payloads = this.#payloads;
    const isBroken = this.#isBroken;
    this.#payloads = [];
    this.#bytes = 0;
    this.#isBroken = false;
    if (payloads.length === 0 && !isBroken) return;
    const frame = isBroken ? undefined : this.#packetiser.assemble(payloads);
    if (frame === undefined) {
      this.#needsKey = true;
      return;
    }
    const isKey = frame.isKey && (this.#codec !== "h264" || hasSps(frame.bytes));
    if (this.#isVideo && this.#needsKey && !isKey) return;
    this.#needsKey = false;
    const timestampUs = this.#timeOf(nowMs);
    frames.push({ bytes: frame.bytes, isKey, timestampUs, durationUs: undefined });
  }

  /** Time from the first frame on; another program goes on at the time at which it came. */
  #timeOf(nowMs: number): number {
    this.#base ??= { timestamp: this.#timestamp, us: 0, startMs: nowMs };
    const base = this.#base;
    if (base.timestamp < 0) {
      const us = Math.max(this.#lastUs + 1, Math.round((nowMs - base.startMs) * 1_000));
      this.#base = { ...base, timestamp: this.#timestamp, us };
      this.#lastUs = us;
      return us;
    }
    // Time stamps wrap, in 13 hours of video; what came last is the new base.
    const steps = (this.#timestamp - base.timestamp) | 0;
    const us = Math.max(0, base.us + Math.round((steps * 1_000_000) / this.#clockRate));
    if (steps > 2 ** 30) this.#base = { ...base, timestamp: this.#timestamp, us };
    this.#lastUs = us;
    return us;
  }
}

/** Whether an access unit has the parameters with which a decoder begins. */
function hasSps(unit: Uint8Array): boolean {
  for (let at = unit.indexOf(1); at !== -1; at = unit.indexOf(1, at + 1)) {
    const isStart = unit[at - 1] === 0 && unit[at - 2] === 0;
    if (isStart && ((unit[at + 1] ?? 0) & 0x1f) === SPS) return true;
  }
  return false;
}
