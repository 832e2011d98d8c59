// What a broker carrier tells of the other side, with timers that the test lets pass.
import { expect, test } from "vitest";
import type { CarrierState } from "../../../../../src/pairing/carrier.ts";
import { StateNews } from "../../../../../src/pairing/carriers/mqtt/state-news.ts";

function opened(): { news: StateNews; told: CarrierState[]; timers: Map<() => void, number> } {
  const told: CarrierState[] = [];
  const timers = new Map<() => void, number>();
  const news = new StateNews(
    (state) => told.push(state),
    (ms, call) => {
      timers.set(call, ms);
      return () => timers.delete(call);
    },
  );
  return { news, told, timers };
}

/** Lets every timer pass that runs now. */
function pass(timers: Map<() => void, number>): void {
  const due = [...timers.keys()];
  timers.clear();
  for (const call of due) call();
}

test("states wait for the line to read, and of more than sixteen the last one counts", () => {
  const { news, told } = opened();
  for (let count = 0; count < 20; count += 1) news.tell(count % 2 === 0 ? "waiting" : "lost");
  expect(told).toEqual([]);
  news.begin();
  expect(told).toEqual([...Array.from({ length: 15 }, (_, at) => (at % 2 === 0 ? "waiting" : "lost")), "lost"]);
  news.tell("present");
  expect(told).toHaveLength(17);
  news.tellOnce("present");
  expect(told).toHaveLength(17);
});

test("what others bring about is told once a second, the last state of each kind, and a state not twice", () => {
  const { news, told, timers } = opened();
  news.begin();
  for (const state of ["present", "waiting", "present", "waiting"] as const) news.tellOfOthers(state);
  expect([told, [...timers.values()]]).toEqual([["present"], [1_000]]);
  // That a document has arrived is of another kind.
  news.tellOfOthers("delivered");
  expect(told).toEqual(["present", "delivered"]);
  news.tellOfOthers("waiting");
  pass(timers);
  expect(told).toEqual(["present", "delivered", "waiting"]);
  news.tellOfOthers("waiting");
  pass(timers);
  expect([told, timers.size]).toEqual([["present", "delivered", "waiting"], 0]);
});

test("what this side finds out counts more than what others have brought about before", () => {
  const { news, told, timers } = opened();
  news.begin();
  news.tellOfOthers("present");
  news.tellOfOthers("waiting");
  news.tell("lost");
  pass(timers);
  expect(told).toEqual(["present", "lost"]);
});

test("that a new document is delivered is told again, and nothing after the end", () => {
  const { news, told, timers } = opened();
  news.begin();
  news.tellOfOthers("delivered");
  pass(timers);
  news.tellOfOthers("delivered");
  expect(told).toEqual(["delivered"]);
  news.handleNewDocument();
  news.tellOfOthers("delivered");
  expect(told).toEqual(["delivered", "delivered"]);
  news.tellOfOthers("present");
  news.tellOfOthers("waiting");
  news.close();
  expect([told, timers.size]).toEqual([["delivered", "delivered", "present"], 0]);
});
