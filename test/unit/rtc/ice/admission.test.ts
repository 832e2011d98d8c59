// What a relay lets in: the peers that it names are no more to be believed than the senders of a socket.
import { afterEach, describe, expect, test } from "vitest";
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
