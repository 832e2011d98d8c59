// The shape of the server's flight: somebody on the path can put messages between the signed ones. RFC 5246 §7.3.
import { createECDH, generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { helloVerifyRequest } from "../../../../src/guard/certificate-proof.ts";
import { splitRecords } from "../../../../src/guard/dtls-record.ts";
import { type HandshakeMessage, HandshakeReassembly, HandshakeType } from "../../../../src/guard/handshake-messages.ts";
import { WorkBudget } from "../../../../src/lib/work-budget.ts";
import { createCertificate, type LocalCertificate } from "../../../../src/rtc/certificate.ts";
import { ClientAttempt, type SharedByAttempts } from "../../../../src/rtc/dtls/client-attempt.ts";
import type { SideOptions } from "../../../../src/rtc/dtls/handshake-attempt.ts";
import { SRTP_PROFILES } from "../../../../src/rtc/dtls/srtp-keys.ts";
import { createWeriftDtls, deliverHandshake } from "../../../../src/rtc/dtls/werift-dtls.ts";

const { CLIENT_KEY_EXCHANGE, HELLO_VERIFY_REQUEST, SERVER_KEY_EXCHANGE } = HandshakeType;
const COOKIE = Buffer.alloc(20, 7);

function messagesOf(datagrams: readonly Uint8Array[]): HandshakeMessage[] {
  const reassembly = new HandshakeReassembly();
  return datagrams.flatMap(splitRecords).flatMap(({ fragment }) => reassembly.handle(fragment));
}

interface Client {
  attempt: ClientAttempt;
  /** What it has sent since this was last asked. */
  take: () => HandshakeMessage[];
}

let certificate: LocalCertificate;
let nowMs = 0;
beforeEach(async () => {
  certificate = await createCertificate();
  nowMs = 0;
});

async function newClient(): Promise<Client> {
  let sent: Buffer[] = [];
  const shared: SharedByAttempts = {
    signatures: new WorkBudget(1, 100),
    triedCookies: new Set(),
    goodCookie: undefined,
    random: () => 0,
    nowMs: () => nowMs,
  };
  const options: SideOptions = {
    certificate,
    fingerprints: [certificate.fingerprint],
    send: (datagram) => {
      sent.push(datagram);
    },
    nextSequence: () => 0,
    onAgreed: () => {},
  };
  const attempt = new ClientAttempt(options, shared, true);
  onTestFinished(() => attempt.stop());
  await attempt.begin();
  const take = (): HandshakeMessage[] => {
    const messages = messagesOf(sent);
    sent = [];
    return messages;
  };
  return { attempt, take };
}

/** The flight of an honest server for this client. */
async function serverFlight(client: Client, of = certificate): Promise<HandshakeMessage[]> {
  let sent: Buffer[] = [];
  const server = createWeriftDtls({
    role: "server",
    certificate: of,
    sendFlight: (datagrams) => sent.push(...datagrams),
    srtpProfiles: SRTP_PROFILES,
  });
  server.dtls.cookie = COOKIE;
  for (const hello of client.take()) await deliverHandshake(server, hello);
  await client.attempt.handle({ type: HELLO_VERIFY_REQUEST, sequence: 0, body: helloVerifyRequest(COOKIE) });
  sent = [];
  for (const hello of client.take()) await deliverHandshake(server, hello);
  return messagesOf(sent);
}

async function handle({ attempt }: Client, messages: readonly HandshakeMessage[]): Promise<void> {
  for (const message of messages) await attempt.handle(message);
}

/** Time passes, and nothing comes. */
async function wait({ attempt }: Client, ms: number): Promise<void> {
  for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 100) await attempt.tick(true, () => false);
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

describe("ClientAttempt", () => {
  test("answers the flight of an honest server", async () => {
    const client = await newClient();
    await handle(client, await serverFlight(client));
    expect(client.take().map(({ type }) => type)).toContain(CLIENT_KEY_EXCHANGE);
    expect(client.attempt.missing).toBeUndefined();
  });

  test("does not answer a second key exchange behind the signed one, however long nothing else comes", async () => {
    const client = await newClient();
    const { messages } = withSecondKeyExchange(await serverFlight(client));
    await handle(client, messages);
    await wait(client, 60_000);
    expect(client.take()).toEqual([]);
  });

  test("bare werift shares its secret with whoever wrote the second one", async () => {
    const sent: Buffer[] = [];
    const sendFlight = (flight: readonly Buffer[]): unknown => sent.push(...flight);
    const socket = createWeriftDtls({ role: "client", certificate, sendFlight, srtpProfiles: SRTP_PROFILES });
    await socket.connect();
    const take = (): HandshakeMessage[] => messagesOf(sent.splice(0));
    const attempt = { handle: (message: HandshakeMessage) => deliverHandshake(socket, message) } as ClientAttempt;
    const { messages, key } = withSecondKeyExchange(await serverFlight({ attempt, take }));
    for (const message of messages) await deliverHandshake(socket, message);
    const { cipher } = socket as unknown as { cipher: { remoteKeyPair: { publicKey: Buffer } } };
    expect(cipher.remoteKeyPair.publicKey.equals(key)).toBe(true);
    expect(take().map(({ type }) => type)).toContain(CLIENT_KEY_EXCHANGE);
  });

  test("passes over a flight that answers an earlier handshake", async () => {
    const client = await newClient();
    const earlier = await serverFlight(await newClient());
    await handle(client, earlier);
    await handle(client, await serverFlight(client));
    expect(client.take().map(({ type }) => type)).toContain(CLIENT_KEY_EXCHANGE);
  });

  test("finds the peer's flight among rivals for each place of it, whichever come first", async () => {
    const client = await newClient();
    const flight = await serverFlight(client);
    const rivals = flight.map((message) => ({ ...message, body: message.body.map((byte) => byte ^ 1) }));
    const key = rivals.find(({ type }) => type === SERVER_KEY_EXCHANGE);
    // A key exchange of the right form, under a signature of another one.
    key?.body.set([3, 0], 0);
    key?.body.set(flight.find(({ type }) => type === SERVER_KEY_EXCHANGE)?.body.subarray(1, 4) ?? [], 1);
    await handle(client, [...rivals, ...flight]);
    expect(client.attempt.missing).toBeUndefined();
    expect(client.take().map(({ type }) => type)).toContain(CLIENT_KEY_EXCHANGE);
    expect(client.attempt.isInDoubt).toBe(true);
  });

  test("answers the flight of another certificate only when none of the peer comes", async () => {
    const [client, other] = [await newClient(), await createCertificate()];
    await handle(client, await serverFlight(client, other));
    await wait(client, 200);
    expect(client.take()).toEqual([]);
    await wait(client, 300);
    expect(client.take().map(({ type }) => type)).toContain(CLIENT_KEY_EXCHANGE);
    expect(client.attempt.missing).toBe("fingerprint");
  });

  test("answers nothing under a certificate that is neither the peer's nor proved by its owner", async () => {
    const [client, other] = [await newClient(), await createCertificate()];
    const flight = await serverFlight(client, other);
    const signature = flight.find(({ type }) => type === SERVER_KEY_EXCHANGE)?.body;
    if (signature !== undefined) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
    await handle(client, flight);
    await wait(client, 60_000);
    expect(client.take()).toEqual([]);
  });
});
