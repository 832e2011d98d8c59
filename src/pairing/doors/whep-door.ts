// The door through which programs watch by WHEP: the tracks that come over the line are passed on to each of them as they
// are. Who comes in the middle, or has lost something, has the sender asked for a key frame. draft-ietf-wish-whep.
import { wantedCodec } from "../../exchange/media-codecs.ts";
import { offeredMedia, readMediaOffer } from "../../exchange/media-offer.ts";
import type { MediaWishes } from "../../exchange/media-layout.ts";
import type { CodecName, MediaKind } from "../../lib/codecs.ts";
import type { MediaEngineEvent } from "../../media/engine-types.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import { type DoorHandler, HttpDoor, type OfferOutcome } from "../../rtc/media/http-door.ts";
import type { MediaSink } from "../../session/ports.ts";
import {
  DoorClient,
  type DoorOptions,
  doorCodecs,
  IS_CLOSED,
  NO_ADDRESS,
  notNow,
  refused,
  sessionId,
  unreadable,
} from "./door-client.ts";

/** Programs that watch at a time; each has sockets of its own. */
export const MAX_VIEWERS = 4;

/** A track that comes over the line. */
interface Incoming {
  readonly index: number;
  readonly format: TrackFormat;
}

/** What one program is sent in one section; its number in the engine is its place among the tracks of the program. */
interface Outgoing {
  readonly format: TrackFormat;
  /** The number of the track that is passed on; undefined: it is over, and another one of its codec may take its place. */
  index: number | undefined;
  /** Nothing can be shown before. */
  needsKey: boolean;
  /** When the latest frame left, and its time on the time line of the program, µs; undefined: none has left. */
  last: { atMs: number; timeUs: number } | undefined;
  /** From the time of a frame to that of the program, µs. */
  shiftUs: number | undefined;
}

interface Viewer {
  readonly id: string;
  client: DoorClient | undefined;
  tracks: readonly Outgoing[];
  isConnected: boolean;
  isOver: boolean;
}

const NOTHING = "nothing comes over the line yet: try again later";
const FULL = `${MAX_VIEWERS} programs watch already`;

export class WhepDoor implements MediaSink, DoorHandler {
  readonly accepts: Readonly<Record<MediaKind, readonly CodecName[]>>;
  readonly #options: DoorOptions;
  #http: HttpDoor | undefined;
  /** At most `MAX_MEDIA_TRACKS`, by index. */
  readonly #incoming = new Map<number, Incoming>();
  #nextIndex = 0;
  /** At most `MAX_VIEWERS`, by id. */
  readonly #viewers = new Map<string, Viewer>();
  #wantKeyFrame: (index: number) => void = () => {};
  #bytes = 0;
  #isClosed = false;

  private constructor(options: DoorOptions) {
    this.#options = options;
    const { audio, video } = options.codecs;
    this.accepts = { audio: doorCodecs("audio", audio), video: doorCodecs("video", video) };
  }

  /** @throws P2pError BIND_FAILED */
  static async open(options: DoorOptions): Promise<WhepDoor> {
    const door = new WhepDoor(options);
    door.#http = await HttpDoor.open({ ...options, protocol: "whep", handler: door });
    return door;
  }

  /** Where programs send their offers. */
  get url(): string {
    return this.#http?.url ?? "";
  }

  onKeyFrameWanted(listener: (index: number) => void): void {
    this.#wantKeyFrame = listener;
  }

  addTrack(format: TrackFormat): number {
    const index = this.#nextIndex;
    this.#nextIndex += 1;
    this.#incoming.set(index, { index, format });
    for (const viewer of this.#viewers.values()) this.#bind(viewer, index, format);
    return index;
  }

  /** A track of the same codec follows one that is over; for one of another codec its program has to come again. */
  #bind(viewer: Viewer, index: number, { kind, codec }: TrackFormat): void {
    const free = viewer.tracks.filter((track) => track.index === undefined && track.format.kind === kind);
    const next = free.find(({ format }) => format.codec === codec);
    if (next !== undefined) {
      next.index = index;
      next.shiftUs = undefined;
      next.needsKey = kind === "video";
    } else if (free.length > 0) this.#end(viewer);
  }

  endTrack(index: number): void {
    this.#incoming.delete(index);
    for (const { tracks } of this.#viewers.values()) {
      for (const track of tracks) if (track.index === index) track.index = undefined;
    }
  }

  write(index: number, frame: EncodedFrame): Promise<void> {
    for (const viewer of this.#viewers.values()) {
      if (viewer.isConnected) this.#pass(viewer, index, frame);
    }
    return Promise.resolve();
  }

