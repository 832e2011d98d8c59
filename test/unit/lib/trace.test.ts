import { expect, test } from "vitest";
import { StateTrace, type TraceValue } from "../../../src/lib/trace.ts";

test("a state is traced when it changes, with the one that it replaces", () => {
  const lines: [string, Record<string, TraceValue>][] = [];
  const state = new StateTrace("x:state_updated", (name, data) => lines.push([name, data]));
  state.note("a");
  state.note("a", { more: 1 });
  state.note("b", { more: 2 });
  expect(lines).toEqual([
    ["x:state_updated", { old: undefined, new: "a" }],
    ["x:state_updated", { old: "a", new: "b", more: 2 }],
  ]);
});

test("without anybody who traces it does nothing", () => {
  expect(() => new StateTrace("x:state_updated", undefined).note("a")).not.toThrow();
});
