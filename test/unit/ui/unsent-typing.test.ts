import { expect, test } from "vitest";
import { UnsentTyping } from "../../../src/ui/unsent-typing.ts";

function linesOf(...keys: (string | { name: string; ctrl?: boolean })[]): string[] {
  const lines: string[] = [];
  const typing = new UnsentTyping((text) => lines.push(text));
  for (const key of keys) {
    if (typeof key === "string") typing.press(key, {});
    else typing.press(undefined, key);
  }
  return lines;
}

const ENTER = { name: "return" };

test("answers each line that is not blank", () => {
  expect(linesOf("l", "s", ENTER, ENTER, " ", ENTER, "好", ENTER)).toEqual(["ls", "好"]);
});

test("a line can be changed before it is entered", () => {
  expect(linesOf("a", "👍", { name: "backspace" }, ENTER, "x", { name: "u", ctrl: true }, "y", ENTER)).toEqual([
    "a",
    "y",
  ]);
});

test("drops control characters, and what is too long", () => {
  expect(linesOf("\u001b[2J", "a", ENTER)).toEqual(["a"]);
  const [line = ""] = linesOf(...Array.from({ length: 1_000 }, () => "x"), ENTER);
  expect(line).toHaveLength(200);
});
