// What the checks of a peer make this side keep and send: over a relay whose TURN client is played by the test.
import { afterEach, describe, expect, test } from "vitest";
import type { IceCandidate } from "../../../../src/exchange/description.ts";
import { CheckingAgent, type RemoteSide } from "../../../../src/rtc/ice/checking-agent.ts";
import { Credentials } from "../../../../src/rtc/ice/credentials.ts";
import type { IcePair } from "../../../../src/rtc/ice/ice-pair.ts";
import { MAX_PAIRS, MAX_PEER_REFLEXIVE } from "../../../../src/rtc/ice/pair-limits.ts";
import { MAX_WAITING_SENDS } from "../../../../src/rtc/ice/relay-sends.ts";
import { loadWerift, type WeriftRelay } from "../../../../src/rtc/werift.ts";

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
  const checked: { pair: IcePair; isNaming: boolean }[] = [];
  const agent = new CheckingAgent(new Credentials(OWN), {
    onPeerCheck: (pair, isNaming) => checked.push({ pair, isNaming }),
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
  const begin = (remoteSide: RemoteSide, isControlling: boolean): void => {
    agent.begin(remoteSide, isControlling);
    agent.lookAtEarlyChecks();
  };
  return { agent, begin, sent, checked, addRelay };
}

function remote(candidates: IceCandidate[] = []): RemoteSide {
  return { iceUfrag: "peer", icePwd: "the-password-of-the-peer", iceLite: false, candidates };
}

/** @param role - of the peer */
function check(
  role: "ICE-CONTROLLING" | "ICE-CONTROLLED" = "ICE-CONTROLLING",
  isWhole = true,
  isNaming = false,
): Buffer {
  const { classes, Message, methods } = loadWerift();
  const message = new Message(methods.BINDING, classes.REQUEST).setAttribute("USERNAME", `${OWN.iceUfrag}:peer`);
  message.setAttribute(role, 1n);
  if (isWhole) message.setAttribute("PRIORITY", 1);
  if (isNaming) message.setAttribute("USE-CANDIDATE", null);
  return message.addMessageIntegrity(Buffer.from(OWN.icePwd)).bytes;
}

/** The peer's is 1. */
function setTieBreaker({ connection }: CheckingAgent, tieBreaker: bigint): void {
  Object.assign(connection, { tieBreaker });
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a check that comes", () => {
  test("is answered, lets its pair have its turn, and sends no check by itself", async () => {
    const { agent, begin, sent, checked, addRelay } = newAgent();
    const receive = addRelay();
    begin(remote(), false);
    receive(check(), [PEER, 5_000]);
    await nextTurn();
    expect(sent.map(({ to }) => to)).toEqual([`${PEER}:5000`]);
    expect(checked).toEqual([{ pair: agent.pairs[0], isNaming: false }]);
    expect(agent.pairs[0]?.state).toBe("waiting");
  });

  test("that names a pair says so: at once where that was answered, and at the pair where it was not", () => {
    const { agent, begin, checked, addRelay } = newAgent();
    const receive = addRelay();
    begin(remote(), false);
    receive(check("ICE-CONTROLLING", true, true), [PEER, 5_000]);
    const [pair] = agent.pairs;
    if (pair === undefined) throw new Error("no pair");
    expect(pair.isNamed).toBe(true);
    pair.state = "succeeded";
    receive(check("ICE-CONTROLLING", true, true), [PEER, 5_000]);
    expect(checked).toEqual([
      { pair, isNaming: false },
      { pair, isNaming: true },
    ]);
    receive(check(), [PEER, 5_000]);
    expect(checked).toHaveLength(2);
  });

  test("by a side that is controlling, too, changes our role or is refused, by the tie-breaker", async () => {
    const { agent, begin, sent, checked, addRelay } = newAgent();
    const receive = addRelay();
    begin(remote(), true);
    setTieBreaker(agent, 0n);
    receive(check("ICE-CONTROLLING"), [PEER, 5_000]);
    expect(agent.isControlling).toBe(false);
    expect(checked).toHaveLength(1);
    agent.isControlling = true;
    setTieBreaker(agent, 2n);
    receive(check("ICE-CONTROLLING"), [PEER, 5_000]);
    await nextTurn();
    const refusal = loadWerift().parseMessage(sent.at(-1)?.datagram ?? Buffer.alloc(0));
    expect(refusal?.getAttributeValue("ERROR-CODE")).toMatchObject([487, expect.any(String)]);
    expect(agent.isControlling).toBe(true);
  });

  test("leaves nothing behind, however many there are", () => {
    const { agent, begin, addRelay } = newAgent();
    const receive = addRelay();
    begin(remote(), false);
    for (let count = 0; count < 500; count += 1) receive(check(), [PEER, 5_000]);
    expect(agent.pairs).toHaveLength(1);
    const [{ requestTransactionIds }] = agent.connection.checkList as unknown as [
      { requestTransactionIds: Set<string> },
    ];
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
    const { agent, begin, sent, addRelay } = newAgent();
    const receive = addRelay();
    receive(check(), from);
    begin(remote(), false);
    receive(check(), from);
    await nextTurn();
    expect(agent.pairs).toEqual([]);
    expect(sent).toEqual([]);
    receive(check(), [PEER, 443]);
    expect(agent.pairs).toHaveLength(1);
  });

  test("without a priority is none", async () => {
    const { agent, begin, sent, addRelay } = newAgent();
    const receive = addRelay();
    begin(remote(), false);
    receive(check("ICE-CONTROLLING", false), [PEER, 5_000]);
    await nextTurn();
    expect(agent.pairs).toEqual([]);
    expect(sent).toEqual([]);
  });
});

