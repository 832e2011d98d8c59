// Each rule of the path machine by itself. Two of them together, behind routers, are in test/sim/paths.test.ts.
import { describe, expect, test } from "vitest";
import { CHECK_PACE_MS, RECHECK_MS } from "../../../src/paths/check-schedule.ts";
import { LIVENESS } from "../../../src/paths/liveness.ts";
import { PROOF_MS } from "../../../src/paths/move-rule.ts";
import {
  type CheckOutcome,
  type PathEffect,
  PathMachine,
  type PathPair,
  TCP_PATIENCE_MS,
} from "../../../src/paths/path-machine.ts";

class Pair implements PathPair {
  readonly name: string;
  readonly transport: "udp" | "tcp";
  readonly priority: number;
  state: PathPair["state"] = "waiting";
  isNamed = false;
  isOneMachine = false;
  isNeighbour = false;

  constructor(name: string, transport: "udp" | "tcp" = "udp", priority = 1) {
    this.name = name;
    this.transport = transport;
    this.priority = priority;
  }

  get isBeingChecked(): boolean {
    return this.state === "in-progress";
  }
}

type Effect = PathEffect<Pair>;
type Check = Extract<Effect, { effect: "check" }>;

/** A machine, its clock, and what it has asked for. */
class Bench {
  readonly machine = new PathMachine<Pair>(() => 0);
  readonly effects: Effect[] = [];
  nowMs = 0;

  constructor(pairs: readonly Pair[], role: { isControlling?: boolean; isPeerLite?: boolean } = {}) {
    this.machine.begin(pairs, { isControlling: true, isPeerLite: false, ...role }, 0);
  }

  /** Lets time pass, call by call. @param each - before each of them */
  pass(ms: number, each: () => void = () => {}): this {
    const untilMs = this.nowMs + ms;
    while (this.machine.nextDeadlineMs() <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.machine.nextDeadlineMs());
      each();
      this.machine.advance(this.nowMs);
      this.drain();
    }
    this.nowMs = untilMs;
    return this;
  }

  drain(): void {
    for (let effect = this.machine.pollEffect(); effect !== undefined; effect = this.machine.pollEffect()) {
      this.effects.push(effect);
    }
  }

  checksOf(pair: Pair): Check[] {
    return this.effects.filter((one): one is Check => one.effect === "check" && one.pair === pair);
  }

  /** The last check of a pair ends so. */
  end(pair: Pair, outcome: CheckOutcome): this {
    const check = this.checksOf(pair).at(-1);
    if (check === undefined) throw new Error(`no check of ${pair.name}`);
    this.machine.handleCheckEnded(pair, outcome, check, this.nowMs);
    this.drain();
    return this;
  }

  peerChecks(pair: Pair, isNaming = false): this {
    this.machine.handlePeerCheck(pair, isNaming, this.nowMs);
    this.drain();
    return this;
  }

  peerSearches(): this {
    this.machine.handlePeerSearch(this.nowMs);
    this.drain();
    return this;
  }

  suspect(): this {
    this.machine.suspect(this.nowMs);
    this.drain();
    return this;
  }

  /** The effects of one name. */
  only(name: Effect["effect"]): Effect[] {
    return this.effects.filter(({ effect }) => effect === name);
  }

  /** All but checks, in their order. */
  get told(): string[] {
    return this.effects.map(({ effect }) => effect).filter((name) => name !== "check" && name !== "consent-check");
  }
}

/** Connected by one pair over UDP, without anything told of it. */
function connected(role: { isControlling?: boolean; isPeerLite?: boolean } = {}): { bench: Bench; pair: Pair } {
  const pair = new Pair("first");
  const bench = new Bench([pair], role).pass(0);
  if (role.isControlling === false) bench.peerChecks(pair, true);
  bench.end(pair, "answered");
  if (role.isPeerLite === true) bench.pass(CHECK_PACE_MS).end(pair, "answered");
  expect(bench.machine.selected).toBe(pair);
  bench.effects.length = 0;
  return { bench, pair };
}

