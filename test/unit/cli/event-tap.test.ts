// A line's events pass through in order, with others inserted between them.
import { expect, test } from "vitest";
import { EventTap } from "../../../src/cli/event-tap.ts";
import type { P2pEvent } from "../../../src/index.ts";

const message = (text: string): P2pEvent => ({ event: "message", from: "peer", text });
const textsOf = (events: readonly P2pEvent[]): string[] =>
  events.map((event) => (event.event === "message" ? event.text : event.event));

test("what is inserted before the line, and while it is silent, comes at once, observed like the rest", async () => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* line(): AsyncGenerator<P2pEvent, void, void> {
    yield message("1");
    await released;
    yield message("2");
  }
  const observed: P2pEvent[] = [];
  const tap = new EventTap((event) => {
    observed.push(event);
    return event.event === "message" ? { ...event, text: `${event.text}!` } : event;
  });
  tap.insert(message("before"));
  tap.follow(line());
  const got: P2pEvent[] = [];
  for await (const event of tap) {
    got.push(event);
    if (got.length === 2) tap.insert(message("between"));
    if (got.length === 3) release();
  }
  expect(textsOf(got)).toEqual(["before!", "1!", "between!", "2!"]);
  expect(textsOf(observed)).toEqual(["before", "1", "between", "2"]);
});

test("it cannot be read before there is a line", async () => {
  const events = new EventTap((event) => event)[Symbol.asyncIterator]();
  await expect(events.next()).rejects.toThrow(TypeError);
});
