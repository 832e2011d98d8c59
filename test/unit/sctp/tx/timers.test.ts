// What decides when something is sent (again): RTO, pacer, delivery rate samples, path MTU discovery.
import { describe, expect, test } from "vitest";
import { firstSsn, firstTsn } from "../../../../src/sctp/serial.ts";
import { DeliveryRate } from "../../../../src/sctp/tx/delivery-rate.ts";
import { Outstanding } from "../../../../src/sctp/tx/outstanding.ts";
import { Pacer } from "../../../../src/sctp/tx/pacer.ts";
import { PathMtu } from "../../../../src/sctp/tx/path-mtu.ts";
import { RetransmissionTimeout } from "../../../../src/sctp/tx/rto.ts";

const NEVER = Number.POSITIVE_INFINITY;

test("over a stream nothing is repeated before the stream has had its time", () => {
  const rto = new RetransmissionTimeout(true);
  expect(rto.rtoMs).toBe(10_000);
  rto.handleSample(1);
  rto.handleTimeout();
  expect(rto.rtoMs).toBe(10_000);
});

describe("retransmission timeout (RFC 9260 §6.3.1)", () => {
  test("begins at 1 s, follows the samples, and has bounds", () => {
    const rto = new RetransmissionTimeout(false);
    expect([rto.rtoMs, rto.srttMs]).toEqual([1_000, undefined]);
    rto.handleSample(200);
    expect([rto.srttMs, rto.rtoMs]).toEqual([200, 600]);
    rto.handleSample(400);
    expect([rto.srttMs, rto.rtoMs]).toEqual([225, 225 + 4 * (75 + 50)]);
    for (let sample = 0; sample < 100; sample += 1) rto.handleSample(1);
    expect(rto.rtoMs).toBe(250);
    for (let sample = 0; sample < 100; sample += 1) rto.handleSample(30_000);
    expect(rto.rtoMs).toBe(4_000);
  });

  test("doubles up to 4 s while nothing comes back, and no further", () => {
    const rto = new RetransmissionTimeout(false);
    rto.handleSample(100);
    const seen = Array.from({ length: 10 }, () => {
      rto.handleTimeout();
      return rto.rtoMs;
    });
    expect(seen).toEqual([600, 1_200, 2_400, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000]);
    rto.handleProgress();
    expect(rto.rtoMs).toBe(300);
  });

  test.each([
    [1, 1_000],
    [10, 1_000],
    [20, 1_280],
    [50, 3_200],
    [100, 4_000],
  ])("a path of %d ms is tried again every %d ms at the latest", (rttMs, mostMs) => {
    const rto = new RetransmissionTimeout(false);
    for (let sample = 0; sample < 100; sample += 1) rto.handleSample(rttMs);
    for (let timeout = 0; timeout < 10; timeout += 1) rto.handleTimeout();
    expect(rto.rtoMs).toBeCloseTo(mostMs);
  });
});

describe("pacer", () => {
  test("lets a burst go at first, then as much as the rate allows", () => {
    const pacer = new Pacer();
    let sent = 0;
    while (pacer.maySend(0, 100, 3_000)) {
      pacer.handleSent(1_000);
      sent += 1;
    }
    expect(sent).toBe(3);
    expect(pacer.readyAtMs(100, 1_000)).toBe(10);
    expect([pacer.maySend(0, 100, 3_000), pacer.maySend(10, 100, 3_000)]).toEqual([false, true]);
  });

  test("is ready when it says so, whatever rate and debt", () => {
    for (const rate of [0.001, 0.3, 7, 12_345.678, 1e9]) {
      const pacer = new Pacer();
      for (let turn = 0, nowMs = 123_456.789; turn < 50; turn += 1) {
        while (pacer.maySend(nowMs, rate, 16_384)) pacer.handleSent(1_207);
        const readyAtMs = pacer.readyAtMs(rate, 1_207);
        expect(readyAtMs).toBeGreaterThan(nowMs);
        expect(pacer.maySend(readyAtMs, rate, 16_384)).toBe(true);
        nowMs = readyAtMs;
      }
    }
  });

  test("does not make up for more than a burst after a pause, and does not hold back without a rate", () => {
    const pacer = new Pacer();
    while (pacer.maySend(0, 100, 2_000)) pacer.handleSent(1_000);
    expect(pacer.maySend(1_000_000, 100, 2_000)).toBe(true);
    pacer.handleSent(1_000);
    pacer.handleSent(1_000);
    expect(pacer.maySend(1_000_000, 100, 2_000)).toBe(false);
    expect(pacer.maySend(1_000_000, NEVER, 2_000)).toBe(true);
    expect(pacer.readyAtMs(NEVER, 1_000)).toBe(1_000_000);
  });
});

