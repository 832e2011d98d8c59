// Which time of day belongs to which time of a send track. Tracks of one source share it, so that the receiver puts them
// together exactly, however unevenly their frames are sent. RFC 3550 §6.4.1.
import { encodeSenderReport } from "./rtcp.ts";
import type { ReportBlock } from "./rtcp-types.ts";
import type { SendStream } from "./send-stream.ts";

/** From 1900 to 1970, in seconds. RFC 5905 §6. */
const NTP_EPOCH = 2_208_988_800;
/** A track that begins further from the others than this has a source of its own. */
const SAME_SOURCE_MS = 1_000;

export class SenderClock {
  readonly #wallMs: (nowMs: number) => number;
  /** What the time of day is more than `nowMs`: asked once, so that it does not jump. */
  #epochMs: number | undefined;
  /** By track: the time of day of its time 0. */
  readonly #zeroMs = new Map<number, number>();

  constructor(wallMs: (nowMs: number) => number) {
    this.#wallMs = wallMs;
  }

  /** A frame of this track leaves now; the first one sets the track's clock. */
  begin(track: number, timestampUs: number, nowMs: number): void {
    if (this.#zeroMs.has(track)) return;
    const zeroMs = this.#dayMs(nowMs) - timestampUs / 1_000;
    const shared = [...this.#zeroMs.values()].find((other) => Math.abs(zeroMs - other) < SAME_SOURCE_MS);
    this.#zeroMs.set(track, shared ?? zeroMs);
  }

  end(track: number): void {
    this.#zeroMs.delete(track);
  }

  /** A sender report that leaves now. */
  report(stream: SendStream, reports: readonly ReportBlock[], nowMs: number): Uint8Array {
    const dayMs = this.#dayMs(nowMs);
    const seconds = Math.floor(dayMs / 1_000);
    const ntpSeconds = (seconds + NTP_EPOCH) % 2 ** 32;
    const ntpFraction = Math.floor(((dayMs - seconds * 1_000) / 1_000) * 2 ** 32);
    const middle = ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;
    const { ssrc, track } = stream.track;
    const rtpTimestamp = stream.timestampOf((dayMs - (this.#zeroMs.get(track) ?? dayMs)) * 1_000);
    return encodeSenderReport({
      ssrc,
      ntpSeconds,
      ntpFraction,
      rtpTimestamp,
      ...stream.report(middle, nowMs),
      reports,
    });
  }

  #dayMs(nowMs: number): number {
    this.#epochMs ??= this.#wallMs(nowMs) - nowMs;
    return this.#epochMs + nowMs;
  }
}
