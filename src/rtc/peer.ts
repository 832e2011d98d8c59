// One side of a line on the network: combines ICE, DTLS, SCTP and data channels. It gathers once and can connect again
// when a newer file of the other side comes. Its input and output are facts, not SDP text.
import { setImmediate as nextTurn } from "node:timers/promises";
import { DataChannels } from "../channel/data-channels.ts";
import type { Fingerprint, IceCandidate, SessionDescription } from "../exchange/description.ts";
import { DEFAULT_MAX_MESSAGE_SIZE } from "../exchange/limits.ts";
import type { TriedPair } from "../lib/events.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { SelectedPair } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import type { NatSummary } from "../lib/nat-summary.ts";
import type { Trace } from "../lib/trace.ts";
import type { OutgoingFiles, PathLoad } from "../paths/bulk-load.ts";
import type { Transport } from "../paths/move-rule.ts";
import { LIVENESS } from "../paths/liveness.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { AssociationEnd } from "../sctp/association-types.ts";
import type { TransportView } from "../transfer/transfer-limit.ts";
import { holdThread } from "./arrival-coalescing.ts";
import { createCertificate, type LocalCertificate, restoreCertificate } from "./certificate.ts";
import { DtlsPort } from "./dtls/dtls-port.ts";
import { IceAgent, type KeptIce, type RestartInfo } from "./ice/agent.ts";
import type { GatherOptions } from "./ice/local-side.ts";
import { MediaPath } from "./media/media-path.ts";
import { SctpDriver } from "./sctp-driver.ts";

const SCTP_PORT = 5_000;
/** libwebrtc's value; larger messages gain nothing. */
const MAX_MESSAGE_BYTES = 262_144;

/**
 * Number of times that an early hello is processed again, and the pause between them: its sender may be silent for a
 * minute.
 */
const MAX_HELLO_REPEATS = 3;
const HELLO_REPEAT_MS = 1_000;

export interface AttemptEvents {
  /** A pair was chosen: the DTLS handshake begins. */
  onPath?: () => void;
  /** The DTLS handshake is complete: SCTP begins. */
  onEncrypted?: () => void;
  /** Channels can be opened and will be reported by `onChannel`. */
  onOpen: (channels: DataChannels) => void;
  onChannel: (channel: MessageChannel) => void;
  /** See `DataChannelsEvents`; only another WebRTC program sends so. */
  onUnopened?: (streamId: number) => void;
  /** The path to the peer is interrupted or restored; see `IceAgentEvents`. */
  onReachable?: (isReachable: boolean) => void;
  /** Data takes the pair of the other kind from now on, without an interruption; `selectedPair` is that one. */
  onMoved?: () => void;
  /** Data of the peer is taken on a pair of this kind, too: the peer has to be told. */
  onReady?: (transport: Transport) => void;
  /** The result of `restartInfo` has changed. */
  onOfferChanged?: () => void;
  /** Called once, after `onOpen` or instead of it: the association ended, or the peer is not the one in its file. */
  onEnded: (error: P2pError | undefined) => void;
}

interface Attempt {
  dtls: DtlsPort;
  association: SctpDriver;
  isEnded: boolean;
  /** Undefined until somebody asks for it. */
  media?: MediaPath;
  /** The peer's hellos that came early are taken once more, as our answer to them may be lost. */
  helloTimer?: NodeJS.Timeout;
}

/** The parts of the two sides in a pairing. */
export interface PairingPart {
  /** We made the offer of this pairing: DTLS as the answer asks; controlling. */
  isOfferer: boolean;
  /** The other side's file has the key `p2p`. */
  isPeerP2p: boolean;
  /** Candidates of the other side with `.local` names for addresses; absent: it has none. */
  localNames?: readonly IceCandidate[];
}

interface AttemptTraits {
  dtlsRole: "client" | "server";
  isPeerP2p: boolean;
}

