// What a side that was stopped does: nothing by itself any more, whatever was on its way to it.
import { beforeEach, afterEach, expect, test, vi } from "vitest";
import { splitRecords } from "../../../../src/guard/dtls-record.ts";
import { type HandshakeMessage, HandshakeReassembly } from "../../../../src/guard/handshake-messages.ts";
import { createCertificate } from "../../../../src/rtc/certificate.ts";
import { ClientSide } from "../../../../src/rtc/dtls/client-side.ts";
import type { HandshakeSide, SideOptions } from "../../../../src/rtc/dtls/handshake-attempt.ts";
import { ServerSide } from "../../../../src/rtc/dtls/server-side.ts";

/** Longer than any flight waits until it is repeated. */
const LATER_MS = 30_000;

let client: HandshakeSide;
let server: HandshakeSide;
let fromClient: HandshakeMessage[];
let fromServer: HandshakeMessage[];

function messagesOf(datagram: Buffer): HandshakeMessage[] {
  const reassembly = new HandshakeReassembly();
  return splitRecords(datagram).flatMap(({ epoch, fragment }) => (epoch === 0 ? reassembly.handle(fragment) : []));
}

/** Gives one side all that has come, at once. */
async function deliver(messages: HandshakeMessage[], to: HandshakeSide): Promise<void> {
  for (const message of messages.splice(0)) await to.handle(message);
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  const [ofClient, ofServer] = await Promise.all([createCertificate(), createCertificate()]);
  fromClient = [];
  fromServer = [];
  const shared: Pick<SideOptions, "nextSequence" | "onAgreed"> = { nextSequence: () => 0, onAgreed: () => {} };
  client = new ClientSide({
    ...shared,
    certificate: ofClient,
    fingerprints: [ofServer.fingerprint],
    send: (datagram) => fromClient.push(...messagesOf(datagram)),
  });
  server = new ServerSide({
    ...shared,
    certificate: ofServer,
    fingerprints: [ofClient.fingerprint],
    send: (datagram) => fromServer.push(...messagesOf(datagram)),
  });
  server.start();
  client.start();
  await vi.waitUntil(() => fromClient.length > 0);
  await deliver(fromClient, server);
  await deliver(fromServer, client);
});

afterEach(() => {
  client.stop();
  server.stop();
  vi.useRealTimers();
});

test("a client that was stopped answers no flight, and repeats none", async () => {
  await deliver(fromClient, server);
  client.stop();
  await deliver(fromServer, client);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(fromClient).toEqual([]);
});

test("a server that is stopped while it answers a hello repeats no flight", async () => {
  const answered = deliver(fromClient, server);
  server.stop();
  await answered;
  fromServer = [];
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(fromServer).toEqual([]);
});
