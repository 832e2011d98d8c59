// RTP of other programs on this machine, as ffmpeg and GStreamer speak it: a source that takes it and a sink that gives it,
// by UDP on loopback. Nobody else can reach them, so nothing here is encrypted.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { randomInt } from "node:crypto";
import { isIPv6 } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type CodecName, CODECS, CODECS_OF_KIND, type MediaKind } from "../../lib/codecs.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import type { Packetiser } from "../../media/packetiser.ts";
import { encodeRtp } from "../../media/rtp.ts";
import { RtpFrames } from "../../media/rtp-frames.ts";
import { placeAddress, type RtpPlace } from "../../media/rtp-place.ts";
import { nodePacketisers } from "./packetisers.ts";

/** Frames that wait for the session, which may stand still for a moment: five seconds of Opus, ten of a picture. */
export const MAX_QUEUED_FRAMES = 256;
const MAX_QUEUED_BYTES = 8 * 1_024 * 1_024;
/** Loopback carries more; programs expect Ethernet. */
const MAX_PAYLOAD_BYTES = 1_200;
/** Packets of one frame that leave before the reader has its turn: its socket holds some 200. */
const PACKETS_AT_ONCE = 32;
const MAX_U32 = 2 ** 32;
/** A program that begins to read in the middle has its picture that soon. */
export const KEY_FRAME_INTERVAL_MS = 2_000;
/** A key frame of a large picture comes at once, and is more than systems keep unless they are asked to. */
const RECEIVE_BUFFER_BYTES = 2 * 1_024 * 1_024;

async function bind(address: string, port: number, option: "rtp-in" | "rtp-out"): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4", reuseAddr: false });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, "listening");
  } catch (error) {
    socket.close();
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const place = placeAddress({ address, port });
    throw new P2pError("BIND_FAILED", { address: place, reason: code, option }, { cause: error });
  }
  // A datagram that cannot be sent is lost.
  socket.on("error", () => {});
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // It stays as large as the system makes it.
  }
  return socket;
}

/** What a program sends to a place. Until the first `next` it goes nowhere: a live picture is not kept for later. */
export class RtpSource {
  readonly tracks: readonly TrackFormat[];
  readonly #socket: Socket;
  readonly #frames: RtpFrames;
  readonly #queue: EncodedFrame[] = [];
  #queuedBytes = 0;
  #wake: (() => void) | undefined;
  #isRead = false;
  #isClosed = false;

  private constructor(socket: Socket, codec: CodecName) {
    const { kind, clockRate } = CODECS[codec];
    this.tracks = [{ kind, codec, clockRate, ...(codec === "opus" ? { channels: 2 } : {}) }];
    this.#socket = socket;
    this.#frames = new RtpFrames(codec, nodePacketisers(codec));
    socket.on("message", (datagram) => {
      if (this.#isRead) for (const frame of this.#frames.handle(datagram, performance.now())) this.#add(frame);
    });
  }

  /**
   * @param place - port 0: one that the system chooses
   * @throws P2pError BIND_FAILED
   */
  static async open({ address, port, kind, codec }: RtpPlace): Promise<RtpSource> {
    return new RtpSource(await bind(address, port, "rtp-in"), codec ?? CODECS_OF_KIND[kind][0] ?? "vp8");
  }

  /** Where it listens. */
  get port(): number {
    return this.#socket.address().port;
  }

  #add(frame: EncodedFrame): void {
    this.#queue.push(frame);
    this.#queuedBytes += frame.bytes.length;
    if (this.#queue.length > MAX_QUEUED_FRAMES || this.#queuedBytes > MAX_QUEUED_BYTES) {
      this.#queue.length = 0;
      this.#queuedBytes = 0;
      this.#frames.restart();
    }
    this.#wake?.();
  }

