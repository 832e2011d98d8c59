// The event object of one SACK, used again for the next.
import { expect, test } from "vitest";
import type { DeliveryRate } from "../../../../src/sctp/tx/delivery-rate.ts";
import { AckSummary } from "../../../../src/sctp/tx/summaries.ts";

test("nothing of the SACK before is left, and the smallest round trip counts", () => {
  const summary = new AckSummary();
  summary.begin(10, 3_000, true);
  summary.ackedBytes = 1_000;
  summary.lostBytes = 500;
  summary.takeRtt(60);
  summary.takeRtt(50);
  summary.takeRtt(70);
  expect(summary.rttMs).toBe(50);
  summary.begin(20, 2_000, false);
  expect(summary).toMatchObject({
    nowMs: 20,
    ackedBytes: 0,
    lostBytes: 0,
    priorInflightBytes: 2_000,
    rttMs: undefined,
    isCwndLimited: false,
  });
});

test("a sample has what was delivered within its interval", () => {
  const summary = new AckSummary();
  const rate = {
    deliveredBytes: 9_000,
    lostBytes: 100,
    priorDeliveredBytes: 4_000,
    txInflightBytes: 6_000,
    priorLostBytes: 50,
    isSampleAppLimited: true,
  } as DeliveryRate;
  summary.takeSample(rate, 12, 5_000);
  expect(summary).toMatchObject({ sampleBytes: 5_000, deliveryRate: 12, inflightBytes: 5_000, isAppLimited: true });
});
