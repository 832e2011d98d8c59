// A connection to an MQTT broker (MQTT 5, or 3.1.1 where the broker knows no other), for the few messages that two sides
// leave for each other. Packets are read and written by mqtt-packet. The connection is not made again here, and nothing is
// sent twice: whoever uses it has the state that a broker should have, and tells it to the next one.
import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import mqtt, { type IConnackPacket, type IPublishPacket, type ISubackPacket, type Packet } from "mqtt-packet";
import { hasFewProperties, MqttPacketSplitter } from "../../../guard/mqtt-packets.ts";
import { P2pError } from "../../../lib/errors/p2p-error.ts";
import type { BrokerRefusal } from "../../../lib/errors/params.ts";
import { certificateFlaw, trustedContext } from "../../../rtc/ice/tls-trust.ts";
import type { Clock } from "../../../session/ports.ts";
import { nodeClock } from "../../node-ports.ts";
import type { BrokerAddress } from "./broker-address.ts";

/** User and password of the broker. */
export interface BrokerLogin {
  readonly user: string;
  readonly password: string;
}

/** A message as the broker brings it; an empty payload: the retained one was removed. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** It was on the broker before we asked for the topic. */
  readonly isRetained: boolean;
}

export interface BrokerRequest {
  /**
   * At most 23 letters and digits, the same in each connection of a run: the broker then ends the one before, and does not
   * remove later what this one leaves.
   */
  readonly clientId: string;
  /** The topics that are read, with wildcards. */
  readonly filters: readonly string[];
  /** The retained message of this topic is removed when the connection is lost. */
  readonly willTopic: string;
  /** Larger messages are passed over. */
  readonly maxPayloadBytes: number;
}

/** Where a message is left: `keepSeconds` is given for a retained one. */
export interface Leaving {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly keepSeconds?: number;
}

export interface BrokerEvents {
  onMessage(message: BrokerMessage): void;
  /** The connection was lost. Not called for one that `close` ends. */
  onLost(error: P2pError): void;
}

/** A connection that reads the topics that were asked for. */
export interface BrokerLink {
  /**
   * Resolves when the broker has the message; rejects when the connection is lost before. A broker that does not confirm
   * it in time is left.
   */
  publish(leaving: Leaving): Promise<void>;
  /** Takes leave of the broker, so that it does nothing for a lost connection. */
  close(): Promise<void>;
}

/** @throws P2pError BROKER_UNREACHABLE, BROKER_REFUSED, BROKER_CERTIFICATE */
export type ConnectBroker = (request: BrokerRequest, events: BrokerEvents) => Promise<BrokerLink>;

/** How long connecting and each reply may take. */
const REPLY_TIMEOUT_MS = 15_000;
/** How often the broker hears of us unless it wants it more often, and how long it may be silent. */
const KEEP_ALIVE_MS = 30_000;
/** How long the broker may take to end the connection after our leave. */
const LEAVE_TIMEOUT_MS = 1_000;
/** A broker that sends more than this on one connection is left; whoever uses it connects again, after a while. */
const MAX_CONNECTION_BYTES = 64 * 1_024 * 1_024;
/** The same for its packets, each of which costs work however short it is: in 24 hours there are a few thousand. */
const MAX_CONNECTION_PACKETS = 65_536;
/**
 * Confirmations of messages that wait behind one of ours. A broker that sends on and reads nothing is left: otherwise each
 * of its messages, of a few bytes, would leave a packet in our memory.
 */
const MAX_UNREAD_BYTES = 65_536;
/** Limit of a packet beside its payload, and of those without one; no topic that we read is longer. */
const MAX_PACKET_OVERHEAD_BYTES = 4_096;
const MAX_PACKET_ID = 65_535;
/** CONNACK: the protocol version is not spoken. MQTT 5 §3.2.2.2, MQTT 3.1.1 §3.2.2.3 */
const VERSION_CODES: readonly number[] = [0x84, 1];
/** The first code that says no. MQTT 5 §2.4 */
const FIRST_FAILURE_CODE = 0x80;
/** The broker keeps no messages, or confirms none. MQTT 5 §4.13 */
const NO_RETAIN_CODE = 0x9a;
const NO_QOS_CODE = 0x9b;

/** The platform as connections need it; tests substitute their own. */
export interface BrokerPorts {
  readonly clock: Pick<Clock, "setTimer">;
  /** Opens a stream that reports `connect`, or `secureConnect` where the address has TLS. */
  readonly dial: (address: BrokerAddress) => Duplex;
}

