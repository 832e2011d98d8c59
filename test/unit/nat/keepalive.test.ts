import { describe, expect, test } from "vitest";
import {
  candidateChange,
  KEEP_ALIVE_TICK_MS,
  KeepAlive,
  type KeepAliveWork,
  type Moment,
  type OfferedAddress,
  RewritePace,
} from "../../../src/nat/keepalive.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const START_MS = 1_900_000_000_000;

/** A machine with two clocks and a network, and what it is told to do. */
class Waiting {
  open = ["10.0.0.5"];
  present = ["10.0.0.5"];
  readonly #keepAlive: KeepAlive;
  #at: Moment = { nowMs: 0, wallMs: START_MS };

  constructor(seed = 1) {
    this.#keepAlive = new KeepAlive(seededRandom(seed), this.#at);
  }

  get nowMs(): number {
    return this.#at.nowMs;
  }

  /** Time as the clocks show it, then a tick. */
  tick(nowMs = KEEP_ALIVE_TICK_MS, wallMs = nowMs): KeepAliveWork {
    this.#at = { nowMs: this.#at.nowMs + nowMs, wallMs: this.#at.wallMs + wallMs };
    return this.#keepAlive.tick(this.#at, this.open, this.present);
  }

  /** Ticks for so long. @returns the times of rounds */
  rounds(ms: number): number[] {
    const endMs = this.nowMs + ms;
    const times: number[] = [];
    while (this.nowMs < endMs) if (this.tick().isRoundDue) times.push(this.nowMs);
    return times;
  }

  /** Ticks until an address came or went. */
  untilChange(limitMs = 120_000): { afterMs: number; came: string[]; gone: string[] } | undefined {
    const startMs = this.nowMs;
    while (this.nowMs - startMs < limitMs) {
      const { came, gone } = this.tick();
      if (came.length > 0 || gone.length > 0) return { afterMs: this.nowMs - startMs, came, gone };
    }
    return undefined;
  }
}

