// The features of a session, each wired to the session around it, and combined: one hello, one activity, one hold, one
// end. A new feature is made here and added to the list.
import { worseExit } from "../../control/ending.ts";
import type { ControlMessage, HelloMessage } from "../../control/messages.ts";
import type { PromiseLedger } from "../../control/promises.ts";
import type { SessionActivity } from "../../control/session-machine.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import type { SessionOptions } from "../session-options.ts";
import { ContactProtocol } from "./contacts.ts";
import type { FeatureMessage, PeerHello, SessionFeature, StopReason } from "./feature.ts";
import { FileTransfers } from "./file-transfers.ts";
import { MediaTracks } from "./media.ts";
import { PathProtocol } from "./path.ts";
import { RefusedChannels } from "./refused-channels.ts";
import { VerificationProtocol } from "./verification.ts";

/** The session around its features. */
export interface FeatureHost {
  /** Does nothing towards another WebRTC program, and nothing before `start`. */
  send: (message: ControlMessage) => void;
  /** Whether nothing has ended the session yet. */
  isOpen: () => boolean;
  /** The messages and files that this side's user has promised to send. */
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

interface NamedFeatures {
  path: PathProtocol;
  verification: VerificationProtocol;
  /** Undefined when keys cannot be kept: no store, or another WebRTC program. */
  contacts: ContactProtocol | undefined;
  files: FileTransfers;
  media: MediaTracks;
}

/** All features: by name, for the requests of their users, and as one, for the session that wires them. */
export class SessionFeatures implements NamedFeatures {
  readonly path: PathProtocol;
  readonly verification: VerificationProtocol;
  readonly contacts: ContactProtocol | undefined;
  readonly files: FileTransfers;
  readonly media: MediaTracks;
  readonly #list: readonly SessionFeature[];

  constructor(named: NamedFeatures, list: readonly SessionFeature[]) {
    this.path = named.path;
    this.verification = named.verification;
    this.contacts = named.contacts;
    this.files = named.files;
    this.media = named.media;
    this.#list = list;
  }

  start(): void {
    for (const feature of this.#list) feature.start?.();
  }

  /** Whether texts and files wait in both directions. */
  get isHolding(): boolean {
    return this.#list.some(({ isHolding }) => isHolding === true);
  }

  /** The part of this side's hello that the features give: their capabilities, and the keys that older programs read. */
  get hello(): Partial<HelloMessage> & { capabilities: readonly string[] } {
    const capabilities = this.#list.flatMap(({ hello: { capability } }) => capability ?? []);
    return Object.assign({ capabilities }, ...this.#list.map(({ hello }) => hello.keys));
  }

  /** The facts of all features that decide when the session ends. */
  get activity(): Partial<SessionActivity> {
    return Object.assign({}, ...this.#list.map(({ activity }) => activity));
  }

  handleHello(peer: PeerHello): void {
    for (const feature of this.#list) feature.handleHello?.(peer);
  }

  /** Gives a message to the feature that it belongs to. */
  handleMessage(message: FeatureMessage): void {
    this.#list.some((feature) => feature.handleMessage?.(message));
  }

  handleVerified(): void {
    for (const feature of this.#list) feature.handleVerified?.();
  }

  /** Ends all running work. Rejects when a feature cannot stop. */
  async stop(why: StopReason): Promise<void> {
    await Promise.all(this.#list.map(async (feature) => feature.stop?.(why)));
  }

  /** The worst exit code of what the features have reported themselves. */
  get exit(): number {
    return this.#list.reduce((worst, feature) => worseExit(worst, feature.exit ?? 0), 0);
  }

  close(): void {
    for (const feature of this.#list) feature.close?.();
  }
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
  const path = new PathProtocol({ network, pair: () => options.path()?.pair, send, emit });
  const verification = new VerificationProtocol({
    ports,
    role,
    identity,
    settings,
    isOpen,
    send,
    events: { emit, onAgreed: host.onVerified, onRejected: (error) => fail(error, "rejected") },
  });
  const contacts = ContactProtocol.open(options, verification, {
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
    expectFiles: (outgoing) => network?.expectFiles?.(outgoing),
    trace: options.trace,
    events: { emit, onHeard: host.markHeard, onActivity: look },
    untilReleased,
    isOpen,
    promises,
    report,
  });
  const refused = new RefusedChannels({ unknownChannels, send, emit });
  const media = openMedia(options, verification, host);
  const list: SessionFeature[] = [path, verification, files, media, refused];
  if (contacts !== undefined) list.push(contacts);
  return new SessionFeatures({ path, verification, contacts, files, media }, list);
}

function openMedia(options: SessionOptions, verification: VerificationProtocol, host: FeatureHost): MediaTracks {
  const { publish = [], doors = [] } = options.settings.media ?? {};
  return new MediaTracks({
    openBackend: options.openMedia,
    kindsToPublish: publish.flatMap(({ tracks }) => tracks.map(({ kind }) => kind)),
    hasDoors: doors.length > 0,
    clock: options.ports.clock,
    isForeign: options.control === undefined,
    described: options.describedMedia,
    isHolding: () => verification.isHolding,
    isOpen: host.isOpen,
    send: host.send,
    emit: options.events.emit,
    report: host.report,
    refuse: (detail) => host.fail(new P2pError("PEER_PROTOCOL", { detail }), "error"),
    look: host.look,
    trace: options.trace,
  });
}
