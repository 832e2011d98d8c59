// The emulated link of the benchmark, in given time: what it says of a stack must be the stack's doing.
import { describe, expect, it } from "vitest";
import { type LinkConditions, LinkQueue } from "../../../scripts/bench/link-queue.mjs";

const HEADER_BYTES = 28;
const datagram = (packetBytes: number): Buffer => Buffer.alloc(packetBytes - HEADER_BYTES);

interface Delivery {
  atMs: number;
  datagram: Buffer;
}

/** A queue, and what has come out of it at the time of the drain. */
function linkQueue(conditions: LinkConditions): {
  queue: LinkQueue;
  deliveries: Delivery[];
  drainUntil: (endMs: number) => void;
} {
  const deliveries: Delivery[] = [];
  let nowMs = 0;
  const queue = new LinkQueue(conditions, 1, (one) => deliveries.push({ atMs: nowMs, datagram: one }));
  const drainUntil = (endMs: number): void => {
    for (; queue.nextDueMs() <= endMs; queue.drain(nowMs)) nowMs = queue.nextDueMs();
  };
  return { queue, deliveries, drainUntil };
}

describe("a link of the benchmark", () => {
  it("without limits hands on at once, in order", () => {
    const { queue, deliveries, drainUntil } = linkQueue({});
    const sent = [datagram(100), datagram(1_500), datagram(60_000)];
    for (const one of sent) queue.accept(one, 7);
    drainUntil(7);
    expect(deliveries.map((delivery) => delivery.datagram)).toEqual(sent);
    expect(queue.report(7)).toMatchObject({ packets: 3, bytes: 61_600, lost: 0, dropped: 0, queueMs: 0 });
  });

  it("lets packets out at its rate, after its delay, headers counted", () => {
    const { queue, deliveries, drainUntil } = linkQueue({ bytesPerSecond: 1e6, delayMs: 25 });
    for (let index = 0; index < 3; index += 1) queue.accept(datagram(1_000), 10);
    drainUntil(1_000);
    expect(deliveries.map(({ atMs }) => atMs)).toEqual([36, 37, 38]);
  });

  it("drops what its queue has no room for, and takes more when there is room again", () => {
    const { queue } = linkQueue({ bytesPerSecond: 1e6, queueBytes: 3_000 });
    for (let index = 0; index < 5; index += 1) queue.accept(datagram(1_000), 0);
    expect(queue.report(0)).toMatchObject({ packets: 3, dropped: 2 });
    queue.accept(datagram(1_000), 0.5);
    queue.accept(datagram(1_000), 1);
    expect(queue.report(1)).toMatchObject({ packets: 4, dropped: 3 });
  });

  it("drops packets that are longer than it takes", () => {
    const { queue } = linkQueue({ mtuBytes: 1_500 });
    queue.accept(datagram(1_500), 0);
    queue.accept(datagram(1_501), 0);
    expect(queue.report(0)).toMatchObject({ packets: 1, oversized: 1 });
  });

  it("loses as many as it should, the same ones with the same seed", () => {
    const lostOf = (): number[] => {
      const { queue, deliveries, drainUntil } = linkQueue({ loss: 0.01 });
      for (let index = 0; index < 100_000; index += 1) {
        const one = datagram(100);
        one.writeUInt32BE(index);
        queue.accept(one, index);
        drainUntil(index);
      }
      const { lost, packets } = queue.report(100_000);
      expect(lost + packets).toBe(100_000);
      expect(Math.abs(lost - 1_000)).toBeLessThan(150);
      return deliveries.map((delivery) => delivery.datagram.readUInt32BE());
    };
    expect(lostOf()).toEqual(lostOf());
  });

  it("averages its queue over time, and again from three seconds after the mark", () => {
    const { queue } = linkQueue({ bytesPerSecond: 1e6 });
    queue.mark(1_000);
    // 100 ms of queue at the start: an area of 5,000 ms²; 10 ms of it at 3.5 s: one of 50 ms².
    queue.accept(datagram(50_000), 1_000);
    queue.accept(datagram(50_000), 1_000);
    queue.accept(datagram(10_000), 4_500);
    const report = queue.report(6_000);
    expect(report.queueMs).toBeCloseTo(5_050 / 5_000, 9);
    expect(report.laterQueueMs).toBeCloseTo(50 / 2_000, 9);
  });

  it("cuts a queue that stands across the third second in two", () => {
    const { queue } = linkQueue({ bytesPerSecond: 1e6 });
    queue.mark(0);
    queue.accept(datagram(20_000), 2_990);
    const report = queue.report(4_000);
    expect(report.queueMs).toBeCloseTo(200 / 4_000, 9);
    expect(report.laterQueueMs).toBeCloseTo(50 / 1_000, 9);
  });
});
