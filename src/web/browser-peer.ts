// Our side on the network in a page: RTCPeerConnection behind the interface that pairing knows. The browser gathers,
// checks, encrypts and carries; the documents are ours, so its SDP goes no further than this file.
//
// An answer takes the passive DTLS role: a browser that begins the handshake itself waits ever longer between two
// hellos, up to a minute, so a late answer would connect late. A page that has applied one answer can apply another:
// it repeats its offer, with the same credentials, and takes the newer one.
import { decodeExchangeDocument } from "../exchange/codec.ts";
import type { Fingerprint, SessionDescription } from "../exchange/description.ts";
import { DEFAULT_MAX_MESSAGE_SIZE } from "../exchange/limits.ts";
import { writeSdp } from "../exchange/sdp-write.ts";
import { formatAddress } from "../lib/address.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { PairKind, PairState, SelectedPair, TriedPair } from "../lib/events.ts";
import type { NatSummary } from "../lib/nat-summary.ts";
import { lessDirect } from "../lib/pair-kind.ts";
import type { AttemptEvents, NetworkPeer } from "../pairing/ports.ts";
import type { PairingPart } from "../rtc/peer.ts";
import type { MediaBackend, MediaBackendEvents } from "../session/media/media-backend.ts";
import { BrowserChannel, type KeptRoom } from "./browser-channel.ts";
import type { MediaLink } from "./browser-media.ts";

/** How long gathering may take; what comes later makes a new revision. */
const GATHERING_MS = 3_000;
/** How often the pairs are read while connecting, in milliseconds. */
const PAIRS_POLL_MS = 1_000;
/**
 * Stream of a channel on which nothing is ever sent. Without one a browser puts no data channels into its offer, and
 * it opens when the association is up. Both sides of p2p number their channels from 0.
 */
const ANCHOR_STREAM = 250;
/**
 * Answers whose connections are kept. A browser gives up on an answer that is carried late, but a connection that it
 * has given up still takes the checks of the other side.
 */
const MAX_ANSWERS = 3;
/** Channels that the peer may have opened before this side sees the association; two p2p programs have three. */
const MAX_EARLY_CHANNELS = 16;

export interface BrowserPeerEvents {
  /** Our document has to be made again: `late` addresses, or the browser has given up on our answer. */
  onOutdated: (why: "late-candidates" | "answer-given-up") => void;
  /** A session begins: what carries its sound and picture. */
  openMedia: (link: MediaLink, told: MediaBackendEvents) => MediaBackend;
}

interface Attempt {
  remote: SessionDescription;
  isOfferer: boolean;
  events: AttemptEvents;
  /** The connection that has an association. */
  connected: Connection | undefined;
  isEnded: boolean;
}

/** What belongs to one RTCPeerConnection. */
interface Connection {
  pc: RTCPeerConnection;
  /** Open as soon as the association is up. */
  anchor: RTCDataChannel;
  /** The ICE user name of the offer that it answers; undefined: it made an offer. */
  answers: string | undefined;
  /** The servers that it asks. */
  servers: readonly string[];
  kept: KeptRoom;
  /** Channels of the peer that came before the anchor was open. */
  early: BrowserChannel[];
  isReachable: boolean;
}

export class BrowserPeer implements NetworkPeer {
  readonly kept = undefined;
  /** A page cannot choose its ICE credentials, so it finds no other path within a session. */
  readonly paths = undefined;
  readonly nat: NatSummary = {};
  /** Most browsers have nothing but names in the place of addresses. */
  localNames: SessionDescription["candidates"] = [];
  readonly #certificate: RTCCertificate;
  readonly #events: BrowserPeerEvents;
  #servers: readonly string[];
  #offer: Connection | undefined;
  /** An offer that has an answer and asks no servers, since a person wants them asked: it may still connect. */
  #offerBefore: Connection | undefined;
  /** The newest is the last. */
  #answers: Connection[] = [];
  #described: SessionDescription | undefined;
  #attempt: Attempt | undefined;
  #pair: { pair: SelectedPair; rttMs: number } | undefined;
  #pairs: TriedPair[] = [];
  #pollTimer: ReturnType<typeof setInterval> | undefined;
  /** The revision of the other side's descriptions in rounds for media. */
  #mediaRevision = 1;
  #isClosed = false;

  private constructor(certificate: RTCCertificate, servers: readonly string[], events: BrowserPeerEvents) {
    this.#certificate = certificate;
    this.#servers = servers;
    this.#events = events;
  }

  /** @param servers - STUN servers to ask; none unless the person agreed */
  static async create(servers: readonly string[], events: BrowserPeerEvents): Promise<BrowserPeer> {
    const certificate = await RTCPeerConnection.generateCertificate({
      name: "ECDSA",
      namedCurve: "P-256",
    } as EcKeyGenParams);
    return new BrowserPeer(certificate, servers, events);
  }

