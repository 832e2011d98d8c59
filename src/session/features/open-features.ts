// The features of a session, each wired to the session around it. A new feature is made here and added to the list.
import type { ControlMessage } from "../../control/messages.ts";
import type { PromiseLedger } from "../../control/promises.ts";
import type { P2pError } from "../../lib/errors/p2p-error.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import type { SessionOptions } from "../session-options.ts";
import { ContactLink } from "./contacts.ts";
import type { SessionFeature } from "./feature.ts";
import { FileTransfers } from "./file-transfers.ts";
import { PathLink } from "./path.ts";
import { RefusedChannels } from "./refused-channels.ts";
import { VerificationLink } from "./verification.ts";

/** The session around its features. */
export interface FeatureHost {
  /** Does nothing towards another WebRTC program, and nothing before `start`. */
  send: (message: ControlMessage) => void;
  /** Whether nothing has ended the session yet. */
  isOpen: () => boolean;
  /** What this side's user has promised to send. */
  promises: PromiseLedger;
  /** A feature's `activity` may have changed. */
  look: () => void;
  /** Reports an error that does not end the session. */
  report: (error: P2pError) => void;
  /** Ends the session with this error. */
  fail: (error: P2pError, reason: "error" | "rejected") => void;
  /** The peer was heard on a channel of a feature. */
  markHeard: () => void;
  /** Resolves when files may be sent, or the session is over. */
  untilReleased: () => Promise<void>;
  /** Both people have said that they read the same verification string. */
  onVerified: () => void;
}

/** All features by name, for what their users ask of them, and as the list that the session wires. */
export interface SessionFeatures {
  path: PathLink;
  verification: VerificationLink;
  /** Undefined when keys cannot be kept: no store, or another WebRTC program. */
  contacts: ContactLink | undefined;
  files: FileTransfers;
  list: readonly SessionFeature[];
}

/** @param transfer - the channel of files; undefined towards another WebRTC program */
export function openFeatures(
  options: SessionOptions,
  transfer: MessageChannel | undefined,
  host: FeatureHost,
): SessionFeatures {
  const { ports, role, identity, settings, events, network, unknownChannels } = options;
  const { emit } = events;
  const { send, isOpen, promises, look, report, fail, untilReleased } = host;
  const path = new PathLink({ network, send, emit });
  const verification = new VerificationLink({
    ports,
    role,
    identity,
    settings,
    isOpen,
    send,
    events: { emit, onAgreed: host.onVerified, onRejected: (error) => fail(error, "rejected") },
  });
  const contacts = ContactLink.open(options, verification, {
    send,
    events: {
      emit,
      onError: (error) => (error.code === "PEER_PROTOCOL" ? fail(error, "error") : report(error)),
    },
  });
  const files = new FileTransfers({
    channel: transfer,
    settings,
    files: ports.files,
    clock: ports.clock,
    transport: options.transport,
    trace: options.trace,
    events: { emit, onHeard: host.markHeard, onActivity: look },
    untilReleased,
    isOpen,
    promises,
    report,
  });
  const refused = new RefusedChannels({ unknownChannels, send, emit });
  const list: SessionFeature[] = [path, verification, files, refused];
  if (contacts !== undefined) list.push(contacts);
  return { path, verification, contacts, files, list };
}
