// Processes at the far end, as this process looks after them.
import { expect, test } from "vitest";
import { startFar } from "../../../../src/pairing/carriers/far-process.ts";

test("however many run, one listener waits for the end of this process, and none when they have ended", async () => {
  const before = process.listenerCount("exit");
  const command = { kind: "exec", program: "cat", args: [], via: "exec:cat" } as const;
  const far = await Promise.all(Array.from({ length: 12 }, () => startFar(command)));
  expect(process.listenerCount("exit")).toBe(before + 1);
  for (const one of far) {
    one.endInput();
    expect(await one.ended).toEqual({ how: "status", status: 0 });
  }
  expect(process.listenerCount("exit")).toBe(before);
});
