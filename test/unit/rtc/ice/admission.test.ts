// What a relay lets in: the peers that it names are no more to be believed than the senders of a socket.
import { crc32 } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Credentials } from "../../../../src/rtc/ice/credentials.ts";
import { guardReceiver } from "../../../../src/rtc/ice/admission.ts";
import { insideOf, loadWerift, type Receive, type WeriftRelay } from "../../../../src/rtc/werift.ts";

const SERVER: [string, number] = ["192.0.2.9", 3478];
const PEER: [string, number] = ["192.0.2.1", 5_000];
const OWN = { ufrag: "own", pwd: "own-password-of-some-length" };

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** An agent with a relay whose TURN client is played by the test. */
function guardedRelay() {
  const { Connection, Event, StunOverTurnProtocol } = loadWerift();
  const connection = new Connection(true, {});
  closers.push(() => connection.close());
  connection.localUsername = OWN.ufrag;
  connection.localPassword = OWN.pwd;
  const fromServer: Buffer[] = [];
  const throughRelay = new Event<[Buffer, [string, number]]>();
  const transport: { type: string; onData: Receive } = {
    type: "udp",
    onData: (datagram) => {
      fromServer.push(datagram);
    },
  };
  const turn = { onData: throughRelay, transport, serverEndpoint: SERVER, transactions: {} };
  const relay = new StunOverTurnProtocol(turn as never);
  const data: Buffer[] = [];
  const credentials = new Credentials({ iceUfrag: OWN.ufrag, icePwd: OWN.pwd });
  guardReceiver(connection, relay as unknown as WeriftRelay, {
    credentials,
    keptPair: () => undefined,
    onCheck: () => {},
    onData: (datagram) => data.push(datagram),
  });
  const requests: unknown[] = [];
  relay.onRequestReceived.subscribe((message) => requests.push(message));
  return { connection, credentials, relay, transport, throughRelay, fromServer, requests, data };
}

function request(username: string, password: string): Buffer {
  const { classes, Message, methods } = loadWerift();
  return new Message(methods.BINDING, classes.REQUEST)
    .setAttribute("USERNAME", username)
    .setAttribute("PRIORITY", 1)
    .addMessageIntegrity(Buffer.from(password)).bytes;
}

describe("a relay", () => {
  test("takes requests that know the password, and no others", () => {
    const { throughRelay, requests } = guardedRelay();
    throughRelay.execute(request(`${OWN.ufrag}:peer`, "another password"), PEER);
    throughRelay.execute(request("another:peer", OWN.pwd), PEER);
    expect(requests).toEqual([]);
    throughRelay.execute(request(`${OWN.ufrag}:peer`, OWN.pwd), PEER);
    expect(requests).toHaveLength(1);
  });

  test("knows the peer's half of the username once the peer is known", () => {
    const { credentials, throughRelay, requests } = guardedRelay();
    credentials.setPeer("peer");
    throughRelay.execute(request(`${OWN.ufrag}:another`, OWN.pwd), PEER);
    expect(requests).toEqual([]);
    throughRelay.execute(request(`${OWN.ufrag}:peer`, OWN.pwd), PEER);
    expect(requests).toHaveLength(1);
  });

  test("takes data from a peer that has answered a check, and from no other", () => {
    const { connection, relay, throughRelay, data } = guardedRelay();
    const record = Buffer.from([22, 0xfe, 0xfd]);
    throughRelay.execute(record, PEER);
    expect(data).toEqual([]);
    connection.checkList.push({ protocol: relay, remoteAddr: PEER, responsesReceived: 1 } as never);
    throughRelay.execute(record, [PEER[0], PEER[1] + 1]);
    expect(data).toEqual([]);
    throughRelay.execute(record, PEER);
    expect(data).toEqual([record]);
    connection.checkList = [];
  });

  test("hears its TURN server only", () => {
    const { transport, fromServer } = guardedRelay();
    transport.onData(Buffer.of(0x40), PEER);
    transport.onData(Buffer.of(0x40), [SERVER[0], 1]);
    expect(fromServer).toEqual([]);
    transport.onData(Buffer.of(0x40), SERVER);
    expect(fromServer).toHaveLength(1);
  });
});

