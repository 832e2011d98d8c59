// What limits a transfer, concluded from what engine and transport waited for.
import { describe, expect, test } from "vitest";
import {
  ReceiveLimit,
  type SendWait,
  TransferLimit,
  type TransportView,
  type TransportWait,
} from "../../../src/transfer/transfer-limit.ts";

function view(shares: Partial<Record<TransportWait, number>>, more: Partial<TransportView> = {}): TransportView {
  const shareOf = (wait: TransportWait): number => shares[wait] ?? 0;
  return { shareOf, queuedBytes: 0, lossShare: 0, rttMs: 10, isOneMachine: false, ...more };
}

/** Two seconds in which the engine waits for these in turns of 10 ms. @returns the time after them */
function wait(limit: TransferLimit, waits: readonly (SendWait | undefined)[], fromMs = 0): number {
  for (let ms = 0; ms < 2_000; ms += 10) limit.note(waits[(ms / 10) % waits.length], fromMs + ms);
  return fromMs + 2_000;
}

describe("sending is limited by", () => {
  test.each<[string, SendWait, Partial<Record<TransportWait, number>>, Partial<TransportView>]>([
    ["rate-limit", "rate", { application: 1 }, {}],
    ["this-computer", "reading", { application: 1 }, {}],
    ["this-computer", "channel", { processor: 0.9, application: 0.1 }, {}],
    ["this-computer", "channel", { congestion: 1 }, { isOneMachine: true }],
    ["peer-disk", "credit", { application: 0.9, congestion: 0.1 }, {}],
    ["peer-window", "channel", { "peer-window": 0.8, congestion: 0.2 }, {}],
    ["network", "channel", { congestion: 0.9, application: 0.1 }, {}],
    // The disk is read slowly too, but the transport always has enough.
    ["network", "reading", { congestion: 0.9, application: 0.1 }, {}],
  ])("%s when the engine waits for %s and the transport for %o %o", (by, engine, transport, more) => {
    const limit = new TransferLimit();
    expect(limit.judge(view(transport, more), wait(limit, [engine]))).toBe(by);
  });

  test("nothing while there are no files to send, whatever the transport does", () => {
    const limit = new TransferLimit();
    expect(limit.judge(view({ congestion: 1 }), wait(limit, [undefined]))).toBeUndefined();
  });

  test("its rate in half of the time, and not by a disk that the transport hardly waits for", () => {
    const half = new TransferLimit();
    expect(half.judge(view({ application: 0.5 }), wait(half, ["rate", undefined]))).toBe("rate-limit");
    const busy = new TransferLimit();
    expect(busy.judge(view({ application: 0.2 }), wait(busy, ["credit"]))).toBeUndefined();
  });

  test("nothing before there was time to see it", () => {
    const limit = new TransferLimit();
    limit.note("rate", 0);
    expect(limit.judge(view({ application: 0.05 }), 100)).toBeUndefined();
  });

  test("what was said last, until something else is clearly ahead", () => {
    const limit = new TransferLimit();
    let nowMs = wait(limit, ["rate"]);
    expect(limit.judge(view({ application: 1 }), nowMs)).toBe("rate-limit");
    nowMs = wait(
      limit,
      ["rate", "rate", "rate", "rate", "rate", "credit", "credit", "credit", "credit", "credit", "credit"],
      nowMs,
    );
    expect(limit.judge(view({ application: 1 }), nowMs)).toBe("rate-limit");
    nowMs = wait(limit, ["rate", "credit", "credit"], nowMs);
    expect(limit.judge(view({ application: 1 }), nowMs)).toBe("peer-disk");
  });
});

test("receiving is limited by this computer while its disk is behind for most of the time", () => {
  const limit = new ReceiveLimit();
  limit.note(true, 0);
  limit.note(false, 900);
  expect(limit.judge(2_000)).toBeUndefined();
  limit.note(true, 2_000);
  expect(limit.judge(3_500)).toBe("this-computer");
});
