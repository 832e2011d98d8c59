// Files, stdin and the test picture as sources of sound and picture. Everything about them is checked when they are opened,
// which is before anything is paired.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { isIvf, openIvf } from "./ivf-reader.ts";
import { type MediaInput, openFileInput, openStreamInput } from "./media-input.ts";
import { openTestSource, TEST_SOURCE } from "./test-source.ts";
import { inOrder, readAhead, TracksInTime } from "./track-reader.ts";

/** Denotes stdin and stdout. */
const STREAM = "-";
/** Enough to know an IVF. */
const START_BYTES = 4;

export interface MediaStreams {
  /** What `-` is read from. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
}

const STANDARD_STREAMS: MediaStreams = { stdin: () => process.stdin };

/**
 * Opens what `--publish` names: a path, `-` for stdin, or `test:`.
 * @throws P2pError PATH_MISSING, PATH_UNREADABLE, MEDIA_UNREADABLE, MEDIA_UNSUPPORTED. Later `next()` may throw the last two,
 *   for what only comes to light then
 */
export async function openMediaSource(name: string, streams: MediaStreams = STANDARD_STREAMS): Promise<TracksInTime> {
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
  if (isIvf(input.start)) {
    const { format, frames } = await openIvf(input.stream(), name);
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
