// A call in virtual time: one side publishes sound and picture through a media engine, the other takes the frames. Frames
// carry their number, so that each is found again.
import type { MediaEngine } from "../../../src/media/media-engine.ts";
import type { MediaEngineEvent } from "../../../src/media/engine-types.ts";
import type { Engine } from "../../../src/sctp/engine.ts";
import { type EngineOptions, mediaEngines, pictureTrack, soundTrack } from "../media-engines.ts";
import { seededRandom } from "../seeded-random.ts";
import { connect, makePath, type PathConditions } from "./pair.ts";

export const SOUND_TRACK = 1;
export const PICTURE_TRACK = 2;

/** A media engine as the simulation drives engines. */
export class SimulatedMedia implements Engine<MediaEngineEvent> {
  readonly media: MediaEngine;

  constructor(media: MediaEngine) {
    this.media = media;
  }

  handle(input: Uint8Array, nowMs: number): void {
    this.media.handleDatagram(input, nowMs);
  }

  advance(nowMs: number): void {
    this.media.handleTimeout(nowMs);
  }

  pollTransmit(into: Uint8Array): number {
    const datagram = this.media.pollDatagram();
    if (datagram === undefined) return 0;
    into.set(datagram);
    return datagram.length;
  }

  pollEvent(): MediaEngineEvent | undefined {
    return this.media.pollEvent();
  }

  nextDeadlineMs(): number {
    return this.media.nextDeadlineMs() ?? Infinity;
  }
}

export interface PublishedFrame {
  readonly track: number;
  readonly number: number;
  readonly sourceUs: number;
  readonly sentMs: number;
  readonly bytes: Uint8Array;
  readonly isKey: boolean;
}

export interface TakenFrame extends PublishedFrame {
  readonly takenMs: number;
  /** On the receiver's time line. */
  readonly timestampUs: number;
  readonly isEqual: boolean;
}

export interface Publication {
  /** Number of a frame is its place in the list. */
  readonly frames: readonly PublishedFrame[];
}

/** What a source of 1 Mbit/s gives: 50 packets of sound and 25 pictures a second, a key frame every two seconds. */
export function publication(seconds: number, seed = 1, keyFrameBytes = 30_000): Publication {
  const random = seededRandom(seed);
  const frames: PublishedFrame[] = [];
  const add = (track: number, sourceUs: number, bytes: number, isKey: boolean): void => {
    // Who sends in real time is not exact.
    const sentMs = sourceUs / 1_000 + random() * 8;
    frames.push({ track, number: 0, sourceUs, sentMs, bytes: new Uint8Array(bytes), isKey });
  };
  for (let ms = 0; ms < seconds * 1_000; ms += 20) add(SOUND_TRACK, ms * 1_000, 80 + Math.floor(random() * 80), true);
  for (let at = 0; at < seconds * 25; at += 1) {
    const isKey = at % 50 === 0;
    add(PICTURE_TRACK, at * 40_000, isKey ? keyFrameBytes : 2_000 + Math.floor(random() * 4_000), isKey);
  }
  const inTime = frames.toSorted((one, other) => one.sentMs - other.sentMs);
  return {
    frames: inTime.map((frame, number) => {
      new DataView(frame.bytes.buffer).setUint32(0, number);
      return { ...frame, number };
    }),
  };
}

/** Counts what comes, as who records does. */
export class Taker {
  readonly taken: TakenFrame[] = [];
  readonly others: MediaEngineEvent[] = [];
  readonly #publication: Publication;

  constructor({ frames }: Publication) {
    this.#publication = { frames };
  }

  take(event: MediaEngineEvent, nowMs: number): void {
    if (event.type !== "frame") {
      this.others.push(event);
      return;
    }
    const { bytes, timestampUs, isKey } = event.frame;
    const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const published = this.#publication.frames[number];
    if (published === undefined) throw new Error(`nobody has sent frame ${number}`);
    const isEqual = Buffer.compare(bytes, published.bytes) === 0 && isKey === published.isKey;
    this.taken.push({ ...published, takenMs: nowMs, timestampUs, isEqual });
  }

  of(track: number): TakenFrame[] {
    return this.taken.filter((frame) => frame.track === track);
  }
}

/** Prepares both tracks at both ends. */
export function openTracks(sender: MediaEngine, receiver: MediaEngine): void {
  for (const track of [soundTrack(SOUND_TRACK), pictureTrack(PICTURE_TRACK)]) {
    if (!sender.addSendTrack(track) || !receiver.addReceiveTrack(track)) throw new Error("no track");
  }
}

/** Gives the sender the frames at their times, and the end of both tracks behind them. @returns when that is */
export function publish(
  at: (atMs: number, action: (engine: MediaEngine, nowMs: number) => void) => void,
  { frames }: Publication,
  fromMs = 0,
): number {
  for (const { track, sourceUs, sentMs, bytes, isKey } of frames) {
    at(fromMs + sentMs, (engine, nowMs) => {
      engine.sendFrame(track, { bytes, timestampUs: sourceUs, durationUs: undefined, isKey }, nowMs);
    });
  }
  const endMs = fromMs + (frames.at(-1)?.sentMs ?? 0) + 1;
  at(endMs, (engine, nowMs) => {
    for (const track of [SOUND_TRACK, PICTURE_TRACK]) engine.endTrack(track, nowMs);
  });
  return endMs;
}

/** A whole call over this path. @returns what was published and taken, and what the sender was told */
export function runCall(
  seed: number,
  conditions: PathConditions,
  seconds: number,
  { keyFrameBytes, ...options }: EngineOptions & { keyFrameBytes?: number } = {},
): { published: Publication; taker: Taker; sender: MediaEngine; receiver: MediaEngine; told: MediaEngineEvent[] } {
  const published = publication(seconds, seed, keyFrameBytes);
  const taker = new Taker(published);
  const told: MediaEngineEvent[] = [];
  const { a, b } = mediaEngines({ seed, ...options });
  openTracks(a, b);
  const path = makePath(seed, conditions);
  const pair = connect<SimulatedMedia, SimulatedMedia, MediaEngineEvent>(
    path,
    conditions,
    { engine: new SimulatedMedia(a), onEvent: (event) => void told.push(event) },
    { engine: new SimulatedMedia(b), onEvent: (event, { nowMs }) => taker.take(event, nowMs) },
  );
  const endMs = publish((atMs, action) => pair.a.at(atMs, ({ media }, nowMs) => action(media, nowMs)), published);
  path.simulation.runTo(endMs + 3_000);
  return { published, taker, sender: a, receiver: b, told };
}

/** The longest time between two frames of one track, as they are taken and on their time line: ms. */
export function longestGap(frames: readonly TakenFrame[]): { takenMs: number; lineMs: number } {
  let takenMs = 0;
  let lineMs = 0;
  for (const [at, frame] of frames.entries()) {
    const before = frames[at - 1];
    if (before === undefined) continue;
    takenMs = Math.max(takenMs, frame.takenMs - before.takenMs);
    lineMs = Math.max(lineMs, (frame.timestampUs - before.timestampUs) / 1_000);
  }
  return { takenMs, lineMs };
}

/** How far the frames of all tracks are from one another on the receiver's line, compared with their source: ms. */
export function spread(frames: readonly TakenFrame[]): number {
  const offsets = frames.map(({ timestampUs, sourceUs }) => timestampUs - sourceUs);
  return offsets.length === 0 ? 0 : (Math.max(...offsets) - Math.min(...offsets)) / 1_000;
}
