// Waiting with a limit of time, after which nothing stays behind.
import { expect, test, vi } from "vitest";
import { withinMs } from "../../../src/rtc/within.ts";

const never = new Promise<never>(() => {});

test("a value in time is given, and no timer is left", async () => {
  vi.useFakeTimers();
  try {
    expect(await withinMs(1_000, Promise.resolve("value"))).toBe("value");
    expect(vi.getTimerCount()).toBe(0);
    const late = withinMs(1_000, never);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await late).toBeUndefined();
    await expect(withinMs(1_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
