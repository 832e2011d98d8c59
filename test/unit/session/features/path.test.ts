// What a session tells its peer of itself, takes of it, and says of the way between them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { PathProtocol, type PathPort } from "../../../../src/session/features/path.ts";
import type { PeerHello } from "../../../../src/session/features/feature.ts";
import type { PathMessage, PathReadyMessage } from "../../../../src/control/messages.ts";
import { encodeCandidate } from "../../../../src/exchange/candidate.ts";
import type { IceCandidate } from "../../../../src/exchange/description.ts";
import type { P2pEvent } from "../../../../src/lib/events.ts";
import type { RestartInfo } from "../../../../src/rtc/ice/agent.ts";
import { openSessions } from "../../../support/session-pair.ts";

function candidate(number: number): IceCandidate {
  const address = `192.0.2.${number}`;
  return { foundation: "1", component: 1, transport: "udp", priority: number, address, port: 5_000, type: "host" };
}

/** The hello of a peer that can recover from an interruption, or cannot. */
function helloOf(recovers: boolean): PeerHello {
  return { hello: { type: "hello", mode: "once" }, can: (capability) => recovers && capability === "path/1" };
}

const PAIR = { protocol: "udp", local: "192.0.2.1:5000", remote: "192.0.2.2:5000", kind: "host" } as const;
const INFO = { iceUfrag: "abcdefgh", icePwd: "p".repeat(24) } as const;

function protocol(candidates: IceCandidate[], hasNetwork = true) {
  const sent: PathMessage[] = [];
  const ready: PathReadyMessage[] = [];
  const moves: string[] = [];
  const events: P2pEvent[] = [];
  const taken: RestartInfo[] = [];
  let suspicions = 0;
  const network: PathPort = {
    restartInfo: () => ({ ...INFO, candidates }),
    takeRestartInfo: (info) => taken.push(info),
    suspect: () => {
      suspicions += 1;
    },
    allowMoves: () => moves.push("allowed"),
    takeReady: (transport) => moves.push(transport),
  };
  const path = new PathProtocol({
    network: hasNetwork ? network : undefined,
    pair: () => PAIR,
    send: (message) => (message.type === "path" ? sent.push(message) : ready.push(message)),
    emit: (event) => events.push(event),
  });
  return { path, sent, ready, moves, events, taken, suspicions: () => suspicions };
}

describe("the path protocol", () => {
  test("tells a peer that can make use of it, the best addresses first, and what has changed", () => {
    const candidates = Array.from({ length: 40 }, (_, index) => candidate(index + 1));
    const { path, sent } = protocol(candidates);
    path.tellPeer();
    expect(sent).toEqual([]);
    path.handleHello(helloOf(true));
    expect(sent).toMatchObject([{ type: "path", ufrag: INFO.iceUfrag, pwd: INFO.icePwd }]);
    expect(sent[0]?.candidates).toHaveLength(32);
    expect(sent[0]?.candidates[0]).toContain("192.0.2.40");
    candidates.push(candidate(41));
    path.tellPeer();
    expect(sent[1]?.candidates[0]).toContain("192.0.2.41");
  });

  test("leaves out a candidate that is longer than any", () => {
    const { path, taken } = protocol([]);
    const good = encodeCandidate(candidate(1), INFO.iceUfrag);
    path.handleMessage({
      type: "path",
      ufrag: "abcd",
      pwd: "p".repeat(22),
      candidates: [`${good}${" ".repeat(600)}`, good],
    });
    expect(taken.map(({ candidates }) => candidates.length)).toEqual([1]);
  });

  test("lets the line move only with a peer that keeps two pairs, and tells it and the user what they have to know", () => {
    const old = protocol([]);
    old.path.handleHello(helloOf(true));
    old.path.tellReady("udp");
    expect([old.ready, old.moves]).toEqual([[], []]);
    const { path, ready, moves, events } = protocol([]);
    path.handleHello({ hello: { type: "hello", mode: "once" }, can: () => true });
    path.tellReady("udp");
    expect(path.handleMessage({ type: "path-ready", transport: "tcp" })).toBe(true);
    path.handleMoved();
    expect([ready, moves]).toEqual([[{ type: "path-ready", transport: "udp" }], ["allowed", "tcp"]]);
    expect(events).toEqual([{ event: "network", state: "moved", pair: PAIR }]);
  });

  test("tells nothing to an older program, and has nothing to tell without a network", () => {
    const old = protocol([candidate(1)]);
    old.path.handleHello(helloOf(false));
    const bare = protocol([candidate(1)], false);
    bare.path.handleHello(helloOf(true));
    expect([old.sent, bare.sent]).toEqual([[], []]);
    expect([old.path.hello.capability, bare.path.hello.capability]).toEqual([["path/1", "two-paths/1"], undefined]);
    expect([old.path.hello.keys, bare.path.hello.keys]).toEqual([{ recovers: true }, { recovers: false }]);
  });

  test("takes what is usable of the peer's", () => {
    const { path, taken } = protocol([]);
    const good = encodeCandidate(candidate(7), "u");
    const bad = [
      "",
      "candidate:x",
      "candidate:1 1 udp 1 some.host 5 typ host",
      "candidate:1 1 udp 1 0.0.0.0 5 typ host",
    ];
    path.handleMessage({ type: "path", ufrag: "abcd", pwd: "p".repeat(22), candidates: [...bad, good] });
    expect(taken).toEqual([{ iceUfrag: "abcd", icePwd: "p".repeat(22), candidates: [candidate(7)] }]);
  });

  test("says once that the way is interrupted, and once that it is back", () => {
    const { path, events } = protocol([]);
    for (const isReachable of [true, false, false, true, true]) path.handleReachable(isReachable);
    expect(events).toEqual([
      { event: "network", state: "interrupted" },
      { event: "network", state: "restored" },
    ]);
  });

  test("has another way looked for when a peer is silent that can be found again, and not for ever", () => {
    const { path, suspicions } = protocol([]);
    expect(path.handleSilence(11_000)).toBe(false);
    path.handleHello(helloOf(true));
    expect(path.handleSilence(11_000)).toBe(true);
    expect(path.handleSilence(160_000)).toBe(false);
    expect(suspicions()).toBe(1);
  });
});

async function sessions(t: TestContext): Promise<ReturnType<typeof openSessions>> {
  const folder = await mkdtemp(join(tmpdir(), "p2p-path-"));
  const pair = openSessions(folder, { mode: "conversation" });
  t.onTestFinished(async () => {
    await Promise.all([pair.a.session.end("quit"), pair.b.session.end("quit")]);
    await rm(folder, { recursive: true });
  });
  await Promise.all([pair.a.event("connected"), pair.b.event("connected")]);
  return pair;
}

test("a session tells the interruption in its events and in its status, and goes on", async (t) => {
  const { a, b } = await sessions(t);
  a.session.handleReachable(false);
  expect(a.session.status().isInterrupted).toBe(true);
  expect(a.events).toContainEqual({ event: "network", state: "interrupted" });
  a.session.handleReachable(true);
  expect(a.session.status().isInterrupted).toBe(false);
  await a.session.sendMessage("after it");
  expect(b.events).toContainEqual({ event: "message", from: "peer", text: "after it" });
});
