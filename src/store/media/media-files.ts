// Files, stdin and the test picture as sources of sound and picture, files and stdout as places for them. Everything about them
// is checked when they are opened, which is before anything is paired.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { type FileSystem, nodeFileSystem } from "../file-system.ts";
import { recordedContainer } from "./containers.ts";
import { isIvf, openIvf } from "./ivf-reader.ts";
import { type MediaInput, openFileInput, openStreamInput } from "./media-input.ts";
import { openRecordingFile, type RecordingConflict, streamTarget } from "./recording-file.ts";
import { RecordingSink } from "./recording-sink.ts";
import { isRiff, openWav } from "./wav-reader.ts";
import { openTestSource, TEST_SOURCE } from "./test-source.ts";
import { inOrder, readAhead, TracksInTime } from "./track-reader.ts";

/** Denotes stdin and stdout. */
export const STREAM = "-";
/** Enough to know an IVF and a WAV. */
const START_BYTES = 4;

export interface MediaStreams {
  /** What `-` is read from. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Where `-` is written. Resolves when more may come. */
  readonly stdout: (bytes: Uint8Array) => Promise<void>;
}

const STANDARD_STREAMS: MediaStreams = {
  stdin: () => process.stdin,
  stdout: (bytes) =>
    new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    }),
};

/**
 * Opens what `--publish` names: a path, `-` for stdin, or `test:`.
 * @throws P2pError PATH_MISSING, PATH_UNREADABLE, MEDIA_UNREADABLE, MEDIA_UNSUPPORTED. Later `next()` may throw the last two,
 *   for what only comes to light then
 */
export async function openMediaSource(
  name: string,
  streams: Pick<MediaStreams, "stdin"> = STANDARD_STREAMS,
): Promise<TracksInTime> {
  if (name === TEST_SOURCE) return openTestSource();
  const input =
    name === STREAM ? await openStreamInput(streams.stdin(), START_BYTES) : await openFileInput(name, START_BYTES);
  try {
    return await openInput(input, name);
  } catch (error) {
    await input.close().catch(() => {});
    throw error;
  }
}

async function openInput(input: MediaInput, name: string): Promise<TracksInTime> {
  if (input.start.length === 0) throw new P2pError("MEDIA_UNREADABLE", { name, why: "empty" });
  const open = isIvf(input.start) ? openIvf : isRiff(input.start) ? openWav : undefined;
  if (open !== undefined) {
    const { format, frames } = await open(input.stream(), name);
    const reader = { format, frames: await readAhead(inOrder(frames, name), 1) };
    return new TracksInTime([reader], () => input.close());
  }
  // The library is large, and most of those who use p2p never need it.
  const { openContainer } = await import("./container-reader.ts");
  const opened = await openContainer(input, name);
  return new TracksInTime(opened.readers, async () => {
    opened.close();
    await input.close();
  });
}

export interface MediaSinkOptions {
  /** What becomes of a name that is taken; default: it is refused. */
  readonly conflict?: RecordingConflict;
  readonly stdout?: MediaStreams["stdout"];
  /** The real one unless a test substitutes another. */
  readonly fileSystem?: FileSystem;
  /** Monotonic milliseconds; that of the process unless a test substitutes another. */
  readonly nowMs?: () => number;
}

/**
 * Opens what `--record` names: a path, whose ending says the kind of file, or `-` for Matroska on stdout. The file is made at
 * once, or, where it replaces another, when the first bytes come; it is gone again when nothing came.
 * @throws P2pError MEDIA_NAME_UNKNOWN, RECORDING_EXISTS, WRITE_FAILED, DISK_FULL
 */
export async function openMediaSink(
  name: string,
  { conflict = "refuse", stdout = STANDARD_STREAMS.stdout, fileSystem = nodeFileSystem, nowMs }: MediaSinkOptions = {},
): Promise<RecordingSink> {
  const container = recordedContainer(name);
  if (container === undefined) throw new P2pError("MEDIA_NAME_UNKNOWN", { name });
  const target = name === STREAM ? streamTarget(stdout) : await openRecordingFile(name, conflict, fileSystem);
  return new RecordingSink(name, container, target, nowMs);
}
