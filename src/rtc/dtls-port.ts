// One DTLS 1.2 association over the ICE pair: handshake by werift, the peer's certificate checked against the
// fingerprints of its exchange file before anything is delivered. RFC 6347, RFC 8122 §5.
import { timingSafeEqual } from "node:crypto";
import type { DtlsClient, DtlsServer } from "werift";
import type { Fingerprint } from "../exchange/description.ts";
import { P2pError } from "../lib/errors.ts";
import { fingerprintOf, type LocalCertificate } from "./certificate.ts";
import { loadWerift } from "./werift.ts";

export interface DtlsPortOptions {
  role: "client" | "server";
  certificate: LocalCertificate;
  /** Of the peer's file; at least one is sha-256. */
  remoteFingerprints: readonly Fingerprint[];
  send: (datagram: Buffer) => Promise<void>;
  onConnected: () => void;
  onData: (plaintext: Buffer) => void;
  /** Once: the handshake failed, the peer is not who its file says, or it closed. */
  onEnded: (error: P2pError | undefined) => void;
}

/** SRTP profiles in the hello: some stacks refuse a handshake without one, though no media follows. */
const SRTP_PROFILES = [0x0001, 0x0007];
const FIRST_DTLS_BYTE = 20;
const LAST_DTLS_BYTE = 63;

/** What werift's DTLS sockets need of a transport. */
interface DatagramTransport {
  readonly type: string;
  readonly address: Record<string, never>;
  closed: boolean;
  onData: (datagram: Buffer) => void;
  send: (datagram: Buffer) => Promise<void>;
  close: () => Promise<void>;
}

export class DtlsPort {
  readonly #options: DtlsPortOptions;
  readonly #socket: DtlsClient | DtlsServer;
  readonly #transport: DatagramTransport;
  #state: "new" | "handshaking" | "connected" | "ended" = "new";

  constructor(options: DtlsPortOptions) {
    this.#options = options;
    const { certificate } = options;
    this.#transport = {
      type: "ice",
      address: {},
      closed: false,
      onData: () => {},
      send: (datagram) => (this.#state === "ended" ? Promise.resolve() : options.send(datagram)),
      close: () => Promise.resolve(),
    };
    const settings = {
      cert: certificate.certPem,
      key: certificate.keyPem,
      signatureHash: certificate.signatureHash as never,
      transport: this.#transport as never,
      srtpProfiles: SRTP_PROFILES as never,
      extendedMasterSecret: true,
    };
    const { DtlsClient, DtlsServer } = loadWerift();
    this.#socket =
      options.role === "client" ? new DtlsClient(settings) : new DtlsServer({ ...settings, certificateRequest: true });
    this.#socket.onConnect.once(() => {
      this.#handleConnected();
    });
    this.#socket.onData.subscribe((plaintext) => {
      if (this.#state === "connected") options.onData(plaintext);
    });
    this.#socket.onError.subscribe((error) => {
      this.#end(new P2pError("CANNOT_CONNECT", { seconds: 0, pairs: `DTLS: ${error.message}` }, { cause: error }));
    });
    this.#socket.onClose.subscribe(() => {
      this.#end(undefined);
    });
  }

  /** Client: sends the first hello. Server: waits for it. Call it when the ICE pair is nominated. */
  start(): void {
    if (this.#state !== "new") return;
    this.#state = "handshaking";
    const { DtlsClient } = loadWerift();
    if (!(this.#socket instanceof DtlsClient)) return;
    this.#socket.connect().catch((cause: unknown) => {
      this.#end(new P2pError("CANNOT_CONNECT", { seconds: 0, pairs: `DTLS: ${String(cause)}` }, { cause }));
    });
  }

  /** A datagram from the peer; what is not DTLS (RFC 7983 §7) is dropped. */
  handle(datagram: Buffer): void {
    const [first = 0] = datagram;
    if (this.#state === "ended" || first < FIRST_DTLS_BYTE || first > LAST_DTLS_BYTE) return;
    this.#transport.onData(datagram);
  }

  /** Sends one record of application data, at most 2^14 bytes. */
  async send(plaintext: Buffer): Promise<void> {
    if (this.#state === "connected") await this.#socket.send(plaintext);
  }

  /** Stops at once, without an alert. */
  close(): void {
    this.#state = "ended";
    this.#transport.closed = true;
  }

  #handleConnected(): void {
    if (this.#state !== "handshaking") return;
    const actual = fingerprintOf(this.#socket.remoteCertificate ?? new Uint8Array(0));
    const expected = this.#options.remoteFingerprints.filter((one) => one.algorithm === actual.algorithm);
    if (!expected.some((one) => isSame(one.value, actual.value))) {
      const shown = expected.map((one) => one.value).join(" ");
      this.#end(new P2pError("PEER_NOT_AUTHENTIC", { expected: shown, actual: actual.value }));
      return;
    }
    this.#state = "connected";
    this.#options.onConnected();
  }

  #end(error: P2pError | undefined): void {
    if (this.#state === "ended") return;
    this.close();
    this.#options.onEnded(error);
  }
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
