import { describe, expect, it } from "vitest";
import { createBbr } from "../../../../../src/sctp/tx/congestion/bbr.ts";
import { PACKET, Script } from "./events.ts";

function start(initialRttMs: number | undefined = 50, packetBytes = PACKET): Script {
  return new Script(
    createBbr({ packetBytes, initialRttMs, receiverBufferBytes: 0, isStream: false, random: () => 0.5 }),
  );
}

/** A round at `rate` with the pipe as full as `inflight` says. */
function roundAt(script: Script, rate: number, inflightBytes = 600 * PACKET, rttMs = 50): void {
  script.round(20, { deliveryRate: rate, inflightBytes, txInflightBytes: inflightBytes, rttMs });
}

/** Through start-up and drain into cruising with 500 KB in a round trip: 10,000 bytes per millisecond of 50 ms. */
function cruising(rttMs = 50): Script {
  const rate = 500_000 / rttMs;
  const script = start();
  for (let round = 0; round < 4; round++) {
    roundAt(script, rate, undefined, rttMs);
  }
  expect(script.state).toBe("drain");
  roundAt(script, rate, 100 * PACKET, rttMs);
  expect(script.state).toBe("probe-bw-cruise");
  return script;
}

describe("bbr starts", () => {
  it("with 32 packets, paced over the handshake's round trip", () => {
    const { controller } = start(100);
    expect(controller.cwndBytes).toBe(32 * PACKET);
    expect(controller.pacingRate).toBeCloseTo((2.77 * 32 * PACKET) / 100);
    expect(controller.burstBytes).toBeGreaterThanOrEqual(PACKET);
  });

  it("within ten milliseconds when the round trip is unknown, and at a measured pace after the first sample", () => {
    for (const unknown of [undefined, Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      const script = new Script(
        createBbr({
          packetBytes: PACKET,
          initialRttMs: unknown,
          receiverBufferBytes: 0,
          isStream: false,
          random: () => 0,
        }),
      );
      expect(script.controller.pacingRate).toBeCloseTo((32 * PACKET) / 10);
      script.ack({ rttMs: 200 });
      expect(script.controller.pacingRate).toBeCloseTo((2.77 * 32 * PACKET) / 200);
    }
  });

  it("with no more than 64 KiB of large packets", () => {
    expect(start(50, 16_384).controller.cwndBytes).toBe(65_536);
  });

  it("without knowing what the path holds, which is bandwidth times round trip afterwards", () => {
    expect(start().controller.pipeBytes).toBe(Number.POSITIVE_INFINITY);
    expect(cruising().controller.pipeBytes).toBeCloseTo(10_000 * 50);
  });

  it("and is not stalled by a tiny first sample", () => {
    const script = start();
    script.ack({ deliveryRate: 0.001 });
    expect(script.controller.pacingRate).toBeCloseTo((2.77 * 32 * PACKET) / 50);
    expect(script.controller.cwndBytes).toBe(33 * PACKET);
  });

  it("by doubling until three rounds bring no growth", () => {
    const script = start();
    for (const rate of [1000, 2000, 4000, 8000]) {
      roundAt(script, rate);
      expect(script.state).toBe("startup");
      expect(script.controller.pacingRate).toBeCloseTo(Math.max(2.77 * rate * 0.99, (2.77 * 32 * PACKET) / 50));
    }
    roundAt(script, 8100);
    roundAt(script, 8100);
    expect(script.state).toBe("startup");
    roundAt(script, 8100);
    expect(script.state).toBe("drain");
    expect(script.controller.pacingRate).toBeCloseTo(0.5 * 8100 * 0.99);
  });

  it("and ends on a queue that outlives a round of even pace", () => {
    const script = start();
    roundAt(script, 1000);
    roundAt(script, 2000);
    script.round(20, { deliveryRate: 4000, rttMs: 70, inflightBytes: 600 * PACKET });
    expect(script.state).toBe("startup");
    expect(script.controller.pacingRate).toBeCloseTo(4000 * 0.99);
    script.round(20, { deliveryRate: 4000, rttMs: 70, inflightBytes: 600 * PACKET });
    script.round(20, { deliveryRate: 4000, rttMs: 70, inflightBytes: 600 * PACKET });
    expect(script.state).toBe("drain");
  });

  it("and goes on when the next round shows that a stall made it look so", () => {
    const script = start();
    roundAt(script, 1000);
    roundAt(script, 2000);
    script.round(20, { deliveryRate: 2000, rttMs: 150, inflightBytes: 600 * PACKET });
    for (const rate of [2000, 2000, 4000, 8000]) {
      roundAt(script, rate);
    }
    expect(script.state).toBe("startup");
    expect(script.controller.pacingRate).toBeCloseTo(2.77 * 8000 * 0.99);
  });

  it("and ends on losses in six places, more than the gate lets pass", () => {
    for (const [losses, expected] of [
      [5, "startup"],
      [12, "drain"],
    ] as const) {
      const script = start();
      roundAt(script, 1000);
      roundAt(script, 2000);
      for (let index = 0; index < losses; index++) {
        script.lose();
      }
      script.round(40, { deliveryRate: 4000, inflightBytes: 600 * PACKET });
      script.ack({ deliveryRate: 4000, inflightBytes: 600 * PACKET });
      expect(script.state).toBe(expected);
    }
  });

  it("without measuring the round trip anew, at any time of day", () => {
    const script = start();
    script.nowMs = 1e12;
    roundAt(script, 1000);
    expect(script.state).toBe("startup");
  });
});

describe("bbr probes", () => {
  it("for bandwidth after two to three seconds: refill, up, down, cruise", () => {
    const script = cruising();
    const seen: string[] = [];
    for (let round = 0; round < 70; round++) {
      const isUp = script.state === "probe-bw-up";
      roundAt(script, 10_000, isUp ? 500 * PACKET : 100 * PACKET, round % 9 === 0 ? 49.9 - round / 1000 : 50);
      if (seen.at(-1) !== script.state) {
        seen.push(script.state);
      }
    }
    expect(seen.slice(0, 5)).toEqual([
      "probe-bw-cruise",
      "probe-bw-refill",
      "probe-bw-up",
      "probe-bw-down",
      "probe-bw-cruise",
    ]);
    expect(script.controller.metrics().bandwidth).toBeCloseTo(10_000);
  });

  it("soon after start-up, which ends too early where a machine is slow at first, but not over a long way", () => {
    const roundsUntilProbe = (rttMs: number) => {
      const script = cruising(rttMs);
      let rounds = 0;
      for (; script.state !== "probe-bw-refill" && rounds < 100; rounds++) {
        roundAt(script, 500_000 / rttMs, 100 * PACKET, rttMs);
      }
      return rounds;
    };
    expect(roundsUntilProbe(50)).toBeLessThanOrEqual(8);
    expect(roundsUntilProbe(150)).toBeGreaterThan(12);
  });

  it("no further when more than 8 % are lost without a queue, and remembers how much was in flight", () => {
    const script = cruising();
    while (script.state !== "probe-bw-up") {
      roundAt(script, 10_000, 100 * PACKET);
    }
    const txInflightBytes = 420 * PACKET;
    const priorLostBytes = script.lost;
    let lost = 0;
    while (script.state === "probe-bw-up" && lost < 100) {
      script.lose({ txInflightBytes, priorLostBytes });
      lost++;
    }
    expect(script.state).toBe("probe-bw-down");
    expect(lost).toBeGreaterThan(3);
    expect(lost).toBeLessThanOrEqual(35);
    for (let round = 0; round < 10; round++) {
      roundAt(script, 10_000, 100 * PACKET);
      expect(script.controller.cwndBytes).toBeLessThan(txInflightBytes);
    }
  });

  it("for the round trip after five seconds, at half the window, for 200 ms", () => {
    const script = cruising();
    let before = 0;
    while (script.state !== "probe-rtt") {
      expect(script.nowMs).toBeLessThan(8000);
      before = script.controller.cwndBytes;
      roundAt(script, 10_000, 100 * PACKET, 53);
    }
    const bdp = 10_000 * 50;
    expect(script.controller.cwndBytes).toBeCloseTo(bdp / 2);
    const begunAtMs = script.nowMs;
    while (script.state === "probe-rtt") {
      roundAt(script, 5000, 50 * PACKET, 50);
    }
    expect(script.nowMs - begunAtMs).toBeGreaterThanOrEqual(200);
    expect(script.nowMs - begunAtMs).toBeLessThanOrEqual(350);
    expect(script.state).toBe("probe-bw-cruise");
    expect(script.controller.metrics().bandwidth).toBeCloseTo(10_000);
    expect(script.controller.cwndBytes).toBeGreaterThanOrEqual(before);
  });

  it("not for the round trip while no queue hides it", () => {
    const script = cruising();
    while (script.nowMs < 20_000) {
      roundAt(script, 10_000, 100 * PACKET, 50.5 + (script.nowMs % 1));
      expect(script.state).not.toBe("probe-rtt");
    }
  });

  it("not for the round trip when it was idle", () => {
    const script = cruising();
    script.nowMs += 20_000;
    script.controller.handleRestartFromIdle(script.nowMs);
    expect(script.controller.pacingRate).toBeCloseTo(10_000 * 0.99);
    script.ack({ rttMs: 50, deliveryRate: 100, isAppLimited: true });
    expect(script.state).not.toBe("probe-rtt");
  });
});

describe("bbr keeps", () => {
  it("its estimate through samples that the application limited", () => {
    const script = cruising();
    for (let round = 0; round < 300; round++) {
      script.round(5, { deliveryRate: 10, isAppLimited: true, rttMs: round % 9 === 0 ? 49.9 - round / 1000 : 50 });
    }
    expect(script.controller.metrics().bandwidth).toBeCloseTo(10_000);
    script.round(5, { deliveryRate: 20_000, isAppLimited: true });
    expect(script.controller.metrics().bandwidth).toBeCloseTo(20_000);
  });

  it("its model through a timeout: one packet, then all of it at the first acknowledgement", () => {
    const script = cruising();
    const before = script.controller.metrics();
    script.controller.handleTimeout(script.nowMs, 300 * PACKET);
    expect(script.controller.cwndBytes).toBe(PACKET);
    script.controller.handleTimeout(script.nowMs + 500, PACKET);
    expect(script.controller.cwndBytes).toBe(PACKET);
    expect(script.controller.metrics().minRttMs).toBe(before.minRttMs);
    script.ack({ deliveryRate: 9000 });
    expect(script.controller.cwndBytes).toBeGreaterThan(0.6 * before.cwndBytes);
    expect(script.controller.pacingRate).toBeGreaterThan(0.6 * before.pacingRate);
  });

  it("nothing of a loss that was none", () => {
    const script = cruising();
    while (script.state !== "probe-bw-up") {
      roundAt(script, 10_000, 100 * PACKET);
    }
    const before = script.controller.cwndBytes;
    const priorLostBytes = script.lost;
    for (let lost = 0; lost < 60; lost++) {
      script.lose({ txInflightBytes: 420 * PACKET, priorLostBytes });
    }
    expect(script.state).toBe("probe-bw-down");
    script.controller.handleSpuriousLoss(script.nowMs);
    expect(script.state).toBe("probe-bw-refill");
    expect(script.controller.cwndBytes).toBeGreaterThanOrEqual(before);
  });

  it("returns to start-up when the losses that ended it were none", () => {
    const script = start();
    roundAt(script, 1000);
    for (let index = 0; index < 20; index++) {
      script.lose();
    }
    script.round(40, { deliveryRate: 2000, inflightBytes: 600 * PACKET });
    script.ack({ deliveryRate: 2000, inflightBytes: 600 * PACKET });
    expect(script.state).toBe("drain");
    script.controller.handleSpuriousLoss(script.nowMs);
    expect(script.state).toBe("startup");
  });
});

describe("bbr on a short path", () => {
  it("does not pace, and has 128 packets in flight and bursts of 32", () => {
    const script = start(0.3);
    for (let round = 0; round < 10; round++) {
      roundAt(script, 80_000, 600 * PACKET, 0.3);
    }
    expect(script.controller.pacingRate).toBe(Number.POSITIVE_INFINITY);
    expect(script.controller.cwndBytes).toBe(128 * PACKET);
    expect(script.controller.burstBytes).toBe(32 * PACKET);
  });

  it("has 256 KiB of large packets in flight and bursts of 128 KiB", () => {
    const script = start(0.3, 16_384);
    for (let round = 0; round < 40; round++) {
      roundAt(script, 80_000, 600 * PACKET, 0.3);
    }
    // Two packets more while it probes.
    expect(script.controller.cwndBytes).toBeGreaterThanOrEqual(256 * 1024);
    expect(script.controller.cwndBytes).toBeLessThanOrEqual(256 * 1024 + 2 * 16_384);
    expect(script.controller.burstBytes).toBe(128 * 1024);
  });
});

it("bbr takes larger packets as they come", () => {
  const script = cruising();
  script.controller.setPacketBytes(16_384);
  expect(script.controller.cwndBytes).toBeGreaterThanOrEqual(4 * 16_384);
  expect(script.controller.burstBytes).toBeGreaterThanOrEqual(16_384);
});
