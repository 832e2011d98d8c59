// The interface between a session and its features, which are everything beside its texts: the network path,
// verification, contacts, transfers, refused channels. A session is wired from a list of features; each one's own
// methods are for its user.
import type { Capability } from "../../control/capabilities.ts";
import type { MediaMessage } from "../../control/media-messages.ts";
import type { ChannelRefusedMessage, HelloMessage, PathMessage, PathReadyMessage } from "../../control/messages.ts";
import type { SessionActivity, StopReason } from "../../control/session-machine.ts";
import type { ContactMessage, VerifyMessage } from "../../control/verification.ts";

/** Control messages that belong to a feature. The others run the session itself. */
export type FeatureMessage =
  | PathMessage
  | PathReadyMessage
  | VerifyMessage
  | ContactMessage
  | ChannelRefusedMessage
  | MediaMessage;

/** The part of this side's hello that one feature adds. */
export interface HelloPart {
  /** Undefined: this side cannot do it. */
  capability: Capability | readonly Capability[] | undefined;
  /** Keys that show the same to a program without capabilities, or that say more. */
  keys?: Partial<Pick<HelloMessage, "verify" | "recovers" | "contacts">>;
}

/** The peer, as its hello shows it. */
export interface PeerHello {
  hello: HelloMessage;
  can: (capability: Capability) => boolean;
}

export type { StopReason };

/** One feature of a session. Everything that is optional does nothing when it is absent. Nothing here throws. */
export interface SessionFeature {
  readonly hello: HelloPart;
  /** Its part of the facts that decide when the session ends. */
  readonly activity?: Partial<SessionActivity>;
  /** While true, texts and files wait in both directions. */
  readonly isHolding?: boolean;
  /** The worst exit code of what it reported itself; counted when the session ends. */
  readonly exit?: number;
  /** Called once. Hello follows in the same turn, so nothing can be sent before. */
  start?(): void;
  /** The peer has said hello, and `connected` has been emitted. */
  handleHello?(peer: PeerHello): void;
  /** @returns false when the message belongs to another feature */
  handleMessage?(message: FeatureMessage): boolean;
  /** Both people have said that they read the same verification string. It may be called again. */
  handleVerified?(): void;
  /** Ends all running work. Resolves when nothing of it is left. */
  stop?(why: StopReason): Promise<void>;
  /** The session is over: no timer may fire any more. */
  close?(): void;
}
