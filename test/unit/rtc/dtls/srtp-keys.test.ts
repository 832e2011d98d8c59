// The exporter and the keys for media, against vectors and against werift's, and in real handshakes with bare werift.
import { createRequire } from "node:module";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { DtlsClient, DtlsServer } from "werift";
import { createCertificate } from "../../../../src/rtc/certificate.ts";
import { DtlsPort } from "../../../../src/rtc/dtls/dtls-port.ts";
import { exportKeyingMaterial, prf } from "../../../../src/rtc/dtls/prf.ts";
import { srtpKeysOf } from "../../../../src/rtc/dtls/srtp-keys.ts";
import { loadWerift } from "../../../../src/rtc/werift.ts";
import type { SrtpKeyMaterial } from "../../../../src/media/srtp.ts";
import { withResolvers } from "../../../support/with-resolvers.ts";

const GCM = 7;
const CM = 1;
const GCM_256 = 8;

const count = (from: number, length: number, modulus = 256): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => from + (index % modulus));
const SECRETS = {
  masterSecret: count(0, 48),
  clientRandom: count(0xc0, 32, 16),
  serverRandom: count(0x50, 32, 16),
};
/** By Python: `hmac` and `hashlib`, RFC 5246 §5 written down once more. */
const EXPORTED =
  "a5c2f2baaf825c2564dfb9f25ab1b0a2d07f9eb4de44ee1a76ae1c994e5e187f8b87835477f73642df567dc9f1cdcc9faebc98c636b1203f36653168";

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

describe("the pseudorandom function", () => {
  test("gives the vector for SHA-256 that went over the list of the TLS working group", () => {
    const secret = Buffer.from("9bbe436ba940f017b17652849a71db35", "hex");
    const seed = Buffer.from("a0ba9f936cda311827a6f796ffd5198c", "hex");
    expect(hex(prf(secret, "test label", [seed], 100))).toBe(
      "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66",
    );
  });

  test("exports what Python does, and what werift does", () => {
    expect(hex(exportKeyingMaterial(SECRETS, "EXTRACTOR-dtls_srtp", 60))).toBe(EXPORTED);
    const { exportKeyingMaterial: ofWerift } = createRequire(import.meta.url)(
      "../../../../node_modules/werift/lib/dtls/src/cipher/prf.js",
    ) as { exportKeyingMaterial: (...parameters: unknown[]) => Buffer };
    const [master, client, server] = [SECRETS.masterSecret, SECRETS.clientRandom, SECRETS.serverRandom].map((bytes) =>
      Buffer.from(bytes),
    );
    expect(hex(ofWerift("EXTRACTOR-dtls_srtp", 60, master, client, server, true))).toBe(EXPORTED);
  });
});

describe("the keys of a profile", () => {
  test.each([
    [GCM, "AEAD_AES_128_GCM", 12],
    [CM, "AES128_CM_HMAC_SHA1_80", 14],
  ] as const)("%i are cut out in the order of RFC 5764", (id, profile, saltBytes) => {
    const client = {
      key: EXPORTED.slice(0, 32),
      salt: EXPORTED.slice(64, 64 + 2 * saltBytes),
    };
    const server = {
      key: EXPORTED.slice(32, 64),
      salt: EXPORTED.slice(64 + 2 * saltBytes, 64 + 4 * saltBytes),
    };
    const ofClient = srtpKeysOf("client", id, SECRETS);
    expect(ofClient?.profile).toBe(profile);
    expect({ key: hex(ofClient?.local.key), salt: hex(ofClient?.local.salt) }).toEqual(client);
    expect({ key: hex(ofClient?.remote.key), salt: hex(ofClient?.remote.salt) }).toEqual(server);
    const ofServer = srtpKeysOf("server", id, SECRETS);
    expect(hex(ofServer?.local.key)).toBe(server.key);
    expect(hex(ofServer?.remote.salt)).toBe(client.salt);
  });

  test("are none for a profile that we do not speak", () => {
    expect(srtpKeysOf("client", GCM_256, SECRETS)).toBeUndefined();
    expect(srtpKeysOf("client", undefined, SECRETS)).toBeUndefined();
  });
});

type Deliver = (datagram: Buffer) => void;

/** What werift sends through. */
class MemoryTransport {
  readonly type = "memory";
  readonly address = {};
  readonly closed = false;
  deliver: Deliver = () => {};
  /** Set by werift. */
  onData: Deliver = () => {};

