// Two kinds of peers that connect to each other and exchange text: ours, and werift as it is, with nothing of
// src/rtc around it. The bare one is the attacker in a test, or the victim that shows what the attack is worth.
import type * as werift from "werift";
import { encodeCandidate } from "../../src/exchange/candidate.ts";
import type { SessionDescription } from "../../src/exchange/description.ts";
import { decodeExchangeDocument } from "../../src/exchange/codec.ts";
import { writeSdp } from "../../src/exchange/sdp-write.ts";
import type { P2pError } from "../../src/lib/errors/p2p-error.ts";
import type { MessageChannel } from "../../src/lib/message-channel.ts";
import { RtcPeer } from "../../src/rtc/peer.ts";
import { wholeWerift } from "./foreign/whole-werift.ts";
import { LOOPBACK_ONLY } from "./loopback.ts";
import { until } from "./processes.ts";
import { type Endpoint, GOOD_NETWORK, type RelayConditions, UdpRelay } from "./udp-relay.ts";

const ADDRESS = "127.0.0.1";

/** One side. The offerer opens the channel. */
export interface TalkingPeer {
  /** Texts of the other side. */
  readonly received: string[];
  offer(): Promise<SessionDescription>;
  /** Takes the offer, and begins to connect. */
  answer(offer: SessionDescription): Promise<SessionDescription>;
  /** Takes the answer, and begins to connect. */
  accept(answer: SessionDescription): Promise<void>;
  readonly isOpen: boolean;
  send(text: string): void;
  close(): Promise<void>;
}

export class GuardedPeer implements TalkingPeer {
  readonly received: string[] = [];
  readonly rtc: RtcPeer;
  /** How the attempt ended; `none`: without an error; undefined: it has not. */
  ended: P2pError | "none" | undefined;
  /** What was told of the other side, in order. */
  readonly reachability: boolean[] = [];
  /** How often what it has to tell of itself has changed. */
  offerChanges = 0;
  #channel: MessageChannel | undefined;

  private constructor(rtc: RtcPeer) {
    this.rtc = rtc;
  }

  static async create(): Promise<GuardedPeer> {
    return new GuardedPeer(await RtcPeer.create(LOOPBACK_ONLY));
  }

  offer(): Promise<SessionDescription> {
    return Promise.resolve(this.rtc.describe({ type: "offer", form: "modern", mid: "data", setup: "actpass" }));
  }

  answer(offer: SessionDescription): Promise<SessionDescription> {
    this.#connect(offer, false);
    const { mid } = offer;
    return Promise.resolve(this.rtc.describe({ type: "answer", form: "modern", mid, setup: "active" }));
  }

  accept(answer: SessionDescription): Promise<void> {
    this.#connect(answer, true);
    return Promise.resolve();
  }

  #connect(remote: SessionDescription, isOfferer: boolean): void {
    this.rtc.connect(
      remote,
      { isOfferer, isPeerP2p: true },
      {
        onOpen: (channels) => {
          if (isOfferer) this.#adopt(channels.open("p2p", ""));
        },
        onChannel: (channel) => {
          this.#adopt(channel);
        },
        onReachable: (isReachable) => {
          this.reachability.push(isReachable);
        },
        onOfferChanged: () => {
          this.offerChanges += 1;
        },
        onEnded: (error) => {
          this.ended = error ?? "none";
        },
      },
    );
  }

  #adopt(channel: MessageChannel): void {
    this.#channel = channel;
    channel.onMessage = (data) => {
      this.received.push(String(data));
    };
  }

  get isOpen(): boolean {
    return this.#channel?.isOpen === true && this.ended === undefined;
  }

  /** The code of the error that ended it. */
  get code(): string | undefined {
    return this.ended === "none" ? "none" : this.ended?.code;
  }

  send(text: string): void {
    this.#channel?.send(text);
  }

  /** Of what it has sent, what has not left. */
  get bufferedBytes(): number {
    return this.#channel?.bufferedBytes ?? 0;
  }

  async close(): Promise<void> {
    await this.rtc.close();
  }
}

export type Certificate = werift.RTCCertificate;

/** A new certificate with its key. */
export async function newCertificate(): Promise<Certificate> {
  const { CipherContext, HashAlgorithm, NamedCurveAlgorithm, RTCCertificate, SignatureAlgorithm } = wholeWerift();
  const { certPem, keyPem, signatureHash } = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  return new RTCCertificate(keyPem, certPem, signatureHash);
}

/** The certificate of one and the key of another: what anybody can make who saw the first one's handshake. */
export async function stolenCertificate(): Promise<Certificate> {
  const [victim, attacker] = await Promise.all([newCertificate(), newCertificate()]);
  const { RTCCertificate } = wholeWerift();
  return new RTCCertificate(attacker.privateKey, victim.certPem, victim.signatureHash);
}

export class BarePeer implements TalkingPeer {
  readonly received: string[] = [];
  readonly pc: werift.RTCPeerConnection;
  #channel: werift.RTCDataChannel | undefined;

  private constructor(pc: werift.RTCPeerConnection) {
    this.pc = pc;
  }

