// Datagrams that anybody can make: each kind by name. None of them proves anything.
import { randomBytes } from "node:crypto";
import { loadWerift } from "../../src/rtc/werift.ts";

interface RecordFields {
  epoch?: number;
  sequence?: number;
  version?: number;
  /** What the header says; default: the truth. */
  length?: number;
}

/** A DTLS record as it stands on the wire, true or lying. */
export function record(contentType: number, fragment: Uint8Array, fields: RecordFields = {}): Buffer {
  const { epoch = 0, sequence = 7_000, version = 0xfefd, length = fragment.length } = fields;
  const header = Buffer.alloc(13);
  header.writeUInt8(contentType, 0);
  header.writeUInt16BE(version, 1);
  header.writeUInt16BE(epoch, 3);
  header.writeUIntBE(sequence, 5, 6);
  header.writeUInt16BE(length, 11);
  return Buffer.concat([header, fragment]);
}

/** A whole handshake message in a plaintext record. */
export function handshake(type: number, sequence: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(body.length, 9, 3);
  return record(22, Buffer.concat([header, body]));
}

const COOKIE = Buffer.alloc(20, 9);

export function clientHello(cookie: Uint8Array = Buffer.alloc(0)): Buffer {
  // Groups: X25519. Signature algorithms: ECDSA and RSA with SHA-256.
  const extensions = Buffer.from("000a00040002001d" + "000d0006000404030401", "hex");
  const body = Buffer.concat([
    Buffer.from("fefd", "hex"),
    randomBytes(32),
    Buffer.from([0, cookie.length]),
    cookie,
    // ECDHE-ECDSA and ECDHE-RSA with AES-128-GCM, no compression.
    Buffer.from("0004c02bc02f" + "0100", "hex"),
    Buffer.from([extensions.length >> 8, extensions.length & 0xff]),
    extensions,
  ]);
  return handshake(1, cookie.length === 0 ? 0 : 1, body);
}

const alert = (level: number, description: number, fields?: RecordFields): Buffer =>
  record(21, Buffer.of(level, description), fields);

function stun(change: (datagram: Buffer) => void = () => {}): Buffer {
  const { classes, Message, methods } = loadWerift();
  const { bytes } = new Message(methods.BINDING, classes.REQUEST);
  const datagram = Buffer.concat([bytes, Buffer.alloc(8)]);
  change(datagram);
  return datagram;
}

export interface Stray {
  kind: string;
  datagrams: () => Buffer[];
}

/** A part of a handshake that is running, if they come from the peer's own address. RFC 6347 §4.2.1. */
export const HANDSHAKE_STRAYS: readonly Stray[] = [
  { kind: "ClientHello", datagrams: () => [clientHello()] },
  { kind: "ClientHello with a cookie", datagrams: () => [clientHello(COOKIE)] },
  {
    kind: "HelloVerifyRequest",
    datagrams: () => [handshake(3, 0, Buffer.concat([Buffer.from("fefd14", "hex"), COOKIE]))],
  },
  {
    kind: "plaintext messages of a server's flight",
    datagrams: () => [handshake(2, 1, randomBytes(70)), handshake(11, 2, randomBytes(40)), handshake(14, 5, COOKIE)],
  },
  {
    kind: "plaintext messages of a client's flight",
    datagrams: () => [handshake(11, 2, randomBytes(40)), handshake(16, 3, COOKIE), handshake(15, 4, COOKIE)],
  },
];

/** Harmless at any time, whoever seems to send them. */
export const STRAYS: readonly Stray[] = [
  {
    kind: "unknown content types",
    datagrams: () => Array.from({ length: 40 }, (_, index) => record(24 + index, randomBytes(index))),
  },
  { kind: "plaintext close_notify", datagrams: () => [alert(1, 0)] },
  { kind: "plaintext fatal alert", datagrams: () => [alert(2, 40)] },
  { kind: "plaintext application data", datagrams: () => [record(23, Buffer.from("believe me"))] },
  { kind: "plaintext Finished", datagrams: () => [handshake(20, 5, Buffer.alloc(12))] },
  { kind: "HelloRequest", datagrams: () => [handshake(0, 0, Buffer.alloc(0))] },
  { kind: "ChangeCipherSpec", datagrams: () => [record(20, Buffer.of(1))] },
  { kind: "an empty datagram", datagrams: () => [Buffer.alloc(0)] },
  { kind: "datagrams shorter than a header", datagrams: () => [Buffer.of(22), Buffer.of(23, 254), COOKIE.subarray(8)] },
  {
    kind: "lengths that lie",
    datagrams: () => [
      record(23, COOKIE, { epoch: 1, length: 0 }),
      record(23, COOKIE, { epoch: 1, length: 19 }),
      record(23, COOKIE, { epoch: 1, length: 0xffff }),
      record(22, COOKIE, { length: 0xffff }),
    ],
  },
  {
    kind: "epochs that are not there",
    datagrams: () => [2, 3, 0xffff].map((epoch) => record(23, randomBytes(40), { epoch, sequence: 2 ** 48 - 1 })),
  },
  {
    kind: "application data under no key",
    datagrams: () => [4_096, 2 ** 47].map((sequence) => record(23, randomBytes(60), { epoch: 1, sequence })),
  },
  {
    kind: "alerts under no key",
    datagrams: () => [alert(2, 0, { epoch: 1 }), record(21, randomBytes(26), { epoch: 1 })],
  },
  {
    kind: "STUN that makes no sense",
    datagrams: () => [
      stun(),
      stun((bytes) => bytes.writeUInt16BE(8, 2)),
      stun((bytes) => bytes.writeUInt32BE(0xffff_ffff, 20)),
      stun((bytes) => bytes.writeUInt16BE(0x0101, 0)),
      stun((bytes) => bytes.writeUInt16BE(0x0111, 0)),
      stun().subarray(0, 19),
    ],
  },
  {
    kind: "other protocols of the port",
    datagrams: () => [0x40, 0x7f, 0x80, 0xff].map((first) => Buffer.alloc(60, first)),
  },
  {
    kind: "noise",
    datagrams: () => Array.from({ length: 256 }, (_, first) => Buffer.from([first, ...randomBytes(first)])),
  },
];
