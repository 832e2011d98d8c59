// A connection whose way breaks: two peers that have told each other how they are found again look for another way, and
// the line goes on with the same DTLS session and the same channels. RFC 8445 §9, RFC 8842 §5.5.
import { describe, expect, test, type TestContext } from "vitest";
import { loadWerift } from "../../src/rtc/werift.ts";
import { until } from "../support/processes.ts";
import { type Endpoint, type UdpRelay } from "../support/udp-relay.ts";
import { GuardedPeer, introduceOver, talk } from "../support/talking-peers.ts";

interface Meeting {
  a: GuardedPeer;
  b: GuardedPeer;
  relay: UdpRelay;
  /** Usernames of the checks that the relay has carried. */
  usernames: string[];
}

/** Two peers with nothing between them but a relay. They have not told each other how else they are found. */
async function meet(t: TestContext): Promise<Meeting> {
  const [a, b] = await Promise.all([GuardedPeer.create(), GuardedPeer.create()]);
  const usernames: string[] = [];
  const relay = await introduceOver(a, b, (between) => {
    between.onDatagram = (datagram) => {
      note(datagram, usernames);
      return true;
    };
  });
  t.onTestFinished(async () => {
    await Promise.all([a.close(), b.close()]);
    relay.close();
  });
  await talk(a, b);
  return { a, b, relay, usernames };
}

/** Keeps the username of a check. */
function note(datagram: Buffer, usernames: string[]): void {
  const { classes, parseMessage } = loadWerift();
  const message = (datagram[0] ?? 255) < 4 ? parseMessage(datagram) : undefined;
  if (message?.messageClass === classes.REQUEST) usernames.push(String(message.getAttributeValue("USERNAME")));
}

/** Whom a check asks: the first part of its username. RFC 8445 §7.2.2. */
function ufragOf(username: string): string {
  return username.split(":")[0] ?? "";
}

/** Each hears how the other is found; `at`: nowhere but there. */
function tell(from: GuardedPeer, to: GuardedPeer, at?: Endpoint): void {
  const info = from.rtc.restartInfo();
  const candidates = info.candidates.map((candidate) => ({ ...candidate, ...at }));
  to.rtc.takeRestartInfo({ ...info, candidates });
}

/** Where a side seems to be for the other one. */
function seenAt(side: GuardedPeer): Endpoint {
  const remote = side.rtc.selectedPair()?.pair.remote ?? "";
  return { address: "127.0.0.1", port: Number(remote.split(":")[1]) };
}

const both = ({ a, b }: Meeting): GuardedPeer[] => [a, b];

describe.concurrent("after an interruption", () => {
  test("another way is found and the line goes on", async (t) => {
    const meeting = await meet(t);
    const { a, b, relay } = meeting;
    tell(a, b);
    tell(b, a);
    relay.onDatagram = () => false;
    a.send("sent into the silence");
    await until(() => both(meeting).every(({ reachability }) => reachability.length === 2), "both are there again");
    expect(both(meeting).map(({ reachability }) => reachability)).toEqual([
      [false, true],
      [false, true],
    ]);
    await talk(a, b);
    expect(b.received).toContain("sent into the silence");
    const [ofA, ofB] = [a, b].map((side) => () => side.rtc.selectedPair()?.pair);
    const isOne = (): boolean => ofA?.()?.local === ofB?.()?.remote && ofA?.()?.remote === ofB?.()?.local;
    await until(isOne, "both have chosen one pair");
    expect(both(meeting).map(({ ended }) => ended)).toEqual([undefined, undefined]);
  });

  test("the same way serves when it is back, with new credentials each time", async (t) => {
    const meeting = await meet(t);
    const { a, b, relay, usernames } = meeting;
    const [aAt, bAt] = [seenAt(b), seenAt(a)];
    const known = new Set(usernames.map(ufragOf));
    for (const round of [1, 2]) {
      const told = both(meeting).map(({ rtc }) => rtc.restartInfo().iceUfrag);
      expect(told.filter((ufrag) => known.has(ufrag))).toEqual([]);
      tell(a, b, aAt);
      tell(b, a, bAt);
      relay.onDatagram = () => false;
      await until(() => both(meeting).every(({ reachability }) => reachability.at(-1) === false), "both hear of it");
      relay.onDatagram = () => true;
      await until(
        () => both(meeting).every(({ reachability }) => reachability.at(-1) === true),
        "both hear of its end",
      );
      // Until then consent is asked for on the broken way as well, with the credentials of that way.
      const since: string[] = [];
      relay.onDatagram = (datagram) => {
        note(datagram, since);
        return true;
      };
      await talk(a, b);
      for (const { offerChanges } of both(meeting)) expect(offerChanges).toBeGreaterThanOrEqual(round);
      await until(() => new Set(since).size >= 2, "each side has asked the other for consent");
      expect(new Set(since.map(ufragOf))).toEqual(new Set(told));
      for (const ufrag of told) known.add(ufrag);
    }
  });

  test("one side hears nothing: the other one hears that, and both go another way", async (t) => {
    const meeting = await meet(t);
    const { a, b, relay } = meeting;
    tell(a, b);
    tell(b, a);
    relay.onDatagram = (_, toward) => toward === "b";
    await until(() => both(meeting).every(({ reachability }) => reachability.length === 2), "both are there again");
    relay.onDatagram = () => false;
    await talk(a, b);
  });

  test("a side that was told nothing is found by the one that was", async (t) => {
    const meeting = await meet(t);
    const { a, b, relay } = meeting;
    tell(a, b);
    relay.onDatagram = () => false;
    await until(() => both(meeting).every(({ reachability }) => reachability.length === 2), "both are there again");
    await talk(a, b);
  });

  test("strangers who repeat a check of before change nothing", async (t) => {
    const meeting = await meet(t);
    const { a, b, relay } = meeting;
    tell(a, b);
    tell(b, a);
    const checks: Buffer[] = [];
    relay.onDatagram = (datagram) => {
      if ((datagram[0] ?? 255) < 4) checks.push(Buffer.from(datagram));
      return true;
    };
    await until(() => checks.length > 2, "there is consent to repeat");
    for (const check of checks) for (const side of ["a", "b"] as const) relay.send(check, side);
    await talk(a, b);
    expect(both(meeting).map(({ reachability }) => reachability)).toEqual([[], []]);
  });
});