const NODE_PORTS: BrokerPorts = { clock: nodeClock, dial };

/** Connects to the broker of an address, as somebody or as nobody in particular. */
export function brokerAt(address: BrokerAddress, login?: BrokerLogin, ports: BrokerPorts = NODE_PORTS): ConnectBroker {
  return async (request, events) => {
    const options = { address, login, request, events, ports };
    try {
      return await new Connection(options, 5).open();
    } catch (error) {
      if (!(error instanceof OtherVersion)) throw error;
    }
    return await new Connection(options, 4).open();
  };
}

function dial({ host, port, isTls }: BrokerAddress): Duplex {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = isTls
    ? connectTls({ host, port, ...servername, secureContext: trustedContext() })
    : connectTcp({ host, port });
  return socket.setNoDelay(true);
}

interface ConnectionOptions {
  readonly address: BrokerAddress;
  readonly login: BrokerLogin | undefined;
  readonly request: BrokerRequest;
  readonly events: BrokerEvents;
  readonly ports: BrokerPorts;
}

/** A publication that the broker has not confirmed. */
interface Unconfirmed {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly cancelTimer: () => void;
}

/** The broker does not speak this version of MQTT. */
class OtherVersion extends Error {}

class Connection implements BrokerLink {
  readonly #address: BrokerAddress;
  readonly #login: BrokerLogin | undefined;
  readonly #request: BrokerRequest;
  readonly #events: BrokerEvents;
  readonly #ports: BrokerPorts;
  readonly #version: 4 | 5;
  readonly #splitter: MqttPacketSplitter;
  readonly #parser: ReturnType<typeof mqtt.parser>;
  #socket: Duplex | undefined;
  #cancelTimer: () => void = () => {};
  #opened: { resolve: (link: BrokerLink) => void; reject: (error: Error) => void } | undefined;
  /** Publications that the broker has not confirmed, by packet id. */
  readonly #unconfirmed = new Map<number, Unconfirmed>();
  #lastId = 0;
  #receivedBytes = 0;
  #receivedPackets = 0;
  #hasHeard = false;
  /** How often the broker has to hear of us. */
  #keepAliveMs = KEEP_ALIVE_MS;
  #silentMs = 0;
  /** CONNECT is sent, and nothing has come for it. */
  #isUnanswered = false;
  #isOver = false;

