// Somebody beside the path of a DTLS handshake who sees every datagram, can hold none back, and sends others in the name
// of either side: damaged copies, old ones, and such as are made to measure. Seeded.
import { generateKeyPairSync, sign } from "node:crypto";
import { ecdsaTwin, helloRandom } from "../../src/guard/certificate-proof.ts";
import { splitRecords } from "../../src/guard/dtls-record.ts";
import { type HandshakeMessage, HandshakeReassembly, HandshakeType } from "../../src/guard/handshake-messages.ts";
import { mutateBytes } from "./mutate.ts";
import { handshake, record } from "./stray-datagrams.ts";

const { CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, CLIENT_HELLO, CLIENT_KEY_EXCHANGE } = HandshakeType;
const { FINISHED, HELLO_VERIFY_REQUEST, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE } = HandshakeType;
const MAX_HISTORY = 60;
const HANDSHAKE = 22;
const RANDOM_END = 34;

export type Direction = "toClient" | "toServer";

/** What the forger knows. */
export interface Sight {
  datagram: Buffer;
  direction: Direction;
  history: readonly Buffer[];
  random: () => number;
  /** The messages of the handshake that this datagram has in plaintext. */
  messages: readonly HandshakeMessage[];
  /** Of the latest hello of the client. */
  clientRandom: Buffer;
  /** A certificate of the forger's own, in DER. */
  certificate: Buffer;
}

/** Makes datagrams that go the way of the one that was seen. */
export type Forgery = (sight: Sight) => Buffer[];

const pick = <T>(random: () => number, from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
const noise = (random: () => number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));

const again = ({ type, sequence }: HandshakeMessage, body: Uint8Array): Buffer => handshake(type, sequence, body);

/** For each message of a type that was seen, another one in its place. */
function inPlaceOf(type: number, change: (message: HandshakeMessage, sight: Sight) => Uint8Array): Forgery {
  return (sight) =>
    sight.messages.filter((message) => message.type === type).map((message) => again(message, change(message, sight)));
}

function flipped(body: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(body);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * The message with (r, n - s) in the place of (r, s); as it is where a forgery before has left no signature there.
 * @param at - where the signature begins
 */
function twinOf(body: Uint8Array, at: number): Uint8Array {
  const twin = ecdsaTwin(body.subarray(at), P256_ORDER);
  if (twin === undefined) return body;
  return Buffer.concat([body.subarray(0, at - 2), Buffer.of(twin.length >> 8, twin.length & 0xff), twin]);
}

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });

/** A key exchange of the forger's, signed with a key of his over the client's random. */
function ownKeyExchange({ body }: HandshakeMessage, { clientRandom, random }: Sight): Buffer {
  const params = Buffer.concat([Buffer.of(3, 0, 29, 32), noise(random, 32)]);
  const signature = sign("sha256", Buffer.concat([clientRandom, noise(random, 32), params]), privateKey);
  return body.length === 0 ? Buffer.alloc(0) : Buffer.concat([params, Buffer.of(4, 3, 0, signature.length), signature]);
}

/** The first half of a message truly, then a second half that is none, as fragments; and the other way round. */
function fragments({ type, sequence, body }: HandshakeMessage, random: () => number): Buffer[] {
  const half = Math.floor(body.length / 2);
  const part = (offset: number, bytes: Uint8Array): Buffer => {
    const header = Buffer.alloc(12);
    header.writeUInt8(type, 0);
    header.writeUIntBE(body.length, 1, 3);
    header.writeUInt16BE(sequence, 4);
    header.writeUIntBE(offset, 6, 3);
    header.writeUIntBE(bytes.length, 9, 3);
    return record(HANDSHAKE, Buffer.concat([header, bytes]));
  };
  return [part(half, noise(random, body.length - half)), part(0, body.subarray(0, half)), part(0, noise(random, half))];
}