/** The same, and the peer can be found again. */
function restartable(): { bench: Bench; pair: Pair } {
  const made = connected();
  made.bench.machine.handlePeerOffer();
  return made;
}

describe("nomination", () => {
  test("over UDP each check of the controlling side nominates, and the first that is answered is selected", () => {
    const [a, b] = [new Pair("a"), new Pair("b")];
    const bench = new Bench([a, b]).pass(CHECK_PACE_MS);
    expect(bench.only("check")).toMatchObject([
      { pair: a, isNominating: true, isControlling: true },
      { pair: b, isNominating: true, isControlling: true },
    ]);
    bench.end(b, "answered");
    expect(bench.only("selected")).toEqual([{ effect: "selected", pair: b, isFirst: true }]);
    bench.end(a, "answered");
    expect(bench.only("selected")).toHaveLength(1);
    expect(bench.machine.state).toBe("selected");
  });

  test("what has not had its turn when a pair is selected has none", () => {
    const [a, b] = [new Pair("a"), new Pair("b")];
    const bench = new Bench([a, b]).pass(0).end(a, "answered").pass(5_000);
    expect(b.state).toBe("failed");
    expect(bench.checksOf(b)).toEqual([]);
  });

  test("over TCP it waits for UDP, and takes the best that was answered", () => {
    const udp = new Pair("udp", "udp", 9);
    const [slow, best] = [new Pair("slow", "tcp", 1), new Pair("best", "tcp", 2)];
    const bench = new Bench([udp, best, slow]).pass(2 * CHECK_PACE_MS);
    expect([...bench.checksOf(best), ...bench.checksOf(slow)].map(({ isNominating }) => isNominating)).toEqual([
      false,
      false,
    ]);
    bench.end(slow, "answered").end(best, "answered");
    bench.pass(TCP_PATIENCE_MS - 3 * CHECK_PACE_MS);
    expect(bench.checksOf(best).some(({ isNominating }) => isNominating)).toBe(false);
    // The check that runs by then is not the one that nominates.
    bench.end(slow, "answered").end(best, "answered").pass(RECHECK_MS);
    expect(bench.checksOf(best).at(-1)?.isNominating).toBe(true);
    expect(bench.checksOf(slow).some(({ isNominating }) => isNominating)).toBe(false);
    bench.end(best, "answered");
    expect(bench.machine.selected).toBe(best);
  });

  test("over TCP it comes at once where there is nothing else", () => {
    const tcp = new Pair("tcp", "tcp");
    const bench = new Bench([tcp]).pass(0).end(tcp, "answered").pass(RECHECK_MS);
    expect(bench.checksOf(tcp).map(({ isNominating }) => isNominating)).toEqual([false, true]);
  });

  test("of an ICE-lite peer comes only once the pair was answered, and a check that fails takes it back", () => {
    const [a, b] = [new Pair("a"), new Pair("b")];
    const bench = new Bench([a, b], { isPeerLite: true }).pass(CHECK_PACE_MS);
    expect(bench.checksOf(a)[0]?.isNominating).toBe(false);
    bench.end(a, "answered").end(b, "answered").pass(CHECK_PACE_MS);
    expect(bench.checksOf(a).at(-1)?.isNominating).toBe(true);
    bench.end(a, "failed").pass(2 * RECHECK_MS);
    bench.end(b, "answered").pass(CHECK_PACE_MS);
    expect(bench.checksOf(b).at(-1)?.isNominating).toBe(true);
    bench.end(b, "answered");
    expect(bench.machine.selected).toBe(b);
  });

  test("of an ICE-lite peer is ours, whoever made the offer", () => {
    const pair = new Pair("a");
    const bench = new Bench([pair], { isControlling: false, isPeerLite: true }).pass(0);
    expect(bench.checksOf(pair)).toMatchObject([{ isControlling: true, isNominating: false }]);
    bench.end(pair, "answered").pass(CHECK_PACE_MS);
    expect(bench.checksOf(pair).at(-1)).toMatchObject({ isControlling: true, isNominating: true });
    bench.end(pair, "answered");
    expect(bench.machine.selected).toBe(pair);
  });

  test("of an ICE-lite peer that claims our role is not waited for: the pair that it has answered is taken", () => {
    const pair = new Pair("a");
    const bench = new Bench([pair], { isPeerLite: true }).pass(0).end(pair, "role-conflict").pass(CHECK_PACE_MS);
    expect(bench.checksOf(pair).at(-1)).toMatchObject({ isControlling: false, isNominating: false });
    bench.end(pair, "answered");
    expect(bench.machine.selected).toBe(pair);
  });

  test("is not for the controlled side: it takes the pair that is named, before it was answered or after", () => {
    for (const isNamedFirst of [true, false]) {
      const [a, b] = [new Pair("a"), new Pair("b")];
      const bench = new Bench([a, b], { isControlling: false }).pass(CHECK_PACE_MS);
      expect(bench.only("check")).toMatchObject([{ isNominating: false }, { isNominating: false }]);
      bench.end(a, "answered");
      expect(bench.machine.selected).toBeUndefined();
      if (isNamedFirst) bench.peerChecks(b, true).end(b, "answered");
      else bench.end(b, "answered").peerChecks(b, true);
      expect(bench.machine.selected).toBe(b);
    }
  });

  test("by a peer that is controlled itself counts for nothing", () => {
    const pair = new Pair("a");
    new Bench([pair]).pass(0).peerChecks(pair, true);
    expect(pair.isNamed).toBe(false);
  });
});

