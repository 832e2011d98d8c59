// All hooks into werift's DTLS. werift keeps the handshake's messages, key exchange and state; every decision whether
// to trust them is ours. docs/werift.md lists the flaw behind each hook.
import { createRequire } from "node:module";
import type { DtlsClient, DtlsServer } from "werift";
import { type HandshakeMessage, serializeMessage } from "../../guard/handshake-messages.ts";
import type { LocalCertificate } from "../certificate.ts";
import { loadWerift } from "../werift.ts";

/** A whole handshake message in werift's form. */
interface WeriftHandshake {
  readonly msg_type: number;
  serialize(): Buffer;
}

/** The members of werift's DtlsClient and DtlsServer that we use beyond their public types. */
export interface DtlsInside {
  readonly onConnect: { once(listener: () => void): void };
  readonly onError: { subscribe(listener: (error: Error) => void): void };
  readonly dtls: {
    readonly flight: number;
    cookie?: Buffer;
    /** Both sides have announced that they derive the secret from the whole transcript. RFC 7627. */
    readonly remoteExtendedMasterSecret: boolean;
    readonly sortedHandshakeCache: readonly WeriftHandshake[];
  };
  readonly cipher: {
    readonly masterSecret: Buffer;
    readonly localRandom: { serialize(): Buffer };
    /** Undefined until the other side's hello was processed. */
    readonly remoteRandom?: { serialize(): Buffer };
    /** The key pair for the key exchange; undefined until there is one. */
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

/** In the bundle each call of it stands for the file that it names (scripts/support/bundle.mjs). */
const require = createRequire(import.meta.url);

let deep: DeepModules | undefined;

/** Modules of werift that are not among those of loadWerift(). They are the same objects as those use. */
function loadDeepModules(): DeepModules {
  deep ??= {
    ...require("../../../node_modules/werift/lib/dtls/src/record/message/fragment.js"),
    ...require("../../../node_modules/werift/lib/dtls/src/flight/flight.js"),
    prf: require("../../../node_modules/werift/lib/dtls/src/cipher/prf.js"),
  } as DeepModules;
  return deep;
}

/** The function that sends the flights of a handshake, by its transport context. */
const flightSenders = new WeakMap<object, (datagrams: readonly Buffer[]) => void>();
let isTransmitReplaced = false;

/**
 * werift's own transmit gives up after 33 s and cannot be stopped: flights of our handshakes go to their sender, which
 * retransmits them for as long as necessary.
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
  /** Receives a flight to send and to retransmit until the next one is received. */
  sendFlight: (datagrams: readonly Buffer[]) => void;
  /**
   * SRTP profiles in the hello, best first; empty: none. A client offers some always, as other stacks refuse a handshake
   * without; a server names what it has chosen.
   */
  srtpProfiles: readonly number[];
}

/** Creates a werift DTLS handshake that does not receive by itself: `deliverHandshake` passes messages to it. */
export function createWeriftDtls(options: WeriftDtlsOptions): DtlsInside & { connect(): Promise<void> } {
  replaceTransmit();
  const { DtlsClient: Client, DtlsServer: Server } = loadWerift();
  const settings = {
    cert: options.certificate.certPem,
    key: options.certificate.keyPem,
    signatureHash: options.certificate.signatureHash as never,
    srtpProfiles: [...options.srtpProfiles] as never,
    extendedMasterSecret: true,
    transport: {
      type: "ice",
      address: {},
      closed: false,
      onData: () => {},
      // Anything but a flight is a HelloVerifyRequest, which is sent without werift.
      send: () => Promise.resolve(),
      close: () => Promise.resolve(),
    } as never,
  };
  const socket: DtlsClient | DtlsServer =
    options.role === "client" ? new Client(settings) : new Server({ ...settings, certificateRequest: true });
  flightSenders.set(socket.transport, options.sendFlight);
  return socket as unknown as DtlsInside & { connect(): Promise<void> };
}

/** Passes one whole message to werift; resolves when it was processed and the resulting messages were sent. */
export async function deliverHandshake(socket: DtlsInside, message: HandshakeMessage): Promise<void> {
  const { FragmentedHandshake } = loadDeepModules();
  const { type, sequence, body } = message;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  await socket.onHandleHandshakes([new FragmentedHandshake(type, bytes.length, sequence, 0, bytes.length, bytes)]);
}

/** The handshake messages so far in transcript order, without those of the given types, followed by `more`. */
export function transcriptOf(
  socket: DtlsInside,
  without: readonly number[] = [],
  more: readonly HandshakeMessage[] = [],
): Buffer {
  const messages = socket.dtls.sortedHandshakeCache.filter(({ msg_type: type }) => !without.includes(type));
  return Buffer.concat([...messages.map((message) => message.serialize()), ...more.map(serializeMessage)]);
}

/** The keys of a handshake, typed as `cipher.cipher`, and the secret from which they are derived. */
export interface AgreedSecrets {
  masterSecret: Buffer;
  keys: NonNullable<DtlsInside["cipher"]["cipher"]>;
}

const KEY_BYTES = 16;
const IMPLICIT_NONCE_BYTES = 4;
const NONCE_BYTES = 12;

/**
 * Derives a server's keys with the owner of this key, without making it the socket's client.
 * @param transcript - up to and including the message that contains the key
 * @throws Error when the key is not valid in the group
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
