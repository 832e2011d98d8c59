// STUN requests of people who do not know the password, and copies of requests of those who do: no answer, no
// memory, no role changed. The same requests are shown to move bare werift. RFC 8445 §7.3, RFC 8489 §9.1, §14.5.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { mayBeStun } from "../../src/guard/stun-message.ts";
import { loadWerift } from "../../src/rtc/werift.ts";
import { describeAgent, openAgent } from "../support/dtls-sides.ts";
import { forgeries, request, withRoleAppended } from "../support/forged-stun.ts";
import { until } from "../support/processes.ts";
import { BarePeer, endpointOf, GuardedPeer, introduce, introduceOver, talk } from "../support/talking-peers.ts";
import type { Endpoint } from "../support/udp-relay.ts";

const STRANGERS = 40;
/** More than a socket's queue would hold at once is not needed: each of these comes from every stranger. */
const REPEATS = 5;
/** What `src/rtc/ice/admission.ts` allows. */
const MAX_PEER_REFLEXIVE = 16;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Somebody with a socket of their own, who counts what comes back. */
interface Stranger {
  socket: Socket;
  answers: number;
}

async function strangers(count = STRANGERS): Promise<Stranger[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = createSocket("udp4");
      const stranger: Stranger = { socket, answers: 0 };
      socket.on("message", () => {
        stranger.answers += 1;
      });
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
      closers.push(() => socket.close());
      return stranger;
    }),
  );
}

function answersTo(all: readonly Stranger[]): number {
  return all.reduce((sum, { answers }) => sum + answers, 0);
}

async function guarded(): Promise<GuardedPeer> {
  const peer = await GuardedPeer.create();
  closers.push(() => peer.close());
  return peer;
}

async function bare(): Promise<BarePeer> {
  const peer = await BarePeer.create();
  closers.push(() => peer.close());
  return peer;
}

function flood(all: readonly Stranger[], datagrams: readonly Buffer[], to: Endpoint): void {
  for (const { socket } of all) for (const datagram of datagrams) socket.send(datagram, to.port, to.address);
}

describe("forged requests", () => {
  test("while waiting for the peer's file: no answer, and nothing is kept", async () => {
    const agent = await openAgent();
    closers.push(() => agent.close());
    const own = describeAgent(agent);
    const all = await strangers();
    const forged = forgeries(own, "peer").map(([, datagram]) => datagram);
    for (let repeat = 0; repeat < REPEATS; repeat += 1) flood(all, forged, endpointOf(own));
    // Whoever knows the password is answered: this one comes last.
    const [friend] = await strangers(1);
    if (friend === undefined) throw new Error("no friend");
    flood([friend], [request({ username: `${own.iceUfrag}:peer`, password: own.icePwd })], endpointOf(own));
    await until(() => friend.answers > 0, "the right request is answered");
    expect(answersTo(all)).toBe(0);
    agent.start({ ...own, iceUfrag: "peer", candidates: [] }, true);
    expect(agent.pairs()).toHaveLength(1);
  });

  test("against a line that stands: no answer, no pair, and the line lives", async () => {
    const [offerer, answerer] = [await guarded(), await guarded()];
    await introduce(offerer, answerer);
    await talk(offerer, answerer);
    const [ofOfferer, ofAnswerer] = [await offerer.offer(), await answerer.offer()];
    const pairsBefore = [offerer.rtc.pairs().length, answerer.rtc.pairs().length];
    const all = await strangers();
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      for (const [own, remote] of [
        [ofOfferer, ofAnswerer],
        [ofAnswerer, ofOfferer],
      ] as const) {
        const forged = forgeries(own, remote.iceUfrag).map(([, datagram]) => datagram);
        flood(all, [...forged, request({ username: `${own.iceUfrag}:wrong`, password: own.icePwd })], endpointOf(own));
      }
    }
    await talk(offerer, answerer);
    expect(answersTo(all)).toBe(0);
    expect([offerer.rtc.pairs().length, answerer.rtc.pairs().length]).toEqual(pairsBefore);
  });
});

