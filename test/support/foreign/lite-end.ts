// An ICE-lite end of our own making, as a server behind a public address is one (RFC 8445 §2.5): it answers checks and
// never sends any. Above it are DTLS, SCTP and data channels of ours that take the other side for another stack; each
// message is sent back.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { DataChannels } from "../../../src/channel/data-channels.ts";
import type { SessionDescription } from "../../../src/exchange/description.ts";
import { createCertificate, type LocalCertificate } from "../../../src/rtc/certificate.ts";
import { DtlsPort } from "../../../src/rtc/dtls/dtls-port.ts";
import { SctpDriver } from "../../../src/rtc/sctp-driver.ts";
import { loadWerift } from "../../../src/rtc/werift.ts";
import { withResolvers } from "../with-resolvers.ts";

const ADDRESS = "127.0.0.1";
const SCTP_PORT = 5_000;
const MAX_MESSAGE_BYTES = 262_144;
/** The first byte of a DTLS record. RFC 7983 §7. */
const FIRST_DTLS_BYTE = 20;

export type IceRole = "ICE-CONTROLLING" | "ICE-CONTROLLED";

/** An authentic check that arrived. */
export interface SeenCheck {
  role: IceRole;
  isNominating: boolean;
}

export class LiteEnd {
  readonly checks: SeenCheck[] = [];
  /** The role that the checks of the other side must have; the others are answered by a role conflict, 487. */
  takes: IceRole = "ICE-CONTROLLING";
  /** What it does not do, as a program that is gone, has given up or is too old. */
  refuses: "checks" | "SCTP" | undefined;
  readonly opened: Promise<DataChannels>;
  readonly #socket: Socket;
  readonly #certificate: LocalCertificate;
  readonly #opened = withResolvers<DataChannels>();
  #peerPort: number | undefined;
  #answers: (() => void)[] = [];
  /** Datagrams of DTLS that may leave before one has come, where that is limited. */
  #unansweredDtls = Number.POSITIVE_INFINITY;
  #dtls: DtlsPort | undefined;
  #association: SctpDriver | undefined;

  private constructor(socket: Socket, certificate: LocalCertificate) {
    this.#socket = socket;
    this.#certificate = certificate;
    this.opened = this.#opened.promise;
    socket.on("message", (datagram, { port }) => {
      if ((datagram[0] ?? 0) >= FIRST_DTLS_BYTE) {
        this.#unansweredDtls = Number.POSITIVE_INFINITY;
        this.#dtls?.handle(datagram);
      } else this.#handleStun(datagram, port);
    });
  }

  static async create(): Promise<LiteEnd> {
    const socket = createSocket("udp4").bind(0, ADDRESS);
    const [certificate] = await Promise.all([createCertificate(), once(socket, "listening")]);
    return new LiteEnd(socket, certificate);
  }