describe("the rounds", () => {
  test("come every 10 to 15 s for as long as it takes, and not in step", () => {
    const times = new Waiting().rounds(3 * 3_600_000);
    const gaps = times.map((ms, index) => ms - (times[index - 1] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(15_000);
    expect(new Set(gaps).size).toBeGreaterThan(1);
    expect(new Waiting(2).rounds(600_000)).not.toEqual(times.filter((ms) => ms <= 600_000));
  });

  test("come at once after sleep, whether the steady clock ran on or stood still", () => {
    for (const nowMs of [KEEP_ALIVE_TICK_MS, 61_000]) {
      const waiting = new Waiting();
      waiting.tick();
      expect(waiting.tick(nowMs, 61_000).isRoundDue).toBe(true);
      expect(waiting.tick().isRoundDue).toBe(false);
      expect(waiting.rounds(15_000)).toHaveLength(1);
    }
  });

  test("do not come early for a tick that was late or a clock that was set a little", () => {
    for (const wallMs of [9_000, 59_000, -50_000]) {
      const waiting = new Waiting();
      expect(waiting.tick(9_000, wallMs).isRoundDue).toBe(false);
    }
  });
});

describe("local addresses", () => {
  test("say nothing while they stay, in any order", () => {
    const waiting = new Waiting();
    waiting.open = ["10.0.0.5", "fd00::5"];
    waiting.present = ["fd00::5", "10.0.0.5"];
    expect(waiting.untilChange()).toBeUndefined();
  });

  test("that come are told at the next tick, until they have a socket", () => {
    const waiting = new Waiting();
    waiting.present = ["10.0.0.5", "192.168.1.7"];
    for (let tick = 0; tick < 2; tick += 1) expect(waiting.tick()).toMatchObject({ came: ["192.168.1.7"], gone: [] });
    waiting.open = ["10.0.0.5", "192.168.1.7"];
    expect(waiting.untilChange()).toBeUndefined();
  });

  test("of another network take the place of the old ones in one change", () => {
    const waiting = new Waiting();
    waiting.present = ["192.168.1.7"];
    expect(waiting.tick()).toMatchObject({ came: ["192.168.1.7"], gone: ["10.0.0.5"] });
  });

  test("that are missing count as gone after 30 s in which they did not come back", () => {
    const waiting = new Waiting();
    waiting.open = ["10.0.0.5", "192.168.1.7"];
    waiting.present = ["192.168.1.7"];
    expect(waiting.untilChange(20_000)).toBeUndefined();
    waiting.present = waiting.open;
    waiting.tick();
    waiting.present = ["192.168.1.7"];
    expect(waiting.untilChange()).toEqual({ afterMs: 30_000 + KEEP_ALIVE_TICK_MS, came: [], gone: ["10.0.0.5"] });
  });

  test("are kept while there is no network at all, and through sleep", () => {
    const waiting = new Waiting();
    waiting.open = ["10.0.0.5", "192.168.1.7"];
    waiting.present = [];
    expect(waiting.untilChange()).toBeUndefined();
    waiting.present = ["192.168.1.7"];
    waiting.tick();
    expect(waiting.tick(3_600_000)).toMatchObject({ came: [], gone: [] });
    waiting.present = waiting.open;
    expect(waiting.untilChange()).toBeUndefined();
  });
});

describe("candidateChange()", () => {
  const host: OfferedAddress = { type: "host", address: "10.0.0.5", port: 4_000 };
  const mapped: OfferedAddress = { type: "srflx", address: "198.51.100.7", port: 4_000 };
  const relay: OfferedAddress = { type: "relay", address: "203.0.113.3", port: 50_000 };
  const file = [host, mapped, relay];

  test("knows the same addresses in any order", () => {
    expect(candidateChange(file, [relay, { ...host }, mapped])).toBeUndefined();
    expect(candidateChange([], [])).toBeUndefined();
  });

  test.each([
    ["a server that answered late", [host], [host, mapped], "late-candidates"],
    ["another port at the router", file, [host, { ...mapped, port: 4_001 }, relay], "mapping-changed"],
    ["another address of the router", file, [host, { ...mapped, address: "198.51.100.8" }, relay], "mapping-changed"],
    ["another relay", file, [host, mapped, { ...relay, port: 50_001 }], "mapping-changed"],
    ["one more address", file, [...file, { ...host, address: "192.168.1.7" }], "address-came"],
    [
      "another network",
      file,
      [
        { ...host, address: "192.168.1.7" },
        { ...mapped, port: 9 },
      ],
      "address-came",
    ],
    ["one address less", [...file, { ...host, address: "192.168.1.7" }], file, "address-gone"],
    ["a mapping that another server has seen before", [...file, { ...mapped, port: 4_001 }], file, "address-gone"],
  ] as const)("tells %s", (_, inFile, now, why) => {
    expect(candidateChange(inFile, now)).toBe(why);
  });
});

describe("RewritePace", () => {
  /** Times at which a file is written in so long a time where it could be at each second. */
  function written(ms: number): number[] {
    const pace = new RewritePace();
    const times: number[] = [];
    for (let nowMs = 0; nowMs < ms; nowMs += 1_000) if (pace.take(nowMs)) times.push(nowMs);
    return times;
  }

  test("lets the first through at once, and those of a network that flaps less and less often", () => {
    expect(written(200_000)).toEqual([0, 10_000, 30_000, 70_000, 150_000]);
    const gaps = written(24 * 3_600_000).map((ms, index, all) => ms - (all[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBe(600_000);
  });

  test("is as new after an hour of peace", () => {
    const pace = new RewritePace();
    let nowMs = 0;
    for (; nowMs < 600_000; nowMs += 1_000) pace.take(nowMs);
    nowMs += 3_700_000;
    expect([0, 9_000, 10_000].map((laterMs) => pace.take(nowMs + laterMs))).toEqual([true, false, true]);
  });
});