describe("a check of ours", () => {
  const CANDIDATE: IceCandidate = { ...RELAYED, address: PEER, port: 5_000, type: "host" };

  /** With one pair, whose checks the test answers. */
  function checkingAgent(isControlling: boolean) {
    const { classes, Message, methods, parseMessage } = loadWerift();
    const { agent, begin, sent, checked, addRelay } = newAgent();
    const receive = addRelay();
    const other = remote([CANDIDATE]);
    begin(other, isControlling);
    const [pair] = agent.pairs;
    if (pair === undefined) throw new Error("no pair");
    const checkAnswered = async (
      isNominating: boolean,
      code?: number,
    ): Promise<{ attributes: readonly string[]; outcome: string }> => {
      const ending = agent.check(pair, isNominating);
      await nextTurn();
      const request = parseMessage(sent.at(-1)?.datagram ?? Buffer.alloc(0));
      if (request === undefined) throw new Error("no check");
      const { transactionId, attributesKeys } = request;
      const answer = new Message(methods.BINDING, code === undefined ? classes.RESPONSE : classes.ERROR, transactionId);
      if (code !== undefined) answer.setAttribute("ERROR-CODE", [code, ""]);
      receive(answer.addMessageIntegrity(Buffer.from(other.icePwd)).bytes, [PEER, 5_000]);
      return { attributes: attributesKeys, outcome: await ending };
    };
    return { agent, pair, sent, checked, checkAnswered };
  }

  test.each([true, false])("nominates if it is to: %s", async (isNominating) => {
    const { checkAnswered } = checkingAgent(true);
    const { attributes, outcome } = await checkAnswered(isNominating);
    expect(attributes.includes("USE-CANDIDATE")).toBe(isNominating);
    expect(attributes).toContain("ICE-CONTROLLING");
    expect(outcome).toBe("answered");
  });

  test.each<[number, string]>([
    [487, "role-conflict"],
    [401, "failed"],
    [500, "failed"],
  ])("that is answered by %i sends nothing more, and changes nothing by itself: %s", async (code, outcome) => {
    const { agent, pair, sent, checked, checkAnswered } = checkingAgent(true);
    expect((await checkAnswered(true, code)).outcome).toBe(outcome);
    await nextTurn();
    expect(sent).toHaveLength(1);
    expect(checked).toEqual([]);
    expect(agent.isControlling).toBe(true);
    expect(pair.state).toBe("waiting");
  });

  test("is sent in the role that we have by then", async () => {
    const { agent, checkAnswered } = checkingAgent(true);
    agent.isControlling = false;
    const { attributes } = await checkAnswered(true);
    expect(attributes).toContain("ICE-CONTROLLED");
    expect(attributes).not.toContain("USE-CANDIDATE");
  });
});

test("the order of pairs is that of their priorities in the role that we have", () => {
  const { agent, begin, addRelay } = newAgent();
  addRelay();
  const candidates = [1, 5, 3].map((priority) => ({ ...RELAYED, address: PEER, port: 5_000 + priority, priority }));
  begin(remote(candidates), true);
  for (const isControlling of [true, false, true]) {
    agent.isControlling = isControlling;
    const priorities = agent.pairs.map(({ priority }) => priority);
    expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
    expect(agent.pairs.every(({ inside }) => inside.iceControlling === isControlling)).toBe(true);
  }
});

test("few datagrams wait for a TURN server that is silent, and others go once it is not", async () => {
  let release = (): void => {};
  const isTaken = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { begin, sent, addRelay } = newAgent(() => isTaken);
  const receive = addRelay();
  begin(remote(), false);
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
    const { agent, begin, addRelay } = newAgent();
    const receive = addRelay();
    for (let port = 5_000; port < 5_060; port += 1) receive(check("ICE-CONTROLLED"), [PEER, port]);
    begin(remote(), true);
    expect(agent.pairs).toHaveLength(MAX_PEER_REFLEXIVE);
    for (let port = 6_000; port < 6_060; port += 1) receive(check("ICE-CONTROLLED"), [PEER, port]);
    expect(agent.pairs).toHaveLength(MAX_PEER_REFLEXIVE);
  });

  test("stays short, however many sockets and candidates there are, and from wherever checks come", () => {
    const { agent, begin, addRelay } = newAgent();
    const receivers = Array.from({ length: 4 }, addRelay);
    const ports = Array.from({ length: 100 }, (_, index) => 5_000 + index);
    begin(remote(ports.map((port) => ({ ...RELAYED, address: PEER, port, type: "host" }))), false);
    expect(agent.pairs).toHaveLength(MAX_PAIRS);
    receivers.push(addRelay());
    expect(agent.pairs).toHaveLength(MAX_PAIRS);
    for (const receive of receivers) {
      for (const port of [...ports, ...ports.map((one) => one + 1_000)]) receive(check(), [PEER, port]);
    }
    expect(agent.pairs).toHaveLength(MAX_PAIRS + MAX_PEER_REFLEXIVE);
    // One that failed makes place for the peer, wherever it comes from.
    const last = agent.pairs.at(-1);
    if (last !== undefined) last.state = "failed";
    const [receive] = receivers;
    receive?.(check(), [PEER, ports.at(-1) ?? 0]);
    expect(agent.pairs.length).toBeLessThanOrEqual(MAX_PAIRS + MAX_PEER_REFLEXIVE);
  });
});