describe("role conflict", () => {
  test.each([true, false])(
    "a side that is controlling: %s changes its role, and asks again at once",
    (isControlling) => {
      const [pair, other] = [new Pair("a"), new Pair("b")];
      const bench = new Bench([pair, other], { isControlling }).pass(0).end(pair, "role-conflict");
      expect(bench.machine.isControlling).toBe(!isControlling);
      bench.pass(CHECK_PACE_MS);
      expect(bench.checksOf(pair)).toHaveLength(2);
      expect(bench.checksOf(pair).at(-1)).toMatchObject({
        isControlling: !isControlling,
        isNominating: !isControlling,
      });
    },
  );

  test("is believed each time, and answered at once only the first time", () => {
    const pair = new Pair("a");
    const bench = new Bench([pair]).pass(0).end(pair, "role-conflict").pass(CHECK_PACE_MS).end(pair, "role-conflict");
    expect(bench.machine.isControlling).toBe(true);
    bench.pass(RECHECK_MS - 1);
    expect(bench.checksOf(pair)).toHaveLength(2);
  });

  test("does not change a role that has changed since the check began", () => {
    const pair = new Pair("a");
    const bench = new Bench([pair]).pass(0);
    bench.machine.handleRole(false);
    bench.end(pair, "role-conflict");
    expect(bench.machine.isControlling).toBe(false);
  });
});

