// Opens what the command publishes and records, before anything is paired: what cannot be sent, or not be written, is told
// before any document is. The session closes it, and whoever opened it does so again.
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { type CodecName, CODECS, type MediaKind } from "../lib/codecs.ts";
import type { MediaDoorEvent } from "../lib/events.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { placeAddress, type DescribedPlace, type RtpPlace } from "../media/rtp-place.ts";
import type { Clock, MediaDoor, MediaSink, MediaSource } from "../session/ports.ts";
import type { MediaSettings } from "../session/session-types.ts";
import { nodeClock } from "./node-ports.ts";

const TOKEN_BYTES = 16;
/** ffmpeg takes a second or two to open a camera. */
export const STDIN_PATIENCE_MS = 3_000;

export interface MediaRequest {
  /** What `--publish` names, in order: paths, `-` for stdin, `test:`. */
  readonly publish: readonly string[];
  /** What `--record` names; undefined: nothing is recorded. */
  readonly record: string | undefined;
  /** Where other programs of this machine send RTP to be published. */
  readonly rtpIn: readonly RtpPlace[];
  /** Where other programs of this machine get what comes as RTP. */
  readonly rtpOut: readonly RtpPlace[];
  /** The path of the description of what goes there. */
  readonly description: string;
  /** Codecs in the order in which they are preferred. */
  readonly codecs: Partial<Record<MediaKind, readonly CodecName[]>>;
  /** What becomes of a recording's name that is taken. */
  readonly conflict: "refuse" | "rename" | "overwrite";
  /** Ports of the doors on loopback; 0: one that the system chooses; undefined: no such door. */
  readonly whip: number | undefined;
  readonly whep: number | undefined;
  /** What programs at the doors have to know; undefined: it is made here. */
  readonly token: string | undefined;
  /** Addresses for the programs at the doors; none: all. */
  readonly bind: readonly string[];
  /** What `-` of `publish` is read from; absent: stdin of this process. */
  readonly stdin?: () => AsyncIterable<Uint8Array>;
  /** Takes a recording that is for stdout. */
  readonly stdout: (bytes: Uint8Array) => Promise<void>;
  /** Called once where stdin is published and does not show for `STDIN_PATIENCE_MS` what it is: nothing is paired before. */
  readonly onStdinAwaited: () => void;
  /** Where other programs can meet this one, as soon as it is known. */
  readonly tell: (event: MediaDoorEvent) => void;
}

export interface OpenedMedia {
  readonly settings: MediaSettings;
  /** Closes everything; a recording into which nothing came leaves no file. */
  close(): Promise<void>;
}

/**
 * @param clock - of what is told to a person who waits
 * @throws P2pError MEDIA_NAME_UNKNOWN, MEDIA_PAIR_IMPOSSIBLE (exit 2), PATH_MISSING, PATH_UNREADABLE, MEDIA_UNREADABLE, MEDIA_UNSUPPORTED, RECORDING_EXISTS, SDP_NAME_TAKEN, BIND_FAILED, WRITE_FAILED, DISK_FULL (exit 8)
 */
