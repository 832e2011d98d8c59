// Answers that want another check at once. Whoever writes a file decides what its addresses answer, and every answer is
// signed with the password of that file: none of them makes this side check faster, while bare werift does.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test, type TestContext } from "vitest";
import type { IceCandidate, SessionDescription } from "../../src/exchange/description.ts";
import type { IceAgent } from "../../src/rtc/ice/agent.ts";
import { CHECK_PACE_MS } from "../../src/paths/check-schedule.ts";
import { loadWerift } from "../../src/rtc/werift.ts";
import { describeAgent, openAgent } from "../support/dtls-sides.ts";
import { until } from "../support/processes.ts";

const ADDRESS = "127.0.0.1";
const UFRAG = "hostile";
const PASSWORD = "password-of-a-hostile-file";
/** After the first: far from what a pace allows within the time that answers take. */
const CHECKS = 30;
/** The clock of a busy machine: what was sent at a pace may be seen in heaps. */
const SLACK = 0.5;

type Answer = (transactionId: Buffer, count: number) => Buffer[];

function signed(transactionId: Buffer, code: number | undefined): Buffer {
  const { classes, Message, methods } = loadWerift();
  const message = new Message(methods.BINDING, classes.ERROR, transactionId);
  if (code !== undefined) message.setAttribute("ERROR-CODE", [code, "again"]);
  return message.addMessageIntegrity(Buffer.from(PASSWORD)).addFingerprint().bytes;
}

/** An ERROR-CODE of two bytes, signed. */
function malformed(transactionId: Buffer): Buffer {
  const { classes, Message, methods } = loadWerift();
  const message = new Message(methods.BINDING, classes.ERROR, transactionId);
  message.appendRawAttribute(0x0009, Buffer.of(4, 1));
  return message.addMessageIntegrity(Buffer.from(PASSWORD)).bytes;
}

const answers: readonly [what: string, answer: Answer][] = [
  ["401", (id) => [signed(id, 401)]],
  ["487", (id) => [signed(id, 487)]],
  ["401 and 487 by turns", (id, count) => [signed(id, count % 2 === 0 ? 401 : 487)]],
  ["300 and 438 by turns", (id, count) => [signed(id, count % 2 === 0 ? 300 : 438)]],
  ["an error without a code", (id) => [signed(id, undefined)]],
  ["an error whose code is cut off, then 401", (id) => [malformed(id), signed(id, 401)]],
  ["many errors to each", (id) => Array.from({ length: 20 }, () => signed(id, 487))],
];

/** Whoever the file names: checks that came to all of them, and when. */
async function hostilePeers(
  { onTestFinished }: TestContext,
  count: number,
  answer: Answer,
): Promise<{ candidates: IceCandidate[]; cameMs: number[] }> {
  const { classes, parseMessage } = loadWerift();
  const cameMs: number[] = [];
  const candidates = await Promise.all(
    Array.from({ length: count }, async (_, index): Promise<IceCandidate> => {
      const socket = createSocket("udp4");
      onTestFinished(() => {
        socket.close();
      });
      socket.on("message", (datagram, { address, port }) => {
        const message = parseMessage(datagram);
        if (message?.messageClass !== classes.REQUEST) return;
        cameMs.push(performance.now());
        for (const back of answer(message.transactionId, cameMs.length)) socket.send(back, port, address);
      });
      socket.bind(0, ADDRESS);
      await once(socket, "listening");
      const { port } = socket.address();
      const foundation = String(index);
      const priority = 2 ** 30 - index;
      return { foundation, component: 1, transport: "udp", priority, address: ADDRESS, port, type: "host" };
    }),
  );
  return { candidates, cameMs };
}

async function agentAgainst(
  { onTestFinished }: TestContext,
  candidates: IceCandidate[],
  isControlling: boolean,
): Promise<IceAgent> {
  const agent = await openAgent();
  onTestFinished(() => agent.close());
  const remote: SessionDescription = { ...describeAgent(agent), iceUfrag: UFRAG, icePwd: PASSWORD, candidates };
  agent.start(remote, isControlling);
  return agent;
}

function spanMs(cameMs: readonly number[]): number {
  return (cameMs.at(-1) ?? 0) - (cameMs[0] ?? 0);
}

describe.each([
  ["the offering side", true],
  ["the answering side", false],
] as const)("%s, whose checks are answered with", (_, isControlling) => {
  test.concurrent.for(answers)("%s, keeps its pace with many candidates", async ([, answer], t) => {
    const { candidates, cameMs } = await hostilePeers(t, 12, answer);
    const agent = await agentAgainst(t, candidates, isControlling);
    await until(() => cameMs.length > CHECKS, "so many checks");
    expect(spanMs(cameMs.slice(0, CHECKS + 1))).toBeGreaterThan(CHECKS * CHECK_PACE_MS * SLACK);
    expect(agent.pairs()).toHaveLength(candidates.length);
  });

  test.concurrent.for(answers)("%s, tries one candidate again and again, and not at once", async ([, answer], t) => {
    const { candidates, cameMs } = await hostilePeers(t, 1, answer);
    await agentAgainst(t, candidates, isControlling);
    await until(() => cameMs.length > 5, "it is tried again");
    // Half a second apart, but for one change of role.
    expect(spanMs(cameMs)).toBeGreaterThan(4 * 500 * SLACK);
  });
});

describe("the same against bare werift", () => {
  test.for([401, 487])("%i: it checks again as soon as it is told to", async (code, t) => {
    const { candidates, cameMs } = await hostilePeers(t, 1, (id) => [signed(id, code)]);
    const { Candidate, Connection } = loadWerift();
    const connection = new Connection(true, {
      interfaceAddresses: { udp4: ADDRESS },
      additionalHostAddresses: [ADDRESS],
    });
    t.onTestFinished(() => connection.close());
    connection.stunServer = undefined as never;
    await connection.gatherCandidates();
    connection.setRemoteParams({ iceLite: false, usernameFragment: UFRAG, password: PASSWORD });
    const { port = 0 } = candidates[0] ?? {};
    await connection.addRemoteCandidate(new Candidate("1", 1, "udp", 1, ADDRESS, port, "host"));
    const [pair] = connection.checkList;
    if (pair === undefined) throw new Error("no pair");
    connection.checkStart(pair);
    await until(() => cameMs.length > CHECKS, "so many checks");
    expect(spanMs(cameMs.slice(0, CHECKS + 1))).toBeLessThan(CHECKS * CHECK_PACE_MS * SLACK);
  });
});

describe("two sides that both believe", () => {
  test.for([
    ["to be the offering one", true],
    ["to be the answering one", false],
  ] as const)("%s find out which is which", async ([, isControlling], t) => {
    const [one, other] = await Promise.all([openAgent(), openAgent()]);
    t.onTestFinished(async () => {
      await Promise.all([one.close(), other.close()]);
    });
    const connect = (agent: IceAgent, towards: IceAgent): Promise<void> =>
      new Promise((resolve) => {
        agent.start(describeAgent(towards), isControlling, { onConnected: () => resolve() });
      });
    await Promise.all([connect(one, other), connect(other, one)]);
    await until(
      () => one.selectedPair()?.pair.remote === other.selectedPair()?.pair.local,
      "both have chosen one pair",
    );
  });
});