describe("checks", () => {
  test("of the peer let a pair have its turn, unless it is being checked or was answered", () => {
    const pair = new Pair("a");
    const bench = new Bench([pair], { isControlling: false }).pass(0).peerChecks(pair).pass(CHECK_PACE_MS);
    expect(bench.checksOf(pair)).toHaveLength(1);
    bench.end(pair, "failed").peerChecks(pair).pass(CHECK_PACE_MS);
    expect(bench.checksOf(pair)).toHaveLength(2);
    bench.end(pair, "answered").peerChecks(pair).pass(CHECK_PACE_MS);
    expect(bench.checksOf(pair)).toHaveLength(2);
  });

  test("of the peer on the selected pair, such as those of consent, are checked in turn no more", () => {
    const { bench, pair } = connected();
    bench.peerChecks(pair).pass(1_000);
    expect(bench.checksOf(pair)).toEqual([]);
  });

  test("of the peer on another pair are still checked in turn after selection: data may come from there", () => {
    const [a, b] = [new Pair("a"), new Pair("b")];
    const bench = new Bench([a, b]).pass(0).end(a, "answered").pass(1_000).peerChecks(b).pass(CHECK_PACE_MS);
    expect(bench.checksOf(b)).toHaveLength(1);
    bench.end(b, "answered");
    expect(bench.machine.selected).toBe(a);
  });

  test("of an earlier list neither select nor change the role", () => {
    const [stale, fresh] = [new Pair("stale"), new Pair("fresh")];
    const bench = new Bench([stale]).pass(0);
    bench.machine.begin([fresh], { isControlling: true, isPeerLite: false }, bench.nowMs);
    bench.end(stale, "answered");
    expect(bench.machine.state).toBe("checking");
    bench.end(stale, "role-conflict");
    expect(bench.machine.isControlling).toBe(true);
    bench.peerChecks(stale, true).pass(1_000);
    expect(bench.checksOf(stale)).toHaveLength(1);
  });

  test("of a nominee whose socket has gone: another one is nominated", () => {
    const [a, b] = [new Pair("a", "tcp", 2), new Pair("b", "tcp", 1)];
    const bench = new Bench([a, b]).pass(CHECK_PACE_MS).end(a, "answered").end(b, "answered");
    bench.machine.advance(bench.nowMs);
    bench.machine.updatePairs([b]);
    bench.pass(RECHECK_MS);
    expect(bench.checksOf(b).at(-1)?.isNominating).toBe(true);
  });
});

