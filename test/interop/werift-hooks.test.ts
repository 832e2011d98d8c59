// What src/rtc relies on inside werift, hook by hook: when an upgrade moves one, the test that fails has its name.
// docs/werift.md tells what each is for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { splitRecords } from "../../src/guard/dtls-record.ts";
import { HandshakeReassembly } from "../../src/guard/handshake-messages.ts";
import { createCertificate } from "../../src/rtc/certificate.ts";
import { SRTP_PROFILES } from "../../src/rtc/dtls/srtp-keys.ts";
import { createWeriftDtls, deliverHandshake } from "../../src/rtc/dtls/werift-dtls.ts";
import { insideOf, loadWerift, newUdpTransport, PairState } from "../../src/rtc/werift.ts";

type Members = Readonly<Record<string, unknown>>;
type Kind = "function" | "object" | "array" | "string" | "number" | "boolean" | "bigint" | "undefined" | "event";

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return "array";
  if (typeof value === "object" && value !== null && "subscribe" in value && "execute" in value) return "event";
  return (value === null ? "undefined" : typeof value) as Kind;
}

/** One test for each member. */
function testMembers(title: string, make: () => unknown, members: Readonly<Record<string, Kind>>): void {
  test.each(Object.entries(members))(`${title}.%s is of kind %s`, async (name, kind) => {
    expect(kindOf(((await make()) as Members)[name])).toBe(kind);
  });
}

const require = createRequire(import.meta.url);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function newConnection() {
  const connection = new (loadWerift().Connection)(true, {});
  connection.stunServer = undefined as never;
  closers.push(() => connection.close());
  return connection;
}

describe("the package", () => {
  test("is pinned to an exact version, and that one is installed", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      devDependencies: Record<string, string>;
    };
    const installed = JSON.parse(
      readFileSync(join(dirname(require.resolve("werift")), "../../../package.json"), "utf8"),
    ) as {
      name: string;
      version: string;
    };
    expect(manifest.devDependencies.werift).toMatch(/^\d+\.\d+\.\d+$/);
    expect(installed).toMatchObject({ name: "werift", version: manifest.devDependencies.werift });
  });

  testMembers("werift", loadWerift, {
    Candidate: "function",
    CipherContext: "function",
    Connection: "function",
    createStunOverTurnClient: "function",
    DtlsClient: "function",
    DtlsServer: "function",
    Event: "function",
    HashAlgorithm: "object",
    Message: "function",
    NamedCurveAlgorithm: "object",
    parseMessage: "function",
    SignatureAlgorithm: "object",
    StunProtocol: "function",
    UdpTransport: "function",
    classes: "object",
    methods: "object",
  });
});

