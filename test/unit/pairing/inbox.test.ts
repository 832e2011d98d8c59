// A queue of one reader: in order, and the reader waits for what is not there yet.
import { expect, test } from "vitest";
import { Inbox } from "../../../src/pairing/inbox.ts";

test("what was pushed comes in order, and what comes later wakes the reader", async () => {
  const inbox = new Inbox<{ number: number }>();
  inbox.push({ number: 1 });
  inbox.push({ number: 2 });
  expect([await inbox.next(), await inbox.next()]).toEqual([{ number: 1 }, { number: 2 }]);
  const waiting = inbox.next();
  inbox.push({ number: 3 });
  inbox.push({ number: 4 });
  expect([await waiting, await inbox.next()]).toEqual([{ number: 3 }, { number: 4 }]);
});
