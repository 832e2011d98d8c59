// No two records under one key have the same number, which is the nonce of AES-GCM. RFC 5288 §3, RFC 6347 §4.1.
import { describe, expect, test } from "vitest";
import { splitRecords } from "../../../../src/guard/dtls-record.ts";
import { createCertificate } from "../../../../src/rtc/certificate.ts";
import { DtlsPort } from "../../../../src/rtc/dtls/dtls-port.ts";
import { loadWerift } from "../../../../src/rtc/werift.ts";

const RECORDS = 32;
const HEADER_BYTES = 13;
const EXPLICIT_NONCE_BYTES = 8;

type Deliver = (datagram: Buffer) => void;

/** Collects the nonces of the records of epoch 1 that pass. */
function watched(nonces: string[], deliver: Deliver): Deliver {
  return (datagram) => {
    for (const { epoch, bytes } of splitRecords(datagram)) {
      if (epoch !== 1) continue;
      nonces.push(Buffer.from(bytes).toString("hex", HEADER_BYTES, HEADER_BYTES + EXPLICIT_NONCE_BYTES));
    }
    setImmediate(deliver, Buffer.from(datagram));
  };
}

/** What werift sends through, with the other one at its end. */
class MemoryTransport {
  readonly type = "memory";
  readonly address = {};
  readonly closed = false;
  deliver: Deliver = () => {};
  /** Set by werift. */
  onData: Deliver = () => {};

  send(datagram: Buffer): Promise<void> {
    this.deliver(datagram);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function repeatedOf(nonces: readonly string[]): string[] {
  return nonces.filter((nonce, index) => nonces.indexOf(nonce) !== index);
}

describe("the numbers of protected records", () => {
  test("bare werift uses that of its Finished again", async () => {
    const { certPem: cert, keyPem: key, signatureHash } = await createCertificate();
    const { DtlsClient, DtlsServer } = loadWerift();
    const nonces: Record<"client" | "server", string[]> = { client: [], server: [] };
    const ofClient = new MemoryTransport();
    const ofServer = new MemoryTransport();
    ofClient.deliver = watched(nonces.client, (datagram) => ofServer.onData(datagram));
    ofServer.deliver = watched(nonces.server, (datagram) => ofClient.onData(datagram));
    const settings = { cert, key, signatureHash: signatureHash as never, extendedMasterSecret: true };
    const server = new DtlsServer({ ...settings, certificateRequest: true, transport: ofServer as never });
    const client = new DtlsClient({ ...settings, transport: ofClient as never });
    const connected = Promise.all([server, client].map((socket) => new Promise((done) => socket.onConnect.once(done))));
    await client.connect();
    await connected;
    for (let count = 0; count < RECORDS; count += 1) {
      await client.send(Buffer.of(count));
      await server.send(Buffer.of(count));
    }
    expect(repeatedOf(nonces.client)).toHaveLength(1);
    expect(repeatedOf(nonces.server)).toHaveLength(1);
  });

  test("ours never repeat one, repeated flights and alerts included", async () => {
    const [ofClient, ofServer] = await Promise.all([createCertificate(), createCertificate()]);
    const nonces: Record<"client" | "server", string[]> = { client: [], server: [] };
    // The server's last flight is lost once, so that both sides repeat theirs.
    let hasLost = false;
    const toServer = watched(nonces.client, (datagram) => server.handle(datagram));
    const toClient = watched(nonces.server, (datagram) => {
      const isLastFlight = splitRecords(datagram).some(({ epoch }) => epoch === 1);
      if (isLastFlight && !hasLost) hasLost = true;
      else client.handle(datagram);
    });
    let onBoth = (): void => {};
    const both = new Promise<void>((done) => {
      onBoth = done;
    });
    let connectedCount = 0;
    const received: number[] = [];
    const events = {
      onConnected: () => {
        connectedCount += 1;
        if (connectedCount === 2) onBoth();
      },
      onData: (plaintext: Buffer) => {
        received.push(plaintext[0] ?? -1);
        if (received.length === 2 * RECORDS) onAll();
      },
      onEnded: () => {},
    };
    let onAll = (): void => {};
    const all = new Promise<void>((done) => {
      onAll = done;
    });
    const server = new DtlsPort({
      events,
      role: "server",
      certificate: ofServer,
      remoteFingerprints: [ofClient.fingerprint],
      send: toClient,
    });
    const client = new DtlsPort({
      events,
      role: "client",
      certificate: ofClient,
      remoteFingerprints: [ofServer.fingerprint],
      send: toServer,
    });
    server.start();
    client.start();
    await both;
    for (let count = 0; count < RECORDS; count += 1) {
      client.send(Buffer.of(count));
      server.send(Buffer.of(count));
    }
    await all;
    client.close();
    server.close();
    expect(hasLost).toBe(true);
    for (const side of [nonces.client, nonces.server]) {
      expect(side.length).toBeGreaterThan(RECORDS + 2);
      expect(repeatedOf(side)).toEqual([]);
    }
  });
});
