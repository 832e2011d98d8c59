// The control channel between two p2p programs (protocol `p2p-control/1`): small JSON texts, one a message.
// docs/control-protocol.md describes them. A message of an unknown type is ignored; a malformed one is reported.
import type { SessionMode } from "./mode.ts";
import type { ContactMessage, VerifyMessage } from "./verification.ts";

export const CONTROL_LABEL = "p2p-control";
export const CONTROL_PROTOCOL = "p2p-control/1";

/** A longer control message breaks the protocol. */
export const MAX_CONTROL_MESSAGE_CHARS = 1_024;

/** `required`: nothing may pass before both sides have compared the string. `possible`: the sender can do that. */
export type VerifyWish = "required" | "possible";

export type ControlMessage =
  /**
   * First on the channel, from each side. Without `verify`: of a program that cannot compare a string; without
   * `contacts`: of one that does not keep keys.
   */
  | { type: "hello"; mode: SessionMode; verify?: VerifyWish; contacts?: true }
  /** `count` text messages were received since the session began. */
  | { type: "ack"; count: number }
  | { type: "ping"; number: number }
  | { type: "pong"; number: number }
  /** Nothing left to send, and all that was sent is acknowledged. */
  | { type: "done" }
  /** The sender is about to close. */
  | { type: "bye" }
  /** Answer to `bye`, when what the answering side had sent is acknowledged or given up. */
  | { type: "bye-ack" }
  | VerifyMessage
  | ContactMessage;

export function encodeControl(message: ControlMessage): string {
  return JSON.stringify(message);
}

/** @returns the message; `unknown` for types of later versions; `malformed` for what is not a control message */
export function decodeControl(data: string | Uint8Array): ControlMessage | "unknown" | "malformed" {
  if (typeof data !== "string" || data.length > MAX_CONTROL_MESSAGE_CHARS) return "malformed";
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return "malformed";
  }
  if (typeof value !== "object" || value === null) return "malformed";
  const { type, mode, verify, count, number, commitment, nonce, same, contacts, key, signature } = value as Record<
    string,
    unknown
  >;
  switch (type) {
    case "hello":
      return decodeHello(mode, verify, contacts);
    case "ack":
      return isCount(count) ? { type, count } : "malformed";
    case "ping":
    case "pong":
      return isCount(number) ? { type, number } : "malformed";
    case "done":
    case "bye":
    case "bye-ack":
      return { type };
    case "verify-commit":
      return isHash(commitment) ? { type, commitment } : "malformed";
    case "verify-reveal":
      return isHash(nonce) ? { type, nonce } : "malformed";
    case "verify-answer":
      return typeof same === "boolean" ? { type, same } : "malformed";
    case "contact":
      return isHash(key) && isSignature(signature) ? { type, key, signature } : "malformed";
    default:
      return typeof type === "string" ? "unknown" : "malformed";
  }
}

function decodeHello(mode: unknown, verify: unknown, contacts: unknown): ControlMessage | "malformed" {
  if (mode !== "once" && mode !== "conversation") return "malformed";
  // What a later program says there is no reason to end the session.
  const canKeep = contacts === true ? { contacts: true as const } : {};
  if (verify === undefined) return { type: "hello", mode, ...canKeep };
  return verify === "required" || verify === "possible" ? { type: "hello", mode, verify, ...canKeep } : "malformed";
}

function isSignature(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{128}$/.test(value);
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
