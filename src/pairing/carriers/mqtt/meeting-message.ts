// The messages that two sides leave for each other on a broker, before they are sealed: `init`, `offer`, `answer` and
// `ready`. docs/carriers.md describes them.
import { MAX_DOCUMENT_BYTES } from "../../../exchange/limits.ts";

/**
 * `init`: a side is there and has no document yet. `offer`, `answer`: its newest document. `ready`: it has received the
 * document with this SHA-256 (hex).
 */
export type MeetingMessage =
  | { readonly kind: "init" }
  | { readonly kind: "offer" | "answer"; readonly document: string }
  | { readonly kind: "ready"; readonly received: string };

/** JSON escapes at most every byte of a document by one more; the rest is for the other keys. */
export const MAX_MESSAGE_BYTES = 2 * MAX_DOCUMENT_BYTES + 1_024;

/** @returns JSON in UTF-8 */
export function encodeMeetingMessage(message: MeetingMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** @returns undefined for what is no message of a kind that this version knows */
export function decodeMeetingMessage(bytes: Uint8Array): MeetingMessage | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const value = parsed(bytes);
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, document, received } = value as Record<string, unknown>;
  if (kind === "init") return { kind };
  if ((kind === "offer" || kind === "answer") && typeof document === "string") return { kind, document };
  if (kind === "ready" && typeof received === "string" && /^[0-9a-f]{64}$/.test(received)) return { kind, received };
  return undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
