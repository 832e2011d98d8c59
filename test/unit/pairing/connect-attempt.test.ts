// One attempt to connect: what it tries again, what ends it, and how far it says that it came.
import { expect, test } from "vitest";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import type { PairState, TriedPair } from "../../../src/lib/events.ts";
import { ConnectAttempt } from "../../../src/pairing/connect-attempt.ts";
import type { AttemptEvents, NetworkPeer, PairingPlatform } from "../../../src/pairing/ports.ts";
import { completeSettings } from "../../../src/pairing/settings.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { answer, carried } from "../exchange/fixtures.ts";

const lost = new P2pError("CONNECTION_LOST", { end: "aborted" });

function attempt(timeoutMs = 60_000) {
  const clock = new HandClock();
  const tries: AttemptEvents[] = [];
  const peer = { connect: (_remote, _part, events) => tries.push(events) } as Partial<NetworkPeer> as NetworkPeer;
  const one = new ConnectAttempt({
    platform: { clock } as Partial<PairingPlatform> as PairingPlatform,
    peer,
    ownId: "",
    remote: carried(answer()),
    isOfferer: true,
    settings: completeSettings({}),
    people: undefined,
    exchangeFiles: undefined,
    describedMedia: undefined,
    emit: () => {},
  });
  const abort = new AbortController();
  const run = one.run({ timeoutMs, signal: abort.signal });
  run.catch(() => {});
  return { clock, tries, one, abort, run };
}

function pair(state: PairState): TriedPair {
  return { local: "", remote: "", protocol: "udp", localKind: "host", remoteKind: "host", state };
}

test("a try that ended is made again after a second", () => {
  const { clock, tries } = attempt();
  tries[0]?.onEnded(lost);
  clock.pass(999);
  expect(tries).toHaveLength(1);
  clock.pass(1);
  expect(tries).toHaveLength(2);
});

test("the end of a try counts once", () => {
  const { clock, tries } = attempt();
  tries[0]?.onEnded(lost);
  tries[0]?.onEnded(undefined);
  clock.pass(10_000);
  expect(tries).toHaveLength(2);
});

test.each(["PEER_NOT_AUTHENTIC", "REFUSED_BY_PEER"] as const)("%s ends it at once", async (code) => {
  const { clock, tries, run } = attempt();
  const error = new P2pError(code, {} as never);
  tries[0]?.onEnded(error);
  await expect(run).rejects.toBe(error);
  expect(clock.timerCount).toBe(0);
});

test("nothing is tried after its time, and nothing waits any more", async () => {
  const { clock, tries, run } = attempt(1_500);
  tries[0]?.onEnded(lost);
  clock.pass(1_000);
  tries[1]?.onEnded(lost);
  clock.pass(500);
  await expect(run).rejects.toThrow("time is up");
  clock.pass(60_000);
  expect([tries.length, clock.timerCount]).toEqual([2, 0]);
});

test("it is aborted with the reason of its signal, between two tries too", async () => {
  const { clock, tries, abort, run } = attempt();
  tries[0]?.onEnded(lost);
  abort.abort(new Error("enough"));
  await expect(run).rejects.toThrow("enough");
  expect(clock.timerCount).toBe(0);
});

test("the furthest stage of all tries counts", () => {
  const { clock, tries, one } = attempt();
  tries[0]?.onPath?.();
  tries[0]?.onEncrypted?.();
  tries[0]?.onEnded(lost);
  clock.pass(1_000);
  tries[1]?.onPath?.();
  expect(one.stageOf([pair("succeeded")])).toBe("no-sctp");
});

test.each([
  ["no-pairs", []],
  ["unanswered", [pair("failed"), pair("waiting")]],
  ["not-chosen", [pair("failed"), pair("succeeded")]],
] as const)("where no try found a path it is at %s", (stage, pairs) => {
  expect(attempt().one.stageOf(pairs)).toBe(stage);
});
