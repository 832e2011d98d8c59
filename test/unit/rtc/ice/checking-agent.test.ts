// What the checks of a peer make this side keep and send: over a relay whose TURN client is played by the test.
import { afterEach, describe, expect, test } from "vitest";
import type { IceCandidate } from "../../../../src/exchange/description.ts";
import { CheckingAgent, type RemoteSide } from "../../../../src/rtc/ice/checking-agent.ts";
import { Credentials } from "../../../../src/rtc/ice/credentials.ts";
import { MAX_PAIRS, MAX_PEER_REFLEXIVE } from "../../../../src/rtc/ice/pair-limits.ts";
import { MAX_WAITING_SENDS } from "../../../../src/rtc/ice/relay-sends.ts";
import { loadWerift, PairState, type WeriftPair, type WeriftRelay } from "../../../../src/rtc/werift.ts";

const OWN = { iceUfrag: "own", icePwd: "own-password-of-some-length" };
const PEER = "192.0.2.1";
const RELAYED: IceCandidate = {
  foundation: "r",
  component: 1,
  transport: "udp",
  priority: 1,
  address: "192.0.2.200",
  port: 50_000,
  type: "relay",
};

const agents: CheckingAgent[] = [];
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
});

/**
 * An agent, and what it sends and asks for.
 * @param taken - when the TURN server has taken what is sent
 */
function newAgent(taken: () => Promise<void> = () => Promise.resolve()) {
  const sent: { datagram: Buffer; to: string }[] = [];
  const triggered: WeriftPair[] = [];
  const agent = new CheckingAgent(new Credentials(OWN), {
    onChecked: () => {},
    onTriggered: (pair) => triggered.push(pair),
    onRestarted: () => {},
    onIncoming: () => {},
    onData: () => {},
    onWritable: () => {},
  });
  agents.push(agent);
  const addRelay = (): ((datagram: Buffer, from: [string, number]) => void) => {
    const { Event, StunOverTurnProtocol } = loadWerift();
    const onData = new Event<[Buffer, [string, number]]>();
    const turn = {
      onData,
      transport: { type: "udp", onData: () => {} },
      transactions: {},
      sendData: (datagram: Buffer, [address, port]: [string, number]) => {
        sent.push({ datagram, to: `${address}:${port}` });
        return taken();
      },
      close: () => Promise.resolve(),
    };
    agent.adopt(new StunOverTurnProtocol(turn as never) as unknown as WeriftRelay, RELAYED);
    return (datagram, from) => {
      onData.execute(datagram, from);
    };
  };
  return { agent, sent, triggered, addRelay };
}

function remote(candidates: IceCandidate[] = []): RemoteSide {
  return { iceUfrag: "peer", icePwd: "the-password-of-the-peer", iceLite: false, candidates };
}

/** @param role - of the peer */
function check(role: "ICE-CONTROLLING" | "ICE-CONTROLLED" = "ICE-CONTROLLING", isWhole = true): Buffer {
  const { classes, Message, methods } = loadWerift();
  const message = new Message(methods.BINDING, classes.REQUEST).setAttribute("USERNAME", `${OWN.iceUfrag}:peer`);
  message.setAttribute(role, 1n);
  if (isWhole) message.setAttribute("PRIORITY", 1);
  return message.addMessageIntegrity(Buffer.from(OWN.icePwd)).bytes;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a check that comes", () => {
  test("is answered, lets its pair have its turn, and sends no check by itself", async () => {
    const { agent, sent, triggered, addRelay } = newAgent();
    const receive = addRelay();
    agent.begin(remote(), false);
    receive(check(), [PEER, 5_000]);
    await nextTurn();
    expect(sent.map(({ to }) => to)).toEqual([`${PEER}:5000`]);
    expect(triggered).toEqual(agent.pairs);
    expect(agent.pairs[0]?.state).toBe(PairState.WAITING);
  });

  test("leaves nothing behind, however many there are", () => {
    const { agent, addRelay } = newAgent();
    const receive = addRelay();
    agent.begin(remote(), false);
    for (let count = 0; count < 500; count += 1) receive(check(), [PEER, 5_000]);
    expect(agent.pairs).toHaveLength(1);
    const { requestTransactionIds } = agent.pairs[0] as unknown as { requestTransactionIds: Set<string> };
    expect(requestTransactionIds.size).toBe(0);
  });

  test.each<[what: string, from: [string, number]]>([
    ["a port of a system", [PEER, 53]],
    ["a web port inside a network", ["192.168.1.1", 80]],
    ["loopback", ["127.0.0.1", 5_000]],
    ["link-local", ["169.254.169.254", 5_000]],
    ["a group", ["224.0.0.1", 5_000]],
    ["loopback behind a translator", ["64:ff9b::7f00:1", 5_000]],
  ])("from where a file could not send us is neither answered nor kept: %s", async (_, from) => {
    const { agent, sent, addRelay } = newAgent();
    const receive = addRelay();
    receive(check(), from);
    agent.begin(remote(), false);
    receive(check(), from);
    await nextTurn();
    expect(agent.pairs).toEqual([]);
    expect(sent).toEqual([]);
    receive(check(), [PEER, 443]);
    expect(agent.pairs).toHaveLength(1);
  });

  test("without a priority is none", async () => {
    const { agent, sent, addRelay } = newAgent();
    const receive = addRelay();
    agent.begin(remote(), false);
    receive(check("ICE-CONTROLLING", false), [PEER, 5_000]);
    await nextTurn();
    expect(agent.pairs).toEqual([]);
    expect(sent).toEqual([]);
  });
});