/** The parts of a description that depend on our role. */
export interface DescriptionRole {
  type: "offer" | "answer";
  form: SessionDescription["form"];
  mid: string;
  setup: SessionDescription["setup"];
}

/** The persisted state with which another run can be this side. Secret. */
export type KeptPeer = KeptIce & Omit<LocalCertificate, "fingerprint">;

export class RtcPeer {
  /** It finds other paths itself. */
  readonly paths = this;
  readonly #agent: IceAgent;
  readonly #certificate: LocalCertificate;
  readonly #congestion: NonNullable<NetworkOptions["congestion"]>;
  readonly #maxPacketBytes: number;
  readonly #holdThread: ((ms: number) => void) | undefined;
  readonly #trace: Trace | undefined;
  #attempt: Attempt | undefined;
  /** The DTLS port of the latest attempt while its peer is being refused. */
  #refusing: DtlsPort | undefined;

  private constructor(agent: IceAgent, certificate: LocalCertificate, { network, trace }: GatherOptions) {
    this.#trace = trace;
    this.#agent = agent;
    this.#certificate = certificate;
    this.#congestion = network.congestion ?? "bbr";
    this.#maxPacketBytes = network.maxPacketBytes ?? Number.POSITIVE_INFINITY;
    this.#holdThread = network.coalesceArrivals === true ? holdThread : undefined;
  }

  /**
   * @param kept - the state of an earlier run that this one resumes
   * @throws P2pError BIND_FAILED
   */
  static async create(options: GatherOptions, kept?: KeptPeer): Promise<RtcPeer> {
    const [agent, certificate] = await Promise.all([
      IceAgent.gather(options, kept),
      kept === undefined ? createCertificate() : restoreCertificate(kept),
    ]);
    return new RtcPeer(agent, certificate, options);
  }

  /** The state that `create` needs to resume this side. Secret. */
  get kept(): KeptPeer {
    const { certPem, keyPem, signatureHash } = this.#certificate;
    return { certPem, keyPem, signatureHash, ...this.#agent.kept };
  }

  /** Our side as it is now, later candidates included. */
  describe(role: DescriptionRole): SessionDescription {
    return {
      ...role,
      iceUfrag: this.#agent.iceUfrag,
      icePwd: this.#agent.icePwd,
      iceLite: false,
      fingerprints: [this.#certificate.fingerprint],
      sctpPort: SCTP_PORT,
      // The legacy form has no attribute for it, so the peer assumes the default.
      maxMessageSize: role.form === "legacy" ? DEFAULT_MAX_MESSAGE_SIZE : MAX_MESSAGE_BYTES,
      candidates: this.#agent.candidates,
    };
  }

  /** Tries to reach the other side until it succeeds, or until `disconnect` or a call with a newer remote side. */
  connect(remote: SessionDescription, { isOfferer, isPeerP2p, localNames }: PairingPart, events: AttemptEvents): void {
    void this.#endAttempt();
    this.#refusing?.close();
    this.#refusing = undefined;
    const dtlsRole = dtlsRoleToward(remote, isOfferer);
    const attempt = this.#createAttempt(remote, { dtlsRole, isPeerP2p }, events);
    this.#attempt = attempt;
    let silentSinceMs = performance.now();
    this.#agent.start({ ...remote, localNames }, isOfferer, {
      onConnected: (earlyHellos) => {
        if (!attempt.isEnded) events.onPath?.();
        attempt.dtls.start();
        beginWith(attempt, earlyHellos);
      },
      onData: (datagram) => {
        attempt.dtls.handle(datagram);
      },
      onWritable: () => {
        attempt.association.handleWritable();
      },
      onReachable: (isReachable) => {
        silentSinceMs = performance.now() - LIVENESS.silenceMs;
        if (!attempt.isEnded) events.onReachable?.(isReachable);
      },
      onNewPath: () => {
        attempt.association.handleNewPath();
      },
      onMoved: () => {
        attempt.association.handleMoved();
        if (!attempt.isEnded) events.onMoved?.();
      },
      onReady: (transport) => {
        if (!attempt.isEnded) events.onReady?.(transport);
      },
      onOfferChanged: () => {
        if (!attempt.isEnded) events.onOfferChanged?.();
      },
      load: () => loadOf(attempt),
      onConsentLost: () => {
        const seconds = Math.round((performance.now() - silentSinceMs) / 1_000);
        this.#end(attempt, events, new P2pError("CONNECTION_LOST", { seconds }));
      },
    });
  }