  #pass({ tracks, client }: Viewer, index: number, frame: EncodedFrame): void {
    const number = tracks.findIndex((track) => track.index === index);
    const track = tracks[number];
    if (track === undefined) return;
    if (track.needsKey && !frame.isKey) {
      this.#wantKeyFrame(index);
      return;
    }
    track.needsKey = false;
    client?.change((engine, nowMs) => {
      const { last } = track;
      // A track that takes the place of another goes on where that one was.
      track.shiftUs ??= last === undefined ? 0 : last.timeUs + (nowMs - last.atMs) * 1_000 - frame.timestampUs;
      const timestampUs = Math.round(frame.timestampUs + track.shiftUs);
      track.last = { atMs: nowMs, timeUs: timestampUs };
      this.#bytes += frame.bytes.length;
      engine.sendFrame(number, { ...frame, timestampUs }, nowMs);
    });
  }

  async handleOffer(text: string): Promise<OfferOutcome> {
    if (this.#isClosed) return IS_CLOSED;
    if (this.#viewers.size >= MAX_VIEWERS) return notNow(FULL);
    const offer = readMediaOffer(text);
    if ("wrong" in offer) return unreadable(offer.wrong);
    if (offeredMedia(offer, "take").length === 0) return refused(422, "the offer takes nothing (recvonly)");
    const incoming = [...this.#incoming.values()];
    if (incoming.length === 0) return notNow(NOTHING, 409);
    const viewer: Viewer = { id: sessionId(), client: undefined, tracks: [], isConnected: false, isOver: false };
    this.#viewers.set(viewer.id, viewer);
    try {
      const client = await DoorClient.open(this.#options.bind, offer, wishesFor(incoming), {
        onConnected: () => this.#begin(viewer),
        onEvent: (event) => this.#handleEvent(viewer, event),
        onEnded: () => this.#end(viewer),
      });
      viewer.client = client;
      viewer.tracks = client.agreed.flatMap(({ send }) => {
        const track = send && incoming[send.track];
        return track === undefined ? [] : [outgoing(track, this.#incoming.has(track.index))];
      });
      if (viewer.tracks.length > 0 && !viewer.isOver) {
        client.connect();
        return { status: 201, sdp: client.sdp, id: viewer.id };
      }
      await client.close();
    } catch {
      this.#end(viewer);
      return NO_ADDRESS;
    }
    this.#end(viewer);
    // What it was to watch is over, or the line is.
    if (viewer.tracks.length > 0) return notNow(NOTHING, 409);
    return refused(422, `what comes is ${incoming.map(({ format }) => format.codec).join(", ")}`);
  }

  /** The program has connected. */
  #begin(viewer: Viewer): void {
    viewer.isConnected = true;
    const sent = viewer.client?.agreed.flatMap(({ send }) => send ?? []) ?? [];
    viewer.client?.change((engine) => {
      for (const [track, { format }] of viewer.tracks.entries()) {
        const { ssrc, payloadType } = sent[track] ?? {};
        if (ssrc !== undefined && payloadType !== undefined) engine.addSendTrack({ track, ssrc, payloadType, format });
      }
    });
    for (const { index, needsKey } of viewer.tracks) if (index !== undefined && needsKey) this.#wantKeyFrame(index);
  }

  #handleEvent({ tracks }: Viewer, event: MediaEngineEvent): void {
    const index = tracks[event.track]?.index;
    if (event.type === "key-frame-wanted" && index !== undefined) this.#wantKeyFrame(index);
  }

  has(id: string): boolean {
    return this.#viewers.has(id);
  }

  handleEnd(id: string): boolean {
    const viewer = this.#viewers.get(id);
    if (viewer === undefined) return false;
    this.#end(viewer);
    return true;
  }

  #end(viewer: Viewer): void {
    if (viewer.isOver) return;
    viewer.isOver = true;
    this.#viewers.delete(viewer.id);
    void viewer.client?.close();
  }

  async close(): Promise<{ bytes: number; path: undefined }> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const clients = [...this.#viewers.values()].map(({ client }) => client);
      for (const viewer of this.#viewers.values()) this.#end(viewer);
      await Promise.all([this.#http?.close(), ...clients.map((client) => client?.close())]);
    }
    return { bytes: this.#bytes, path: undefined };
  }
}

function wishesFor(incoming: readonly Incoming[]): MediaWishes {
  const send = incoming.map(({ format: { kind, codec, channels, profile } }) => ({
    kind,
    codec: {
      ...wantedCodec(codec),
      ...(channels === undefined ? {} : { channels }),
      ...(profile === undefined ? {} : { profile }),
    },
  }));
  return { send, receive: { audio: [], video: [] } };
}

/** @param isThere - it may have ended while the answer was made */
function outgoing({ index, format }: Incoming, isThere: boolean): Outgoing {
  return {
    format,
    index: isThere ? index : undefined,
    needsKey: format.kind === "video",
    last: undefined,
    shiftUs: undefined,
  };
}
