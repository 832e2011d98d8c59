// The clips of test/vectors/media, which scripts/media-clips.mjs makes.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EncodedFrame, TrackFormat } from "../../src/media/frame.ts";

export function clipPath(name: string): string {
  return fileURLToPath(new URL(`../vectors/media/${name}`, import.meta.url));
}

export function clip(name: string): Uint8Array {
  return new Uint8Array(readFileSync(clipPath(name)));
}

/** What a source has to offer here. */
export interface ReadableTracks {
  readonly tracks: readonly TrackFormat[];
  next(): Promise<{ index: number; frame: EncodedFrame } | undefined>;
  close(): Promise<void>;
}

/** All frames of a source, by track, and then closes it. */
export async function framesOf(source: ReadableTracks, most = 10_000): Promise<EncodedFrame[][]> {
  const frames: EncodedFrame[][] = source.tracks.map(() => []);
  for (let count = 0; count < most; count += 1) {
    const next = await source.next();
    if (next === undefined) break;
    frames[next.index]?.push(next.frame);
  }
  await source.close();
  return frames;
}

/** A clock by which an hour passes between any two looks, for recordings that are made faster than they would come. */
export function hastyClock(): () => number {
  let nowMs = 0;
  return () => (nowMs += 3_600_000);
}
