// Decides whether a document can serve us as the other side's, and in which role. Pure: time, our own side and the
// memory of used offers are passed in.
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { ExchangeDocument, OwnDocument, P2pKey } from "./description.ts";
import { CLOCK_TOLERANCE_MS } from "./limits.ts";
import { parseTimestamp } from "./timestamp.ts";

/**
 * `serve`: an answer to our offer, or an offer that we answer.
 * `two-offers`: both sides offered; `partAfterTwoOffers` gives our role, and nobody carries again.
 * `foreign-offer`: both sides offered, theirs has no `p2p` key and so no rule applies: we must answer.
 * An error: it cannot serve; the error says why.
 */
export type Verdict = "serve" | "two-offers" | "foreign-offer" | P2pError;

export interface OwnIdentity {
  /** The role of the command that we run. */
  role: "offer" | "answer";
  /** Our newest document; undefined before there is one. */
  document: OwnDocument | undefined;
}

export interface JudgeContext {
  /** Name of the file in errors. */
  path: string;
  /** Milliseconds since 1970, UTC. */
  nowMs: number;
  /** The document existed before our own one was made. */
  isFromBefore: boolean;
  /** Whether a session from the offer of this id (`usedIdOf`) was connected. */
  isUsed: (id: string) => boolean;
  /** Only a sealed document can serve. */
  isSealRequired?: boolean;
  /** Formats a time for people; default: times are as in the file. @param ms - milliseconds since 1970, UTC */
  showTime?: (ms: number) => string;
}

/**
 * Judges a decoded document. Errors: FILE_OWN, FILE_NOT_SEALED, FILE_WRONG_TYPE, FILE_USED, FILE_MISMATCHED,
 * FILE_EXPIRED.
 */
export function judgeDocument(document: ExchangeDocument, own: OwnIdentity, context: JudgeContext): Verdict {
  const { path } = context;
  const { description, p2p } = document;
  if (isOwn(document, own.document)) return new P2pError("FILE_OWN", { path });
  if (context.isSealRequired === true && !isSealed(document)) return new P2pError("FILE_NOT_SEALED", { path });
  const isOffer = description.type === "offer";
  if (!isOffer && own.role === "answer") return new P2pError("FILE_WRONG_TYPE", { path, wanted: "offer" });
  if (isOffer && context.isUsed(usedIdOf(document))) return new P2pError("FILE_USED", { path });
  if (!isOffer && p2p?.inReplyTo !== undefined && p2p.inReplyTo !== own.document?.p2p?.id) {
    return new P2pError("FILE_MISMATCHED", { path });
  }
  // An answer without the key names no offer; ours is newer than it.
  if (!isOffer && p2p === undefined && context.isFromBefore) return new P2pError("FILE_MISMATCHED", { path });
  if (p2p !== undefined && isExpired(p2p.expiresAt, context.nowMs) && !isAnswerToRunning(p2p, own, context.nowMs)) {
    const { showTime, nowMs } = context;
    const expiresAt = showTime?.(parseTimestamp(p2p.expiresAt) ?? nowMs) ?? p2p.expiresAt;
    return new P2pError("FILE_EXPIRED", {
      path,
      expiresAt,
      ...(showTime === undefined ? {} : { now: showTime(nowMs) }),
    });
  }
  if (!isOffer || own.role === "answer") return "serve";
  return p2p === undefined ? "foreign-offer" : "two-offers";
}

/**
 * Returns whether two documents are answers of different runs: of two people who answer one offer, or of one who has
 * started again. Revisions of one answer are not, nor is what one person has signed.
 */
export function isOtherAnswer(one: ExchangeDocument, other: ExchangeDocument): boolean {
  if (one.description.type !== "answer" || other.description.type !== "answer") return false;
  if (one.signature !== undefined && one.signature.key === other.signature?.key) return false;
  if (one.p2p !== undefined && one.p2p.id === other.p2p?.id) return false;
  return one.description.iceUfrag !== other.description.iceUfrag || sha256Of(one) !== sha256Of(other);
}

/** The offer with the smaller id stays the offer; both sides get the same result. */
export function partAfterTwoOffers(ownId: string, peerId: string): "offer" | "answer" {
  return ownId < peerId ? "offer" : "answer";
}

/** Remarks on documents of programs that take no other shape than `{type, sdp}`. */
const BARE_REMARKS: readonly string[] = ["bare-description", "sdp-text", "wrapped"];

/** Whether the program that wrote the document needs our answer as a bare `{type, sdp}`. */
export function wantsBareAnswer({ p2p, remarks }: ExchangeDocument): boolean {
  return p2p === undefined && remarks.some(({ remark }) => BARE_REMARKS.includes(remark));
}

/** Whether the document arrived sealed with a passphrase. */
export function isSealed({ remarks }: ExchangeDocument): boolean {
  return remarks.some(({ remark }) => remark === "sealed");
}

/** Identifies an offer in the memory of used ones: its id, or what is unique in one of another program. */
export function usedIdOf(document: OwnDocument): string {
  const { description, p2p } = document;
  return p2p?.id ?? `${description.iceUfrag} ${sha256Of(document)}`;
}

/**
 * Whether `expiresAt` has passed by every clock that is at most ten minutes wrong.
 * @param expiresAt - as checked by the codec
 */
export function isExpired(expiresAt: string, nowMs: number): boolean {
  return nowMs > (parseTimestamp(expiresAt) ?? Number.POSITIVE_INFINITY) + CLOCK_TOLERANCE_MS;
}

/** An answer that names our offer is younger than the offer, whatever its clock says: it lasts as long as that. */
function isAnswerToRunning({ inReplyTo }: P2pKey, { document }: OwnIdentity, nowMs: number): boolean {
  const offer = document?.p2p;
  return offer !== undefined && inReplyTo === offer.id && !isExpired(offer.expiresAt, nowMs);
}

/** The evidence that two clocks differ. */
export type ClockDifference = "later-than-now" | "earlier-than-offer";

/**
 * Returns whether the clocks of the two sides differ by more than is tolerated: a document is made after now, or an
 * answer before its offer.
 * @param own - our document; undefined before there is one
 */
export function clockDifference(
  { p2p }: ExchangeDocument,
  own: OwnDocument | undefined,
  nowMs: number,
): ClockDifference | undefined {
  const madeMs = p2p === undefined ? undefined : parseTimestamp(p2p.createdAt);
  if (madeMs === undefined) return undefined;
  if (madeMs > nowMs + CLOCK_TOLERANCE_MS) return "later-than-now";
  const offer = own?.p2p;
  if (offer === undefined || p2p?.inReplyTo !== offer.id) return undefined;
  const offeredMs = parseTimestamp(offer.createdAt) ?? 0;
  return madeMs < offeredMs - CLOCK_TOLERANCE_MS ? "earlier-than-offer" : undefined;
}

/** Also works without the `p2p` key, which a program that reads and rewrites the file may drop. */
function isOwn(document: OwnDocument, own: OwnDocument | undefined): boolean {
  if (own === undefined) return false;
  if (document.p2p !== undefined && document.p2p.id === own.p2p?.id) return true;
  return document.description.iceUfrag === own.description.iceUfrag && sha256Of(document) === sha256Of(own);
}

function sha256Of({ description }: OwnDocument): string | undefined {
  return description.fingerprints.find(({ algorithm }) => algorithm === "sha-256")?.value;
}
