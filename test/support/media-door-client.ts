// A program at a WHIP or WHEP door: what the small pages and scripts of these protocols do with any WebRTC program.
import { setTimeout as pause } from "node:timers/promises";
import type { ForeignPeer, MediaPeer } from "./foreign/peer.ts";

export interface DoorSession {
  readonly status: number;
  /** The address of the session, where it was made. */
  readonly url: string | undefined;
  readonly text: string;
}

const RETRY_MS = 200;
/** Until a line is there, and its other side has said what it takes. */
const PATIENCE_MS = 90_000;

/** Sends the offer of a program, with all candidates in it; again where nobody is on the line yet. */
export async function enter(
  program: Pick<ForeignPeer & MediaPeer, "offer" | "offerMedia" | "accept">,
  url: string,
  token: string,
): Promise<DoorSession> {
  const { sdp } = await (program.offerMedia?.() ?? program.offer());
  const post = (): Promise<Response> =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
      body: sdp,
    });
  const endMs = performance.now() + PATIENCE_MS;
  let response = await post();
  while (response.headers.has("retry-after") && performance.now() < endMs) {
    await response.body?.cancel();
    await pause(RETRY_MS);
    response = await post();
  }
  const text = await response.text();
  if (response.status !== 201) return { status: response.status, url: undefined, text };
  await program.accept({ type: "answer", sdp: text });
  const location = response.headers.get("location") ?? "";
  return { status: 201, url: new URL(location, url).href, text };
}

/** @returns the status */
export async function leave(url: string, token: string): Promise<number> {
  const response = await fetch(url, { method: "DELETE", headers: { authorization: `Bearer ${token}` } });
  return response.status;
}
