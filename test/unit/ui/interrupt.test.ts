import { expect, test, vi } from "vitest";
import { interruptSelf, interruptSignals } from "../../../src/ui/interrupt.ts";

test("Ctrl-Break is a Ctrl-C of Windows", () => {
  expect(interruptSignals("linux")).toEqual(["SIGINT"]);
  expect(interruptSignals("win32")).toEqual(["SIGINT", "SIGBREAK"]);
});

test("the signal is sent where there are signals", () => {
  const kill = vi.spyOn(process, "kill").mockReturnValue(true);
  interruptSelf("linux");
  expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, "SIGINT");
});

test("on Windows its handlers are called, and without any the process ends as by the signal", () => {
  const kill = vi.spyOn(process, "kill").mockReturnValue(true);
  const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
  const before = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT");
  try {
    const handler = vi.fn();
    process.on("SIGINT", handler);
    interruptSelf("win32");
    expect(handler).toHaveBeenCalledOnce();
    expect(exit).not.toHaveBeenCalled();
    process.off("SIGINT", handler);
    interruptSelf("win32");
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
    expect(kill).not.toHaveBeenCalled();
  } finally {
    for (const listener of before) process.on("SIGINT", listener);
  }
});