describe("a check of ours", () => {
  const CANDIDATE: IceCandidate = { ...RELAYED, address: PEER, port: 5_000, type: "host" };

  /** Controlling, with one pair, whose checks the test answers. */
  function checkingAgent(iceLite: boolean) {
    const { classes, Message, methods, parseMessage } = loadWerift();
    const { agent, sent, triggered, addRelay } = newAgent();
    const receive = addRelay();
    const other = { ...remote([CANDIDATE]), iceLite };
    agent.begin(other, true);
    const [pair] = agent.pairs;
    if (pair === undefined) throw new Error("no pair");
    /** @returns the attributes of the check */
    const checkAnswered = async (code?: number): Promise<readonly string[]> => {
      agent.check(pair);
      await nextTurn();
      const request = parseMessage(sent.at(-1)?.datagram ?? Buffer.alloc(0));
      if (request === undefined) throw new Error("no check");
      const { transactionId, attributesKeys } = request;
      const answer = new Message(methods.BINDING, code === undefined ? classes.RESPONSE : classes.ERROR, transactionId);
      if (code !== undefined) answer.setAttribute("ERROR-CODE", [code, ""]);
      receive(answer.addMessageIntegrity(Buffer.from(other.icePwd)).bytes, [PEER, 5_000]);
      await nextTurn();
      return attributesKeys;
    };
    return { agent, pair, sent, triggered, checkAnswered };
  }

  test("nominates at once", async () => {
    const { agent, pair, checkAnswered } = checkingAgent(false);
    expect(await checkAnswered()).toContain("USE-CANDIDATE");
    expect(agent.nominated).toBe(pair);
  });

  test("nominates only once it was answered where the other side is lite, and in its turn", async () => {
    const { agent, pair, sent, triggered, checkAnswered } = checkingAgent(true);
    expect(await checkAnswered()).not.toContain("USE-CANDIDATE");
    expect(agent.nominated).toBeUndefined();
    expect(triggered).toEqual([pair]);
    expect(sent).toHaveLength(1);
    expect(await checkAnswered()).toContain("USE-CANDIDATE");
    expect(agent.nominated).toBe(pair);
  });

  test("changes the role each time that it is told to, and asks for another turn once", async () => {
    const { agent, sent, triggered, checkAnswered } = checkingAgent(false);
    for (const role of ["ICE-CONTROLLING", "ICE-CONTROLLED", "ICE-CONTROLLING"]) {
      expect(await checkAnswered(487)).toContain(role);
      expect(agent.pairs[0]?.state).toBe(PairState.FAILED);
    }
    expect(triggered).toHaveLength(1);
    expect(sent).toHaveLength(3);
  });
});

test("few datagrams wait for a TURN server that is silent, and others go once it is not", async () => {
  let release = (): void => {};
  const isTaken = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { agent, sent, addRelay } = newAgent(() => isTaken);
  const receive = addRelay();
  agent.begin(remote(), false);
  for (let count = 0; count < 10 * MAX_WAITING_SENDS; count += 1) receive(check(), [PEER, 5_000]);
  await nextTurn();
  expect(sent).toHaveLength(MAX_WAITING_SENDS);
  release();
  await nextTurn();
  receive(check(), [PEER, 5_000]);
  await nextTurn();
  expect(sent).toHaveLength(MAX_WAITING_SENDS + 1);
});

describe("the list of pairs", () => {
  test("takes a few strange addresses, whether they came before the file or after it", () => {
    const { agent, addRelay } = newAgent();
    const receive = addRelay();
    for (let port = 5_000; port < 5_060; port += 1) receive(check("ICE-CONTROLLED"), [PEER, port]);
    agent.begin(remote(), true);
    expect(agent.pairs).toHaveLength(MAX_PEER_REFLEXIVE);
    for (let port = 6_000; port < 6_060; port += 1) receive(check("ICE-CONTROLLED"), [PEER, port]);
    expect(agent.pairs).toHaveLength(MAX_PEER_REFLEXIVE);
  });

  test("stays short, however many sockets and candidates there are, and from wherever checks come", () => {
    const { agent, addRelay } = newAgent();
    const receivers = Array.from({ length: 4 }, addRelay);
    const ports = Array.from({ length: 100 }, (_, index) => 5_000 + index);
    agent.begin(remote(ports.map((port) => ({ ...RELAYED, address: PEER, port, type: "host" }))), false);
    expect(agent.pairs).toHaveLength(MAX_PAIRS);
    receivers.push(addRelay());
    expect(agent.pairs).toHaveLength(MAX_PAIRS);
    for (const receive of receivers) {
      for (const port of [...ports, ...ports.map((one) => one + 1_000)]) receive(check(), [PEER, port]);
    }
    expect(agent.pairs).toHaveLength(MAX_PAIRS + MAX_PEER_REFLEXIVE);
    // One that failed makes place for the peer, wherever it comes from.
    agent.pairs.at(-1)?.updateState(PairState.FAILED);
    const [receive] = receivers;
    receive?.(check(), [PEER, ports.at(-1) ?? 0]);
    expect(agent.pairs.length).toBeLessThanOrEqual(MAX_PAIRS + MAX_PEER_REFLEXIVE);
  });
});
