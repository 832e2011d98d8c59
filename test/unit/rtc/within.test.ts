// Waiting with a limit: by time, or by a signal, and nothing stays behind.
import { describe, expect, test, vi } from "vitest";
import { unlessAborted, withinMs } from "../../../src/rtc/within.ts";

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

describe("unless it is aborted", () => {
  test("the value is given, and nobody listens any more", async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, "removeEventListener");
    expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
    expect(await unlessAborted(Promise.resolve(2), undefined)).toBe(2);
    expect(remove).toHaveBeenCalledOnce();
  });

  test("else it rejects with the reason, also of an abort before", async () => {
    const controller = new AbortController();
    const waiting = unlessAborted(never, controller.signal);
    controller.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    await expect(unlessAborted(never, controller.signal)).rejects.toThrow("stop");
  });
});
