// One side of a line on the network: ICE, DTLS, SCTP and data channels put together. It gathers once and can
// connect again when a newer file of the other side comes. It takes and gives facts, no SDP text.
import { setImmediate as nextTurn } from "node:timers/promises";
import { DataChannels } from "../channel/data-channels.ts";
import type { Fingerprint, SessionDescription } from "../exchange/description.ts";
import type { TriedPair } from "../lib/events.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { SelectedPair } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import type { NatSummary } from "../lib/nat-summary.ts";
import { LIVENESS } from "../paths/liveness.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { AssociationEnd } from "../sctp/association-types.ts";
import { createCertificate, type LocalCertificate, restoreCertificate } from "./certificate.ts";
import { DtlsPort } from "./dtls/dtls-port.ts";
import { IceAgent, type KeptIce, type RestartOffer } from "./ice/agent.ts";
import type { GatherOptions } from "./ice/local-side.ts";
import { SctpDriver } from "./sctp-driver.ts";

const SCTP_PORT = 5_000;
/** What libwebrtc uses; larger messages gain nothing. */
const MAX_MESSAGE_BYTES = 262_144;

export interface AttemptEvents {
  /** Channels can be opened and will be reported by `onChannel`. */
  onOpen: (channels: DataChannels) => void;
  onChannel: (channel: MessageChannel) => void;
  /** The way to the peer is interrupted, or there is one again; see `IceAgentEvents`. */
  onReachable?: (isReachable: boolean) => void;
  /** What `restartOffer` says has changed. */
  onOfferChanged?: () => void;
  /** Once, after `onOpen` or instead of it: the association ended, or the peer is not who its file says. */
  onEnded: (error: P2pError | undefined) => void;
}

interface Attempt {
  dtls: DtlsPort;
  association: SctpDriver;
  isEnded: boolean;
}

/** What of a description depends on the part that we play. */
export interface DescriptionRole {
  type: "offer" | "answer";
  form: SessionDescription["form"];
  mid: string;
  setup: SessionDescription["setup"];
}

/** What another run needs to be this side. Secret. */
export type KeptPeer = KeptIce & Omit<LocalCertificate, "fingerprint">;

export class RtcPeer {
  readonly #agent: IceAgent;
  readonly #certificate: LocalCertificate;
  readonly #congestion: NonNullable<NetworkOptions["congestion"]>;
  readonly #maxPacketBytes: number;
  #attempt: Attempt | undefined;
  /** Of the latest attempt when its peer was refused and is still being told. */
  #refusing: DtlsPort | undefined;

  private constructor(agent: IceAgent, certificate: LocalCertificate, options: NetworkOptions) {
    this.#agent = agent;
    this.#certificate = certificate;
    this.#congestion = options.congestion ?? "bbr";
    this.#maxPacketBytes = options.maxPacketBytes ?? Number.POSITIVE_INFINITY;
  }

  /**
   * @param kept - of an earlier run that this one goes on with
   * @throws P2pError BIND_FAILED
   */
  static async create(options: GatherOptions, kept?: KeptPeer): Promise<RtcPeer> {
    const [agent, certificate] = await Promise.all([
      IceAgent.gather(options, kept),
      kept === undefined ? createCertificate() : restoreCertificate(kept),
    ]);
    return new RtcPeer(agent, certificate, options);
  }

