// What a SACK means, chunk by chunk: losses, cut SACKs, probes, windows, timeouts. RFC 8985, RFC 9260 §6.2.1, §6.3.
import { describe, expect, test } from "vitest";
import { COMMON_HEADER_BYTES } from "../../../../src/sctp/packet/chunk-types.ts";
import { addTsn, firstSsn, firstTsn } from "../../../../src/sctp/serial.ts";
import type { AckEvent, CongestionController, LossEvent } from "../../../../src/sctp/tx/congestion/controller.ts";
import { LossRecovery } from "../../../../src/sctp/tx/loss-recovery.ts";
import { ChunkState, Outstanding } from "../../../../src/sctp/tx/outstanding.ts";
import { packetOf, sackChunk } from "../../../support/sctp-packets.ts";

const FIRST = 2 ** 32 - 3;
const NEVER = Number.POSITIVE_INFINITY;
const CHUNK_BYTES = 1_000;

class FakeController implements CongestionController {
  readonly cwndBytes = 1_000_000;
  readonly pacingRate = NEVER;
  readonly burstBytes = 1_000_000;
  readonly pipeBytes = NEVER;
  readonly turnMs = 0;
  readonly calls: string[] = [];
  lastAck: AckEvent | undefined;

  handleSent(): void {}
  handleLoss(loss: LossEvent): void {
    this.calls.push(`loss ${loss.bytes} ${loss.isNewRange}`);
  }
  handleAck(ack: AckEvent): void {
    this.lastAck = { ...ack };
    this.calls.push(`ack ${ack.ackedBytes} lost ${ack.lostBytes}`);
  }
  handleTimeout(): void {
    this.calls.push("timeout");
  }
  handleSpuriousLoss(): void {
    this.calls.push("spurious");
  }
  handleRestartFromIdle(): void {}
  handleLateTimer(): void {}
  setPacketBytes(): void {}
  metrics(): never {
    throw new Error("not asked for");
  }
}

class Bench {
  readonly outstanding = new Outstanding(firstTsn(FIRST));
  readonly controller = new FakeController();
  readonly recovery = new LossRecovery(this.outstanding, this.controller, false);

  constructor(cutGapCount = 20) {
    this.recovery.setPeer({ maxAckDelayMs: 200, cutGapCount }, 100_000);
  }

  send(nowMs: number, count = 1): void {
    for (let index = 0; index < count; index += 1) {
      const message = {
        streamId: 0,
        ppid: 53,
        data: new Uint8Array(CHUNK_BYTES),
        isUnordered: false,
        maxRetransmits: NEVER,
        expiresAtMs: NEVER,
        ssn: firstSsn(0),
        isAbandoned: false,
      };
      this.recovery.handleSent(this.outstanding.append(message, 0, CHUNK_BYTES - 16, 3), nowMs);
      this.recovery.handlePacketSent(nowMs);
    }
  }

  /** Sends everything again that is lost. @returns offsets from the first TSN */
  repeat(nowMs: number): number[] {
    const offsets: number[] = [];
    while (this.outstanding.lostCount > 0) {
      const tsn = this.outstanding.firstLost();
      offsets.push(tsn - firstTsn(FIRST));
      this.recovery.handleSent(this.outstanding.slotOf(tsn), nowMs);
      this.recovery.handlePacketSent(nowMs);
    }
    return offsets;
  }

  /** @param acked - how many are acknowledged cumulatively */
  sack(
    nowMs: number,
    acked: number,
    gaps: [number, number][] = [],
    windowBytes = 100_000,
    duplicates: number[] = [],
  ): void {
    const cumulative = (FIRST + acked - 1) >>> 0;
    const packet = packetOf(1, sackChunk(cumulative, windowBytes, gaps, duplicates));
    this.recovery.handleSack(packet, COMMON_HEADER_BYTES, packet.length, nowMs);
  }

  states(count: number): number[] {
    return Array.from({ length: count }, (_, index) => {
      return this.outstanding.state[this.outstanding.slotOf(addTsn(firstTsn(FIRST), index))] as number;
    });
  }
}

const { IN_FLIGHT, ACKED, LOST } = ChunkState;