describe("messages that take long to read", () => {
  /** Each FINGERPRINT is right, and is computed over all that stands before it. */
  function fingerprinted(count: number): Buffer {
    const { classes, Message, methods } = loadWerift();
    let bytes = new Message(methods.BINDING, classes.REQUEST).setAttribute("USERNAME", `${OWN.ufrag}:peer`).bytes;
    for (let index = 0; index < count; index += 1) {
      const end = Buffer.alloc(8);
      end.writeUInt32BE(0x8028_0004, 0);
      bytes.writeUInt16BE(bytes.length - 20 + end.length, 2);
      end.writeUInt32BE((crc32(bytes) ^ 0x5354_554e) >>> 0, 4);
      bytes = Buffer.concat([bytes, end]);
    }
    return bytes;
  }

  /** How often werift's parser takes the checksum of something. */
  function countReading(receive: () => void): number {
    const reading = vi.spyOn(Buffer.prototype, "copy");
    receive();
    const { calls } = reading.mock;
    reading.mockRestore();
    return calls.length;
  }

  test("are not read, from a stranger or in the name of the TURN server", () => {
    const { throughRelay, transport, fromServer } = guardedRelay();
    const costly = fingerprinted(200);
    const { parseMessage } = loadWerift();
    expect(countReading(() => void parseMessage(costly))).toBeGreaterThan(200);
    expect(countReading(() => throughRelay.execute(costly, PEER))).toBe(0);
    transport.onData(costly, SERVER);
    expect(fromServer).toEqual([]);
    transport.onData(fingerprinted(1), SERVER);
    expect(fromServer).toHaveLength(1);
  });

  test("are short, whoever has signed them", () => {
    const { classes, Message, methods } = loadWerift();
    const { throughRelay, requests } = guardedRelay();
    const long = new Message(methods.BINDING, classes.REQUEST)
      .setAttribute("USERNAME", `${OWN.ufrag}:peer`)
      .setAttribute("PRIORITY", 1);
    long.appendRawAttribute(0x8022, Buffer.alloc(3_000));
    throughRelay.execute(long.addMessageIntegrity(Buffer.from(OWN.pwd)).bytes, PEER);
    expect(requests).toEqual([]);
  });
});

describe("peer-reflexive candidates", () => {
  test("are few; one whose check failed makes place for the next", () => {
    const { connection, throughRelay, requests } = guardedRelay();
    insideOf(connection).earlyChecksDone = true;
    const { Candidate } = loadWerift();
    const reflexive = Array.from(
      { length: 16 },
      (_, index) => new Candidate("1", 1, "udp", 1, PEER[0], index + 1, "prflx"),
    );
    insideOf(connection)._remoteCandidates = reflexive;
    const IN_PROGRESS = 2;
    const FAILED = 4;
    const pairs = reflexive.map((remoteCandidate) => ({ remoteCandidate, remoteAddr: PEER, state: IN_PROGRESS }));
    connection.checkList = pairs as never;
    const from: [string, number] = [PEER[0], 4_000];
    throughRelay.execute(request(`${OWN.ufrag}:peer`, OWN.pwd), from);
    expect(requests).toHaveLength(0);
    throughRelay.execute(request(`${OWN.ufrag}:peer`, OWN.pwd), [PEER[0], 3]);
    expect(requests).toHaveLength(1);
    (pairs[2] as { state: number }).state = FAILED;
    throughRelay.execute(request(`${OWN.ufrag}:peer`, OWN.pwd), from);
    expect(requests).toHaveLength(2);
    expect(connection.remoteCandidates).not.toContain(reflexive[2]);
    expect(connection.checkList).not.toContain(pairs[2]);
    connection.checkList = [];
  });
});