  get candidates(): SessionDescription["candidates"] {
    return this.#described?.candidates ?? [];
  }

  /** Asks these servers from now on: the document is made again. */
  useServers(servers: readonly string[]): void {
    this.#servers = servers;
    this.#events.onOutdated("late-candidates");
  }

  async describe(
    role: Pick<SessionDescription, "type" | "form">,
    answered?: SessionDescription,
  ): Promise<SessionDescription> {
    const connection = answered === undefined ? await this.#ownOffer() : await this.#answerTo(answered);
    const { localDescription } = connection.pc;
    const text = JSON.stringify({ type: localDescription?.type, sdp: localDescription?.sdp });
    const decoding = decodeExchangeDocument(new TextEncoder().encode(text), "");
    if (!decoding.ok) throw decoding.error;
    this.#described = { ...decoding.document.description, form: role.form };
    this.localNames = decoding.document.localNames ?? [];
    return this.#described;
  }

  async #ownOffer(): Promise<Connection> {
    const existing = this.#offer;
    if (existing?.servers === this.#servers) return existing;
    this.#offerBefore?.pc.close();
    this.#offerBefore = existing;
    if (existing?.pc.signalingState === "have-local-offer") existing.pc.close();
    const connection = this.#open(undefined);
    this.#offer = connection;
    await connection.pc.setLocalDescription();
    await this.#untilGathered(connection);
    return connection;
  }

  /** The same offer has the same answer, with the addresses found since, unless the browser has given it up. */
  async #answerTo(offer: SessionDescription): Promise<Connection> {
    const existing = this.#answers.at(-1);
    const isCurrent = existing?.answers === offer.iceUfrag && existing.servers === this.#servers;
    if (isCurrent && !hasFailed(existing.pc)) return existing;
    this.#offer?.pc.close();
    this.#offer = undefined;
    if (existing !== undefined && existing.answers !== offer.iceUfrag) {
      for (const { pc } of this.#answers.splice(0)) pc.close();
    }
    const connection = this.#open(offer.iceUfrag);
    this.#answers.push(connection);
    if (this.#answers.length > MAX_ANSWERS) this.#answers.shift()?.pc.close();
    // An offer that begins the handshake itself is answered by one who waits.
    const sdp = sdpFor({ ...offer, setup: "active" });
    await connection.pc.setRemoteDescription({ type: "offer", sdp });
    await connection.pc.setLocalDescription();
    await this.#untilGathered(connection);
    return connection;
  }

  #open(answers: string | undefined): Connection {
    const pc = new RTCPeerConnection({
      certificates: [this.#certificate],
      iceServers: this.#servers.map((urls) => ({ urls })),
    });
    const anchor = pc.createDataChannel("anchor", { negotiated: true, id: ANCHOR_STREAM });
    const connection: Connection = {
      pc,
      anchor,
      answers,
      servers: this.#servers,
      kept: { usedBytes: 0 },
      early: [],
      isReachable: true,
    };
    anchor.onopen = () => void this.#handleOpen(connection);
    anchor.onclose = () => this.#handleGone(connection, undefined);
    pc.ondatachannel = ({ channel }) => this.#handleChannel(connection, channel);
    pc.onconnectionstatechange = () => this.#handleState(connection);
    pc.onicegatheringstatechange = () => {
      if (pc.iceGatheringState === "complete") this.#handleLate(connection);
    };
    return connection;
  }

  async #untilGathered({ pc }: Connection): Promise<void> {
    if (pc.iceGatheringState === "complete") return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHERING_MS);
      pc.addEventListener("icegatheringstatechange", () => {
        if (pc.iceGatheringState !== "complete") return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Gathering is over: what came after our document was made belongs in it. */
  #handleLate(connection: Connection): void {
    const isCurrent = connection === this.#offer || connection === this.#answers.at(-1);
    const sdp = connection.pc.localDescription?.sdp ?? "";
    const count = sdp.match(/^a=candidate:/gm)?.length ?? 0;
    const isOurs = sdp.includes(`a=ice-ufrag:${this.#described?.iceUfrag ?? ""}\r`);
    if (isCurrent && isOurs && this.#describedCount !== count && this.#describedCount !== 0) {
      this.#events.onOutdated("late-candidates");
    }
  }

  get #describedCount(): number {
    return (this.#described?.candidates.length ?? 0) + this.localNames.length;
  }

  connect(remote: SessionDescription, { isOfferer, localNames = [] }: PairingPart, events: AttemptEvents): void {
    const attempt: Attempt = {
      remote: { ...remote, candidates: [...remote.candidates, ...localNames] },
      isOfferer,
      events,
      connected: undefined,
      isEnded: false,
    };
    this.#attempt = attempt;
    this.#pair = undefined;
    // What it could still reach is not what this document describes.
    this.#offerBefore?.pc.close();
    this.#offerBefore = undefined;
    this.#startPolling();
    const offer = this.#offer;
    if (offer !== undefined && remote.type === "answer") void this.#apply(offer, remote, attempt);
    // After two offers each side takes the other's for an answer, and the one that answers begins the handshake.
    else if (offer !== undefined) {
      void this.#apply(offer, { ...remote, setup: isOfferer ? "active" : "passive" }, attempt);
    } else for (const connection of this.#answers) if (isUp(connection)) void this.#handleOpen(connection);
  }

  async #apply({ pc }: Connection, remote: SessionDescription, attempt: Attempt): Promise<void> {
    try {
      if (pc.signalingState === "stable") await pc.setLocalDescription(await pc.createOffer());
      if (attempt !== this.#attempt) return;
      // After two offers theirs names its section otherwise.
      const mid = this.#described?.mid ?? remote.mid;
      await pc.setRemoteDescription({ type: "answer", sdp: sdpFor({ ...remote, mid }) });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#end(attempt, new P2pError("PEER_PROTOCOL", { detail }));
    }
  }

  async #handleOpen(connection: Connection): Promise<void> {
    await this.#readStats(connection.pc);
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.isEnded || attempt.connected !== undefined || !isUp(connection)) return;
    attempt.connected = connection;
    this.#stopPolling();
    attempt.events.onPath?.();
    attempt.events.onEncrypted?.();
    attempt.events.onOpen({
      open: (label, protocol) => wrapped(connection, connection.pc.createDataChannel(label, { protocol }), false),
      // A browser does not show a stream that was not opened.
      adopt: () => {},
    });
    for (const channel of connection.early.splice(0)) {
      attempt.events.onChannel(channel);
      channel.release();
    }
  }

