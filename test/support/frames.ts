// Whole messages out of frames, for tests that speak the transfer protocol by hand.
import { decodeMessage, encodeFrame, type Entry, type Frame, frameBytes } from "../../src/transfer/frames.ts";

export function messageOf(...frames: Frame[]): Uint8Array {
  const message = new Uint8Array(frames.reduce((sum, frame) => sum + frameBytes(frame), 0));
  let at = 0;
  for (const frame of frames) at += encodeFrame(frame, message, at);
  return message;
}

/** @throws Error when the message is malformed */
export function framesOf(message: Uint8Array): Frame[] {
  const decoded = decodeMessage(message);
  if (!decoded.ok) throw new Error(decoded.problem);
  return decoded.frames;
}

/** A whole proposal, with its sums right. */
export function proposalFrames(transfer: number, entries: Entry[]): Frame[] {
  const files = entries.filter(({ type }) => type === "file").length;
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  return [
    { type: "proposal", transfer, entries: entries.length, files, bytes },
    { type: "entries", transfer, first: 0, entries },
  ];
}
