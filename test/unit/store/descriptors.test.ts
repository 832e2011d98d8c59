import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DescriptorWait, lacksDescriptors } from "../../../src/store/descriptors.ts";
import { nodeFileSystem } from "../../../src/store/file-system.ts";
import { systemError } from "../../support/fake-disk.ts";

/** Time that passes with the pauses only. */
function virtualWaiting(): { nowMs: () => number; pause: (ms: number) => Promise<void> } {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    pause: async (ms) => {
      nowMs += ms;
    },
  };
}

/** Fails so many times, then returns the count of calls. */
function failing(times: number, errno: string): () => Promise<number> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw systemError(errno);
    return calls;
  };
}

describe("waiting for a descriptor", () => {
  test.each(["EMFILE", "ENFILE"])("a call that fails with %s is repeated until it succeeds", async (errno) => {
    expect(await new DescriptorWait(virtualWaiting()).run(failing(100, errno))).toBe(101);
  });

  test("any other failure is thrown at once", async () => {
    const waiting = virtualWaiting();
    await expect(new DescriptorWait(waiting).run(failing(1, "EACCES"))).rejects.toMatchObject({ code: "EACCES" });
    expect(waiting.nowMs()).toBe(0);
  });

  test("it ends, and then further calls do not wait until one has succeeded", async () => {
    const waiting = virtualWaiting();
    const wait = new DescriptorWait(waiting);
    await expect(wait.run(failing(Number.POSITIVE_INFINITY, "EMFILE"))).rejects.toSatisfy(lacksDescriptors);
    const afterFirst = waiting.nowMs();
    expect(afterFirst).toBe(10_000);
    await expect(wait.run(failing(1, "EMFILE"))).rejects.toSatisfy(lacksDescriptors);
    expect(waiting.nowMs()).toBe(afterFirst);
    expect(await wait.run(failing(0, "EMFILE"))).toBe(1);
    expect(await wait.run(failing(3, "EMFILE"))).toBe(4);
  });

  test("without a clock of its own it takes that of the process", async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let calls = 0;
    const waiting = new DescriptorWait().run(async () => {
      calls += 1;
      throw systemError("EMFILE");
    });
    const ended = expect(waiting).rejects.toSatisfy(lacksDescriptors);
    await vi.advanceTimersByTimeAsync(19);
    expect(calls).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toBe(2);
    await vi.advanceTimersByTimeAsync(9_980);
    await ended;
    expect(calls).toBe(501);
  });

  test("the calls of a file system that need one wait, and no others", async () => {
    const readdir = failing(2, "ENFILE");
    const fs = new DescriptorWait(virtualWaiting()).around({
      ...nodeFileSystem,
      readdir: async () => [String(await readdir())],
      unlink: () => Promise.reject(systemError("EMFILE")),
    });
    expect(await fs.readdir("/")).toEqual(["3"]);
    await expect(fs.unlink("/nothing")).rejects.toSatisfy(lacksDescriptors);
  });
});