  #createAttempt(remote: SessionDescription, { dtlsRole, isPeerP2p }: AttemptTraits, events: AttemptEvents): Attempt {
    const dtls = new DtlsPort({
      role: dtlsRole,
      certificate: this.#certificate,
      remoteFingerprints: remote.fingerprints,
      send: (datagram) => {
        this.#agent.send(datagram);
      },
      events: {
        onConnected: () => {
          clearTimeout(attempt.helloTimer);
          if (!attempt.isEnded) events.onEncrypted?.();
          association.start(channels);
        },
        onData: (packet) => {
          association.handlePacket(packet);
        },
        onMedia: (datagram) => {
          attempt.media?.handle(datagram);
        },
        onEnded: (error) => {
          this.#end(attempt, events, error);
        },
      },
      trace: this.#trace,
    });
    const association = this.#createAssociation(remote, dtls, isPeerP2p);
    const channels = new DataChannels(association, {
      dtlsRole,
      remoteMaxMessageBytes:
        remote.maxMessageSize === 0 ? MAX_MESSAGE_BYTES : Math.min(remote.maxMessageSize, MAX_MESSAGE_BYTES),
      events: {
        onEstablished: () => {
          if (!attempt.isEnded) events.onOpen(channels);
        },
        onChannel: events.onChannel,
        onUnopened: isPeerP2p ? undefined : events.onUnopened,
        onClosed: (end) => {
          this.#end(attempt, events, errorOf(end));
        },
      },
    });
    const attempt: Attempt = { dtls, association, isEnded: false };
    return attempt;
  }

  #createAssociation(remote: SessionDescription, dtls: DtlsPort, isPeerOwnStack: boolean): SctpDriver {
    return new SctpDriver({
      localPort: SCTP_PORT,
      remotePort: remote.sctpPort,
      congestion: this.#congestion,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      isPeerOwnStack,
      rttMs: () => this.#agent.rttMs,
      path: () => {
        const path = this.#agent.pathTraits();
        return { ...path, maxPacketBytes: Math.min(path.maxPacketBytes, this.#maxPacketBytes) };
      },
      seal: (packet) => dtls.seal(packet),
      send: (datagrams) => {
        for (const datagram of datagrams) this.#agent.send(datagram);
      },
      isWritable: () => this.#agent.isWritable,
      holdThread: this.#holdThread,
      trace: this.#trace,
    });
  }

  #end(attempt: Attempt, events: AttemptEvents, error: P2pError | undefined): void {
    if (attempt.isEnded) return;
    attempt.isEnded = true;
    clearTimeout(attempt.helloTimer);
    this.#agent.stop();
    events.onEnded(error);
  }

  /** Stops an attempt or ends the association; its `onEnded` is not called. */
  async disconnect(): Promise<void> {
    this.#agent.stop();
    await this.#endAttempt();
  }

  async #endAttempt(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    attempt.isEnded = true;
    clearTimeout(attempt.helloTimer);
    if (attempt.dtls.refusalSaid !== undefined) this.#refusing = attempt.dtls;
    await attempt.association.close();
    if (attempt.dtls !== this.#refusing) attempt.dtls.close();
  }

  /**
   * Our data for an ICE restart when the connection breaks, for the peer of the current session. Secret from others.
   */
  restartInfo(): RestartInfo {
    return this.#agent.ownRestartInfo();
  }

  /** Takes the peer's `restartInfo`; from now on a broken connection is restored by an ICE restart. */
  takeRestartInfo(info: RestartInfo): void {
    this.#agent.takeRestartInfo(info);
  }

  /** The peer keeps a pair over UDP and one over TCP alive, as this side does from now on. */
  allowMoves(): void {
    this.#agent.allowMoves();
  }

  /** Files leave from now on, so many; with 0 bytes, none do. */
  expectFiles(files: OutgoingFiles): void {
    this.#agent.expectFiles(files);
  }

  /** The peer takes data on its pair of this kind. */
  takeReady(transport: Transport): void {
    this.#agent.takeReady(transport);
  }

  /** Reports that the peer no longer answers, as its user sees it: another path is sought. */
  suspect(): void {
    this.#agent.suspect();
  }

  /** Our current candidates. */
  get candidates(): SessionDescription["candidates"] {
    return this.#agent.candidates;
  }

  /** The NAT facts known about the router in front of us. */
  get nat(): NatSummary {
    return this.#agent.nat;
  }

  selectedPair(): { pair: SelectedPair; rttMs: number } | undefined {
    return this.#agent.selectedPair();
  }

  /** Fingerprints of the two certificates of the current DTLS session; undefined when there is none. */
  fingerprints(): { local: Fingerprint; peer: Fingerprint } | undefined {
    const peer = this.#attempt?.dtls.peerFingerprint;
    return peer === undefined ? undefined : { local: this.#certificate.fingerprint, peer };
  }

  /** The cause that limits the sending on the association; undefined: there is none yet. */
  transport(): TransportView | undefined {
    return this.#attempt?.association.view();
  }

  /**
   * Where media leaves and arrives, as long as the current association lasts.
   * @returns undefined when it has no keys for media, or there is none
   */
  media(): MediaPath | undefined {
    const attempt = this.#attempt;
    const keys = attempt?.dtls.srtpKeys;
    if (attempt === undefined || keys === undefined) return undefined;
    attempt.media ??= new MediaPath({
      keys,
      isPrompt: () => !attempt.isEnded && this.#agent.isPrompt,
      send: (datagram) => {
        this.#agent.send(datagram);
        attempt.association.noteBeside(datagram.length);
      },
    });
    return attempt.media;
  }

  pairs(): TriedPair[] {
    return this.#agent.pairs();
  }

  /**
   * Ends everything and releases the sockets. Takes up to 0.7 s when a peer was just refused: it has to receive that.
   */
  async close(): Promise<void> {
    await this.#endAttempt();
    await this.#refusing?.refusalSaid;
    this.#refusing?.close();
    // Node hands a datagram to the socket one turn after send(): the ABORT must be out before the socket closes.
    await nextTurn();
    await this.#agent.close();
  }
}

/** Takes hellos that came before the handshake could begin, again each second until it is complete or given up. */
function beginWith(attempt: Attempt, hellos: readonly Uint8Array[], left = MAX_HELLO_REPEATS): void {
  for (const datagram of hellos) attempt.dtls.handle(datagram);
  if (hellos.length === 0 || left === 0) return;
  attempt.helloTimer = setTimeout(() => {
    beginWith(attempt, hellos, left - 1);
  }, HELLO_REPEAT_MS);
}

function loadOf({ association, media }: Attempt): PathLoad | undefined {
  const { load } = association;
  return load === undefined ? undefined : { ...load, callDatagrams: media?.datagrams ?? 0 };
}

/** The message for a person about an association that this side did not end. */
function errorOf({ reason, detail }: AssociationEnd): P2pError {
  if (reason === "violation") return new P2pError("PEER_PROTOCOL", { detail });
  return new P2pError("CONNECTION_LOST", { end: reason });
}

/** RFC 8842 §5: the offerer says actpass and the answerer chooses; we choose active. */
function dtlsRoleToward(remote: SessionDescription, isOfferer: boolean): "client" | "server" {
  if (isOfferer) return remote.setup === "passive" ? "client" : "server";
  return remote.setup === "active" ? "server" : "client";
}
