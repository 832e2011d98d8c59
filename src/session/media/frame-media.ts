// Sound and picture of files, streams and RTP doors: publishes sources in real time and writes what comes into sinks,
// over an engine of our own. What has to be agreed with the peer is features/media.ts.
import type { MediaOfferMessage, OfferedCodec } from "../../control/media-messages.ts";
import type { ExpectedTrack, WantedTrack } from "../../control/media-negotiation.ts";
import { CODECS, isCodec } from "../../lib/codecs.ts";
import { type P2pError, toP2pError } from "../../lib/errors/p2p-error.ts";
import { PayloadTypes } from "../../lib/payload-types.ts";
import type { MediaDirection, MediaEngineEvent, MediaTrackStats } from "../../media/engine-types.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import type { Clock, MediaPort, MediaTransport } from "../ports.ts";
import type { MediaSettings } from "../session-types.ts";
import { DoorTracks, wantedTrack } from "./door-tracks.ts";
import { EngineDriver } from "./engine-driver.ts";
import { ExpectedTracks } from "./expected-tracks.ts";
import { FileRecordings, type RecordedGroup } from "./file-recordings.ts";
import type { MediaBackend, MediaBackendEvents, MediaChoice } from "./media-backend.ts";
import { Publishing } from "./publishing.ts";
import { Recording } from "./recording.ts";

export interface FrameMediaOptions {
  readonly clock: Clock;
  readonly transport: MediaTransport;
  readonly port: MediaPort;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly settings: MediaSettings;
  readonly events: MediaBackendEvents;
}

/** How long a track that the sender has ended may bring nothing before it counts as complete. */
export const DRAIN_QUIET_MS = 1_000;

/** One track of a source. */
interface OwnTrack {
  readonly source: number;
  readonly index: number;
  state: "undecided" | "sending" | "over";
}

export class FrameMedia implements MediaBackend {
  readonly wanted: readonly WantedTrack[];
  readonly #options: FrameMediaOptions;
  readonly #driver: EngineDriver;
  /** Those of another WebRTC program. */
  readonly #expected: ExpectedTracks;
  readonly #publishings: readonly Publishing[];
  /** Those of `--record`. */
  readonly #files: FileRecordings | undefined;
  /** Others that get what comes, at any time. */
  readonly #forwards: readonly Recording[];
  readonly #doors: DoorTracks;
  readonly #own: OwnTrack[] = [];
  readonly #sources = new Set<number>();
  /** A browser has all tracks in one bundle, in which a payload type stands for one codec. */
  readonly #payloadTypes = new PayloadTypes();
  /** The same by their number in the session. */
  readonly #byNumber = new Map<number, OwnTrack>();
  /** Cancels the wait for the last frames, by track; at most `MAX_MEDIA_TRACKS`. */
  readonly #draining = new Map<number, () => void>();
  #isReachable = true;