describe("ICE (src/rtc/ice)", () => {
  testMembers("Connection", newConnection, {
    addPair: "function",
    addRemoteCandidate: "function",
    buildRequest: "function",
    checkComplete: "function",
    checkIncoming: "function",
    checkList: "array",
    checkStart: "function",
    close: "function",
    earlyChecks: "array",
    earlyChecksDone: "boolean",
    ensureProtocol: "function",
    iceControlling: "boolean",
    localCandidatesEnd: "boolean",
    localPassword: "string",
    localUsername: "string",
    nominated: "undefined",
    onData: "event",
    pairLocalProtocol: "function",
    protocols: "array",
    _remoteCandidates: "array",
    remoteCandidates: "array",
    remoteIsLite: "boolean",
    remotePassword: "string",
    remoteUsername: "string",
    send: "function",
    setRemoteParams: "function",
    userHistory: "object",
  });

  testMembers("StunProtocol", () => new (loadWerift().StunProtocol)(), {
    close: "function",
    datagramReceived: "function",
    request: "function",
  });

  testMembers(
    "UdpTransport before it is bound",
    () => {
      const transport = newUdpTransport("udp4");
      closers.push(() => transport.socket.close());
      return transport;
    },
    { close: "function", onData: "function", send: "function", socket: "object", type: "string" },
  );

  test("remoteCandidates is what _remoteCandidates holds", () => {
    const connection = newConnection();
    const inside = insideOf(connection);
    inside._remoteCandidates = [];
    expect(connection.remoteCandidates).toBe(inside._remoteCandidates);
  });

  test("the states of a pair have the numbers of PairState", () => {
    const { CandidatePairState } = require(join(dirname(require.resolve("werift")), "../../ice/src/iceBase.js")) as {
      CandidatePairState: Members;
    };
    expect(CandidatePairState).toMatchObject(PairState);
  });

  test("a pair has an address, its candidates, a state and counters", async () => {
    const { Candidate, StunProtocol } = loadWerift();
    const connection = newConnection();
    const inside = insideOf(connection);
    const protocol = new StunProtocol();
    protocol.localCandidate = new Candidate("1", 1, "udp", 1, "127.0.0.1", 1, "host");
    inside.protocols.push(protocol);
    await connection.addRemoteCandidate(new Candidate("1", 1, "udp", 1, "127.0.0.1", 2, "host"));
    inside.protocols.pop();
    expect(connection.checkList).toHaveLength(1);
    expect(connection.checkList[0]).toMatchObject({
      protocol,
      remoteAddr: ["127.0.0.1", 2],
      remoteCandidate: { host: "127.0.0.1", port: 2, type: "host" },
      responsesReceived: 0,
      state: PairState.WAITING,
      nominated: false,
      remoteNominated: false,
      noteIncomingRequest: expect.any(Function) as unknown,
      updateState: expect.any(Function) as unknown,
    });
  });

  test("a request is taken through onRequestReceived, from the transport's onData", () => {
    const { classes, Message, methods, StunProtocol } = loadWerift();
    const protocol = new StunProtocol() as unknown as {
      datagramReceived: (datagram: Buffer, from: [string, number]) => void;
      onRequestReceived: { subscribe(listener: (message: unknown, from: unknown) => void): void };
    };
    const seen: unknown[] = [];
    protocol.onRequestReceived.subscribe((_, from) => seen.push(from));
    protocol.datagramReceived(new Message(methods.BINDING, classes.REQUEST).bytes, ["127.0.0.1", 9]);
    expect(seen).toEqual([["127.0.0.1", 9]]);
  });

  test("a relay takes what peers send through handleStunMessage, looked up each time", () => {
    const { Event, StunOverTurnProtocol } = loadWerift();
    const onData = new Event<[Buffer, [string, number]]>();
    const relay = new StunOverTurnProtocol({ onData } as never) as unknown as { handleStunMessage: unknown };
    const seen: unknown[] = [];
    relay.handleStunMessage = (datagram: Buffer) => seen.push(datagram);
    onData.execute(Buffer.of(1), ["127.0.0.1", 9]);
    expect(seen).toEqual([Buffer.of(1)]);
  });

  testMembers(
    "StunOverTurnProtocol",
    () => {
      const { Event, StunOverTurnProtocol } = loadWerift();
      return new StunOverTurnProtocol({ onData: new Event() } as never);
    },
    { handleStunMessage: "function", onRequestReceived: "event", request: "function", sendStun: "function" },
  );

  testMembers(
    "TurnProtocol",
    () => new (loadWerift().TurnProtocol)(["127.0.0.1", 9], "user", "password", 600, {} as never),
    {
      channelByAddr: "object",
      channelNumber: "number",
      channelRefreshTime: "number",
      close: "function",
      connectionMade: "function",
      dataReceived: "function",
      getChannel: "function",
      getPermission: "function",
      handleChannelData: "function",
      handleSTUNMessage: "function",
      lifetime: "number",
      permissionByAddr: "object",
      refresh: "function",
      request: "function",
      requestWithRetry: "function",
      send: "function",
      server: "array",
      transactions: "object",
    },
  );

  test("a refused request to a TURN server has the refusal in response, an unanswered one has none", async () => {
    const { classes, Message, methods, TurnProtocol } = loadWerift();
    const refused = new Message(methods.REFRESH, classes.ERROR);
    const turn = new TurnProtocol(["127.0.0.1", 9], "user", "password", 600, {
      type: "udp",
      send: () => {
        turn.transactions[request.transactionIdHex]?.responseReceived(refused, ["127.0.0.1", 9]);
        return Promise.resolve();
      },
    } as never);
    const request = new Message(methods.REFRESH, classes.REQUEST);
    const once = { retransmissions: 0, responseTimeout: 1 };
    await expect(turn.request(request, turn.server)).rejects.toMatchObject({ response: refused });
    const silent = new TurnProtocol(["127.0.0.1", 9], "user", "password", 600, {
      type: "udp",
      send: () => Promise.resolve(),
    } as never);
    const asked = new Message(methods.REFRESH, classes.REQUEST);
    await expect(silent.request(asked, silent.server, undefined, once)).rejects.toMatchObject({ response: undefined });
  });

  test("the server of a relay is in serverEndpoint", () => {
    const { TurnProtocol } = loadWerift();
    expect(Object.getOwnPropertyDescriptor(TurnProtocol.prototype, "serverEndpoint")).toHaveProperty("get");
  });

  test("parseMessage with a key refuses what has no valid MESSAGE-INTEGRITY", () => {
    const { classes, Message, methods, parseMessage } = loadWerift();
    const request = () => new Message(methods.BINDING, classes.REQUEST).setAttribute("USERNAME", "a:b");
    const key = Buffer.from("key");
    const signed = request() as unknown as InstanceType<typeof Message>;
    expect(parseMessage(signed.addMessageIntegrity(key).bytes, key)?.getAttributeValue("USERNAME")).toBe("a:b");
    expect(parseMessage(signed.bytes, Buffer.from("other"))).toBeUndefined();
    expect(parseMessage((request() as unknown as InstanceType<typeof Message>).bytes, key)).toBeUndefined();
  });
});

