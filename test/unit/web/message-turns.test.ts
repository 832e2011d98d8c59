// The turns of a page, over the message ports that Node has too.
import { expect, onTestFinished, test, vi } from "vitest";
import { messageTurns } from "../../../src/web/message-turns.ts";

test("turns come in order, later, and not when they are cancelled; one pair of ports serves all", async () => {
  const made: MessageChannel[] = [];
  const Real = MessageChannel;
  vi.stubGlobal("MessageChannel", function count() {
    const channel = new Real();
    made.push(channel);
    return channel;
  });
  onTestFinished(() => {
    vi.unstubAllGlobals();
    for (const { port1 } of made) port1.close();
  });
  const nextTurn = messageTurns();
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    nextTurn(() => seen.push("first"));
    const cancel = nextTurn(() => seen.push("cancelled"));
    nextTurn(() => {
      seen.push("third");
      nextTurn(() => {
        seen.push("from within");
        resolve();
      });
    });
    cancel();
    seen.push("now");
  });
  expect(seen).toEqual(["now", "first", "third", "from within"]);
  expect(made).toHaveLength(1);
});
