// Documents with one thing changed, and what reading them complains about.
import { expect } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { writeSdp } from "../../../src/exchange/sdp-write.ts";
import { answer, bytesOf, offer } from "./fixtures.ts";

/** An offer as text. */
export const TEXT = encodeExchangeDocument(offer());

/** What is wrong with a text that cannot be read. */
export function flawOf(text: string | Uint8Array): {
  field: string;
  flaw: string;
  incomplete: boolean;
  isExchange: boolean;
} {
  const decoding = decodeExchangeDocument(typeof text === "string" ? bytesOf(text) : text, "peer.json");
  if (decoding.ok) throw new Error("was read");
  const { error, incomplete, isExchange } = decoding;
  expect(error.code).toBe("FILE_MALFORMED");
  const { field, flaw } = error.params as { field: string; flaw: { flaw: string; wanted?: string } };
  return { field, flaw: flaw.wanted ?? flaw.flaw, incomplete, isExchange };
}

/** The document as objects, changed, as text. */
export function changed(
  change: (parts: { outer: Record<string, unknown>; p2p: Record<string, unknown> }) => void,
): string {
  const outer = JSON.parse(TEXT) as Record<string, unknown>;
  change({ outer, p2p: outer["p2p"] as Record<string, unknown> });
  return JSON.stringify(outer);
}

export function withSdp(change: (sdp: string) => string, type: "offer" | "answer" = "offer"): string {
  const document = type === "offer" ? offer() : answer();
  const sdp = change(writeSdp(document.description, 1));
  return JSON.stringify({ icecandidate: [], sdp: JSON.stringify({ type, sdp }) });
}

export function withCandidates(...entries: unknown[]): string {
  return changed(({ outer }) => {
    outer["icecandidate"] = entries;
  });
}
