// Long work lets others have their turn once its slice is used up, and not before.
import { expect, test, vi } from "vitest";
import { Turns } from "../../../../src/store/transfer/turns.ts";

test("work goes on at once within its slice, and behind all that has arrived after it", async () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(100);
  const turns = new Turns();
  /** Whether something else had its turn while this step was over. */
  const yieldsAt = async (nowMs: number): Promise<boolean> => {
    clock.mockReturnValue(nowMs);
    let hadTurn = false;
    const waiting = setImmediate(() => {
      hadTurn = true;
    });
    await turns.take();
    clearImmediate(waiting);
    return hadTurn;
  };
  const yielded: boolean[] = [];
  for (const nowMs of [100, 109.9, 110, 119.9, 121]) yielded.push(await yieldsAt(nowMs));
  expect(yielded).toEqual([false, false, true, false, true]);
});