  /** Waits for the next frame, however long the program sends none; undefined once it is closed. */
  async next(): Promise<{ index: number; frame: EncodedFrame } | undefined> {
    this.#isRead = true;
    while (this.#queue.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const frame = this.#isClosed ? undefined : this.#queue.shift();
    if (frame === undefined) return undefined;
    this.#queuedBytes -= frame.bytes.length;
    return { index: 0, frame };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.length = 0;
    this.#wake?.();
    await closed(this.#socket);
  }
}

export interface RtpSinkOptions {
  place: RtpPlace;
  /** Tells the program over there what is sent. Called for each track, before its first frame. */
  describe: (track: Pick<TrackFormat, "codec" | "profile">) => Promise<void>;
}

/** Gives the tracks of a kind, one after the other, to a program at a place, whether it is there or not. */
export class RtpSink {
  readonly accepts: Readonly<Record<MediaKind, readonly CodecName[]>>;
  readonly maxTracks = 1;
  readonly #socket: Socket;
  readonly #options: RtpSinkOptions;
  /** It stays when its track ends: another one of its codec goes on as the same stream. */
  #stream: RtpStream | undefined;
  /** The number of the track that runs; undefined: none does. */
  #index: number | undefined;
  #nextIndex = 0;
  #described: Promise<void> = Promise.resolve();
  #wantKeyFrame: (index: number) => void = () => {};
  #keyFrameTimer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #isClosed = false;

  private constructor(socket: Socket, options: RtpSinkOptions) {
    const { kind, codec } = options.place;
    const codecs = codec === undefined ? CODECS_OF_KIND[kind] : [codec];
    this.accepts = { audio: kind === "audio" ? codecs : [], video: kind === "video" ? codecs : [] };
    this.#socket = socket;
    this.#options = options;
  }

  /** @throws P2pError BIND_FAILED */
  static async open(options: RtpSinkOptions): Promise<RtpSink> {
    const { address } = options.place;
    return new RtpSink(await bind(address, 0, "rtp-out"), options);
  }

  onKeyFrameWanted(listener: (index: number) => void): void {
    this.#wantKeyFrame = listener;
  }

  /** @throws RangeError while another one runs */
  addTrack({ kind, codec, profile }: TrackFormat): number {
    if (this.#index !== undefined) throw new RangeError("a track runs");
    const index = this.#nextIndex;
    this.#nextIndex += 1;
    this.#index = index;
    if (this.#stream?.codec === codec) this.#stream.resume();
    else this.#stream = new RtpStream(codec);
    this.#described = this.#options.describe({ codec, ...(profile === undefined ? {} : { profile }) });
    // It is told where the next frame is written.
    this.#described.catch(() => {});
    // Nobody says when a program begins to read.
    if (kind === "video") this.#keyFrameTimer = setInterval(() => this.#wantKeyFrame(index), KEY_FRAME_INTERVAL_MS);
    return index;
  }

  endTrack(index: number): void {
    if (index !== this.#index) return;
    this.#index = undefined;
    clearInterval(this.#keyFrameTimer);
  }

  async write(index: number, frame: EncodedFrame): Promise<void> {
    await this.#described;
    if (index !== this.#index) return;
    const { address, port } = this.#options.place;
    const packets = this.#stream?.packetise(frame) ?? [];
    for (let at = 0; at < packets.length && !this.#isClosed; at += PACKETS_AT_ONCE) {
      for (const packet of packets.slice(at, at + PACKETS_AT_ONCE)) {
        this.#bytes += packet.length;
        this.#socket.send(packet, port, address);
      }
      await nextTurn();
    }
  }

  async close(): Promise<{ bytes: number; path: undefined }> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      clearInterval(this.#keyFrameTimer);
      await closed(this.#socket);
    }
    return { bytes: this.#bytes, path: undefined };
  }
}

/** Numbers the packets of one codec, whose tracks follow each other on one line of time. RFC 3550 §5.1. */
class RtpStream {
  readonly codec: CodecName;
  readonly #packetiser: Packetiser;
  readonly #payloadType: number;
  readonly #clockRate: number;
  readonly #isVideo: boolean;
  readonly #ssrc = randomInt(MAX_U32);
  readonly #firstTimestamp = randomInt(MAX_U32);
  #sequence = randomInt(2 ** 16);
  /** From the time of a frame to that of the stream, µs; undefined before the first frame of a track. */
  #shiftUs: number | undefined;
  /** When the latest frame left, and its time in the stream. */
  #last: { atMs: number; timeUs: number } | undefined;

  constructor(codec: CodecName) {
    const { kind, payloadType, clockRate } = CODECS[codec];
    this.codec = codec;
    this.#packetiser = nodePacketisers(codec);
    this.#payloadType = payloadType;
    this.#clockRate = clockRate;
    this.#isVideo = kind === "video";
  }

  /** The frames of another track follow. */
  resume(): void {
    this.#shiftUs = undefined;
  }

  #timeOf(timestampUs: number): number {
    const nowMs = performance.now();
    const last = this.#last;
    // Another track goes on as much later as it comes.
    this.#shiftUs ??= last === undefined ? 0 : last.timeUs + (nowMs - last.atMs) * 1_000 - timestampUs;
    const timeUs = timestampUs + this.#shiftUs;
    this.#last = { atMs: nowMs, timeUs };
    return timeUs;
  }

  packetise({ bytes, isKey, timestampUs }: EncodedFrame): Uint8Array[] {
    const payloads = this.#packetiser.packetise(bytes, MAX_PAYLOAD_BYTES, isKey);
    const steps = Math.round((this.#timeOf(timestampUs) * this.#clockRate) / 1_000_000);
    return payloads.map((payload, index) => {
      this.#sequence = (this.#sequence + 1) & 0xffff;
      return encodeRtp({
        isMarked: this.#isVideo && index === payloads.length - 1,
        payloadType: this.#payloadType,
        sequence: this.#sequence,
        timestamp: (this.#firstTimestamp + steps) % MAX_U32,
        ssrc: this.#ssrc,
        payload,
      });
    });
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}
