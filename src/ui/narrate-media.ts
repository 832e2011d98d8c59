// The lines for sound and picture: which tracks run, and what is recorded, here and over there.
import type { P2pEvent, ProgramEvent, SessionStatus } from "../index.ts";
import type { ConversationWords } from "../words/index.ts";
import { codecName, trackSentence } from "../words/media.ts";
import { formatBytes, type MediaDoorEvent, shellWord } from "../command-port.ts";
import { formatCount, formatDuration, fullPath } from "./format.ts";
import type { Lines, NarrateContext } from "./narration.ts";
import type { Part } from "./style.ts";

export type RecordingEvent = Extract<P2pEvent, { event: "peer-recording" | "recorded" | "not-recorded" }>;

/** The line for a track that begins, ends, pauses or fails. */
export function narrateMedia(
  event: Extract<ProgramEvent, { event: "media" }>,
  { words, style }: NarrateContext,
): Lines {
  const text = trackSentence(words.media, event);
  const isTrouble = event.state === "failed" || event.state === "paused";
  return [[isTrouble ? style.yellow(text) : style.dim(text)]];
}

/** Where other programs on this machine send, or get, what. */
export function narrateDoor(event: MediaDoorEvent, { words: { media }, style }: NarrateContext): Lines {
  if (event.event === "rtp-in") return [[style.dim(media.rtpIn({ ...event, codec: codecName(event.codec) }))]];
  if (event.event === "door") {
    const { protocol, url, token } = event;
    // Both can be copied.
    return [
      [media.door[protocol]],
      [`  ${media.doorAddress}`, style.bold(url)],
      [`  ${media.doorToken}`, style.bold(token)],
    ];
  }
  const streams = event.streams.map((stream) => media.stream({ ...stream, codec: codecName(stream.codec) }));
  const command = `ffplay -protocol_whitelist file,rtp,udp ${shellWord(fullPath(event.path))}`;
  return [[media.rtpOut({ streams })], ["  ", style.bold(command)]];
}

/** That somebody records is said so that it is seen. */
export function narrateRecording(event: RecordingEvent, { words: { media }, style }: NarrateContext): Lines {
  if (event.event === "peer-recording") {
    return [[event.on ? style.bold(media.peerRecording) : media.peerRecordingOver]];
  }
  if (event.event === "not-recorded") return [[style.yellow(media.notRecorded[event.why](event))]];
  const size = formatBytes(event.bytes);
  if (event.path !== undefined) return [[style.green(media.recorded({ path: fullPath(event.path), size }))]];
  return [event.bytes === 0 ? [style.yellow(media.recordedNothing)] : [media.recordedToStdout({ size })]];
}

/** The line of /status for a track. */
export function mediaStatusLine(track: SessionStatus["media"][number], words: ConversationWords): Part[] {
  const { direction, kind, sinceMs, stats } = track;
  const what = { direction, kind, codec: codecName(track.codec), since: formatDuration(sinceMs, words) };
  if (stats === undefined) return [words.media.statusUncounted(what)];
  return [words.media.status({ ...what, size: formatBytes(stats.bytes), lost: formatCount(stats.lost) })];
}
