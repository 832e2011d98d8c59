// The session machine in real time: effects in their order, one timer, and an effect that throws.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nodeClock } from "../../../src/pairing/node-ports.ts";
import { BYE_TIMEOUT_MS, INITIAL_ACTIVITY, type SessionEffect } from "../../../src/control/session-machine.ts";
import { SessionDriver } from "../../../src/session/session-driver.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** @param onEffect - sees each effect before it is noted, and may throw */
function drive(onEffect: (effect: SessionEffect, driver: SessionDriver) => void) {
  const obeyed: string[] = [];
  const failures: unknown[] = [];
  const driver: SessionDriver = new SessionDriver(
    { mode: "conversation", isForeign: false },
    {
      clock: nodeClock,
      activity: () => INITIAL_ACTIVITY,
      obey: (effect) => {
        onEffect(effect, driver);
        obeyed.push(effect.effect);
      },
      onFailed: (thrown) => failures.push(thrown),
    },
  );
  return { driver, obeyed, failures };
}

test("what is given while an effect is obeyed is obeyed after it, and time ends the waiting", () => {
  const { driver, obeyed } = drive(({ effect }, self) => {
    if (effect === "close-transfers") self.handle({ input: "transfers-closed", exit: 0 });
  });
  driver.handle({ input: "end", reason: "quit", exit: 0, isPatient: true });
  expect(obeyed).toEqual(["close-transfers", "say-bye"]);
  expect([driver.isOpen, driver.isConnected, vi.getTimerCount()]).toEqual([false, true, 1]);
  vi.advanceTimersByTime(BYE_TIMEOUT_MS);
  expect(obeyed).toEqual(["close-transfers", "say-bye", "fail-texts", "closed"]);
  expect([driver.isConnected, vi.getTimerCount()]).toEqual([false, 0]);
});

test("an effect that throws is told, and the session closes", () => {
  const fault = new Error("a fault of ours");
  const { driver, obeyed, failures } = drive(({ effect }) => {
    if (effect === "close-transfers") throw fault;
  });
  driver.handle({ input: "end", reason: "quit", exit: 0, isPatient: true });
  expect(failures).toEqual([fault]);
  expect(obeyed).toEqual(["fail-texts", "closed"]);
});
