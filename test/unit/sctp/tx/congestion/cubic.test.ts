import { describe, expect, it } from "vitest";
import { createCubic } from "../../../../../src/sctp/tx/congestion/cubic.ts";
import { HyStart } from "../../../../../src/sctp/tx/congestion/hystart.ts";
import { PACKET, Script } from "./events.ts";

function start(initialRttMs: number | undefined = 50): Script {
  return new Script(
    createCubic({ packetBytes: PACKET, initialRttMs, receiverBufferBytes: 0, isStream: false, random: () => 0.5 }),
  );
}

/** In congestion avoidance after a loss at 200 packets. */
function afterLoss(): Script {
  const script = start();
  script.ack({ ackedBytes: 190 * PACKET });
  expect(script.controller.cwndBytes).toBe(200 * PACKET);
  script.lose();
  return script;
}

/** Seconds of whole windows, acknowledged one at a time. */
function run(script: Script, seconds: number, isCwndLimited = true): void {
  const untilMs = script.nowMs + seconds * 1000;
  while (script.nowMs < untilMs) {
    script.nowMs += 50;
    script.ack({ ackedBytes: script.controller.cwndBytes, isCwndLimited });
  }
}

describe("cubic", () => {
  it("starts with ten packets, paced over the handshake's round trip", () => {
    const { controller } = start();
    expect(controller.cwndBytes).toBe(10 * PACKET);
    expect(controller.pacingRate).toBeCloseTo((2 * 10 * PACKET) / 50);
    expect(controller.metrics()).toMatchObject({ name: "cubic", state: "slow-start", bandwidth: 0 });
    const unknown = createCubic({
      packetBytes: PACKET,
      initialRttMs: undefined,
      receiverBufferBytes: 0,
      isStream: false,
      random: () => 0,
    });
    expect(unknown.pacingRate).toBeCloseTo(PACKET);
  });

  it("grows in slow start by what arrives, if the window was what limited it", () => {
    const script = start();
    script.round(10);
    expect(script.controller.cwndBytes).toBe(20 * PACKET);
    script.round(10, { isCwndLimited: false });
    expect(script.controller.cwndBytes).toBe(20 * PACKET);
    expect(script.controller.pacingRate).toBeCloseTo((2 * 20 * PACKET) / 50);
  });

  it("falls to 70 % once for all losses of one flight", () => {
    const script = afterLoss();
    expect(script.controller.cwndBytes).toBeCloseTo(140 * PACKET);
    expect(script.state).toBe("congestion-avoidance");
    script.lose();
    script.lose({ sentAtMs: script.nowMs - 1 });
    expect(script.controller.cwndBytes).toBeCloseTo(140 * PACKET);
    script.nowMs += 60;
    script.lose({ sentAtMs: script.nowMs - 10 });
    expect(script.controller.cwndBytes).toBeCloseTo(98 * PACKET);
  });

  it("does not grow on what was sent before the loss", () => {
    const script = afterLoss();
    script.ack({ priorDeliveredBytes: 0 });
    expect(script.controller.cwndBytes).toBeCloseTo(140 * PACKET);
  });

  it("is back at the old window after K seconds, flat there, and grows beyond", () => {
    // K = cbrt(200 × 0.3 / 0.4) = 5.3 s. A round trip of 400 ms keeps the Reno-friendly region below.
    const script = afterLoss();
    const at: number[] = [];
    for (let half = 0; half < 18; half++) {
      for (let round = 0; round < 5; round++) {
        script.nowMs += 100;
        script.ack({ ackedBytes: script.controller.cwndBytes / 4, rttMs: 400 });
      }
      at.push(script.controller.cwndBytes / PACKET);
    }
    expect(at[10]).toBeGreaterThan(195);
    expect(at[10]).toBeLessThan(205);
    expect((at[11] ?? 0) - (at[9] ?? 0)).toBeLessThan(3);
    expect((at[3] ?? 0) - (at[1] ?? 0)).toBeGreaterThan(8);
    expect(at[17]).toBeGreaterThan(210);
  });

  it("grows as Reno does where that is faster", () => {
    const script = start();
    script.ack({ ackedBytes: 10 * PACKET, rttMs: 10 });
    script.lose();
    expect(script.controller.cwndBytes).toBeCloseTo(14 * PACKET);
    for (let round = 0; round < 40; round++) {
      script.nowMs += 10;
      script.ack({ ackedBytes: script.controller.cwndBytes, rttMs: 10 });
    }
    // 0.53 packets a round up to the 20 of before, then one.
    expect(script.controller.cwndBytes / PACKET).toBeGreaterThan(46);
    expect(script.controller.cwndBytes / PACKET).toBeLessThan(50);
  });

  it("aims lower after a loss below the last peak", () => {
    const script = afterLoss();
    run(script, 0.2);
    const cwnd = script.controller.cwndBytes;
    script.lose({ sentAtMs: script.nowMs });
    expect(script.controller.cwndBytes).toBeCloseTo(0.7 * cwnd);
    run(script, 3.2);
    // W_max is 85 % of the window at the loss.
    expect(script.controller.cwndBytes).toBeLessThan(0.95 * cwnd);
  });

  it("lets no time pass on its curve while the window does not limit it", () => {
    const script = afterLoss();
    run(script, 0.1);
    const cwnd = script.controller.cwndBytes;
    run(script, 60, false);
    expect(script.controller.cwndBytes).toBe(cwnd);
    script.nowMs += 60_000;
    script.controller.handleRestartFromIdle(script.nowMs);
    run(script, 0.1);
    expect(script.controller.cwndBytes).toBeLessThan(1.1 * cwnd);
  });

  it("begins again with one packet after a timeout, in slow start up to 70 %", () => {
    const script = afterLoss();
    const cwnd = script.controller.cwndBytes;
    script.controller.handleTimeout(script.nowMs, 100 * PACKET);
    script.controller.handleTimeout(script.nowMs + 1000, PACKET);
    expect(script.controller.cwndBytes).toBe(PACKET);
    expect(script.controller.metrics().ssthreshBytes).toBeCloseTo(0.7 * cwnd);
    for (let round = 0; round < 7; round++) {
      script.nowMs += 50;
      script.ack({ ackedBytes: script.controller.cwndBytes });
    }
    expect(script.controller.cwndBytes).toBeCloseTo(0.7 * cwnd);
    expect(script.state).not.toBe("slow-start");
  });

  it("takes back a loss or a timeout that was none", () => {
    const script = start();
    script.ack({ ackedBytes: 190 * PACKET });
    script.lose();
    script.controller.handleSpuriousLoss(script.nowMs);
    expect(script.controller.cwndBytes).toBe(200 * PACKET);
    expect(script.state).toBe("slow-start");
    script.controller.handleTimeout(script.nowMs, 100 * PACKET);
    script.controller.handleSpuriousLoss(script.nowMs);
    script.controller.handleSpuriousLoss(script.nowMs);
    expect(script.controller.cwndBytes).toBe(200 * PACKET);
  });

  it("takes larger packets as they come", () => {
    const script = start();
    script.controller.setPacketBytes(16_384);
    expect(script.controller.cwndBytes).toBeGreaterThanOrEqual(16_384);
    expect(script.controller.burstBytes).toBeGreaterThanOrEqual(16_384);
  });
});