describe("consent", () => {
  test.each<[string, { isControlling?: boolean; isPeerLite?: boolean }, boolean, boolean]>([
    ["a peer that cannot be found again is not told again which pair is selected", {}, false, false],
    ["one that can is", {}, true, true],
    ["an ICE-lite one always is", { isPeerLite: true }, false, true],
    ["a controlling one never is", { isControlling: false }, true, false],
  ])("%s", (_rule, role, canRestart, isNominating) => {
    const { bench, pair } = connected(role);
    if (canRestart) bench.machine.handlePeerOffer();
    // The role is that of the selection, whatever comes later.
    bench.machine.handleRole(role.isControlling === false);
    bench.pass(LIVENESS.consentCheckMs);
    const isControlling = role.isControlling !== false;
    expect(bench.only("consent-check")).toEqual([{ effect: "consent-check", pair, isNominating, isControlling }]);
  });

  test("goes on while its checks are answered, and not by answers on another pair", () => {
    const { bench, pair } = connected();
    bench.pass(120_000, () => bench.machine.handleConsent(pair, bench.nowMs, bench.nowMs));
    expect(bench.told).toEqual([]);
    const other = new Pair("other");
    bench.pass(LIVENESS.silenceMs + LIVENESS.consentTickMs, () =>
      bench.machine.handleConsent(other, bench.nowMs, bench.nowMs),
    );
    expect(bench.told).toEqual(["unreachable"]);
  });

  test.for([
    ["grows", 1, 0],
    ["does not", 0, 1],
  ] as const)("is not given up for lost checks while what is delivered %s: %i", ([, bytes, searches]) => {
    const { bench } = connected();
    bench.machine.handlePeerOffer();
    let deliveredBytes = 5;
    bench.pass(LIVENESS.unansweredMs + 2 * LIVENESS.consentTickMs, () => {
      bench.machine.handleHeard();
      deliveredBytes += bytes;
      bench.machine.noteLoad({ deliveredBytes, minRttMs: 1 }, bench.nowMs);
    });
    expect(bench.only("search")).toHaveLength(searches);
  });

  test("that expires ends the line where the peer cannot be found again", () => {
    const { bench } = connected();
    bench.pass(LIVENESS.consentExpiryMs);
    expect(bench.told).toEqual(["unreachable", "silenced", "lost"]);
    expect(bench.machine.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
    bench.suspect().pass(LIVENESS.searchMs);
    expect(bench.told).toHaveLength(3);
  });
});

describe("interruption", () => {
  test("by silence is told, and its end too, where there is no other way to look for", () => {
    const { bench } = connected();
    bench.pass(LIVENESS.silenceMs);
    expect(bench.machine.isInterrupted).toBe(true);
    bench.machine.handleHeard();
    bench.pass(LIVENESS.consentTickMs);
    expect(bench.told).toEqual(["unreachable", "reachable"]);
    expect(bench.machine.state).toBe("selected");
  });

  test.each<[string, (bench: Bench) => void]>([
    ["silence", (bench) => bench.pass(LIVENESS.silenceMs)],
    ["a suspicion", (bench) => bench.suspect()],
    ["a peer that looks for us", (bench) => bench.peerSearches()],
    ["missing answers", (bench) => bench.pass(LIVENESS.unansweredMs, () => bench.machine.handleHeard())],
  ])("by %s begins a search, once", (_why, interrupt) => {
    const { bench } = restartable();
    interrupt(bench);
    interrupt(bench);
    expect(bench.told.slice(0, 2)).toEqual(["unreachable", "search"]);
    expect(bench.only("search")).toHaveLength(1);
    expect(bench.machine.state).toBe("searching");
  });

  test("by a peer that looks for us is followed even if it has told nothing; a suspicion is not", () => {
    const { bench } = connected();
    bench.suspect();
    expect(bench.told).toEqual(["unreachable"]);
    bench.peerSearches();
    expect(bench.told).toEqual(["unreachable", "search"]);
  });
});

describe("a search", () => {
  test("checks the new pairs, selects one of them, tells so, and tells the peer the next credentials", () => {
    const { bench, pair } = restartable();
    const next = new Pair("next");
    bench.suspect();
    bench.machine.restart([next], bench.nowMs);
    bench.pass(CHECK_PACE_MS);
    expect(bench.machine.selected).toBe(pair);
    bench.end(next, "answered");
    expect(bench.told).toEqual(["unreachable", "search", "selected", "reachable", "tell-peer"]);
    expect(bench.only("selected")).toEqual([{ effect: "selected", pair: next, isFirst: false }]);
    expect(bench.machine.selected).toBe(next);
  });

  test("of the peer just after ours has ended only means that it has heard of it late", () => {
    const { bench } = restartable();
    const next = new Pair("next");
    bench.suspect();
    bench.machine.restart([next], bench.nowMs);
    bench.pass(CHECK_PACE_MS).end(next, "answered");
    bench.effects.length = 0;
    bench.pass(LIVENESS.followingMs - 1).peerSearches();
    expect(bench.told).toEqual(["tell-peer"]);
    bench.pass(1).peerSearches();
    expect(bench.told).toEqual(["tell-peer", "unreachable", "search"]);
  });

  test("goes on when consent on the old pair expires, and ends the line after its time", () => {
    const { bench } = restartable();
    bench.suspect();
    bench.machine.restart([new Pair("next")], bench.nowMs);
    bench.pass(LIVENESS.searchMs - 1);
    expect(bench.told).toEqual(["unreachable", "search", "silenced"]);
    bench.pass(1);
    expect(bench.told.at(-1)).toBe("lost");
    expect(bench.machine.state).toBe("lost");
  });

  test("ends the line at once where the peer's machine says that its program has gone; outside of one it says nothing", () => {
    const { bench } = restartable();
    bench.machine.handlePeerGone();
    bench.drain();
    expect(bench.told).toEqual([]);
    bench.suspect();
    bench.machine.handlePeerGone();
    bench.drain();
    expect(bench.told.at(-1)).toBe("lost");
  });

  test("is the only time when pairs are taken for a restart", () => {
    const { bench, pair } = restartable();
    const next = new Pair("next");
    bench.machine.restart([next], bench.nowMs);
    bench.pass(1_000);
    expect(bench.checksOf(next)).toEqual([]);
    expect(bench.machine.selected).toBe(pair);
  });
});

describe("a pair of the other kind", () => {
  /** Connected over TCP, with a peer that keeps two pairs; nothing has come over UDP yet. */
  function overTcp(role: { isControlling?: boolean; isOneMachine?: boolean } = {}) {
    const [tcp, udp] = [new Pair("tcp", "tcp"), new Pair("udp", "udp", 9)];
    for (const pair of [tcp, udp]) pair.isOneMachine = role.isOneMachine === true;
    const bench = new Bench([udp, tcp], { isControlling: role.isControlling !== false });
    if (role.isControlling === false) bench.peerChecks(tcp, true);
    while (bench.machine.selected === undefined) {
      bench.pass(CHECK_PACE_MS);
      if (udp.isBeingChecked) bench.end(udp, "failed");
      if (tcp.isBeingChecked) bench.end(tcp, "answered");
    }
    expect(bench.machine.selected).toBe(tcp);
    bench.machine.handlePeerMoves(bench.nowMs);
    bench.drain();
    bench.effects.length = 0;
    return { bench, tcp, udp };
  }

  function peerIsReady({ bench }: { bench: Bench }): void {
    bench.machine.handlePeerReady("udp", bench.nowMs);
    bench.drain();
  }

  test("is checked beneath, named by the controlling side, kept, and taken when the peer is ready", () => {
    const line = overTcp();
    const { bench, tcp, udp } = line;
    bench
      .pass(RECHECK_MS)
      .end(udp, "answered")
      .pass(CHECK_PACE_MS + RECHECK_MS);
    expect(bench.checksOf(udp).map(({ isNominating }) => isNominating)).toEqual([false, true]);
    bench.end(udp, "answered");
    expect(bench.told).toEqual(["spare", "tell-ready"]);
    expect([bench.machine.selected, bench.machine.spare]).toEqual([tcp, udp]);
    peerIsReady(line);
    expect(bench.told).toEqual(["spare", "tell-ready", "moved"]);
    expect([bench.machine.selected, bench.machine.spare]).toEqual([udp, tcp]);
  });

  test("that the peer names is kept only when a check of our own was answered on it", () => {
    const line = overTcp({ isControlling: false });
    const { bench, tcp, udp } = line;
    peerIsReady(line);
    bench.peerChecks(udp, true);
    expect(bench.machine.spare).toBeUndefined();
    bench.pass(RECHECK_MS).end(udp, "failed");
    expect(bench.machine.selected).toBe(tcp);
    bench.pass(RECHECK_MS).end(udp, "answered");
    expect(bench.machine.selected).toBe(udp);
    expect(bench.checksOf(udp).some(({ isNominating }) => isNominating)).toBe(false);
  });

  test("that is not in the list is neither kept nor taken", () => {
    const line = overTcp({ isControlling: false });
    peerIsReady(line);
    const stranger = new Pair("stranger");
    stranger.state = "succeeded";
    line.bench.peerChecks(stranger, true).pass(10_000);
    expect([line.bench.machine.selected, line.bench.machine.spare]).toEqual([line.tcp, undefined]);
  });

  test("within one machine is not looked for", () => {
    const { bench, udp } = overTcp({ isOneMachine: true });
    bench.pass(5_000);
    expect(bench.checksOf(udp)).toEqual([]);
  });

  function moved() {
    const line = overTcp();
    const { bench, udp } = line;
    peerIsReady(line);
    bench
      .pass(RECHECK_MS)
      .end(udp, "answered")
      .pass(CHECK_PACE_MS + RECHECK_MS)
      .end(udp, "answered");
    expect(bench.machine.selected).toBe(udp);
    bench.effects.length = 0;
    return line;
  }

  test("that answers nothing after the move gives the line back", () => {
    const { bench, tcp, udp } = moved();
    bench.pass(PROOF_MS);
    expect(bench.only("consent-check").filter((one) => "pair" in one && one.pair === udp).length).toBeGreaterThan(3);
    expect(bench.told).toEqual(["moved"]);
    expect([bench.machine.selected, bench.machine.spare]).toEqual([tcp, udp]);
  });

  test("that answers keeps the line, with consent on both", () => {
    const { bench, tcp, udp } = moved();
    bench.pass(60_000, () => {
      for (const pair of [udp, tcp]) bench.machine.handleConsent(pair, bench.nowMs, bench.nowMs);
    });
    expect(bench.told).toEqual([]);
    const asked = bench.only("consent-check").flatMap((one) => ("pair" in one ? [one.pair] : []));
    for (const pair of [udp, tcp]) expect(asked.filter((one) => one === pair).length).toBeGreaterThan(10);
  });

  test("that falls silent is left for the one that was heard since, and nothing is told as interrupted", () => {
    const { bench, tcp, udp } = moved();
    bench.machine.handlePeerReady("tcp", bench.nowMs);
    bench.machine.handleConsent(udp, bench.nowMs, bench.nowMs);
    bench.pass(LIVENESS.silenceMs + 2 * LIVENESS.consentTickMs, () => bench.machine.handleSpareHeard());
    expect(bench.told).toEqual(["moved", "spare-lost"]);
    expect([bench.machine.selected, bench.machine.spare]).toEqual([tcp, undefined]);
  });

  test("that falls silent under a call is left within 1.5 s for the one that answers", () => {
    const { bench, tcp, udp } = moved();
    bench.machine.handlePeerReady("tcp", bench.nowMs);
    bench.machine.handleConsent(udp, bench.nowMs, bench.nowMs);
    let [callDatagrams, answered] = [0, 0];
    const goOn = (): void => {
      callDatagrams += 1;
      bench.machine.noteLoad({ deliveredBytes: 0, minRttMs: 1, callDatagrams }, bench.nowMs);
      const asked = bench.only("consent-check").filter((one) => "pair" in one && one.pair === tcp).length;
      if (asked > answered) bench.machine.handleConsent(tcp, bench.nowMs - 1, bench.nowMs);
      answered = asked;
    };
    goOn();
    bench.pass(1_500, goOn);
    expect(bench.told).toEqual(["moved", "spare-lost"]);
    expect([bench.machine.selected, bench.machine.spare]).toEqual([tcp, undefined]);
  });

  test("and the first one that fall silent together are an interruption", () => {
    const { bench, udp } = moved();
    bench.machine.handlePeerReady("tcp", bench.nowMs);
    bench.machine.handleConsent(udp, bench.nowMs, bench.nowMs);
    bench.pass(LIVENESS.silenceMs + 2 * LIVENESS.consentTickMs);
    expect(bench.told).toContain("unreachable");
    expect(bench.told).not.toContain("moved");
  });

  test("whose socket has gone is no longer kept, and a search forgets it", () => {
    const { bench, tcp, udp } = moved();
    bench.machine.updatePairs([udp]);
    bench.drain();
    expect(bench.told).toEqual(["spare-lost"]);
    expect(tcp.isNamed).toBe(false);
    const other = moved();
    other.bench.machine.handlePeerOffer();
    other.bench.suspect();
    expect(other.bench.told).toEqual(["spare-lost", "unreachable", "search"]);
  });
});

describe("stop", () => {
  test("ends checks, before there is a pair", () => {
    const pair = new Pair("a");
    const bench = new Bench([pair]).pass(0);
    bench.machine.stop();
    bench.end(pair, "answered").pass(10_000);
    expect(bench.told).toEqual([]);
    expect(bench.machine.state).toBe("idle");
    expect(bench.checksOf(pair)).toHaveLength(1);
  });

  test("ends a search and leaves the pair, which is lost when its consent is", () => {
    const { bench, pair } = restartable();
    bench.suspect();
    bench.machine.restart([new Pair("next")], bench.nowMs);
    bench.machine.stop();
    expect(bench.machine.selected).toBe(pair);
    bench.pass(LIVENESS.consentExpiryMs);
    expect(bench.told).toEqual(["unreachable", "search", "silenced", "lost"]);
  });

  test("and begin: another peer, with nothing left of the one before", () => {
    const { bench } = restartable();
    bench.suspect();
    const pair = new Pair("a");
    bench.machine.begin([pair], { isControlling: false, isPeerLite: false }, bench.nowMs);
    expect(bench.machine.isInterrupted).toBe(false);
    expect(bench.machine.selected).toBeUndefined();
    bench.pass(CHECK_PACE_MS).peerChecks(pair, true).end(pair, "answered");
    expect(bench.only("selected")).toEqual([{ effect: "selected", pair, isFirst: true }]);
  });
});
