// The congestion controllers alone on a simulated bottleneck: how much they carry, how much queue they make, what they
// leave to others, and how they follow a path that changes. docs/congestion-control.md quotes these runs.
import { describe, expect, it } from "vitest";
import { createBbr } from "../../src/sctp/tx/congestion/bbr.ts";
import { createCubic } from "../../src/sctp/tx/congestion/cubic.ts";
import type { Flow, FlowOptions } from "../support/congestion-flow.ts";
import { CongestionLink, type LinkOptions } from "../support/congestion-link.ts";
import { scaled } from "../support/scale.ts";

const seeds = Array.from({ length: scaled(3, 20) }, (_, index) => index + 1);
const bbr: FlowOptions = { create: createBbr };
const cubic: FlowOptions = { create: createCubic };
const RTT_MS = 50;
const MEGABYTE = 1e6;
/** MB/s of user data that fit through 12.5 MB/s with this packet size. */
const CEILING = 11.57;

/** The link of the goals: 100 Mbit/s, 50 ms, 600 KB of queue. */
function link(options: Partial<LinkOptions> & Pick<LinkOptions, "flows">): CongestionLink {
  return new CongestionLink({ seed: 1, rate: 12_500, rttMs: RTT_MS, queueBytes: 600_000, ...options });
}

function flowOf(simulated: CongestionLink, index = 0): Flow {
  const flow = simulated.flows[index];
  if (flow === undefined) {
    throw new RangeError(`no flow ${index}`);
  }
  return flow;
}

/** MB/s of user data of the first flow from its first byte to `megabytes`, start-up included. */
function transferRate(simulated: CongestionLink, megabytes = 80): number {
  const flow = flowOf(simulated);
  simulated.run(60_000, () => flow.payloadBytes >= megabytes * MEGABYTE);
  expect(flow.payloadBytes).toBeGreaterThanOrEqual(megabytes * MEGABYTE);
  return (megabytes * 1000) / simulated.nowMs;
}

/** MB/s between two times. */
function rateOf(flow: Flow, fromMs: number, toMs: number): number {
  return flow.goodput(fromMs, toMs) / 1000;
}

/** The first flow's part of what both carried between two times. */
function share(simulated: CongestionLink, fromMs: number, toMs: number): number {
  const first = rateOf(flowOf(simulated, 0), fromMs, toMs);
  return first / (first + rateOf(flowOf(simulated, 1), fromMs, toMs));
}