describe("HyStart++", () => {
  /** One round of ten samples; true: slow start is over. */
  function round(hystart: HyStart, number: number, rttMs: number): boolean {
    let isOver = false;
    for (let sample = 0; sample < 10; sample++) {
      isOver = hystart.handleAck((number - 1) * 10 + sample, number * 10 + sample, rttMs) || isOver;
    }
    return isOver;
  }

  it("slows down when a round's smallest round trip rises, and ends slow start five rounds later", () => {
    const hystart = new HyStart();
    expect(round(hystart, 1, 50)).toBe(false);
    expect(round(hystart, 2, 55)).toBe(false);
    expect(hystart.growthDivisor).toBe(1);
    expect(round(hystart, 3, 65)).toBe(false);
    expect(hystart.growthDivisor).toBe(4);
    for (let number = 4; number < 8; number++) {
      expect(round(hystart, number, 66)).toBe(false);
    }
    expect(round(hystart, 8, 66)).toBe(true);
  });

  it("goes on when the rise was none", () => {
    const hystart = new HyStart();
    round(hystart, 1, 50);
    round(hystart, 2, 65);
    expect(hystart.growthDivisor).toBe(4);
    round(hystart, 3, 51);
    expect(hystart.growthDivisor).toBe(1);
  });

  it("believes no round of fewer than eight samples", () => {
    const hystart = new HyStart();
    round(hystart, 1, 50);
    for (let sample = 0; sample < 7; sample++) {
      hystart.handleAck(10 + sample, 20 + sample, 90);
    }
    hystart.handleAck(17, 27, undefined);
    expect(hystart.growthDivisor).toBe(1);
  });
});
