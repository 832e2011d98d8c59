// Public entry point for embedders: semantic versioning covers its exports. They are what an embedder calls or has to
// name; other types are parts of these (`SessionSettings["consent"]`). Importing it is cheap: modules that open
// sockets or files are loaded by the first call that needs them.
import type { Carrier } from "./pairing/carriers/embedded.ts";
import type { PendingAnswer, PendingLine, PendingOffer } from "./pairing/embed.ts";
import type { PeerOptions } from "./pairing/settings.ts";

export type { Carrier, DocumentToCarry } from "./pairing/carriers/embedded.ts";
export type { PendingAnswer, PendingLine, PendingOffer, PendingPeer } from "./pairing/embed.ts";
export type { PeerOptions } from "./pairing/settings.ts";
export type { SealOptions } from "./pairing/seal.ts";
export type { Session, SessionSettings, SessionStatus, TransferStatus } from "./session/session-types.ts";
export { ERROR_CODES, type P2pErrorCode } from "./lib/errors/codes.ts";
export { P2pError } from "./lib/errors/p2p-error.ts";
export {
  type ErrorEvent,
  isForPrograms,
  type P2pEvent,
  type PairingEvent,
  type PersonEvent,
  type ProgramEvent,
  type TransferEvent,
  type VerifyEvent,
} from "./lib/events.ts";
export type { NetworkOptions, TurnServer } from "./rtc/network-options.ts";
export type { FileOutput } from "./session/ports.ts";

/**
 * Makes an offer whose document the embedder carries to the other side.
 * @throws P2pError NOTHING_TO_RESUME; BIND_FAILED when a local address of `options.network.bind` cannot be used; TypeError
 *   and RangeError for options that cannot be used
 */
export async function createOffer(options: PeerOptions = {}): Promise<PendingOffer> {
  return await (await import("./pairing/embed.ts")).createOffer(options);
}

/**
 * Takes the other side's offer, makes the answer that the embedder carries back, and begins to connect.
 * @param offer - the text or the bytes of an exchange document
 * @throws P2pError FILE_… when the offer is refused, NOTHING_TO_RESUME, BIND_FAILED; TypeError and RangeError for options
 *   that cannot be used
 */
export async function createAnswer(offer: string | Uint8Array, options: PeerOptions = {}): Promise<PendingAnswer> {
  return await (await import("./pairing/embed.ts")).createAnswer(offer, options);
}

/**
 * Pairs with the other side over a carrier of the embedder, which brings the documents from side to side: nothing is
 * handed over by calls. Both sides may make an offer: one of them becomes the answering side. Resolves at once.
 * @throws TypeError and RangeError for a role, a carrier or options that cannot be used; the reason of an aborted signal
 */
export async function openLine(
  role: "offer" | "answer",
  carrier: Carrier,
  options: PeerOptions = {},
): Promise<PendingLine> {
  return (await import("./pairing/embed.ts")).openLine(role, carrier, options);
}
