import { expect, test } from "vitest";
import type { TraceValue } from "../../../../src/lib/trace.ts";
import { type LimitedEvent, LimitWatch } from "../../../../src/session/transfers/limit-watch.ts";
import type { SendWait, TransportView } from "../../../../src/transfer/transfer-limit.ts";

test("tells each change once, with what the network loses, and traces it", () => {
  let nowMs = 0;
  let wait: SendWait | undefined = "channel";
  const events: LimitedEvent[] = [];
  const traced: Record<string, TraceValue>[] = [];
  const view: TransportView = {
    shareOf: (what) => (what === (wait === "channel" ? "congestion" : "application") ? 1 : 0),
    queuedBytes: 0,
    lossShare: 0.0123,
    rttMs: 47.6,
    isOneMachine: false,
  };
  const watch = new LimitWatch({
    engine: { sendWait: () => wait, isDiskBehind: false },
    clock: { nowMs: () => nowMs },
    transport: () => view,
    trace: (name, data) => traced.push({ name, ...data }),
    onLimited: (event) => events.push(event),
  });
  const run = (ms: number): void => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 20) watch.note(false);
  };
  run(3_000);
  expect(events).toEqual([{ event: "limited", direction: "send", by: "network", lossPercent: 1.2, rttMs: 48 }]);
  expect(watch.of("send")).toEqual({ by: "network", lossPercent: 1.2, rttMs: 48 });
  expect(watch.of("receive")).toBeUndefined();
  wait = "rate";
  run(3_000);
  wait = undefined;
  run(3_000);
  expect(events.map(({ by }) => by)).toEqual(["network", "rate-limit"]);
  const sending = traced.filter(({ direction }) => direction === "send");
  // The transport of this test turns at once, and the engine needs a while to be believed.
  expect(sending.map((data) => data["new"])).toEqual(["network", "none", "rate-limit", "none"]);
});

test("says nothing where the transport is not known", () => {
  const watch = new LimitWatch({
    engine: { sendWait: () => "rate", isDiskBehind: true },
    clock: { nowMs: () => 1 },
    transport: undefined,
    trace: undefined,
    onLimited: () => expect.unreachable(),
  });
  watch.note(true);
  expect(watch.of("send")).toBeUndefined();
});