  constructor(options: FrameMediaOptions) {
    this.#options = options;
    const { settings, clock } = options;
    const { publish = [], record, recordNext, forward = [] } = settings;
    this.#driver = new EngineDriver({ ...options, onEvent: (event) => this.#handleEvent(event) });
    this.#expected = new ExpectedTracks(clock, {
      onArrived: (track, codec) => options.events.onArrived(track, codec),
      onFrame: (track, frame) => this.#handleFrame(track, frame),
      onUnused: (track) => this.#driver.change((engine) => engine.removeTrack("receive", track)),
    });
    this.#publishings = publish.map(
      (source, index) =>
        new Publishing(source, clock, {
          onFrame: (at, frame) => {
            const track = this.#numberOf(index, at);
            if (track !== undefined) this.#driver.change((engine, nowMs) => engine.sendFrame(track, frame, nowMs));
          },
          onEnd: () => this.#endSource(index),
          onFailed: (error) => this.#endSource(index, error),
        }),
    );
    this.wanted = publish.flatMap(({ tracks }, source) =>
      tracks.map((format, index) => {
        this.#own.push({ source, index, state: "undecided" });
        return wantedTrack([format], this.#newSource(), this.#payloadTypes);
      }),
    );
    const onKeyFrameWanted = (track: number): void => this.#wantKeyFrame(track);
    if (record !== undefined) {
      this.#files = new FileRecordings(record, recordNext, {
        onKeyFrameWanted,
        onRecorded: (recorded) => options.events.onRecorded(recorded),
        onFailed: (error, tracks) => {
          options.events.report(error);
          for (const track of tracks) options.events.onFailed("receive", track, error);
        },
      });
    }
    const onFailed = (error: P2pError): void => options.events.report(error);
    this.#forwards = forward.map((sink) => new Recording(sink, { onKeyFrameWanted, onFailed }));
    this.#doors = new DoorTracks(settings.doors ?? [], {
      clock,
      offer: (wanted) => options.events.offer(wanted),
      newSource: () => this.#newSource(),
      dropSource: (ssrc) => this.#sources.delete(ssrc),
      payloadTypes: this.#payloadTypes,
      send: (track, frame) => {
        if (this.#isReachable) this.#driver.change((engine, nowMs) => engine.sendFrame(track, frame, nowMs));
      },
      end: (track) => {
        this.#driver.change((engine, nowMs) => engine.endTrack(track, nowMs));
        options.events.onSent(track);
      },
    });
  }

  get mayPublish(): boolean {
    return this.#doors.count > 0;
  }

  get mayForward(): boolean {
    return this.#forwards.some((one) => one.isLasting);
  }

  get isRecording(): boolean {
    return this.#files?.isRecording === true;
  }

  #wantKeyFrame(track: number): void {
    const engineTrack = this.#expected.engineTrackOf(track);
    this.#driver.change((engine, nowMs) => engine.requestKeyFrame(engineTrack, nowMs));
  }

  /** An SSRC: 32 bits that no other track has. */
  #newSource(): number {
    for (;;) {
      const ssrc = this.#options.randomBytes(4).reduce((sum, byte) => sum * 256 + byte, 0);
      if (ssrc === 0 || this.#sources.has(ssrc)) continue;
      this.#sources.add(ssrc);
      return ssrc;
    }
  }

  /** The number of a track that is being sent. */
  #numberOf(source: number, index: number): number | undefined {
    for (const [number, own] of this.#byNumber) {
      if (own.source === source && own.index === index && own.state === "sending") return number;
    }
    return undefined;
  }

  handleOffered(tracks: readonly number[]): void {
    for (const [at, number] of tracks.entries()) {
      const own = this.#own[at];
      if (own !== undefined) this.#byNumber.set(number, own);
    }
  }

  beginSending({ track, ssrc }: MediaOfferMessage, codec: OfferedCodec): void {
    const own = this.#byNumber.get(track);
    const format = this.#doors.begin(track, codec) ?? formatOf(codec);
    if (format === undefined || (own === undefined && !this.#doors.has(track))) return;
    const { payloadType } = codec;
    this.#driver.change((engine) => engine.addSendTrack({ track, ssrc, payloadType, format }));
    if (own === undefined) return;
    own.state = "sending";
    this.#startWhenDecided();
  }

  endSending(track: number): void {
    if (this.#doors.has(track)) {
      this.#driver.change((engine) => engine.removeTrack("send", track));
      this.#doors.finish(track);
    }
    const own = this.#byNumber.get(track);
    if (own === undefined) return;
    if (own.state === "sending") this.#driver.change((engine) => engine.removeTrack("send", track));
    own.state = "over";
    this.#byNumber.delete(track);
    this.#startWhenDecided();
  }

  /** All sources begin together, once it is known which tracks the peer takes. */
  #startWhenDecided(): void {
    if (this.#own.some(({ state }) => state === "undecided")) return;
    for (const [source, publishing] of this.#publishings.entries()) {
      const isWanted = this.#own.some((own) => own.source === source && own.state === "sending");
      if (isWanted) publishing.start();
      else void publishing.stop();
    }
  }

  #endSource(source: number, error?: P2pError): void {
    for (const [track, own] of this.#byNumber) {
      if (own.source !== source || own.state !== "sending") continue;
      this.#driver.change((engine, nowMs) => engine.endTrack(track, nowMs));
      if (error === undefined) this.#options.events.onSent(track);
      else this.#options.events.onFailed("send", track, error);
    }
  }

  /** What a file takes waits until the file is open. */
  choose(offers: readonly MediaOfferMessage[]): MediaChoice[] {
    const files = this.#files;
    const rooms = new Map([...(files === undefined ? [] : [files]), ...this.#forwards].map((one) => [one, one.room]));
    const recorded = new Map<MediaOfferMessage, OfferedCodec>();
    const chosen = offers.map((offer) => {
      const room = files === undefined ? 0 : rooms.get(files);
      const choice = this.#choose(offer, rooms);
      if (files === undefined) return choice;
      if (choice !== undefined && rooms.get(files) !== room) recorded.set(offer, choice);
      else this.#options.events.onNotRecorded(offer.kind, files.whyNot(offer) ?? "codec");
      return choice;
    });
    const group = recorded.size === 0 ? undefined : files?.begin([...recorded.keys()].map(({ track }) => track));
    const isAwaited = group !== undefined && group.isOpen !== true;
    if (isAwaited) void this.#decide(recorded, group);
    return chosen.map((choice, at) => {
      const offer = offers[at];
      return isAwaited && offer !== undefined && recorded.has(offer) ? "later" : (choice ?? "refuse");
    });
  }

  /** Answers what waits for its file; without one it may still be passed on. */
  async #decide(chosen: ReadonlyMap<MediaOfferMessage, OfferedCodec>, group: RecordedGroup): Promise<void> {
    const isOpen = await group.isOpen;
    const rooms = new Map(this.#forwards.map((forward) => [forward, forward.room]));
    for (const [offer, choice] of chosen) {
      // One that has ended meanwhile is answered, and its number may be that of another.
      if (!group.tracks.has(offer.track)) continue;
      const other = isOpen ? choice : this.#choose(offer, rooms);
      this.#options.events.onDecided(offer.track, other ?? "refuse");
    }
  }

  /**
   * By this side's preference, then by what the takers hold best.
   * @param rooms - how many more tracks each taker holds; counted down
   */
  #choose<Taker extends Pick<Recording, "accepts">>(
    { kind, codecs }: MediaOfferMessage,
    rooms: Map<Taker, number>,
  ): OfferedCodec | undefined {
    const takers = [...rooms].filter(([, room]) => room > 0).map(([taker]) => taker);
    const held = takers.flatMap((taker) => taker.accepts(kind));
    const { codecs: preferred } = this.#options.settings;
    const order: readonly string[] = [...(preferred?.[kind] ?? []), ...held].filter((name) => held.includes(name));
    const known = codecs.filter((codec) => formatOf(codec)?.kind === kind && order.includes(codec.name));
    const [chosen] = known.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
    for (const taker of takers) {
      const isHeld = taker.accepts(kind).some((name) => name === chosen?.name);
      if (isHeld) rooms.set(taker, (rooms.get(taker) ?? 0) - 1);
    }
    return chosen;
  }

  /** Codecs that no sink holds are not in our description. */
  expect(offers: readonly ExpectedTrack[]): void {
    const tracks = this.#expected.expect(offers, formatOf);
    this.#driver.change((engine) => {
      for (const track of tracks) engine.addReceiveTrack(track);
    });
  }

  beginReceiving({ track, ssrc }: MediaOfferMessage, codec: OfferedCodec): void {
    const format = formatOf(codec);
    if (format === undefined) return;
    const { payloadType } = codec;
    this.#payloadTypes.note(codec);
    if (!this.#expected.isExpected(track))
      this.#driver.change((engine) => engine.addReceiveTrack({ track, ssrc, payloadType, format }));
    this.#files?.addTrack(track, format);
    for (const forward of this.#forwards) forward.addTrack(track, format);
  }

  #handleEvent(event: MediaEngineEvent): void {
    const track = this.#expected.sessionTrackOf(event.track) ?? event.track;
    switch (event.type) {
      case "frame":
        if (track === event.track) this.#handleFrame(track, event.frame);
        else this.#expected.handleFrame(event.track, event.frame);
        break;
      case "ended":
        if (this.#draining.has(track)) this.#finishDraining(track);
        else this.#options.events.onStreamEnded(track);
        break;
      case "paused":
      case "resumed":
        this.#options.events.onPaused(event.track, event.type === "paused");
        break;
      case "key-frame-wanted":
        // A file has the key frames that it has; who comes through a door can make one.
        this.#doors.wantKeyFrame(event.track);
        break;
    }
  }

  #handleFrame(track: number, frame: EncodedFrame): void {
    this.#files?.write(track, frame);
    for (const forward of this.#forwards) forward.write(track, frame);
    if (this.#draining.has(track)) this.drain(track);
  }

  drain(track: number): void {
    this.#draining.get(track)?.();
    this.#draining.set(
      track,
      this.#options.clock.setTimer(() => this.#finishDraining(track), DRAIN_QUIET_MS),
    );
  }

  #finishDraining(track: number): void {
    this.#draining.get(track)?.();
    this.#draining.delete(track);
    const takers = [...(this.#files?.all ?? []), ...this.#forwards].filter(({ tracks }) => tracks.includes(track));
    const flushed = takers.map((each) => each.flushed());
    void Promise.all(flushed).then(() => this.#options.events.onDrained(track));
  }

  endReceiving(track: number): void {
    this.#draining.get(track)?.();
    this.#draining.delete(track);
    const engineTrack = this.#expected.engineTrackOf(track);
    this.#driver.change((engine) => engine.removeTrack("receive", engineTrack));
    this.#files?.endTrack(track);
    for (const forward of this.#forwards) forward.endTrack(track);
  }

  setReachable(isReachable: boolean): void {
    this.#isReachable = isReachable;
    for (const publishing of this.#publishings) {
      if (isReachable) publishing.resume();
      else publishing.pause();
    }
  }

  stats(direction: MediaDirection, track: number): MediaTrackStats | undefined {
    return this.#driver.stats(direction, direction === "send" ? track : this.#expected.engineTrackOf(track));
  }

  async stop(): Promise<void> {
    for (const cancel of this.#draining.values()) cancel();
    this.#draining.clear();
    this.#expected.close();
    const doors = this.#doors.stop();
    const onFailed = (error: unknown): void => this.#options.events.report(toP2pError(error));
    this.#driver.close();
    await Promise.all([
      doors,
      ...this.#publishings.map((publishing) => publishing.stop()),
      this.#files?.stop(),
      ...this.#forwards.map((forward) => forward.close().catch(onFailed)),
    ]);
  }
}

/** @returns undefined: this program does not know the codec, or not so */
function formatOf({ name, clockRate, channels, profile, width, height }: OfferedCodec): TrackFormat | undefined {
  if (!isCodec(name)) return undefined;
  const facts = CODECS[name];
  if (facts.clockRate !== clockRate) return undefined;
  return {
    kind: facts.kind,
    codec: name,
    clockRate,
    ...(channels === undefined ? {} : { channels }),
    ...(profile === undefined ? {} : { profile }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
}