describe("losses", () => {
  test("three chunks above a missing one make it lost at once", () => {
    const bench = new Bench();
    bench.send(0, 8);
    bench.sack(100, 3);
    bench.sack(100, 3, [[2, 3]]);
    expect(bench.states(8).slice(3)).toEqual([IN_FLIGHT, ACKED, ACKED, IN_FLIGHT, IN_FLIGHT]);
    bench.sack(101, 3, [[2, 4]]);
    expect(bench.states(8).slice(3)).toEqual([LOST, ACKED, ACKED, ACKED, IN_FLIGHT]);
    expect(bench.controller.calls.slice(1)).toEqual(["ack 2000 lost 0", "loss 1000 true", "ack 1000 lost 1000"]);
  });

  test("with one chunk above it, it is lost after the reordering window", () => {
    const bench = new Bench();
    bench.send(0, 3);
    bench.sack(100, 0, [[2, 2]]);
    expect(bench.states(3)).toEqual([IN_FLIGHT, ACKED, IN_FLIGHT]);
    expect(bench.recovery.nextDeadlineMs).toBe(125);
    bench.recovery.advance(124);
    expect(bench.outstanding.lostCount).toBe(0);
    bench.recovery.advance(125);
    expect(bench.states(3)).toEqual([LOST, ACKED, IN_FLIGHT]);
  });

  test("reordering that was seen makes it wait", () => {
    const bench = new Bench();
    bench.send(0, 8);
    bench.sack(100, 0, [[2, 2]]);
    bench.sack(101, 2);
    bench.sack(102, 2, [[2, 5]]);
    expect(bench.outstanding.lostCount).toBe(0);
  });

  test("a repetition that is lost is noticed without a timeout", () => {
    const bench = new Bench();
    bench.send(0, 5);
    bench.sack(100, 0, [[2, 5]]);
    expect(bench.repeat(100)).toEqual([0]);
    bench.send(110, 3);
    bench.sack(211, 0, [[2, 8]]);
    expect(bench.repeat(211)).toEqual([0]);
    expect(bench.recovery.timeouts).toBe(0);
  });

  test("a SACK that was cut says nothing of what lies above it, nor does time that passes", () => {
    const bench = new Bench(2);
    bench.send(0, 12);
    bench.sack(100, 0, [[3, 3]]);
    bench.sack(101, 0, [[2, 3]]);
    bench.send(120, 4);
    bench.recovery.advance(125);
    expect(bench.repeat(125)).toEqual([0]);
    bench.sack(225, 12, [
      [1, 1],
      [3, 3],
    ]);
    expect(bench.states(16).slice(12)).toEqual([ACKED, IN_FLIGHT, ACKED, IN_FLIGHT]);
    bench.recovery.advance(245);
    expect(bench.states(16).slice(12)).toEqual([ACKED, LOST, ACKED, IN_FLIGHT]);
  });
});

describe("a SACK is ignored", () => {
  test.each([
    ["of what was never sent", 6],
    ["far ahead", 2 ** 31 - 10],
    ["older than what is known", -1],
    ["far behind", -(2 ** 31) + 10],
  ])("%s", (_, acked) => {
    const bench = new Bench();
    bench.send(0, 5);
    bench.sack(50, 1);
    const before = bench.controller.calls.length;
    bench.sack(100, acked, [], 5);
    expect(bench.controller.calls.length).toBe(before);
    expect([bench.outstanding.span, bench.recovery.peerWindowBytes]).toEqual([4, 100_000 - 4 * 984]);
  });

  test("in its gaps that are reversed, begin at 0 or reach beyond what was sent", () => {
    const bench = new Bench();
    bench.send(0, 5);
    bench.sack(100, 1, [
      [3, 2],
      [0, 2],
      [2, 5],
      [65_535, 65_535],
    ]);
    expect(bench.states(5).slice(1)).toEqual([IN_FLIGHT, IN_FLIGHT, IN_FLIGHT, IN_FLIGHT]);
    bench.sack(101, 1, [
      [2, 3],
      [2, 4],
      [3, 3],
    ]);
    expect(bench.controller.lastAck?.ackedBytes).toBe(3_000);
    expect(bench.recovery.rate.deliveredBytes).toBe(4_000);
  });

  test("where it says more duplicates than it has", () => {
    const bench = new Bench();
    bench.send(0, 5);
    bench.sack(100, 0, [[2, 5]]);
    bench.repeat(100);
    const packet = packetOf(1, sackChunk((FIRST - 1) >>> 0, 100_000, [[2, 5]]));
    packet[COMMON_HEADER_BYTES + 15] = 200;
    bench.recovery.handleSack(packet, COMMON_HEADER_BYTES, packet.length, 150);
    expect(bench.controller.calls).not.toContain("spurious");
  });
});

describe("gap blocks", () => {
  test("that come in no order, overlap and lie in each other acknowledge what they name", () => {
    const bench = new Bench();
    bench.send(0, 12);
    bench.sack(10, 0, [
      [9, 10],
      [2, 6],
      [3, 4],
      [5, 7],
      [2, 2],
    ]);
    const expected = [false, true, true, true, true, true, true, false, true, true, false, false];
    expect(bench.states(12).map((state) => state === ACKED)).toEqual(expected);
  });

  test("cost by their number and what they name, however often they name it", () => {
    for (const count of [250, 500, 1_000, 2_000]) {
      const bench = new Bench();
      bench.send(0, count);
      bench.sack(
        10,
        0,
        Array.from({ length: count }, (): [number, number] => [2, count]),
      );
      bench.sack(
        11,
        0,
        Array.from({ length: count }, (_, index): [number, number] => [count - index, count]),
      );
      expect(bench.recovery.gapSteps).toBeLessThanOrEqual(4 * count);
    }
  });
});