  #handleChannel(connection: Connection, channel: RTCDataChannel): void {
    const attempt = this.#attempt;
    const isAwaited = attempt?.connected === connection;
    const taken = wrapped(connection, channel, !isAwaited);
    if (isAwaited) attempt.events.onChannel(taken);
    else if (connection.early.length < MAX_EARLY_CHANNELS) connection.early.push(taken);
    else taken.close();
  }

  #handleState(connection: Connection): void {
    const { connectionState } = connection.pc;
    const attempt = this.#attempt;
    if (attempt?.connected === connection) {
      if (connectionState === "disconnected" || connectionState === "connected") {
        const isReachable = connectionState === "connected";
        if (isReachable === connection.isReachable) return;
        connection.isReachable = isReachable;
        attempt.events.onReachable?.(isReachable);
      } else if (connectionState === "failed") this.#handleGone(connection, new P2pError("CONNECTION_LOST", {}));
      return;
    }
    if (connectionState === "connected") attempt?.events.onPath?.();
    if (connectionState !== "failed" || attempt?.connected !== undefined) return;
    void this.#readStats(connection.pc);
    if (connection === this.#answers.at(-1)) this.#events.onOutdated("answer-given-up");
    else if (connection === this.#offer && attempt !== undefined) this.#end(attempt, undefined);
  }

  #handleGone(connection: Connection, error: P2pError | undefined): void {
    const attempt = this.#attempt;
    if (attempt?.connected === connection) this.#end(attempt, error);
  }

  #end(attempt: Attempt, error: P2pError | undefined): void {
    if (attempt.isEnded) return;
    attempt.isEnded = true;
    attempt.events.onEnded(error);
  }

  #startPolling(): void {
    this.#stopPolling();
    this.#pollTimer = setInterval(() => {
      const pc = this.#offer?.pc ?? this.#answers.at(-1)?.pc;
      if (pc !== undefined) void this.#readStats(pc);
    }, PAIRS_POLL_MS);
  }

  #stopPolling(): void {
    clearInterval(this.#pollTimer);
  }

  async #readStats(pc: RTCPeerConnection): Promise<void> {
    if (this.#isClosed) return;
    const report = await pc.getStats().catch(() => undefined);
    if (report === undefined) return;
    const { pairs, selected } = pairsIn(report);
    this.#pairs = pairs;
    if (selected !== undefined) this.#pair = selected;
  }

  selectedPair(): { pair: SelectedPair; rttMs: number } {
    return this.#pair ?? { pair: { protocol: "udp", local: "", remote: "", kind: "host" }, rttMs: 0 };
  }

  /** The browser has compared the peer's certificate with the one fingerprint that it was given. */
  fingerprints(): { local: Fingerprint; peer: Fingerprint } | undefined {
    const local = this.#described?.fingerprints.find(isSha256);
    const peer = this.#attempt && fingerprintFor(this.#attempt.remote);
    return local === undefined || peer === undefined ? undefined : { local, peer };
  }

  /** A page does not see what limits its association. */
  transport(): undefined {
    return undefined;
  }

  openMedia(told: MediaBackendEvents): MediaBackend | undefined {
    const attempt = this.#attempt;
    const pc = attempt?.connected?.pc;
    if (attempt === undefined || pc === undefined) return undefined;
    const describe: MediaLink["describe"] = (setup, dataMid, layout) => {
      this.#mediaRevision += 1;
      const of = { ...modern(attempt.remote), setup, mid: dataMid };
      return writeSdp(of, this.#mediaRevision, { layout: layout(of) });
    };
    return this.#events.openMedia({ pc, describe }, told);
  }

  pairs(): TriedPair[] {
    return this.#pairs;
  }

  async disconnect(): Promise<void> {
    this.#stopPolling();
    this.#attempt = undefined;
    await Promise.resolve();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.disconnect();
    for (const connection of [this.#offer, this.#offerBefore, ...this.#answers]) connection?.pc.close();
  }
}

function wrapped({ pc, kept }: Connection, channel: RTCDataChannel, awaitsListener: boolean): BrowserChannel {
  return new BrowserChannel(channel, pc.sctp?.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE, awaitsListener, kept);
}

function isUp({ anchor }: Connection): boolean {
  return anchor.readyState === "open";
}

function hasFailed({ connectionState }: RTCPeerConnection): boolean {
  return connectionState === "failed" || connectionState === "closed";
}

const isSha256 = ({ algorithm }: Fingerprint): boolean => algorithm === "sha-256";

/** The one fingerprint that the browser has to find: which of several it found, it would not say. */
function fingerprintFor({ fingerprints }: SessionDescription): Fingerprint | undefined {
  return fingerprints.find(isSha256) ?? fingerprints[0];
}

/** A description of the other side as the browser takes it: in the form of today, with its candidates. */
function sdpFor(description: SessionDescription): string {
  return writeSdp(modern(description), 1, { withCandidates: true });
}

function modern(description: SessionDescription): SessionDescription & { form: "modern" } {
  const fingerprint = fingerprintFor(description);
  return { ...description, form: "modern", fingerprints: fingerprint === undefined ? [] : [fingerprint] };
}

const STATES: Readonly<Record<string, PairState>> = { "in-progress": "in progress" };

/** The fields of candidates and pairs in a report that are used here; browsers leave some out. */
interface CandidateStats {
  address?: string;
  ip?: string;
  port?: number;
  protocol?: string;
  candidateType?: string;
}

function pairsIn(report: RTCStatsReport): {
  pairs: TriedPair[];
  selected: { pair: SelectedPair; rttMs: number } | undefined;
} {
  const pairs: TriedPair[] = [];
  let selected: { pair: SelectedPair; rttMs: number } | undefined;
  const all = [...(report as unknown as Map<string, Record<string, unknown>>).values()];
  const selectedId = all.find(({ type }) => type === "transport")?.["selectedCandidatePairId"];
  const candidates = report as unknown as { get(id: unknown): CandidateStats | undefined };
  for (const stats of all) {
    if (stats["type"] !== "candidate-pair") continue;
    const local = candidates.get(stats["localCandidateId"]);
    const remote = candidates.get(stats["remoteCandidateId"]);
    if (local === undefined || remote === undefined) continue;
    const protocol = local.protocol === "tcp" ? "tcp" : "udp";
    const ends = { local: placeOf(local), remote: placeOf(remote), protocol } as const;
    const [localKind, remoteKind] = [kindOf(local), kindOf(remote)];
    const state = String(stats["state"]);
    pairs.push({ ...ends, localKind, remoteKind, state: STATES[state] ?? (state as PairState) });
    const isSelected = selectedId === undefined ? stats["selected"] === true : stats["id"] === selectedId;
    if (!isSelected) continue;
    const rttMs = Math.round(Number(stats["currentRoundTripTime"] ?? 0) * 1_000);
    selected = { pair: { ...ends, kind: lessDirect(localKind, remoteKind) }, rttMs };
  }
  return { pairs, selected };
}

function placeOf({ address, ip, port }: CandidateStats): string {
  return formatAddress(address ?? ip ?? "", port ?? 0);
}

const KINDS = ["host", "srflx", "prflx", "relay"] as const satisfies readonly PairKind[];

function kindOf({ candidateType }: CandidateStats): PairKind {
  return KINDS.find((kind) => kind === candidateType) ?? "host";
}
