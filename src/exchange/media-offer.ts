// The offer of a program that comes to a door for sound and picture (WHIP, WHEP), and our answer to it: sections of media
// on one transport, without a data channel. RFC 9725 §4.4, RFC 3264 §6, RFC 9143.
import type { MediaKind } from "../lib/codecs.ts";
import { decodeCandidate } from "./candidate.ts";
import type { IceCandidate, SdpLayout, SessionDescription } from "./description.ts";
import { FlawError } from "./flaw-error.ts";
import { MAX_CANDIDATES, MAX_LOCAL_NAMES } from "./limits.ts";
import { codecsOf, findCodec, type MediaCodec, type WantedCodec } from "./media-codecs.ts";
import { MediaAnswers, type MediaWishes, type NegotiatedMedia, negotiatedMedia } from "./media-layout.ts";
import { answerLayout, isAcceptable } from "./sdp-layout.ts";
import { readMediaOffer as readSections } from "./sdp-read.ts";
import { writeSdp } from "./sdp-write.ts";

/** Bytes of an offer at most; a browser's with every codec has 8,000. */
export const MAX_MEDIA_OFFER_BYTES = 65_536;

export interface MediaOffer {
  description: SessionDescription;
  layout: SdpLayout;
  /** Candidates with `.local` names in the place of addresses. */
  localNames: IceCandidate[];
}

/** A section of an offer that can be accepted, with its codecs in its order. */
export interface OfferedMedia {
  kind: MediaKind;
  codecs: MediaCodec[];
}

/** @returns a field that is wrong (`sdp: a=ice-pwd`); or `no-media`: no section of media is on a shared transport */
export function readMediaOffer(text: string): MediaOffer | { wrong: string } {
  try {
    const reading = readSections(text);
    if (reading === undefined) return { wrong: "no-media" };
    const { description, layout, candidateLines } = reading;
    if (candidateLines.length > MAX_CANDIDATES) return { wrong: "sdp: a=candidate" };
    const candidates: IceCandidate[] = [];
    const localNames: IceCandidate[] = [];
    for (const line of candidateLines) {
      const read = decodeCandidate(line);
      if (read.ufrag !== undefined && read.ufrag !== description.iceUfrag) continue;
      if ("candidate" in read) candidates.push(read.candidate);
      else if (read.hidden !== undefined && localNames.length < MAX_LOCAL_NAMES) localNames.push(read.hidden);
    }
    return { description: { ...description, candidates }, layout, localNames };
  } catch (thrown) {
    if (thrown instanceof FlawError) return { wrong: thrown.field };
    throw thrown;
  }
}

/**
 * The sections of an offer whose program sends, or takes.
 * @param use - what the program does
 */
export function offeredMedia({ layout }: MediaOffer, use: "send" | "take"): OfferedMedia[] {
  const wanted = use === "send" ? ["sendrecv", "sendonly"] : ["sendrecv", "recvonly"];
  return layout.sections.flatMap((section): OfferedMedia[] => {
    const kind = section.kind.toLowerCase();
    if (kind !== "audio" && kind !== "video") return [];
    if (!isAcceptable(section, layout) || !wanted.includes(section.direction)) return [];
    return [{ kind, codecs: codecsOf(section) }];
  });
}

/** The codec of a section that is the one that is wanted. @param use - we send it, or take it */
export function offeredCodecOf(
  { codecs }: OfferedMedia,
  wanted: WantedCodec,
  use: "send" | "receive",
): MediaCodec | undefined {
  return findCodec(codecs, wanted, use);
}

/**
 * Our answer, and what it agrees on.
 * @param own - our side; its candidates are all that there will be
 */
export function answerMediaOffer(
  { layout }: MediaOffer,
  own: SessionDescription,
  wishes: MediaWishes,
): { sdp: string; agreed: NegotiatedMedia[] } {
  const answer = answerLayout(layout, new MediaAnswers(own, wishes));
  return {
    sdp: writeSdp(own, 0, { layout: answer, withCandidates: true }),
    agreed: negotiatedMedia(answer, layout, wishes, own),
  };
}
