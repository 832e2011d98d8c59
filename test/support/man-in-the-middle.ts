// Somebody on the path who lets STUN through and ends DTLS himself: a client toward the offerer, a server toward
// the answerer, each with a certificate of his choice. What he decrypts he passes on.
import type * as werift from "werift";
import { mayBeStun } from "../../src/guard/stun-message.ts";
import { loadWerift } from "../../src/rtc/werift.ts";
import type { Certificate } from "./talking-peers.ts";
import type { RelaySide, UdpRelay } from "./udp-relay.ts";

type DtlsOptions = ConstructorParameters<typeof werift.DtlsClient>[0];

const SRTP_PROFILES = [0x0001, 0x0007];

export class ManInTheMiddle {
  /** Application data of both sides, decrypted. */
  readonly heard: Buffer[] = [];
  readonly #ends: Record<RelaySide, werift.DtlsSocket>;
  #hasBegun = false;

  /** @param relay - the offerer is its side `a` and the DTLS server */
  constructor(relay: UdpRelay, { ofOfferer, ofAnswerer }: { ofOfferer: Certificate; ofAnswerer: Certificate }) {
    const { DtlsClient, DtlsServer } = loadWerift();
    const client = new DtlsClient(this.#options(relay, "a", ofAnswerer));
    const server = new DtlsServer({ ...this.#options(relay, "b", ofOfferer), certificateRequest: true });
    this.#ends = { a: client, b: server };
    client.onData.subscribe((plaintext) => this.#pass(plaintext, server));
    server.onData.subscribe((plaintext) => this.#pass(plaintext, client));
    relay.onDatagram = (datagram, toward) => {
      if (mayBeStun(datagram)) return true;
      if (!this.#hasBegun) {
        this.#hasBegun = true;
        // Nobody waits for a handshake that the other end refuses.
        client.connect().catch(() => {});
      }
      this.#ends[toward === "a" ? "b" : "a"].transport.socket.onData(datagram, ["127.0.0.1", 0]);
      return false;
    };
  }

  #options(relay: UdpRelay, side: RelaySide, certificate: Certificate): DtlsOptions {
    return {
      cert: certificate.certPem,
      key: certificate.privateKey,
      signatureHash: certificate.signatureHash,
      srtpProfiles: SRTP_PROFILES as never,
      extendedMasterSecret: true,
      transport: {
        type: "relay",
        address: {},
        closed: false,
        onData: () => {},
        send: (datagram: Buffer) => {
          relay.send(datagram, side);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      } as never,
    };
  }

  #pass(plaintext: Buffer, to: werift.DtlsSocket): void {
    this.heard.push(plaintext);
    to.send(plaintext).catch(() => {});
  }
}
