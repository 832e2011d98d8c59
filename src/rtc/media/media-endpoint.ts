// This side's end for one program that brings or takes sound and picture by WHIP or WHEP: ICE and DTLS-SRTP as for a line,
// without SCTP. The program makes the offer, so it controls ICE (RFC 8445 §6.1.1). Facts come in and go out, not SDP.
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import { DEFAULT_SCTP_PORT } from "../../exchange/limits.ts";
import { createCertificate, type LocalCertificate } from "../certificate.ts";
import { DtlsPort } from "../dtls/dtls-port.ts";
import { hostAddresses } from "../ice/addresses.ts";
import { IceAgent } from "../ice/agent.ts";
import { DEFAULT_NETWORK } from "../network-options.ts";
import { MediaPath } from "./media-path.ts";

export interface MediaEndpointEvents {
  /** The program has proved that it made the offer: media may pass. Called once. */
  onConnected: (path: MediaPath) => void;
  /** Called once, unless it was closed: the program has left, is silent, did not come in time, or is another one. */
  onEnded: () => void;
}

/** From the answer until media may pass: a program on this machine takes a second. */
export const CONNECT_LIMIT_MS = 30_000;
const LOOPBACK = "127.0.0.1";

export class MediaEndpoint {
  readonly #agent: IceAgent;
  readonly #certificate: LocalCertificate;
  #dtls: DtlsPort | undefined;
  #path: MediaPath | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(agent: IceAgent, certificate: LocalCertificate) {
    this.#agent = agent;
    this.#certificate = certificate;
  }

  /**
   * Opens its sockets. No server and no router is asked: the program is on this machine.
   * @param bind - addresses of this machine; none: all, and loopback, since some programs use only the one or the other
   * @throws P2pError BIND_FAILED
   */
  static async open(bind: readonly string[]): Promise<MediaEndpoint> {
    const addresses = bind.length > 0 ? bind : [...hostAddresses([]).addresses, LOOPBACK];
    const network = { ...DEFAULT_NETWORK, bind: addresses };
    const events = { emit: () => {}, onCandidatesChanged: () => {} };
    const [agent, certificate] = await Promise.all([IceAgent.gather({ network, events }), createCertificate()]);
    return new MediaEndpoint(agent, certificate);
  }

  /** Our side of the answer; it has all candidates. RFC 9725 §4.4.4: passive where the offer leaves the choice. */
  describe(offer: SessionDescription): SessionDescription {
    return {
      type: "answer",
      form: "modern",
      mid: offer.mid,
      iceUfrag: this.#agent.iceUfrag,
      icePwd: this.#agent.icePwd,
      iceLite: false,
      fingerprints: [this.#certificate.fingerprint],
      setup: offer.setup === "passive" ? "active" : "passive",
      sctpPort: DEFAULT_SCTP_PORT,
      maxMessageSize: 0,
      candidates: this.#agent.candidates,
    };
  }

  /** Waits for the program, once. */
  connect(offer: SessionDescription, localNames: readonly IceCandidate[], events: MediaEndpointEvents): void {
    const end = (): void => {
      if (this.#isClosed) return;
      void this.close();
      events.onEnded();
    };
    this.#timer = setTimeout(end, CONNECT_LIMIT_MS);
    const dtls = new DtlsPort({
      role: offer.setup === "passive" ? "client" : "server",
      certificate: this.#certificate,
      remoteFingerprints: offer.fingerprints,
      send: (datagram) => this.#agent.send(datagram),
      events: {
        onConnected: () => {
          const path = this.#openPath(dtls);
          if (path === undefined) {
            end();
            return;
          }
          clearTimeout(this.#timer);
          events.onConnected(path);
        },
        // Without data channels there is nothing to read.
        onData: () => {},
        onMedia: (datagram) => this.#path?.handle(datagram),
        onEnded: end,
      },
    });
    this.#dtls = dtls;
    this.#agent.start({ ...offer, localNames }, false, {
      onConnected: (earlyHellos) => {
        dtls.start();
        for (const datagram of earlyHellos) dtls.handle(datagram);
      },
      onData: (datagram) => dtls.handle(datagram),
      onConsentLost: end,
    });
  }

  /** @returns undefined: the handshake gave no keys for media */
  #openPath({ srtpKeys: keys }: DtlsPort): MediaPath | undefined {
    if (keys === undefined) return undefined;
    this.#path = new MediaPath({
      keys,
      isPrompt: () => !this.#isClosed && this.#agent.isPrompt,
      send: (datagram) => this.#agent.send(datagram),
    });
    return this.#path;
  }

  /** Tells the program, and releases the sockets. It may be called again. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#dtls?.close();
    // Node hands a datagram to the socket one turn after send(): the farewell must be out before the socket closes.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await this.#agent.close();
  }
}