describe("delivery rate", () => {
  function setUp() {
    const outstanding = new Outstanding(firstTsn(1));
    const rate = new DeliveryRate(outstanding);
    const send = (nowMs: number): number => {
      const message = {
        streamId: 0,
        ppid: 53,
        data: new Uint8Array(984),
        isUnordered: false,
        maxRetransmits: NEVER,
        expiresAtMs: NEVER,
        ssn: firstSsn(0),
        isAbandoned: false,
      };
      const slot = outstanding.append(message, 0, 984, 3);
      rate.handleSent(slot, nowMs, 1_000);
      outstanding.markSent(slot, nowMs);
      return slot;
    };
    const ack = (nowMs: number, ...slots: number[]): number | undefined => {
      rate.beginSack();
      for (const slot of slots) {
        rate.handleAcked(slot, nowMs);
        outstanding.markAcked(slot);
      }
      return rate.endSack(nowMs, 1);
    };
    return { outstanding, rate, send, ack };
  }

  test("is what was delivered while a chunk was on its way", () => {
    const { rate, send, ack } = setUp();
    const slots = [0, 10, 20, 30].map((nowMs) => send(nowMs));
    expect(ack(100, slots[0] as number)).toBe(10);
    expect(ack(110, slots[1] as number)).toBe(2_000 / 110);
    expect(ack(130, slots[2] as number, slots[3] as number)).toBe(4_000 / 130);
    expect([rate.deliveredBytes, rate.priorDeliveredBytes, rate.txInflightBytes]).toEqual([4_000, 0, 4_000]);
  });

  test("is not faster than what was sent, though acknowledgements come in a lump", () => {
    const { send, ack } = setUp();
    const first = send(0);
    ack(50, first);
    const slots = [60, 160].map((nowMs) => send(nowMs));
    expect(ack(210, ...slots)).toBe(2_000 / 150);
  });

  test("is not taken from what was repeated, nor from an interval shorter than a round trip", () => {
    const { outstanding, send, ack } = setUp();
    const slot = send(0);
    outstanding.markLost(slot);
    outstanding.markSent(slot, 10);
    expect(ack(20, slot)).toBeUndefined();
    const other = send(30);
    expect(ack(30.5, other)).toBeUndefined();
  });

  test("is marked while the application has nothing more to send", () => {
    const { rate, send, ack } = setUp();
    const first = send(0);
    rate.noteAppLimited();
    const second = send(1);
    ack(10, first);
    expect([rate.isSampleAppLimited, rate.isAppLimited]).toEqual([false, true]);
    ack(11, second);
    expect([rate.isSampleAppLimited, rate.isAppLimited]).toEqual([true, false]);
  });
});

describe("path MTU (RFC 8899)", () => {
  const BASE = 1_191;

  /** Probes until there is rest; those up to `carriesBytes` come through. @returns sizes that were tried */
  function search(mtu: PathMtu, startMs: number, carriesBytes: number): number[] {
    const tried: number[] = [];
    let nowMs = startMs;
    for (let probe = 0; probe < 100; probe += 1) {
      const bytes = mtu.probeDue(nowMs);
      if (bytes === 0) break;
      tried.push(bytes);
      mtu.handleProbeSent(nowMs, 100);
      if (bytes <= carriesBytes) mtu.handleProbeAcked(bytes, nowMs + 10);
      nowMs = mtu.deadlineMs === NEVER ? nowMs : Math.max(nowMs, Math.min(mtu.deadlineMs, nowMs + 100));
    }
    return tried;
  }

  test("tries the largest first, each size three times, and keeps what comes through", () => {
    const mtu = new PathMtu(BASE, 1_435, 0);
    expect(search(mtu, 0, 1_420)).toEqual([1_435, 1_435, 1_435, 1_427, 1_427, 1_427, 1_415]);
    expect([mtu.packetBytes, mtu.deadlineMs > 500_000]).toEqual([1_415, true]);
  });

  test("rests for good at the largest, and for ten minutes below it", () => {
    const large = new PathMtu(BASE, 1_435, 0);
    expect(search(large, 0, 2_000)).toEqual([1_435]);
    expect(large.deadlineMs).toBe(NEVER);
    const small = new PathMtu(BASE, 1_435, 0);
    search(small, 0, 1_420);
    const againMs = small.deadlineMs;
    expect(search(small, againMs, 1_435)).toEqual([1_435]);
    expect(small.packetBytes).toBe(1_435);
  });

  test("stays at the smallest when nothing comes through, or nothing larger may be tried", () => {
    const mtu = new PathMtu(BASE, 1_300, 0);
    expect(search(mtu, 0, 0)).toEqual([1_300, 1_300, 1_300, 1_251, 1_251, 1_251]);
    expect(mtu.packetBytes).toBe(BASE);
    expect(new PathMtu(BASE, BASE, 0).deadlineMs).toBe(NEVER);
    expect(new PathMtu(BASE, 500, 0).deadlineMs).toBe(NEVER);
  });

  test("falls back when packets vanish, and believes no old or made-up answer", () => {
    const mtu = new PathMtu(BASE, 1_435, 0);
    search(mtu, 0, 1_435);
    expect([mtu.handleLosses(1, 0, 1_000), mtu.handleLosses(0, 2, 1_000)]).toEqual([false, false]);
    expect([mtu.handleLosses(2, 0, 1_000), mtu.packetBytes]).toEqual([true, BASE]);
    expect(mtu.handleLosses(3, 0, 1_001)).toBe(false);
    expect([mtu.handleProbeAcked(1_435, 1_002), mtu.handleProbeAcked(9_000, 1_002)]).toEqual([false, false]);
    expect(mtu.packetBytes).toBe(BASE);
    expect(mtu.deadlineMs).toBe(6_000);
    expect([search(mtu, 6_000, 1_435), mtu.packetBytes]).toEqual([[1_435], 1_435]);
    expect([mtu.handleLosses(0, 3, 9_000), mtu.packetBytes]).toEqual([true, BASE]);
  });
});
