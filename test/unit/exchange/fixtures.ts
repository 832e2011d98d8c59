// Documents for the tests of exchange files. Addresses are loopback or of the documentation ranges.
import { readFileSync } from "node:fs";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { ExchangeDocument, OwnDocument, P2pKey, SessionDescription } from "../../../src/exchange/description.ts";

export const NOW_MS = Date.UTC(2026, 2, 1, 8, 0, 0);
export const HOUR_MS = 3_600_000;
export const OFFER_ID = "0123456789abcdef0123456789abcdef";
export const ANSWER_ID = "fedcba9876543210fedcba9876543210";
export const FINGERPRINT = Array.from({ length: 32 }, (_, index) => (index + 16).toString(16).toUpperCase()).join(":");

export function description(changes: Partial<SessionDescription> = {}): SessionDescription {
  return {
    type: "offer",
    form: "modern",
    mid: "data",
    iceUfrag: "abcd",
    icePwd: "abcdefghijklmnopqrstuv",
    iceLite: false,
    fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
    setup: "actpass",
    sctpPort: 5000,
    maxMessageSize: 262_144,
    candidates: [
      {
        foundation: "1",
        component: 1,
        transport: "udp",
        priority: 2122260223,
        address: "127.0.0.1",
        port: 4000,
        type: "host",
      },
    ],
    ...changes,
  };
}

export function p2pKey(changes: Partial<P2pKey> = {}): P2pKey {
  return {
    version: 1,
    id: OFFER_ID,
    revision: 1,
    createdAt: "2026-03-01T08:00:00.000Z",
    expiresAt: "2026-03-02T08:00:00.000Z",
    tool: "p2p/0.1.0",
    ...changes,
  };
}

export function offer(changes: Partial<P2pKey> = {}, facts: Partial<SessionDescription> = {}): OwnDocument {
  return { description: description(facts), p2p: p2pKey(changes) };
}

export function answer(changes: Partial<P2pKey> = {}, facts: Partial<SessionDescription> = {}): OwnDocument {
  return {
    description: description({ type: "answer", setup: "active", iceUfrag: "wxyz", ...facts }),
    p2p: p2pKey({ id: ANSWER_ID, inReplyTo: OFFER_ID, inReplyToRevision: 1, ...changes }),
  };
}

/** The document without its `p2p` key, as another program would write it. */
export function foreign({ description: facts }: OwnDocument): OwnDocument {
  return { description: facts };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Reads text that must be readable. */
export function decode(text: string | Uint8Array): ExchangeDocument {
  const decoding = decodeExchangeDocument(typeof text === "string" ? bytesOf(text) : text, "peer.json");
  if (!decoding.ok) throw decoding.error;
  return decoding.document;
}

/** The same document as it is after being written and read. */
export function carried(document: OwnDocument): ExchangeDocument {
  return decode(encodeExchangeDocument(document));
}

export function sampleBytes(type: "offer" | "answer"): Uint8Array {
  return readFileSync(new URL(`../../../samples/2018-${type}.json`, import.meta.url));
}
