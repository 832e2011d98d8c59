// The line being typed, without a terminal.
import { expect, test } from "vitest";
import { LineEditor } from "../../../src/ui/line-editor.ts";

function setUp() {
  let bytes = "";
  const editor = new LineEditor({
    prompt: "> ",
    columns: 20,
    onBytes: (more) => {
      bytes += more;
    },
  });
  return { editor, shown: () => bytes };
}

test("keys change the line and are shown at once", () => {
  const { editor, shown } = setUp();
  editor.insert("helo");
  editor.press(undefined, { name: "left" });
  editor.press("l", { name: "l" });
  expect(editor.text).toBe("hello");
  expect(editor.textBeforeCursor).toBe("hell");
  expect(shown()).toContain("helo");
  editor.close();
});

test("taking the line empties it in silence, and the history has it", () => {
  const { editor, shown } = setUp();
  editor.insert("first");
  const before = shown();
  expect(editor.take()).toBe("first");
  expect(editor.text).toBe("");
  expect(shown()).toBe(before);
  editor.press(undefined, { name: "up" });
  expect(editor.text).toBe("first");
  editor.clear();
  expect(editor.text).toBe("");
  editor.close();
});

test("a wrapped line has the cursor on a later row, and is painted from its prompt on", () => {
  const { editor, shown } = setUp();
  editor.insert("x".repeat(30));
  expect(editor.cursorRow).toBe(1);
  const before = shown().length;
  editor.paint();
  expect(shown().slice(before)).toContain(`> ${"x".repeat(30)}`);
  editor.close();
  const closed = shown();
  editor.insert("late");
  editor.press("x", { name: "x" });
  editor.clear();
  editor.take();
  editor.paint();
  expect(shown()).toEqual(closed);
});
