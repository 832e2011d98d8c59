// Opens what the command publishes and records, before anything is paired: what cannot be sent, or not be written, is told
// before any document is. The session closes it, and whoever opened it does so again.
import { type CodecName, CODECS, type MediaKind } from "../lib/codecs.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { MediaSink, MediaSource } from "../session/ports.ts";
import type { MediaSettings } from "../session/session-types.ts";

export interface MediaRequest {
  /** What `--publish` names, in order: paths, `-` for stdin, `test:`. */
  readonly publish: readonly string[];
  /** What `--record` names; undefined: nothing is recorded. */
  readonly record: string | undefined;
  /** Codecs in the order in which they are preferred. */
  readonly codecs: Partial<Record<MediaKind, readonly CodecName[]>>;
  /** What becomes of a recording's name that is taken. */
  readonly conflict: "refuse" | "rename" | "overwrite";
  /** Takes a recording that is for stdout. */
  readonly stdout: (bytes: Uint8Array) => Promise<void>;
}

export interface OpenedMedia {
  readonly settings: MediaSettings;
  /** Closes everything; a recording into which nothing came leaves no file. */
  close(): Promise<void>;
}

/**
 * @throws P2pError MEDIA_NAME_UNKNOWN, MEDIA_PAIR_IMPOSSIBLE (exit 2), PATH_MISSING, PATH_UNREADABLE, MEDIA_UNREADABLE, MEDIA_UNSUPPORTED, RECORDING_EXISTS, WRITE_FAILED, DISK_FULL (exit 8)
 */
export async function openMedia({ publish, record, codecs, conflict, stdout }: MediaRequest): Promise<OpenedMedia> {
  const { openMediaSource, openMediaSink } = await import("../store/media/media-files.ts");
  const { endingsFor, RECORDED, recordedContainer } = await import("../store/media/containers.ts");
  const container = record === undefined ? undefined : recordedContainer(record);
  if (record !== undefined && container === undefined) throw new P2pError("MEDIA_NAME_UNKNOWN", { name: record });
  if (record !== undefined && container !== undefined) {
    const codec = impossibleCodec(codecs, RECORDED[container]);
    if (codec !== undefined)
      throw new P2pError("MEDIA_PAIR_IMPOSSIBLE", { name: record, codec, others: endingsFor(codec) });
  }
  const opened: (MediaSource | MediaSink)[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled(opened.map(async (one) => one.close()));
  };
  try {
    const sources: MediaSource[] = [];
    for (const name of publish) {
      const source = await openMediaSource(name);
      sources.push(source);
      opened.push(source);
    }
    const sink = record === undefined ? undefined : await openMediaSink(record, { conflict, stdout });
    if (sink !== undefined) opened.push(sink);
    return { settings: { publish: sources, record: sink, codecs }, close };
  } catch (error) {
    await close();
    throw error;
  }
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