  send(datagram: Buffer): Promise<void> {
    setImmediate(this.deliver, Buffer.from(datagram));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const ports: DtlsPort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

interface Joined {
  port: DtlsPort;
  socket: DtlsClient | DtlsServer;
}

/** A whole handshake of our port with bare werift. @param role - ours */
async function joinWerift(
  role: "client" | "server",
  srtpProfiles: readonly number[],
  extendedMasterSecret = true,
  onMedia: (datagram: Uint8Array) => void = () => {},
): Promise<Joined> {
  const [ours, theirs] = await Promise.all([createCertificate(), createCertificate()]);
  const { DtlsClient: Client, DtlsServer: Server } = loadWerift();
  const transport = new MemoryTransport();
  const settings = {
    cert: theirs.certPem,
    key: theirs.keyPem,
    signatureHash: theirs.signatureHash as never,
    srtpProfiles: [...srtpProfiles] as never,
    extendedMasterSecret,
    transport: transport as never,
  };
  const socket = role === "server" ? new Client(settings) : new Server({ ...settings, certificateRequest: true });
  const { promise, resolve } = withResolvers<void>();
  const port = new DtlsPort({
    role,
    certificate: ours,
    remoteFingerprints: [theirs.fingerprint],
    send: (datagram) => setImmediate(() => transport.onData(Buffer.from(datagram))),
    events: { onConnected: resolve, onData: () => {}, onEnded: () => {}, onMedia },
  });
  ports.push(port);
  transport.deliver = (datagram) => {
    port.handle(datagram);
  };
  expect(port.srtpKeys).toBeUndefined();
  port.start();
  if (socket instanceof Client) await socket.connect();
  await promise;
  return { port, socket };
}

function mirrored(keys: SrtpKeyMaterial | undefined): Record<string, string> {
  return {
    localKey: hex(keys?.remote.key),
    localSalt: hex(keys?.remote.salt),
    remoteKey: hex(keys?.local.key),
    remoteSalt: hex(keys?.local.salt),
  };
}

describe("a handshake with bare werift", () => {
  test.each([
    ["client", GCM, "AEAD_AES_128_GCM", 12],
    ["client", CM, "AES128_CM_HMAC_SHA1_80", 14],
    ["server", GCM, "AEAD_AES_128_GCM", 12],
    ["server", CM, "AES128_CM_HMAC_SHA1_80", 14],
  ] as const)("as %s, with profile %i, ends in the same keys", async (role, id, profile, saltBytes) => {
    const { port, socket } = await joinWerift(role, [id]);
    expect(port.srtpKeys?.profile).toBe(profile);
    const theirs = socket.extractSessionKeys(16, saltBytes);
    expect(mirrored(port.srtpKeys)).toEqual(
      Object.fromEntries(Object.entries(theirs).map(([name, bytes]) => [name, hex(bytes)])),
    );
  });

  test("as server, takes AES-GCM where both are offered, in whatever order", async () => {
    const { port } = await joinWerift("server", [CM, GCM]);
    expect(port.srtpKeys?.profile).toBe("AEAD_AES_128_GCM");
  });

  test("as server, that offers no profile of ours ends without keys for media, and is a line for data", async () => {
    const { port } = await joinWerift("server", [GCM_256]);
    expect(port.srtpKeys).toBeUndefined();
    expect(port.seal(Buffer.from("data"))).toBeDefined();
  });

  test.each(["client", "server"] as const)("as %s, that knows no media at all ends without such keys", async (role) => {
    const { port } = await joinWerift(role, []);
    expect(port.srtpKeys).toBeUndefined();
  });

  test.each(["client", "server"] as const)("as %s, without the extended master secret has none", async (role) => {
    const { port } = await joinWerift(role, [GCM, CM], false);
    expect(port.srtpKeys).toBeUndefined();
    expect(port.seal(Buffer.from("data"))).toBeDefined();
  });

  test("leaves no keys when the port is closed", async () => {
    const { port } = await joinWerift("client", [GCM]);
    port.close();
    expect(port.srtpKeys).toBeUndefined();
  });
});

describe("a handshake of two ports", () => {
  test("takes AES-GCM, and each has the other's keys", async () => {
    const [ofClient, ofServer] = await Promise.all([createCertificate(), createCertificate()]);
    const both = [withResolvers<void>(), withResolvers<void>()] as const;
    const later = (to: () => DtlsPort): Deliver => {
      return (datagram) => setImmediate(() => to().handle(Buffer.from(datagram)));
    };
    const client: DtlsPort = new DtlsPort({
      role: "client",
      certificate: ofClient,
      remoteFingerprints: [ofServer.fingerprint],
      send: later(() => server),
      events: { onConnected: both[0].resolve, onData: () => {}, onEnded: () => {} },
    });
    const server: DtlsPort = new DtlsPort({
      role: "server",
      certificate: ofServer,
      remoteFingerprints: [ofClient.fingerprint],
      send: later(() => client),
      events: { onConnected: both[1].resolve, onData: () => {}, onEnded: () => {} },
    });
    ports.push(client, server);
    server.start();
    client.start();
    await Promise.all(both.map(({ promise }) => promise));
    expect(client.srtpKeys?.profile).toBe("AEAD_AES_128_GCM");
    expect(server.srtpKeys?.profile).toBe("AEAD_AES_128_GCM");
    expect(client.srtpKeys?.local).toEqual(server.srtpKeys?.remote);
    expect(client.srtpKeys?.remote).toEqual(server.srtpKeys?.local);
    expect(client.srtpKeys?.local).not.toEqual(client.srtpKeys?.remote);
  });

  test("hands on what is media by its first byte, only while it is connected, and DTLS is none", async () => {
    const media: number[] = [];
    const { port } = await joinWerift("client", [GCM], true, (datagram) => media.push(datagram[0] ?? -1));
    for (const first of [0, 3, 20, 63, 64, 127, 128, 160, 191, 192, 255]) {
      port.handle(Uint8Array.from([first, ...count(0, 40)]));
    }
    expect(media).toEqual([128, 160, 191]);
    expect(port.seal(Buffer.from("data")), "it goes on").toBeDefined();
    port.close();
    port.handle(Uint8Array.from([128, 1]));
    expect(media).toHaveLength(3);
  });

  test("hands on no media before the handshake is over", async () => {
    const certificate = await createCertificate();
    const onMedia = vi.fn<(datagram: Uint8Array) => void>();
    const port = new DtlsPort({
      role: "server",
      certificate,
      remoteFingerprints: [certificate.fingerprint],
      send: () => {},
      events: { onConnected: () => {}, onData: () => {}, onEnded: () => {}, onMedia },
    });
    ports.push(port);
    port.handle(Uint8Array.from([128, 1]));
    port.start();
    port.handle(Uint8Array.from([128, 1]));
    expect(onMedia).not.toHaveBeenCalled();
  });
});