  static async create(certificate?: Certificate): Promise<BarePeer> {
    const { RTCPeerConnection } = wholeWerift();
    const pc = new RTCPeerConnection({
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: [ADDRESS],
      iceInterfaceAddresses: { udp4: ADDRESS },
      certificates: [certificate ?? (await newCertificate())],
    });
    return new BarePeer(pc);
  }

  get ice(): werift.Connection {
    const [transport] = this.pc.iceTransports;
    if (transport === undefined) throw new Error("no transport before offer() or answer()");
    return transport.connection as werift.Connection;
  }

  /** Its DTLS, once the handshake has begun. */
  get dtls(): werift.DtlsSocket | undefined {
    return this.pc.dtlsTransports[0]?.dtls as werift.DtlsSocket | undefined;
  }

  async offer(): Promise<SessionDescription> {
    this.#adopt(this.pc.createDataChannel("p2p"));
    await this.#gather(await this.pc.createOffer());
    return this.#describe("offer");
  }

  async answer(offer: SessionDescription): Promise<SessionDescription> {
    this.pc.onDataChannel.subscribe((channel) => {
      this.#adopt(channel);
    });
    await this.pc.setRemoteDescription({ type: "offer", sdp: sdpOf(offer) });
    await this.#gather(await this.pc.createAnswer());
    return this.#describe("answer");
  }

  async accept(answer: SessionDescription): Promise<void> {
    await this.pc.setRemoteDescription({ type: "answer", sdp: sdpOf(answer) });
  }

  async #gather(description: werift.RTCSessionDescription): Promise<void> {
    // It would ask a server on the internet.
    this.ice.stunServer = undefined as never;
    await this.pc.setLocalDescription(description);
    const inside = this.ice as unknown as { protocols: werift.StunProtocol[] };
    const others = inside.protocols.filter(({ localIp }) => localIp !== ADDRESS);
    inside.protocols = inside.protocols.filter(({ localIp }) => localIp === ADDRESS);
    await Promise.all(others.map((protocol) => protocol.close()));
  }

  #describe(type: "offer" | "answer"): SessionDescription {
    const document = JSON.stringify({ type, sdp: this.pc.localDescription?.sdp });
    const decoding = decodeExchangeDocument(Buffer.from(document), type);
    if (!("document" in decoding)) throw new Error(`werift wrote a description that cannot be read: ${document}`);
    const { description } = decoding.document;
    return { ...description, candidates: description.candidates.filter(({ address }) => address === ADDRESS) };
  }

  #adopt(channel: werift.RTCDataChannel): void {
    this.#channel = channel;
    channel.onMessage.subscribe((data) => {
      this.received.push(String(data));
    });
  }

  get isOpen(): boolean {
    return this.#channel?.readyState === "open" && this.dtls?.connected === true;
  }

  send(text: string): void {
    this.#channel?.send(text);
  }

  async close(): Promise<void> {
    await this.pc.close();
  }
}

function sdpOf(description: SessionDescription): string {
  const lines = description.candidates.map((candidate) => `a=${encodeCandidate(candidate, description.iceUfrag)}\r\n`);
  return writeSdp(description, 1) + lines.join("");
}

/** Exchanges the descriptions; both sides begin to connect. */
export async function introduce(offerer: TalkingPeer, answerer: TalkingPeer): Promise<void> {
  await offerer.accept(await answerer.answer(await offerer.offer()));
}

/** Where a side is by its own words. */
export function endpointOf({ candidates: [candidate] }: Pick<SessionDescription, "candidates">): Endpoint {
  if (candidate === undefined) throw new Error("no candidate");
  return candidate;
}

/** The same side, somewhere else. */
export function movedTo(description: SessionDescription, { address, port }: Endpoint): SessionDescription {
  return { ...description, candidates: description.candidates.map((candidate) => ({ ...candidate, address, port })) };
}

/**
 * As `introduce`, with a relay between them that has the offerer on its side `a`.
 * @param altered - the offer as the answerer gets it
 */
export async function introduceOver(
  offerer: TalkingPeer,
  answerer: TalkingPeer,
  prepare: (relay: UdpRelay) => void = () => {},
  altered: (offer: SessionDescription) => SessionDescription = (offer) => offer,
  conditions: RelayConditions = GOOD_NETWORK,
): Promise<UdpRelay> {
  const offer = await offerer.offer();
  const { relay, aSeenByB, bSeenByA } = await UdpRelay.open(endpointOf(offer), undefined, conditions);
  prepare(relay);
  const answer = await answerer.answer(altered(movedTo(offer, aSeenByB)));
  relay.setEnd("b", endpointOf(answer));
  await offerer.accept(movedTo(answer, bSeenByA));
  return relay;
}

let messageNumber = 0;

/** Shows that the line lives: one message each way arrives, in this order. */
export async function talk(a: TalkingPeer, b: TalkingPeer, limitMs?: number): Promise<void> {
  await until(() => a.isOpen && b.isOpen, "both sides are open", limitMs);
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    messageNumber += 1;
    const text = `message ${messageNumber}`;
    from.send(text);
    await until(() => to.received.includes(text), `${text} arrives`, limitMs);
  }
}
