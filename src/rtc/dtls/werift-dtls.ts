// The hooks into werift's DTLS, all in one place. werift keeps the handshake's messages, key exchange and state;
// everything that decides whether to believe them is ours. docs/werift.md lists each hole behind a hook.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { DtlsClient, DtlsServer } from "werift";
import { type HandshakeMessage, serializeMessage } from "../../guard/handshake-messages.ts";
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
    /** Both sides have said that they make the secret of the whole transcript. RFC 7627. */
    readonly remoteExtendedMasterSecret: boolean;
    readonly sortedHandshakeCache: readonly WeriftHandshake[];
  };
  readonly cipher: {
    readonly masterSecret: Buffer;
    readonly localRandom: { serialize(): Buffer };
    /** Undefined until the other side's hello was worked on. */
    readonly remoteRandom?: { serialize(): Buffer };
    /** For the key exchange; undefined until there is one. */
    readonly localKeyPair?: { readonly privateKey: Buffer; readonly curve: number };
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
  prf: {
    prfPreMasterSecret(publicKey: Buffer, privateKey: Buffer, curve: number): Buffer;
    prfMasterSecret(preMasterSecret: Buffer, clientRandom: Buffer, serverRandom: Buffer): Buffer;
    prfExtendedMasterSecret(preMasterSecret: Buffer, transcript: Buffer): Buffer;
    prfEncryptionKeys(
      masterSecret: Buffer,
      clientRandom: Buffer,
      serverRandom: Buffer,
      keyBytes: number,
      saltBytes: number,
      nonceBytes: number,
    ): NonNullable<DtlsInside["cipher"]["cipher"]>;
  };
}

let deep: DeepModules | undefined;

/** Modules that werift's package does not export. They are the same objects as its CommonJS main entry uses. */
function loadDeepModules(): DeepModules {
  if (deep !== undefined) return deep;
  const require = createRequire(import.meta.url);
  const lib = join(dirname(require.resolve("werift")), "../../dtls/src");
  const { FragmentedHandshake } = require(join(lib, "record/message/fragment.js")) as DeepModules;
  const { Flight } = require(join(lib, "flight/flight.js")) as DeepModules;
  const prf = require(join(lib, "cipher/prf.js")) as DeepModules["prf"];
  deep = { FragmentedHandshake, Flight, prf };
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
      // What is no flight is a HelloVerifyRequest, which is sent without werift.
      send: () => Promise.resolve(),
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

/** The handshake messages so far in the order of the transcript, without those of the given types, and some more. */
export function transcriptOf(
  socket: DtlsInside,
  without: readonly number[] = [],
  more: readonly HandshakeMessage[] = [],
): Buffer {
  const messages = socket.dtls.sortedHandshakeCache.filter(({ msg_type: type }) => !without.includes(type));
  return Buffer.concat([...messages.map((message) => message.serialize()), ...more.map(serializeMessage)]);
}

/** The keys of a handshake as `cipher.cipher` has them, and the secret that they come from. */
export interface AgreedSecrets {
  masterSecret: Buffer;
  keys: NonNullable<DtlsInside["cipher"]["cipher"]>;
}

const KEY_BYTES = 16;
const IMPLICIT_NONCE_BYTES = 4;
const NONCE_BYTES = 12;

/**
 * For a server: what it would agree on with the owner of this key, without the socket taking it for the client's.
 * @param transcript - up to and with the message that has the key
 * @throws Error when the key is none of the group
 */
export function agreeAside(socket: DtlsInside, transcript: Buffer, publicKey: Buffer): AgreedSecrets {
  const { localKeyPair, localRandom, remoteRandom } = socket.cipher;
  if (localKeyPair === undefined || remoteRandom === undefined)
    throw new TypeError("no key exchange before the flight");
  const { prf } = loadDeepModules();
  const [ofClient, ofServer] = [remoteRandom.serialize(), localRandom.serialize()];
  const secret = prf.prfPreMasterSecret(publicKey, localKeyPair.privateKey, localKeyPair.curve);
  const masterSecret = socket.dtls.remoteExtendedMasterSecret
    ? prf.prfExtendedMasterSecret(secret, transcript)
    : prf.prfMasterSecret(secret, ofClient, ofServer);
  const keys = prf.prfEncryptionKeys(masterSecret, ofClient, ofServer, KEY_BYTES, IMPLICIT_NONCE_BYTES, NONCE_BYTES);
  return { masterSecret, keys };
}