describe("DTLS (src/rtc/dtls/werift-dtls.ts)", () => {
  async function newSocket(role: "client" | "server") {
    const flights: (readonly Buffer[])[] = [];
    const socket = createWeriftDtls({
      role,
      certificate: await createCertificate(),
      sendFlight: (datagrams) => flights.push(datagrams),
      srtpProfiles: SRTP_PROFILES,
    });
    return { socket, flights };
  }

  for (const role of ["client", "server"] as const) {
    testMembers(`Dtls ${role}`, async () => (await newSocket(role)).socket, {
      cipher: "object",
      dtls: "object",
      onError: "event",
      onHandleHandshakes: "function",
      transport: "object",
    });
    testMembers(`Dtls ${role}.dtls`, async () => (await newSocket(role)).socket.dtls, {
      flight: "number",
      remoteExtendedMasterSecret: "boolean",
      sortedHandshakeCache: "array",
    });
  }

  test("flights go to their sender, through Flight.transmit", async () => {
    const { socket, flights } = await newSocket("client");
    await socket.connect();
    expect(flights).toHaveLength(1);
    expect(socket.dtls.flight).toBe(1);
    expect(socket.cipher.localRandom.serialize()).toHaveLength(32);
  });

  testMembers(
    "cipher/prf.js",
    () => require(join(dirname(require.resolve("werift")), "../../dtls/src/cipher/prf.js")),
    {
      prfEncryptionKeys: "function",
      prfExtendedMasterSecret: "function",
      prfMasterSecret: "function",
      prfPreMasterSecret: "function",
    },
  );

  test("a server that has answered a hello has its key pair and both randoms", async () => {
    const [client, server] = [await newSocket("client"), await newSocket("server")];
    await client.socket.connect();
    const [hello] = splitRecords(client.flights[0]?.[0] ?? Buffer.alloc(0));
    for (const message of new HandshakeReassembly().handle(hello?.fragment ?? Buffer.alloc(0))) {
      await deliverHandshake(server.socket, message);
    }
    const { localKeyPair, localRandom, remoteRandom } = server.socket.cipher;
    expect(localKeyPair).toMatchObject({ privateKey: expect.any(Buffer), curve: expect.any(Number) });
    expect(remoteRandom?.serialize()).toEqual(client.socket.cipher.localRandom.serialize());
    expect(localRandom.serialize()).toHaveLength(32);
  });

  test("CipherContext makes the Finished with verifyData", () => {
    expect(loadWerift().CipherContext.prototype).toHaveProperty("verifyData", expect.any(Function));
  });

  test("the keys of a handshake are where RecordProtection takes them from", async () => {
    const file = join(dirname(require.resolve("werift")), "../../dtls/src/cipher/create.js");
    const { createCipher } = require(file) as {
      createCipher: (suite: number) => Members & { init: (...parts: Buffer[]) => void };
    };
    const ECDHE_ECDSA_AES_128_GCM = 0xc02b;
    const cipher = createCipher(ECDHE_ECDSA_AES_128_GCM);
    cipher.init(Buffer.alloc(48, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3));
    for (const name of ["clientWriteKey", "serverWriteKey"]) expect(cipher[name]).toHaveLength(16);
    for (const name of ["clientNonce", "serverNonce"])
      expect((cipher[name] as Buffer).length).toBeGreaterThanOrEqual(4);
  });
});
