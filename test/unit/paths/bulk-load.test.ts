// When much is sent over a short path, by half seconds.
import { describe, expect, test } from "vitest";
import { BULK_RATE, BulkLoad, RATE_WINDOW_MS, SHORT_RTT_MS } from "../../../src/paths/bulk-load.ts";

const BULK_BYTES = (BULK_RATE * RATE_WINDOW_MS) / 1_000;

/** A load of two windows: nothing, then this much. */
function after(deliveredBytes: number, minRttMs: number): BulkLoad {
  const load = new BulkLoad();
  load.note({ deliveredBytes: 0, minRttMs }, 0);
  load.note({ deliveredBytes, minRttMs }, RATE_WINDOW_MS);
  return load;
}

describe("bulk nearby", () => {
  test.for([
    [BULK_BYTES, SHORT_RTT_MS, true],
    [BULK_BYTES - 1, SHORT_RTT_MS, false],
    [BULK_BYTES, SHORT_RTT_MS + 0.1, false],
    [BULK_BYTES, Number.POSITIVE_INFINITY, false],
  ] as const)("%i bytes in a window, %d ms: %s", ([bytes, rttMs, isBulk]) => {
    expect(after(bytes, rttMs).isBulkNearby).toBe(isBulk);
  });

  test("ends with a window that carries less", () => {
    const load = after(BULK_BYTES, 0);
    load.note({ deliveredBytes: BULK_BYTES, minRttMs: 0 }, 2 * RATE_WINDOW_MS);
    expect([load.isBulkNearby, load.rate, load.busyMs]).toEqual([false, 0, RATE_WINDOW_MS]);
  });

  test("what was carried before the first window says nothing", () => {
    const load = new BulkLoad();
    expect(load.note({ deliveredBytes: 1e9, minRttMs: 0 }, 0)).toBe(true);
    expect([load.isBulkNearby, load.busyMs]).toEqual([false, Number.NEGATIVE_INFINITY]);
  });

  test("is judged when a window has ended, over the time that it took", () => {
    const load = after(BULK_BYTES, 0);
    expect(load.note({ deliveredBytes: 9e9, minRttMs: 0 }, 2 * RATE_WINDOW_MS - 1)).toBe(false);
    expect(load.rate).toBe(BULK_RATE);
    load.note({ deliveredBytes: 5 * BULK_BYTES, minRttMs: 0 }, 3 * RATE_WINDOW_MS);
    expect(load.rate).toBe(2 * BULK_RATE);
  });

  test("a new association that counts from zero is no negative rate", () => {
    const load = after(BULK_BYTES, 0);
    load.note({ deliveredBytes: 0, minRttMs: 0 }, 2 * RATE_WINDOW_MS);
    expect(load.rate).toBe(0);
  });
});