export async function openMedia(
  request: MediaRequest,
  clock: Pick<Clock, "setTimer"> = nodeClock,
): Promise<OpenedMedia> {
  const { publish, record, codecs, conflict, stdout } = request;
  const { openMediaSink } = await import("../store/media/media-files.ts");
  const { endingsFor, RECORDED, recordedContainer } = await import("../store/media/containers.ts");
  const container = record === undefined ? undefined : recordedContainer(record);
  if (record !== undefined && container === undefined) throw new P2pError("MEDIA_NAME_UNKNOWN", { name: record });
  if (record !== undefined && container !== undefined) {
    const codec = impossibleCodec(codecs, RECORDED[container]);
    if (codec !== undefined)
      throw new P2pError("MEDIA_PAIR_IMPOSSIBLE", { name: record, codec, others: endingsFor(codec) });
  }
  const opened: (MediaSource | MediaSink | MediaDoor)[] = [];
  const keep = <One extends MediaSource | MediaSink | MediaDoor>(one: One): One => {
    opened.push(one);
    return one;
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled(opened.map(async (one) => one.close()));
  };
  try {
    const sources: MediaSource[] = [];
    for (const name of publish) sources.push(keep(await openSource(name, request, clock)));
    const sink = record === undefined ? undefined : keep(await openMediaSink(record, { conflict, stdout }));
    // What comes later is not to replace what came before.
    const recordNext = async (): Promise<MediaSink> =>
      keep(await openMediaSink(record ?? "", { conflict: "rename", stdout }));
    const rtp = await openRtp(request, keep);
    const doors = await openDoors(request, keep);
    const forward = [...rtp.sinks, ...doors.whep];
    const settings = {
      publish: [...sources, ...rtp.sources],
      record: sink,
      recordNext: container === undefined || record === "-" ? undefined : recordNext,
      forward,
      doors: doors.whip,
      codecs,
    };
    return { settings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Who starts the program behind stdin later, or forgets it, sees nothing happen. */
async function openSource(
  name: string,
  { stdin, onStdinAwaited }: MediaRequest,
  clock: Pick<Clock, "setTimer">,
): Promise<MediaSource> {
  const { openMediaSource, STREAM } = await import("../store/media/media-files.ts");
  if (name !== STREAM) return await openMediaSource(name);
  const cancel = clock.setTimer(onStdinAwaited, STDIN_PATIENCE_MS);
  try {
    return await openMediaSource(name, stdin === undefined ? undefined : { stdin });
  } finally {
    cancel();
  }
}

/** @param keep - is told of each one, so that it is closed */
async function openRtp(
  { rtpIn, rtpOut, description, tell }: MediaRequest,
  keep: <One extends MediaSource | MediaSink>(one: One) => One,
): Promise<{ sources: MediaSource[]; sinks: MediaSink[] }> {
  const sources: MediaSource[] = [];
  const sinks: MediaSink[] = [];
  if (rtpIn.length + rtpOut.length === 0) return { sources, sinks };
  const { RtpSink, RtpSource } = await import("../rtc/media/rtp-door.ts");
  for (const place of rtpIn) {
    const source = keep(await RtpSource.open(place));
    sources.push(source);
    for (const { kind, codec } of source.tracks) tell({ event: "rtp-in", kind, codec, address: placeAddress(place) });
  }
  if (rtpOut.length === 0) return { sources, sinks };
  const { RtpDescriptionFile } = await import("../store/media/rtp-description-file.ts");
  const path = resolve(description);
  const onWritten = (places: readonly DescribedPlace[]): void =>
    tell({ event: "rtp-out", path, streams: places.map(streamOf) });
  const file = await RtpDescriptionFile.open({ path, places: rtpOut, onWritten });
  for (const place of rtpOut)
    sinks.push(keep(await RtpSink.open({ place, describe: (track) => file.describe(place, track) })));
  return { sources, sinks };
}

function streamOf({ place, codec }: DescribedPlace): Extract<MediaDoorEvent, { event: "rtp-out" }>["streams"][number] {
  return { kind: place.kind, codec, address: placeAddress(place) };
}

/** The doors for WHIP and WHEP, which have one token. @param keep - see openRtp */
async function openDoors(
  { whip, whep, token = randomBytes(TOKEN_BYTES).toString("base64url"), bind, codecs, tell }: MediaRequest,
  keep: <One extends MediaSink | MediaDoor>(one: One) => One,
): Promise<{ whip: MediaDoor[]; whep: MediaSink[] }> {
  const doors: { whip: MediaDoor[]; whep: MediaSink[] } = { whip: [], whep: [] };
  const options = { token, bind, codecs };
  if (whip !== undefined) {
    const { WhipDoor } = await import("./doors/whip-door.ts");
    const door = keep(await WhipDoor.open({ ...options, port: whip }));
    tell({ event: "door", protocol: "whip", url: door.url, token });
    doors.whip.push(door);
  }
  if (whep !== undefined) {
    const { WhepDoor } = await import("./doors/whep-door.ts");
    const door = keep(await WhepDoor.open({ ...options, port: whep }));
    tell({ event: "door", protocol: "whep", url: door.url, token });
    doors.whep.push(door);
  }
  return doors;
}

/** The first codec of a kind of which the container holds none that is asked for. */
function impossibleCodec(
  codecs: MediaRequest["codecs"],
  held: Readonly<Record<MediaKind, readonly CodecName[]>>,
): CodecName | undefined {
  for (const wanted of [codecs.video, codecs.audio]) {
    const [first] = wanted ?? [];
    if (first !== undefined && wanted?.every((codec) => !held[CODECS[codec].kind].includes(codec)) === true)
      return first;
  }
  return undefined;
}
