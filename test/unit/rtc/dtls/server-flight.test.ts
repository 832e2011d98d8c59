// The shape of the server's flight: somebody on the path can put messages between the signed ones. RFC 5246 §7.3.
import { createECDH, generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { splitRecords } from "../../../../src/guard/dtls-record.ts";
import { type HandshakeMessage, HandshakeReassembly, HandshakeType } from "../../../../src/guard/handshake-messages.ts";
import { createCertificate, type LocalCertificate } from "../../../../src/rtc/certificate.ts";
import { FlightSender } from "../../../../src/rtc/dtls/flight-sender.ts";
import { ClientHandshake } from "../../../../src/rtc/dtls/handshake.ts";
import { createWeriftDtls, deliverHandshake } from "../../../../src/rtc/dtls/werift-dtls.ts";

const { SERVER_KEY_EXCHANGE } = HandshakeType;

function messagesOf(datagrams: readonly Uint8Array[]): HandshakeMessage[] {
  const reassembly = new HandshakeReassembly();
  return datagrams.flatMap(splitRecords).flatMap(({ fragment }) => reassembly.handle(fragment));
}

interface Client {
  socket: ReturnType<typeof createWeriftDtls>;
  handshake: ClientHandshake;
  /** What it has sent since this was last asked. */
  take: () => HandshakeMessage[];
}

let certificate: LocalCertificate;
beforeEach(async () => {
  certificate = await createCertificate();
});

async function newClient(): Promise<Client> {
  let sent: Buffer[] = [];
  const collect = (datagrams: readonly Buffer[]): void => {
    sent.push(...datagrams);
  };
  const socket = createWeriftDtls({ role: "client", certificate, send: (one) => collect([one]), sendFlight: collect });
  const sender = new FlightSender(
    () => {},
    () => undefined,
  );
  const handshake = new ClientHandshake({ socket, sender, fingerprints: [certificate.fingerprint] });
  await socket.connect();
  const take = (): HandshakeMessage[] => {
    const messages = messagesOf(sent);
    sent = [];
    return messages;
  };
  return { socket, handshake, take };
}

/** The flight of an honest server for this client. */
async function serverFlight(client: Client): Promise<HandshakeMessage[]> {
  let sent: Buffer[] = [];
  const collect = (datagrams: readonly Buffer[]): void => {
    sent.push(...datagrams);
  };
  const server = createWeriftDtls({ role: "server", certificate, send: (one) => collect([one]), sendFlight: collect });
  for (const hello of client.take()) await deliverHandshake(server, hello);
  for (const message of messagesOf(sent)) await client.handshake.handle(message);
  sent = [];
  for (const hello of client.take()) await deliverHandshake(server, hello);
  return messagesOf(sent);
}

const X25519 = 29;
/** What stands before the key in its DER form. */
const X25519_PREFIX_BYTES = 12;

/** @param group - of RFC 8422 §5.1.1: X25519, or else P-256 */
function newPublicKey(group: number): Buffer {
  if (group !== X25519) return createECDH("prime256v1").generateKeys();
  const der = generateKeyPairSync("x25519").publicKey.export({ type: "spki", format: "der" });
  return der.subarray(X25519_PREFIX_BYTES);
}

/** The same flight with a second key exchange of somebody else behind the signed one. */
function withSecondKeyExchange(flight: readonly HandshakeMessage[]): { messages: HandshakeMessage[]; key: Buffer } {
  const signed = flight.find(({ type }) => type === SERVER_KEY_EXCHANGE)?.body ?? new Uint8Array(0);
  const publicKey = newPublicKey(Buffer.from(signed).readUInt16BE(1));
  const body = Buffer.from(signed);
  publicKey.copy(body, 4);
  const messages = flight.flatMap((message) =>
    message.type === SERVER_KEY_EXCHANGE ? [message, { ...message, body }] : [message],
  );
  const first = flight[0]?.sequence ?? 0;
  return { messages: messages.map((message, index) => ({ ...message, sequence: first + index })), key: publicKey };
}

describe("ClientHandshake", () => {
  test("answers the flight of an honest server", async () => {
    const client = await newClient();
    for (const message of await serverFlight(client)) await client.handshake.handle(message);
    expect(client.take().map(({ type }) => type)).toContain(HandshakeType.CLIENT_KEY_EXCHANGE);
  });

  test("refuses a second key exchange behind the signed one, and sends nothing", async () => {
    const client = await newClient();
    const { messages } = withSecondKeyExchange(await serverFlight(client));
    const handled = (async () => {
      for (const message of messages) await client.handshake.handle(message);
    })();
    await expect(handled).rejects.toMatchObject({ code: "PEER_NOT_AUTHENTIC" });
    expect(client.take()).toEqual([]);
  });

  test("bare werift shares its secret with whoever wrote the second one", async () => {
    const client = await newClient();
    const { messages, key } = withSecondKeyExchange(await serverFlight(client));
    for (const message of messages) await deliverHandshake(client.socket, message);
    const { cipher } = client.socket as unknown as { cipher: { remoteKeyPair: { publicKey: Buffer } } };
    expect(cipher.remoteKeyPair.publicKey.equals(key)).toBe(true);
    expect(client.take().map(({ type }) => type)).toContain(HandshakeType.CLIENT_KEY_EXCHANGE);
  });

  test("passes over a flight that answers an earlier handshake", async () => {
    const client = await newClient();
    const earlier = await serverFlight(await newClient());
    for (const message of earlier) await client.handshake.handle(message);
    for (const message of await serverFlight(client)) await client.handshake.handle(message);
    expect(client.take().map(({ type }) => type)).toContain(HandshakeType.CLIENT_KEY_EXCHANGE);
  });
});