/** By name. Each is tried beside every datagram of both sides. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  "hellos of others": ({ direction, random }) =>
    direction === "toServer"
      ? [handshake(CLIENT_HELLO, 0, Buffer.concat([noise(random, RANDOM_END), Buffer.alloc(4)]))]
      : [],
  "the client's hello with another random": inPlaceOf(CLIENT_HELLO, ({ body }) => flipped(body, 5)),
  "the client's hello with something else offered": inPlaceOf(CLIENT_HELLO, ({ body }) =>
    flipped(body, body.length - 1),
  ),
  "other cookies": inPlaceOf(HELLO_VERIFY_REQUEST, ({ body }, { random }) =>
    Buffer.concat([body.subarray(0, 3), noise(random, body.length - 3)]),
  ),
  "another cookie, always the same": inPlaceOf(HELLO_VERIFY_REQUEST, ({ body }) => flipped(body, 9)),
  "server's hellos with another random": inPlaceOf(SERVER_HELLO, ({ body }) => flipped(body, 9)),
  "server's hellos with another session": inPlaceOf(SERVER_HELLO, ({ body }) => flipped(body, RANDOM_END + 1)),
  "server's hellos without their extensions": inPlaceOf(SERVER_HELLO, ({ body }) => {
    const sessionBytes = body[RANDOM_END] ?? 0;
    return body.subarray(0, RANDOM_END + 1 + sessionBytes + 3);
  }),
  "other certificates": inPlaceOf(CERTIFICATE, (_, { certificate }) => {
    const header = Buffer.alloc(6);
    header.writeUIntBE(certificate.length + 3, 0, 3);
    header.writeUIntBE(certificate.length, 3, 3);
    return Buffer.concat([header, certificate]);
  }),
  "damaged certificates": inPlaceOf(CERTIFICATE, ({ body }) => flipped(body, body.length - 9)),
  "key exchanges under a wrong signature": inPlaceOf(SERVER_KEY_EXCHANGE, ({ body }) => flipped(body, body.length - 1)),
  "key exchanges of others": inPlaceOf(SERVER_KEY_EXCHANGE, ownKeyExchange),
  "requests for other certificates": inPlaceOf(CERTIFICATE_REQUEST, ({ body }) => flipped(body, 1)),
  "early ends of the server's flight": inPlaceOf(CERTIFICATE_REQUEST, () => Buffer.alloc(0)),
  "ends of the server's flight in the place of the request": ({ messages }) =>
    messages
      .filter(({ type }) => type === CERTIFICATE_REQUEST)
      .map(({ sequence }) => handshake(SERVER_HELLO_DONE, sequence, Buffer.alloc(0))),
  "keys of others in the client's flight": inPlaceOf(CLIENT_KEY_EXCHANGE, (_, { random }) =>
    Buffer.concat([Buffer.of(32), noise(random, 32)]),
  ),
  "keys that are none in the client's flight": inPlaceOf(CLIENT_KEY_EXCHANGE, () =>
    Buffer.concat([Buffer.of(32), Buffer.alloc(32)]),
  ),
  "wrong signatures in the client's flight": inPlaceOf(CERTIFICATE_VERIFY, ({ body }) =>
    flipped(body, body.length - 1),
  ),
  "other signatures of the client's that are as valid": inPlaceOf(CERTIFICATE_VERIFY, ({ body }) => twinOf(body, 4)),
  "other signatures of the server's that are as valid": inPlaceOf(SERVER_KEY_EXCHANGE, ({ body }) => twinOf(body, 40)),
  "Finished in plaintext": () => [handshake(FINISHED, 5, Buffer.alloc(12))],
  alerts: ({ random }) =>
    [0, 10, 40, 42, 80].flatMap((description) => [
      record(21, Buffer.of(2, description)),
      record(21, Buffer.of(1, description)),
      record(21, noise(random, 26), { epoch: 1 }),
    ]),
  ChangeCipherSpec: () => [record(20, Buffer.of(1)), record(20, Buffer.of(1), { epoch: 1 })],
  "protected records under no key": ({ random }) =>
    [21, 22, 23].flatMap((type) =>
      [0, 1, 4_096].map((sequence) => record(type, noise(random, 60), { epoch: 1, sequence })),
    ),
  "fragments that contradict each other": ({ messages, random }) =>
    messages.flatMap((message) => fragments(message, random)),
  "numbers and lengths beyond all measure": ({ random }) => [
    ...[1, 2, 11, 12, 16].map((type) => handshake(type, 0xffff, noise(random, 40))),
    record(HANDSHAKE, Buffer.concat([Buffer.from("0bffffff0002000000000010", "hex"), noise(random, 16)])),
    record(HANDSHAKE, Buffer.concat([Buffer.from("0b0040000002003ff0000010", "hex"), noise(random, 16)])),
  ],
  "whatever was sent before, either way": ({ history, random }) =>
    Array.from({ length: 3 }, () => pick(random, history)).filter((datagram) => datagram !== undefined),
  "damaged copies": ({ datagram, history, random }) =>
    Array.from({ length: 2 }, () => Buffer.from(mutateBytes(new Uint8Array(datagram), history, random))),
};

/** Watches both ways, and forges. */
export class DtlsForger {
  readonly #random: () => number;
  readonly #certificate: Buffer;
  readonly #history: Buffer[] = [];
  #clientRandom: Buffer = Buffer.alloc(32);

  constructor(random: () => number, certificate: Buffer) {
    this.#random = random;
    this.#certificate = certificate;
  }

  /** @returns what is sent beside this datagram */
  forge(datagram: Buffer, direction: Direction, forgeries: readonly Forgery[]): Buffer[] {
    const messages = splitRecords(datagram)
      .filter(({ contentType, epoch }) => contentType === HANDSHAKE && epoch === 0)
      .flatMap(({ fragment }) => new HandshakeReassembly().handle(fragment));
    for (const { type, body } of messages) {
      if (type === CLIENT_HELLO) this.#clientRandom = Buffer.from(helloRandom(body) ?? []);
    }
    const sight: Sight = {
      datagram,
      direction,
      history: this.#history,
      random: this.#random,
      messages,
      clientRandom: this.#clientRandom,
      certificate: this.#certificate,
    };
    const forged = forgeries.flatMap((forgery) => forgery(sight));
    this.#history.push(Buffer.from(datagram));
    if (this.#history.length > MAX_HISTORY) this.#history.splice(Math.floor(this.#random() * MAX_HISTORY), 1);
    return forged;
  }
}