/** With P2P_CONGESTION_TABLE=1: what docs/congestion-control.md quotes. */
function report(name: string, values: number[], digits = 2): void {
  if (process.env.P2P_CONGESTION_TABLE === "1") {
    const shown = [Math.min(...values), mean(values), Math.max(...values)].map((value) => value.toFixed(digits));
    console.info(`${name}: ${shown.join(" / ")} (min / mean / max of ${values.length})`);
  }
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("bbr carries 80 MB, start-up included", () => {
  it.each([
    { rttMs: 50, lossRate: 0, floor: 10.5 },
    { rttMs: 50, lossRate: 0.001, floor: 10.5 },
    { rttMs: 50, lossRate: 0.01, floor: 10 },
    { rttMs: 50, lossRate: 0.02, floor: 9.5 },
    { rttMs: 50, lossRate: 0.03, floor: 9.5 },
    { rttMs: 200, lossRate: 0, floor: 8.5 },
    { rttMs: 200, lossRate: 0.01, floor: 8 },
    { rttMs: 200, lossRate: 0.02, floor: 8 },
  ])("at $floor MB/s and more: $rttMs ms, random loss $lossRate", ({ rttMs, lossRate, floor }) => {
    const runs = seeds.map((seed) => {
      const simulated = link({ seed, rttMs, lossRate, flows: [bbr] });
      const rate = transferRate(simulated);
      const { lostPackets, sentPackets, timeouts } = flowOf(simulated);
      return { rate, queueMs: simulated.meanQueueMs(3000), lost: lostPackets / sentPackets, timeouts };
    });
    const name = `bbr ${rttMs} ms, ${lossRate * 100} %`;
    report(
      `${name}: MB/s`,
      runs.map((run) => run.rate),
    );
    report(
      `${name}: queue ms`,
      runs.map((run) => run.queueMs),
      1,
    );
    report(
      `${name}: lost %`,
      runs.map((run) => run.lost * 100),
    );
    for (const run of runs) {
      expect(run.rate).toBeGreaterThan(floor);
      expect(run.queueMs).toBeLessThan(20);
      expect(run.timeouts).toBe(0);
    }
  });

  it("through a queue of 60 KB, with few drops", () => {
    const runs = seeds.map((seed) => {
      const simulated = link({ seed, queueBytes: 60_000, flows: [bbr] });
      const rate = transferRate(simulated);
      return { rate, dropped: flowOf(simulated).droppedPackets / flowOf(simulated).sentPackets };
    });
    report(
      "bbr 60 KB queue: MB/s",
      runs.map((run) => run.rate),
    );
    report(
      "bbr 60 KB queue: dropped %",
      runs.map((run) => run.dropped * 100),
    );
    for (const run of runs) {
      expect(run.rate).toBeGreaterThan(10);
      expect(run.dropped).toBeLessThan(0.03);
    }
  });

  it("when the machine stands still for 100 ms in start-up", () => {
    for (const atMs of [60, 130, 210, 290, 370, 450]) {
      const simulated = link({ flows: [{ ...bbr, stalls: [{ atMs, forMs: 100 }] }] });
      expect(transferRate(simulated)).toBeGreaterThan(10);
    }
  });

  it.each([undefined, 0, 1, 400])("when the handshake's round trip is %s", (initialRttMs) => {
    expect(transferRate(link({ flows: [{ ...bbr, initialRttMs }] }))).toBeGreaterThan(10.5);
  });

  it("and the same to the byte when the seed is the same", () => {
    const runs = [1, 2].map(() => link({ seed: 7, lossRate: 0.01, flows: [bbr, cubic] }).run(3000));
    expect(runs[0]?.flows.map((flow) => flow.payloadAt)).toEqual(runs[1]?.flows.map((flow) => flow.payloadAt));
  });
});

describe("bbr on other paths", () => {
  it("does not pace where the round trip is that of a LAN", () => {
    const simulated = link({ rttMs: 0.4, rate: 100_000, flows: [bbr] });
    expect(transferRate(simulated, 200)).toBeGreaterThan(80);
    expect(flowOf(simulated).controller.pacingRate).toBe(Number.POSITIVE_INFINITY);
  });

  it("fills a line of 1 Mbit/s without drowning it", () => {
    const simulated = link({ rate: 125, queueBytes: 25_000, flows: [bbr] }).run(20_000);
    expect(rateOf(flowOf(simulated), 5000, 20_000)).toBeGreaterThan(0.1);
    expect(simulated.meanQueueMs(3000)).toBeLessThan(100);
    expect(flowOf(simulated).timeouts).toBe(0);
  });

  it("follows a link that gets faster within two seconds of a probe", () => {
    const simulated = link({ changes: [{ atMs: 10_000, rate: 50_000 }], flows: [bbr] }).run(18_000);
    expect(rateOf(flowOf(simulated), 15_000, 18_000)).toBeGreaterThan(0.8 * 4 * CEILING);
  });

  it("follows a link that gets slower, and drains the queue that this made", () => {
    const simulated = link({ changes: [{ atMs: 10_000, rate: 3000 }], flows: [bbr] }).run(25_000);
    expect(rateOf(flowOf(simulated), 11_000, 25_000)).toBeGreaterThan(0.9 * 0.24 * CEILING);
    expect(simulated.meanQueueMs(20_000)).toBeLessThan(30);
    expect(flowOf(simulated).timeouts).toBe(0);
  });

  it.each([20, 100])("follows a round trip that goes from 50 to %d ms", (rttMs) => {
    const simulated = link({ changes: [{ atMs: 10_000, rttMs }], flows: [bbr] }).run(30_000);
    const flow = flowOf(simulated);
    expect(rateOf(flow, 11_000, 21_000)).toBeGreaterThan(0.8 * CEILING);
    expect(rateOf(flow, 21_000, 30_000)).toBeGreaterThan(0.9 * CEILING);
    expect(Math.abs(flow.controller.metrics().minRttMs - rttMs)).toBeLessThan(2);
    expect(simulated.meanQueueMs(21_000)).toBeLessThan(20);
  });

  it("keeps its estimate while the application has little to send", () => {
    const offeredBytes = (nowMs: number): number =>
      nowMs < 3000 ? Number.MAX_SAFE_INTEGER : nowMs < 9000 ? 33 * MEGABYTE + (nowMs - 3000) * 1000 : 1e12;
    const simulated = link({ flows: [{ ...bbr, offeredBytes }] }).run(12_000);
    const flow = flowOf(simulated);
    const estimates = flow.bandwidthAt.slice(300, 900);
    expect(rateOf(flow, 4000, 8900)).toBeCloseTo(1, 1);
    expect(Math.min(...estimates) / 1000).toBeGreaterThan(0.9 * CEILING);
    expect(rateOf(flow, 9200, 12_000)).toBeGreaterThan(0.85 * CEILING);
  });

  it.each([600, 10_000])("is back within three round trips after %d ms without a path", (forMs) => {
    const changes = [
      { atMs: 4000, isDown: true },
      { atMs: 4000 + forMs, isDown: false },
    ];
    const simulated = link({ changes, flows: [bbr] }).run(9000 + forMs);
    const flow = flowOf(simulated);
    expect(flow.timeouts).toBeGreaterThan(0);
    const before = flow.payloadAt[(4000 + forMs) / 10] ?? 0;
    const backAtMs = flow.payloadAt.findIndex((bytes) => bytes > before) * 10;
    expect(backAtMs).toBeGreaterThan(4000 + forMs);
    expect(rateOf(flow, backAtMs + 3 * RTT_MS, backAtMs + 13 * RTT_MS)).toBeGreaterThan(0.9 * CEILING);
  });
});

describe("beside others", () => {
  const UNTIL_MS = 30_000;

  it("bbr leaves cubic 30 % and more of a 40 KB queue", () => {
    const shares = seeds.flatMap((seed) =>
      [
        [cubic, bbr],
        [cubic, { ...bbr, startMs: 2000 }],
        [{ ...cubic, startMs: 2000 }, bbr],
      ].map((flows) => {
        const simulated = link({ seed, rate: 2500, rttMs: 30, queueBytes: 40_000, flows }).run(UNTIL_MS);
        return share(simulated, 5000, UNTIL_MS);
      }),
    );
    report("cubic beside bbr, 40 KB", shares);
    expect(Math.min(...shares)).toBeGreaterThan(0.3);
  });

  it("bbr leaves cubic 30 % and more of deeper queues, and takes its part of them", () => {
    for (const queueBytes of [150_000, 600_000]) {
      const simulated = link({ rate: 2500, rttMs: 30, queueBytes, flows: [cubic, bbr] }).run(UNTIL_MS);
      const part = share(simulated, 5000, UNTIL_MS);
      report(`cubic beside bbr, ${queueBytes} bytes`, [part]);
      expect(part).toBeGreaterThan(0.3);
      expect(part).toBeLessThan(0.75);
    }
  });

  it.each([30, 50])("bbr leaves cubic 20 % and more behind a policer, %d ms", (rttMs) => {
    const shares = seeds.map((seed) => {
      const policer = { rate: 6250, burstBytes: 30_000 };
      const flows = [cubic, { ...bbr, startMs: 2000 }];
      const simulated = link({ seed, rate: 125_000, rttMs, queueBytes: MEGABYTE, policer, flows }).run(UNTIL_MS);
      return share(simulated, 5000, UNTIL_MS);
    });
    report(`cubic beside bbr, policer, ${rttMs} ms`, shares);
    expect(Math.min(...shares)).toBeGreaterThan(0.2);
  });

  it.each([40_000, 150_000])("two bbr flows share a queue of %d bytes", (queueBytes) => {
    const shares = seeds.map((seed) => {
      const flows = [bbr, { ...bbr, startMs: 2000 }];
      const simulated = link({ seed, rate: 2500, rttMs: 30, queueBytes, flows }).run(UNTIL_MS);
      return share(simulated, 10_000, UNTIL_MS);
    });
    report(`bbr beside bbr, ${queueBytes} bytes`, shares);
    expect(Math.max(...shares)).toBeLessThan(0.65);
    expect(Math.min(...shares)).toBeGreaterThan(0.35);
  });

  it.each([40_000, 150_000])("two cubic flows share a queue of %d bytes", (queueBytes) => {
    const flows = [cubic, { ...cubic, startMs: 2000 }];
    const simulated = link({ rate: 2500, rttMs: 30, queueBytes, flows }).run(UNTIL_MS);
    expect(Math.abs(share(simulated, 10_000, UNTIL_MS) - 0.5)).toBeLessThan(0.15);
  });
});

describe("cubic", () => {
  it("fills the link when nothing is lost at random", () => {
    const simulated = link({ flows: [cubic] });
    const carried = transferRate(simulated);
    report("cubic 50 ms, 0 %: MB/s", [carried]);
    expect(carried).toBeGreaterThan(9.5);
    expect(flowOf(simulated).timeouts).toBe(0);
    expect(flowOf(simulated).droppedPackets / flowOf(simulated).sentPackets).toBeLessThan(0.03);
  });

  it("gives way to random loss as its formula says", () => {
    const simulated = link({ lossRate: 0.01, flows: [cubic] }).run(20_000);
    const rate = rateOf(flowOf(simulated), 5000, 20_000);
    report("cubic 50 ms, 1 %: MB/s", [rate]);
    expect(rate).toBeGreaterThan(0.15);
    expect(rate).toBeLessThan(0.6);
  });

  it("comes back from a timeout by slow start", () => {
    const changes = [
      { atMs: 4000, isDown: true },
      { atMs: 5000, isDown: false },
    ];
    const simulated = link({ changes, flows: [cubic] }).run(12_000);
    expect(flowOf(simulated).timeouts).toBeGreaterThan(0);
    expect(rateOf(flowOf(simulated), 9000, 12_000)).toBeGreaterThan(0.5 * CEILING);
  });
});