  /** What `create` needs to go on with this side. Secret. */
  get kept(): KeptPeer {
    const { certPem, keyPem, signatureHash } = this.#certificate;
    return { certPem, keyPem, signatureHash, ...this.#agent.kept };
  }

  /** Our side as it stands now, later candidates included. */
  describe(role: DescriptionRole): SessionDescription {
    return {
      ...role,
      iceUfrag: this.#agent.iceUfrag,
      icePwd: this.#agent.icePwd,
      iceLite: false,
      fingerprints: [this.#certificate.fingerprint],
      sctpPort: SCTP_PORT,
      // The old form has no attribute for it, so the peer assumes the default.
      maxMessageSize: role.form === "legacy" ? 65_536 : MAX_MESSAGE_BYTES,
      candidates: this.#agent.candidates,
    };
  }

  /**
   * Tries to reach the other side until it works, `disconnect`, or a call with a newer remote side.
   * @param isOfferer - we made the offer of this pairing: controlling, DTLS as the answer asks
   */
  connect(remote: SessionDescription, isOfferer: boolean, events: AttemptEvents): void {
    void this.#endAttempt();
    this.#refusing?.close();
    this.#refusing = undefined;
    const attempt = this.#createAttempt(remote, dtlsRoleToward(remote, isOfferer), events);
    this.#attempt = attempt;
    let silentSinceMs = performance.now();
    this.#agent.events = {
      onConnected: () => {
        attempt.dtls.start();
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
      onOfferChanged: () => {
        if (!attempt.isEnded) events.onOfferChanged?.();
      },
      onConsentLost: () => {
        const seconds = Math.round((performance.now() - silentSinceMs) / 1_000);
        this.#end(attempt, events, new P2pError("CONNECTION_LOST", { seconds }));
      },
    };
    this.#agent.start(remote, isOfferer);
  }

  #createAttempt(remote: SessionDescription, dtlsRole: "client" | "server", events: AttemptEvents): Attempt {
    const dtls = new DtlsPort({
      role: dtlsRole,
      certificate: this.#certificate,
      remoteFingerprints: remote.fingerprints,
      send: (datagram) => {
        this.#agent.send(datagram);
      },
      onConnected: () => {
        association.start(channels);
      },
      onData: (packet) => {
        association.handlePacket(packet);
      },
      onEnded: (error) => {
        this.#end(attempt, events, error);
      },
    });
    const association = this.#createAssociation(remote, dtls);
    const channels = new DataChannels(association, {
      dtlsRole,
      remoteMaxMessageBytes:
        remote.maxMessageSize === 0 ? MAX_MESSAGE_BYTES : Math.min(remote.maxMessageSize, MAX_MESSAGE_BYTES),
      onEstablished: () => {
        if (!attempt.isEnded) events.onOpen(channels);
      },
      onChannel: events.onChannel,
      onClosed: (end) => {
        this.#end(attempt, events, errorOf(end));
      },
    });
    const attempt: Attempt = { dtls, association, isEnded: false };
    return attempt;
  }

  #createAssociation(remote: SessionDescription, dtls: DtlsPort): SctpDriver {
    return new SctpDriver({
      localPort: SCTP_PORT,
      remotePort: remote.sctpPort,
      congestion: this.#congestion,
      maxMessageBytes: MAX_MESSAGE_BYTES,
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
    });
  }

  #end(attempt: Attempt, events: AttemptEvents, error: P2pError | undefined): void {
    if (attempt.isEnded) return;
    attempt.isEnded = true;
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
    if (attempt.dtls.refusalSaid !== undefined) this.#refusing = attempt.dtls;
    await attempt.association.close();
    if (attempt.dtls !== this.#refusing) attempt.dtls.close();
  }

  /** For the peer of the session in use: how it finds us when the connection breaks. Secret but for the peer. */
  restartOffer(): RestartOffer {
    return this.#agent.ownOffer();
  }

  /** The same of the peer; a connection that breaks is made anew from now on. */
  takeRestartOffer(offer: RestartOffer): void {
    this.#agent.takePeerOffer(offer);
  }

  /** The peer does not answer any more, as its user sees it: another path is looked for. */
  suspect(): void {
    this.#agent.suspect();
  }

  /** Ours, as they are now. */
  get candidates(): SessionDescription["candidates"] {
    return this.#agent.candidates;
  }

  /** What is known of the router before us. */
  get nat(): NatSummary {
    return this.#agent.nat;
  }

  selectedPair(): { pair: SelectedPair; rttMs: number } | undefined {
    return this.#agent.selectedPair();
  }

  /** Of the two certificates that the DTLS session in use was made with; undefined where there is none. */
  fingerprints(): { local: Fingerprint; peer: Fingerprint } | undefined {
    const peer = this.#attempt?.dtls.peerFingerprint;
    return peer === undefined ? undefined : { local: this.#certificate.fingerprint, peer };
  }

  pairs(): TriedPair[] {
    return this.#agent.pairs();
  }

  /** Ends everything and releases the sockets. Up to 0.7 s when a peer was just refused: it has to hear of it. */
  async close(): Promise<void> {
    await this.#endAttempt();
    await this.#refusing?.refusalSaid;
    this.#refusing?.close();
    // Node hands a datagram to the socket one turn after send(): the ABORT must be out before the socket closes.
    await nextTurn();
    await this.#agent.close();
  }
}

/** What a person is told of an association that this side did not end. */
function errorOf({ reason, detail }: AssociationEnd): P2pError {
  if (reason === "violation") return new P2pError("PEER_PROTOCOL", { detail });
  return new P2pError("CONNECTION_LOST", { end: reason });
}

/** RFC 8842 §5: the offerer says actpass and the answerer chooses; we choose active. */
export function dtlsRoleToward(remote: SessionDescription, isOfferer: boolean): "client" | "server" {
  if (isOfferer) return remote.setup === "passive" ? "client" : "server";
  return remote.setup === "active" ? "server" : "client";
}