describe("a loss that was none", () => {
  test("is taken back when the peer reports all repetitions as duplicates", () => {
    const bench = new Bench();
    bench.send(0, 6);
    bench.sack(100, 0, [[3, 6]]);
    expect(bench.repeat(100)).toEqual([0, 1]);
    bench.sack(110, 6);
    bench.sack(200, 6, [], 100_000, [FIRST]);
    expect(bench.controller.calls).not.toContain("spurious");
    bench.sack(201, 6, [], 100_000, [FIRST + 1]);
    expect(bench.controller.calls.at(-1)).toBe("spurious");
  });

  test("is not taken back by a duplicate that the network made before anything was repeated", () => {
    const bench = new Bench();
    bench.send(0, 6);
    bench.sack(100, 0, [[2, 6]], 100_000, [FIRST + 2]);
    bench.sack(101, 0, [[2, 6]], 100_000, [FIRST + 3]);
    expect(bench.controller.calls).not.toContain("spurious");
  });
});

describe("the tail", () => {
  test("is probed after two round trips, once, and the timeout begins anew with it", () => {
    const bench = new Bench();
    bench.send(0, 4);
    bench.sack(100, 1);
    expect(bench.recovery.nextDeadlineMs).toBe(300);
    expect(bench.recovery.advance(300)).toBe(true);
    bench.recovery.handleProbe(false, 300);
    expect([bench.outstanding.lostCount, bench.recovery.freePackets]).toEqual([1, 1]);
    expect(bench.repeat(300)).toEqual([3]);
    expect(bench.recovery.nextDeadlineMs).toBe(300 + bench.recovery.rto.rtoMs);
    bench.sack(400, 4);
    expect(bench.recovery.nextDeadlineMs).toBe(NEVER);
  });

  test("waits for the peer's delay when it is short", () => {
    const bench = new Bench();
    bench.recovery.handleRttSample(20);
    bench.send(0, 2);
    expect(bench.recovery.nextDeadlineMs).toBe(40 + 200);
  });

  test("of which everything was given up is not probed, and asks for no time", () => {
    const bench = new Bench();
    bench.recovery.handleRttSample(20);
    bench.send(0, 1);
    bench.outstanding.markAbandoned(bench.outstanding.slotOf(firstTsn(FIRST)));
    bench.recovery.handleAbandoned(0);
    expect(bench.recovery.advance(240)).toBe(false);
    expect([bench.recovery.tailProbes, bench.recovery.nextDeadlineMs > 240]).toEqual([0, true]);
  });
});

describe("the timeout", () => {
  test("loses all that is in flight, backs off, and lets one packet leave", () => {
    const bench = new Bench();
    bench.send(0, 3);
    bench.recovery.advance(999);
    expect(bench.recovery.timeouts).toBe(0);
    bench.recovery.advance(1_000);
    expect([bench.states(3), bench.recovery.freePackets]).toEqual([[LOST, LOST, LOST], 1]);
    expect([bench.controller.calls, bench.recovery.nextDeadlineMs]).toEqual([["timeout"], 3_000]);
  });

  test("that finds everything acknowledged by gaps alone does not trust them", () => {
    const bench = new Bench();
    bench.send(0, 3);
    bench.sack(100, 0, [[2, 3]]);
    bench.recovery.advance(125);
    bench.repeat(125);
    bench.sack(200, 0, [[1, 3]]);
    expect(bench.states(3)).toEqual([ACKED, ACKED, ACKED]);
    bench.recovery.advance(bench.recovery.nextDeadlineMs);
    expect(bench.repeat(2_000)).toEqual([0, 1, 2]);
    bench.sack(2_100, 3);
    expect([bench.outstanding.isEmpty, bench.recovery.nextDeadlineMs]).toEqual([true, NEVER]);
  });

  test("begins anew when the peer passes over what was given up", () => {
    const bench = new Bench();
    bench.recovery.handleRttSample(10);
    bench.send(0, 1);
    bench.outstanding.markAbandoned(bench.outstanding.slotOf(firstTsn(FIRST)));
    bench.recovery.handleAbandoned(0);
    bench.send(240, 3);
    bench.sack(245, 1);
    expect(bench.recovery.timeoutDeadlineMs).toBe(245 + 250);
  });

  test("is no sign of congestion while the window is shut", () => {
    const bench = new Bench();
    bench.send(0, 1);
    bench.sack(100, 1, [], 0);
    bench.send(100, 1);
    bench.recovery.advance(bench.recovery.timeoutDeadlineMs);
    expect([bench.recovery.timeouts, bench.controller.calls]).toEqual([1, ["ack 1000 lost 0"]]);
  });
});

describe("the peer's window", () => {
  test("is what it advertised less what is in flight; a window that opens frees what probed it", () => {
    const bench = new Bench();
    bench.send(0, 2);
    expect(bench.recovery.peerWindowBytes).toBe(100_000 - 2 * 984);
    bench.sack(100, 2, [], 0);
    bench.send(100, 1);
    expect(bench.recovery.peerWindowBytes).toBe(-984);
    bench.sack(200, 2, [], 50_000);
    expect([bench.repeat(200), bench.recovery.peerWindowBytes]).toEqual([[2], 50_000 - 984]);
  });
});