  constructor({ address, login, request, events, ports }: ConnectionOptions, version: 4 | 5) {
    this.#address = address;
    this.#login = login;
    this.#request = request;
    this.#events = events;
    this.#ports = ports;
    this.#version = version;
    this.#splitter = new MqttPacketSplitter({
      publishBytes: request.maxPayloadBytes + MAX_PACKET_OVERHEAD_BYTES,
      otherBytes: MAX_PACKET_OVERHEAD_BYTES,
    });
    this.#parser = mqtt.parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => {
      if (!this.#isOver) this.#handlePacket(packet);
    });
    this.#parser.on("error", () => this.#handleGarbage());
  }

  async open(): Promise<BrokerLink> {
    return await new Promise<BrokerLink>((resolve, reject) => {
      this.#opened = { resolve, reject };
      this.#startTimer(REPLY_TIMEOUT_MS, () => this.#fail(this.#unreachable("ETIMEDOUT")));
      const socket = this.#ports.dial(this.#address);
      this.#socket = socket;
      socket.once(this.#address.isTls ? "secureConnect" : "connect", () => this.#sendConnect());
      socket.on("data", (chunk) => this.#handleChunk(chunk));
      socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(this.#errorOf(error)));
      socket.on("close", () => this.#handleClosed());
    });
  }

  async publish({ topic, payload, keepSeconds }: Leaving): Promise<void> {
    if (this.#isOver) throw this.#unreachable("ECONNRESET");
    const messageId = this.#nextId();
    const isKept = keepSeconds !== undefined && payload.length > 0;
    await new Promise<void>((resolve, reject) => {
      const cancelTimer = this.#ports.clock.setTimer(
        () => this.#fail(this.#unreachable("ETIMEDOUT")),
        REPLY_TIMEOUT_MS,
      );
      this.#unconfirmed.set(messageId, { resolve, reject, cancelTimer });
      this.#send({
        cmd: "publish",
        topic,
        payload: Buffer.from(payload),
        qos: 1,
        dup: false,
        retain: keepSeconds !== undefined,
        messageId,
        ...(isKept && this.#version === 5 ? { properties: { messageExpiryInterval: keepSeconds } } : {}),
      });
    });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (this.#isOver || socket === undefined) return;
    this.#send({ cmd: "disconnect" });
    this.#end(this.#unreachable("ECONNRESET"));
    await new Promise<void>((resolve) => {
      const cancel = this.#ports.clock.setTimer(() => {
        socket.destroy();
        resolve();
      }, LEAVE_TIMEOUT_MS);
      socket.once("close", () => {
        cancel();
        resolve();
      });
      socket.end();
    });
  }

  #sendConnect(): void {
    const { clientId, willTopic, maxPayloadBytes } = this.#request;
    this.#isUnanswered = true;
    const { user, password } = this.#login ?? {};
    this.#send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: this.#version,
      clientId,
      clean: true,
      keepalive: KEEP_ALIVE_MS / 1_000,
      ...(user === undefined || password === undefined ? {} : { username: user, password: Buffer.from(password) }),
      will: { topic: willTopic, payload: Buffer.alloc(0), qos: 1, retain: true },
      ...(this.#version === 5
        ? { properties: { maximumPacketSize: maxPayloadBytes + MAX_PACKET_OVERHEAD_BYTES, topicAliasMaximum: 0 } }
        : {}),
    });
  }

  #handleChunk(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#receivedBytes += chunk.length;
    this.#hasHeard = true;
    if (this.#receivedBytes > MAX_CONNECTION_BYTES) {
      this.#fail(this.#unreachable("too-much"));
      return;
    }
    try {
      const split = this.#splitter.push(chunk, (packet) => this.#handleWhole(packet));
      if (split === "too-long") this.#fail(this.#unreachable("too-much"));
      if (split === "malformed") this.#handleGarbage();
    } catch {
      this.#handleGarbage();
    }
  }

  #handleWhole(packet: Uint8Array): void {
    if (this.#isOver) return;
    this.#receivedPackets += 1;
    if (this.#receivedPackets > MAX_CONNECTION_PACKETS) this.#fail(this.#unreachable("too-much"));
    else if (this.#version === 4 || hasFewProperties(packet, MAX_PACKET_OVERHEAD_BYTES)) {
      this.#parser.parse(Buffer.from(packet.buffer));
    }
  }

  #handleGarbage(): void {
    this.#fail(this.#mayBeOlder ? new OtherVersion() : this.#unreachable("not-mqtt"));
  }

  #handleClosed(): void {
    this.#fail(this.#mayBeOlder ? new OtherVersion() : this.#unreachable("ECONNRESET"));
  }

  /** Whether the broker may have met a version of MQTT that it does not know. */
  get #mayBeOlder(): boolean {
    return this.#version === 5 && this.#isUnanswered;
  }

  #handlePacket(packet: Packet): void {
    if (packet.cmd === "connack") this.#handleConnack(packet);
    else if (packet.cmd === "suback") this.#handleSuback(packet);
    else if (packet.cmd === "publish") this.#handlePublish(packet);
    else if (packet.cmd === "puback") this.#handlePuback(packet.messageId ?? 0, packet.reasonCode ?? 0);
    else if (packet.cmd === "disconnect") this.#handleDisconnect(packet.reasonCode ?? 0);
  }

  /** The broker takes leave: because of a fault that it names, or as any connection ends. MQTT 5 §3.14.2.1 */
  #handleDisconnect(code: number): void {
    this.#fail(code < FIRST_FAILURE_CODE ? this.#unreachable("ECONNRESET") : this.#refused(code));
  }

  #handleConnack(packet: IConnackPacket): void {
    // One for each connection, as of SUBACK: otherwise we would answer each of a flood of them. MQTT 5 §3.2
    if (!this.#isUnanswered) {
      this.#handleGarbage();
      return;
    }
    this.#isUnanswered = false;
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    if (code !== 0) {
      const isOtherVersion = this.#version === 5 && VERSION_CODES.includes(code);
      this.#fail(isOtherVersion ? new OtherVersion() : this.#refused(code));
      return;
    }
    const { serverKeepAlive, retainAvailable, maximumQoS } = packet.properties ?? {};
    if (retainAvailable === false || maximumQoS === 0) {
      this.#fail(this.#refused(retainAvailable === false ? NO_RETAIN_CODE : NO_QOS_CODE));
      return;
    }
    if (serverKeepAlive) this.#keepAliveMs = Math.min(KEEP_ALIVE_MS, serverKeepAlive * 1_000);
    const subscriptions = this.#request.filters.map((topic) => ({
      topic,
      qos: 1 as const,
      ...(this.#version === 5 ? { nl: true } : {}),
    }));
    this.#send({ cmd: "subscribe", messageId: this.#nextId(), subscriptions });
  }

  #handleSuback({ granted }: ISubackPacket): void {
    if (this.#opened === undefined) {
      this.#handleGarbage();
      return;
    }
    const code = granted.find((each) => typeof each === "number" && each >= FIRST_FAILURE_CODE);
    if (typeof code === "number") {
      this.#fail(this.#refused(code));
      return;
    }
    this.#opened?.resolve(this);
    this.#opened = undefined;
    this.#keepAlive();
  }

  #handlePublish({ topic, payload, qos, retain, messageId }: IPublishPacket): void {
    if (qos === 1 && messageId !== undefined) {
      const unreadBytes = this.#socket?.writableLength ?? 0;
      if (unreadBytes > this.#request.maxPayloadBytes + MAX_UNREAD_BYTES) {
        this.#fail(this.#unreachable("too-much"));
        return;
      }
      this.#send({ cmd: "puback", messageId, reasonCode: 0 });
    }
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (bytes.length > this.#request.maxPayloadBytes) return;
    this.#events.onMessage({ topic, payload: bytes, isRetained: retain });
  }

  #handlePuback(id: number, code: number): void {
    const waiting = this.#unconfirmed.get(id);
    if (waiting === undefined) return;
    this.#unconfirmed.delete(id);
    waiting.cancelTimer();
    if (code < FIRST_FAILURE_CODE) waiting.resolve();
    else this.#fail(this.#refused(code), waiting);
  }

  /** Tells the broker that we are there as often as it wants, and leaves it when nothing comes for too long. */
  #keepAlive(): void {
    this.#hasHeard = false;
    this.#send({ cmd: "pingreq" });
    this.#startTimer(this.#keepAliveMs, () => {
      this.#silentMs = this.#hasHeard ? 0 : this.#silentMs + this.#keepAliveMs;
      if (this.#silentMs < KEEP_ALIVE_MS) this.#keepAlive();
      else this.#fail(this.#unreachable("ETIMEDOUT"));
    });
  }

  #startTimer(ms: number, call: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#ports.clock.setTimer(call, ms);
  }

  #send(packet: Packet): void {
    if (this.#isOver) return;
    this.#socket?.write(mqtt.generate(packet, { protocolVersion: this.#version }));
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % MAX_PACKET_ID) + 1;
    return this.#lastId;
  }

  #fail(error: Error, waiting?: { reject: (error: Error) => void }): void {
    if (this.#isOver) return;
    const opened = this.#opened;
    waiting?.reject(error);
    this.#end(error);
    this.#socket?.destroy();
    if (opened !== undefined) opened.reject(error);
    else if (error instanceof P2pError) this.#events.onLost(error);
  }

  #end(error: Error): void {
    this.#isOver = true;
    this.#opened = undefined;
    this.#cancelTimer();
    for (const { reject, cancelTimer } of this.#unconfirmed.values()) {
      cancelTimer();
      reject(error);
    }
    this.#unconfirmed.clear();
  }

  #errorOf({ code = "", message }: NodeJS.ErrnoException): P2pError {
    const flaw = certificateFlaw(code);
    if (flaw !== undefined) return new P2pError("BROKER_CERTIFICATE", { url: this.#address.url, flaw, reason: code });
    return this.#unreachable(code === "" ? message : code);
  }

  #unreachable(reason: string): P2pError {
    return new P2pError("BROKER_UNREACHABLE", { url: this.#address.url, reason });
  }

  #refused(code: number): P2pError {
    const { url } = this.#address;
    return new P2pError("BROKER_REFUSED", { url, why: refusalOf(code, this.#version), status: code });
  }
}

/** @param code - of a CONNACK, a SUBACK, a PUBACK or a DISCONNECT */
function refusalOf(code: number, version: 4 | 5): BrokerRefusal {
  const isLogin = version === 5 ? [0x86, 0x8c].includes(code) : [4, 5].includes(code);
  if (isLogin) return "login";
  return [0x80, 0x87].includes(code) ? "not-allowed" : "other";
}
