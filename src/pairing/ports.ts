// Platform interfaces of a pairing, beside those of its session (session/ports.ts): the network side, signatures, sealing
// and the state directory. node-ports.ts fills them for Node, web/ for a page, so that both pair by the same rules.
import type { Fingerprint, OwnDocument, SessionDescription } from "../exchange/description.ts";
import type { SelectedPair, TriedPair } from "../lib/events.ts";
import type { NatSummary } from "../lib/nat-summary.ts";
import type { GatherOptions } from "../rtc/ice/local-side.ts";
import type { AttemptEvents as RtcAttemptEvents, DescriptionRole, PairingPart } from "../rtc/peer.ts";
import type { ForeignOpener } from "../session/channels/foreign-channels.ts";
import type { PathPort } from "../session/features/path.ts";
import type { MediaBackend, MediaBackendEvents } from "../session/media/media-backend.ts";
import type { Clock, SessionPorts } from "../session/ports.ts";
import type { MediaSettings } from "../session/session-types.ts";
import type { MemoryPlace, PairingMemory, RememberedPairing } from "../store/state/pairing-memory.ts";
import type { TransportView } from "../transfer/transfer-limit.ts";
import type { OwnKey } from "../trust/signing.ts";
import type { People } from "./people.ts";
import type { UsedOffers } from "./used-offers.ts";

/** Events of one attempt to connect; a page has channels of its browser. */
export interface AttemptEvents extends Omit<RtcAttemptEvents, "onOpen"> {
  /** Channels can be opened and will be reported by `onChannel`. */
  onOpen: (channels: ForeignOpener) => void;
}

/** Our side on the network. It can connect again when a newer document of the other side comes. */
export interface NetworkPeer {
  /**
   * Our side as it is now, later candidates included.
   * @param answered - the offer that it answers; undefined: it is an offer
   */
  describe(role: DescriptionRole, answered?: SessionDescription): SessionDescription | Promise<SessionDescription>;
  /** Tries to reach the other side until it succeeds, or until `disconnect` or a call with a newer remote side. */
  connect(remote: SessionDescription, part: PairingPart, events: AttemptEvents): void;
  /** Stops an attempt or ends the association; its `onEnded` is not called. */
  disconnect(): Promise<void>;
  /** Ends everything and releases the sockets. */
  close(): Promise<void>;
  /** Our candidates with `.local` names for addresses; undefined: there are none. */
  readonly localNames?: SessionDescription["candidates"];
  /** Our current candidates. */
  readonly candidates: SessionDescription["candidates"];
  /** The known facts about the router in front of us. */
  readonly nat: NatSummary;
  /** The state that another run needs to be this side; undefined where no run can. Secret. */
  readonly kept: RememberedPairing["self"] | undefined;
  /** Finds another path within a session; undefined where the platform does that by itself, or cannot. */
  readonly paths: PathPort | undefined;
  pairs(): TriedPair[];
  selectedPair(): { pair: SelectedPair; rttMs: number } | undefined;
  /** Fingerprints of the two certificates of the current DTLS session; undefined when there is none. */
  fingerprints(): { local: Fingerprint; peer: Fingerprint } | undefined;
  /** The cause that limits the sending; undefined: it is not known. */
  transport(): TransportView | undefined;
}

/** Makes our documents and connects with theirs. */
export interface PairingPlatform {
  readonly clock: Clock;
  /**
   * Gathers our candidates.
   * @param kept - the run that this one resumes
   * @throws P2pError BIND_FAILED
   */
  createPeer(options: GatherOptions, kept?: RememberedPairing["self"]): Promise<NetworkPeer>;
  /**
   * Opens what carries sound and picture of a session.
   * @param peer - made by `createPeer`, with an association
   * @returns undefined: this association cannot carry any
   */
  openMedia(peer: NetworkPeer, settings: MediaSettings, events: MediaBackendEvents): MediaBackend | undefined;
  /**
   * @param stateDir - as in the settings of the pairing
   * @param peerName - the name in the other side's document; foreign text
   */
  sessionPorts(
    stateDir: string | undefined,
    peerName: string | undefined,
    exchangeFiles?: () => readonly string[],
  ): SessionPorts;
  /** Adds a signature to a document of ours. */
  sign(document: OwnDocument, key: OwnKey): OwnDocument;
}

/** The stores in the state directory of this user. */
export interface StatePort {
  /** @throws P2pError STATE_UNSAFE, STATE_UNUSABLE */
  openUsedOffers(stateDir: string): Promise<UsedOffers>;
  /** @throws P2pError STATE_UNSAFE, STATE_UNUSABLE */
  openPeople(stateDir: string): Promise<People>;
  /** @throws P2pError STATE_UNSAFE, STATE_UNUSABLE */
  openMemory(stateDir: string, role: "offer" | "answer", place: MemoryPlace, nowMs: number): Promise<PairingMemory>;
}

/** Signatures, and files sealed with a passphrase. */
export interface TrustPort {
  /** @param key - 64 hex digits @param signature - 128 hex digits */
  isSignedBy(key: string, signature: string, bytes: Uint8Array): boolean;
  /** @param workFactor - log2 of scrypt's N @returns armored text */
  seal(plain: string, passphrase: string, workFactor: number): Promise<string>;
  /**
   * @param maxWorkFactor - refuse to do more work than this, log2 of scrypt's N
   * @throws P2pError FILE_WRONG_PASSPHRASE, FILE_SEAL_DAMAGED, FILE_SEAL_TOO_COSTLY, FILE_SEALED
   */
  open(bytes: Uint8Array, path: string, passphrase: string, maxWorkFactor: number): Promise<Uint8Array>;
}