  describe(type: SessionDescription["type"], setup: SessionDescription["setup"]): SessionDescription {
    const { port } = this.#socket.address() as AddressInfo;
    return {
      type,
      form: "modern",
      mid: "0",
      setup,
      iceUfrag: UFRAG,
      icePwd: PASSWORD,
      iceLite: true,
      fingerprints: [this.#certificate.fingerprint],
      sctpPort: SCTP_PORT,
      maxMessageSize: MAX_MESSAGE_BYTES,
      candidates: [
        {
          foundation: "1",
          component: 1,
          transport: "udp",
          priority: 2_130_706_431,
          address: ADDRESS,
          port,
          type: "host",
        },
      ],
    };
  }

  /** Takes the other side's description. DTLS begins with the first nominating check. */
  accept(remote: SessionDescription, dtlsRole: "client" | "server"): void {
    const dtls = new DtlsPort({
      role: dtlsRole,
      certificate: this.#certificate,
      remoteFingerprints: remote.fingerprints,
      send: (datagram) => {
        if (this.#unansweredDtls <= 0) return;
        this.#unansweredDtls -= 1;
        this.#socket.send(datagram, this.#peerPort ?? 0, ADDRESS);
      },
      events: {
        onConnected: () => {
          if (this.refuses !== "SCTP") association.start(channels);
        },
        onData: (packet) => {
          association.handlePacket(packet);
        },
        onEnded: () => {},
      },
    });
    const association = new SctpDriver({
      localPort: SCTP_PORT,
      remotePort: remote.sctpPort,
      congestion: "cubic",
      maxMessageBytes: MAX_MESSAGE_BYTES,
      isPeerOwnStack: false,
      rttMs: () => undefined,
      path: () => ({ maxPacketBytes: 1_191, isOneMachine: true, isStream: false, socketBufferBytes: 0 }),
      seal: (packet) => dtls.seal(packet),
      send: (datagrams) => {
        for (const datagram of datagrams) this.#socket.send(datagram, this.#peerPort ?? 0, ADDRESS);
      },
      isWritable: () => true,
    });
    const channels: DataChannels = new DataChannels(association, {
      dtlsRole,
      remoteMaxMessageBytes: remote.maxMessageSize,
      events: {
        onEstablished: () => {
          this.#opened.resolve(channels);
        },
        onChannel: (channel) => {
          channel.onMessage = (data) => {
            channel.send(data);
          };
        },
        onClosed: () => {},
      },
    });
    this.#dtls = dtls;
    this.#association = association;
  }

  /**
   * Does what a browser does as soon as it has answered: it checks the other side, and begins DTLS with its hello. That is sent
   * once, and never again unless something comes back. Call it after `accept`; resolves when the other side has the hello.
   */
  async knock(remote: SessionDescription): Promise<void> {
    const port =
      remote.candidates.find(({ transport, address }) => transport === "udp" && address === ADDRESS)?.port ?? 0;
    this.#peerPort = port;
    await this.#check(remote, port);
    this.#unansweredDtls = 1;
    this.#dtls?.start();
    // Datagrams of one socket arrive in their order here.
    await this.#check(remote, port);
  }

  async #check({ iceUfrag, icePwd }: SessionDescription, port: number): Promise<void> {
    const { classes, Message, methods } = loadWerift();
    const request = new Message(methods.BINDING, classes.REQUEST);
    request.setAttribute("USERNAME", `${iceUfrag}:${UFRAG}`);
    request.setAttribute("PRIORITY", 1_000).setAttribute("ICE-CONTROLLED", 1n);
    request.addMessageIntegrity(Buffer.from(icePwd)).addFingerprint();
    const answered = new Promise<void>((resolve) => {
      this.#answers.push(resolve);
    });
    this.#socket.send(request.bytes, port, ADDRESS);
    await answered;
  }

  #handleStun(datagram: Buffer, port: number): void {
    const { classes, parseMessage } = loadWerift();
    if (parseMessage(datagram)?.messageClass === classes.RESPONSE)
      for (const resolve of this.#answers.splice(0)) resolve();
    else this.#answer(datagram, port);
  }

  #answer(datagram: Buffer, port: number): void {
    if (this.refuses === "checks") return;
    const { classes, Message, methods, parseMessage } = loadWerift();
    const request = parseMessage(datagram, Buffer.from(PASSWORD));
    if (request?.messageClass !== classes.REQUEST) return;
    const role = request.attributesKeys.includes("ICE-CONTROLLING") ? "ICE-CONTROLLING" : "ICE-CONTROLLED";
    const isNominating = request.attributesKeys.includes("USE-CANDIDATE");
    this.checks.push({ role, isNominating });
    const isTaken = role === this.takes;
    const kind = isTaken ? classes.RESPONSE : classes.ERROR;
    const response = new Message(methods.BINDING, kind, request.transactionId);
    if (isTaken) response.setAttribute("XOR-MAPPED-ADDRESS", [ADDRESS, port]);
    else response.setAttribute("ERROR-CODE", [487, "Role Conflict"]);
    response.addMessageIntegrity(Buffer.from(PASSWORD)).addFingerprint();
    this.#socket.send(response.bytes, port, ADDRESS);
    if (!isTaken || (!isNominating && role === "ICE-CONTROLLING")) return;
    this.#peerPort = port;
    this.#dtls?.start();
  }

  async close(): Promise<void> {
    await this.#association?.close();
    this.#dtls?.close();
    this.#socket.close();
  }
}

const UFRAG = "lite";
const PASSWORD = "a-password-of-the-lite-end".replaceAll("-", "/");
