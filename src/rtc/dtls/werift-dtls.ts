// The hooks into werift's DTLS, all in one place. werift keeps the handshake's messages, key exchange and state;
// everything that decides whether to believe them is ours. docs/werift.md lists each hole behind a hook.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { DtlsClient, DtlsServer } from "werift";
import type { HandshakeMessage } from "../../guard/handshake-messages.ts";
import type { LocalCertificate } from "../certificate.ts";
import { loadWerift } from "../werift.ts";

/** A whole handshake message in werift's form. */
interface WeriftHandshake {
  readonly msg_type: number;
  serialize(): Buffer;
}

/** What is used of werift's DtlsClient and DtlsServer beyond their public types. */
export interface DtlsInside {
  readonly onConnect: { once(listener: () => void): void };
  readonly onError: { subscribe(listener: (error: Error) => void): void };
  readonly dtls: {
    readonly flight: number;
    cookie?: Buffer;
    readonly sortedHandshakeCache: readonly WeriftHandshake[];
  };
  readonly cipher: {
    readonly masterSecret: Buffer;
    readonly localRandom: { serialize(): Buffer };
    /** Undefined until the keys are derived. */
    readonly cipher?: {
      readonly clientWriteKey: Buffer;
      readonly serverWriteKey: Buffer;
      /** Twelve bytes, of which the first four are the implicit part. */
      readonly clientNonce: Buffer;
      readonly serverNonce: Buffer;
    };
  };
  readonly transport: object;
  onHandleHandshakes(messages: readonly WeriftHandshake[]): Promise<void>;
}

interface FlightInside {
  transport: object;
  transmit: (this: FlightInside, datagrams: Buffer[]) => Promise<void>;
}

interface DeepModules {
  FragmentedHandshake: new (
    type: number,
    length: number,
    sequence: number,
    fragmentOffset: number,
    fragmentLength: number,
    fragment: Buffer,
  ) => WeriftHandshake;
  Flight: { prototype: FlightInside };
}

let deep: DeepModules | undefined;

/** Modules that werift's package does not export. They are the same objects as its CommonJS main entry uses. */
function loadDeepModules(): DeepModules {
  if (deep !== undefined) return deep;
  const require = createRequire(import.meta.url);
  const lib = join(dirname(require.resolve("werift")), "../../dtls/src");
  const { FragmentedHandshake } = require(join(lib, "record/message/fragment.js")) as DeepModules;
  const { Flight } = require(join(lib, "flight/flight.js")) as DeepModules;
  deep = { FragmentedHandshake, Flight };
  return deep;
}

/** Who sends the flights of a handshake, by its transport context. */
const flightSenders = new WeakMap<object, (datagrams: readonly Buffer[]) => void>();
let isTransmitReplaced = false;

/**
 * werift's own transmit gives up after 33 s and cannot be stopped: flights of our handshakes go to their sender,
 * which repeats them as long as wanted.
 */
function replaceTransmit(): void {
  if (isTransmitReplaced) return;
  isTransmitReplaced = true;
  const { prototype } = loadDeepModules().Flight;
  const { transmit } = prototype;
  prototype.transmit = function transmitFlight(this: FlightInside, datagrams) {
    const send = flightSenders.get(this.transport);
    if (send === undefined) return transmit.call(this, datagrams);
    send(datagrams);
    return Promise.resolve();
  };
}

export interface WeriftDtlsOptions {
  role: "client" | "server";
  certificate: LocalCertificate;
  /** One datagram that is not part of a repeated flight. */
  send: (datagram: Buffer) => void;
  /** A flight to be sent, and repeated until the next one is received. */
  sendFlight: (datagrams: readonly Buffer[]) => void;
}

/** SRTP profiles in the hello: some stacks refuse a handshake without one, though no media follows. */
const SRTP_PROFILES = [0x0001, 0x0007];

/** A DTLS handshake of werift that receives nothing by itself: messages are given by `deliverHandshake`. */
export function createWeriftDtls(options: WeriftDtlsOptions): DtlsInside & { connect(): Promise<void> } {
  replaceTransmit();
  const { DtlsClient: Client, DtlsServer: Server } = loadWerift();
  const settings = {
    cert: options.certificate.certPem,
    key: options.certificate.keyPem,
    signatureHash: options.certificate.signatureHash as never,
    srtpProfiles: SRTP_PROFILES as never,
    extendedMasterSecret: true,
    transport: {
      type: "ice",
      address: {},
      closed: false,
      onData: () => {},
      send: (datagram: Buffer) => {
        options.send(datagram);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    } as never,
  };
  const socket: DtlsClient | DtlsServer =
    options.role === "client" ? new Client(settings) : new Server({ ...settings, certificateRequest: true });
  flightSenders.set(socket.transport, options.sendFlight);
  return socket as unknown as DtlsInside & { connect(): Promise<void> };
}

/** Hands one whole message to werift; resolves when it has been worked on and what follows from it was sent. */
export async function deliverHandshake(socket: DtlsInside, message: HandshakeMessage): Promise<void> {
  const { FragmentedHandshake } = loadDeepModules();
  const { type, sequence, body } = message;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  await socket.onHandleHandshakes([new FragmentedHandshake(type, bytes.length, sequence, 0, bytes.length, bytes)]);
}

/** The handshake messages so far in the order of the transcript, without those of the given types. */
export function transcriptOf(socket: DtlsInside, without: readonly number[]): Buffer {
  const messages = socket.dtls.sortedHandshakeCache.filter(({ msg_type: type }) => !without.includes(type));
  return Buffer.concat(messages.map((message) => message.serialize()));
}