describe("copies of the peer's own requests", () => {
  /** A line, and the latest check of each side, as somebody on the path has it. */
  async function tappedLine() {
    const [offerer, answerer] = [await guarded(), await guarded()];
    const captured: Partial<Record<"a" | "b", Buffer>> = {};
    const relay = await introduceOver(offerer, answerer, (opened) => {
      opened.onDatagram = (datagram, toward) => {
        if (mayBeStun(datagram) && datagram.readUInt16BE(0) === 1) captured[toward] ??= Buffer.from(datagram);
        return true;
      };
    });
    closers.push(() => relay.close());
    await talk(offerer, answerer);
    if (captured.a === undefined || captured.b === undefined) throw new Error("no check seen");
    return { offerer, answerer, relay, towardA: captured.a, towardB: captured.b };
  }

  test("from many addresses: few are answered and checked, and the line lives", async () => {
    const { offerer, answerer, towardA } = await tappedLine();
    const pairsBefore = offerer.rtc.pairs().length;
    const all = await strangers();
    const copies = Array.from({ length: REPEATS }, () => towardA);
    flood(all, copies, endpointOf(await offerer.offer()));
    await talk(offerer, answerer);
    expect(offerer.rtc.pairs().length - pairsBefore).toBeLessThanOrEqual(MAX_PEER_REFLEXIVE);
    expect(all.filter(({ answers }) => answers > 0).length).toBeLessThanOrEqual(MAX_PEER_REFLEXIVE);
  });

  test("with a role written behind the integrity: not answered, from wherever they come", async () => {
    const { offerer, answerer, relay, towardA, towardB } = await tappedLine();
    const answered: Buffer[] = [];
    relay.onDatagram = (datagram) => {
      if (mayBeStun(datagram) && datagram.readUInt16BE(0) >= 0x0100) answered.push(datagram);
      return true;
    };
    const [stranger] = await strangers(1);
    const forged = [withRoleAppended(towardA, "ICE-CONTROLLED"), withRoleAppended(towardA, "ICE-CONTROLLING")];
    for (const datagram of forged) relay.send(datagram, "a");
    for (const datagram of forged) flood([stranger as Stranger], [datagram], endpointOf(await offerer.offer()));
    relay.send(withRoleAppended(towardB, "ICE-CONTROLLED"), "b");
    await talk(offerer, answerer);
    const transactionOf = (datagram: Buffer): string => datagram.toString("hex", 8, 20);
    const transactions = [towardA, towardB].map(transactionOf);
    expect(answered.filter((datagram) => transactions.includes(transactionOf(datagram)))).toEqual([]);
    expect(stranger?.answers).toBe(0);
  });
});

describe("the same against bare werift", () => {
  test("answers every stranger and makes a pair of each", async () => {
    const [server, client] = [await bare(), await bare()];
    await introduce(server, client);
    await talk(server, client);
    const all = await strangers();
    flood(all, [request({ username: "zzzz:yyyy" })], { address: "127.0.0.1", port: portOf(server) });
    await until(() => all.every(({ answers }) => answers > 1), "each stranger is answered and checked");
    expect(server.ice.checkList.length).toBeGreaterThanOrEqual(STRANGERS);
  });

  test("keeps every stranger's request while it waits", async () => {
    const waiting = await bare();
    await waiting.offer();
    const all = await strangers();
    flood(all, [request({ username: "zzzz:yyyy" })], { address: "127.0.0.1", port: portOf(waiting) });
    const { earlyChecks } = waiting.ice as unknown as { earlyChecks: unknown[] };
    await until(() => earlyChecks.length >= STRANGERS, "all are kept");
  });

  test("changes its role because a stranger says so", async () => {
    const waiting = await bare();
    await waiting.offer();
    expect(waiting.ice.iceControlling).toBe(true);
    const [stranger] = await strangers(1);
    flood([stranger as Stranger], [request({ username: "zzzz:yyyy" })], {
      address: "127.0.0.1",
      port: portOf(waiting),
    });
    await until(() => !waiting.ice.iceControlling, "the role is the stranger's choice");
  });

  test("believes what stands behind the integrity", () => {
    const signed = request({ username: "a:b", password: "password" });
    const { parseMessage } = loadWerift();
    const message = parseMessage(withRoleAppended(signed, "ICE-CONTROLLED"), Buffer.from("password"));
    expect(message?.attributesKeys).toContain("ICE-CONTROLLED");
  });

  function portOf({ ice }: BarePeer): number {
    return ice.localCandidates.find(({ host }) => host === "127.0.0.1")?.port ?? 0;
  }
});
