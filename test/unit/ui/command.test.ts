import { describe, expect, it } from "vitest";
import { parseLine, splitWords } from "../../../src/ui/command.ts";

const unix = { homeDir: "/home/me", hasBackslashEscapes: true };
const windows = { homeDir: "C:\\Users\\me", hasBackslashEscapes: false };

describe("parseLine()", () => {
  it.each([
    ["", { type: "nothing" }],
    ["   ", { type: "nothing" }],
    ["hello /quit", { type: "message", text: "hello /quit" }],
    [" /quit", { type: "message", text: " /quit" }],
    ["//quit", { type: "message", text: "/quit" }],
    ["//", { type: "message", text: "/" }],
    ["/quit", { type: "quit" }],
    ["/quit ", { type: "quit" }],
    ["/quit now", { type: "misused", name: "/quit", problem: "no-arguments" }],
    ["/accept", { type: "accept", which: undefined }],
    ["/decline 2", { type: "decline", which: "2" }],
    ["/cancel 1 2", { type: "misused", name: "/cancel", problem: "one-number" }],
    ["/send", { type: "misused", name: "/send", problem: "needs-path" }],
    ["/send 'a b", { type: "misused", name: "/send", problem: "unclosed-quote" }],
    ["/send a.txt  b.txt", { type: "send", paths: ["a.txt", "b.txt"] }],
    ["/send ''", { type: "send", paths: [""] }],
  ])("reads %j", (line, expected) => {
    expect(parseLine(line, unix)).toEqual(expected);
  });

  it.each([
    ["/q", "/quit"],
    ["/hlp", "/help"],
    ["/SEND", "/send"],
    ["/exit", "/quit"],
    ["/acept", "/accept"],
    ["/qiut", "/quit"],
    ["/home/me/x", undefined],
    ["/", undefined],
  ])("does not send %s and suggests %s", (line, suggestion) => {
    const [name] = line.split(" ");
    expect(parseLine(line, unix)).toEqual({ type: "unknown", name, suggestion });
  });
});

describe("splitWords()", () => {
  it.each([
    ["a\\ b", ["a b"]],
    ["'a b' c", ["a b", "c"]],
    ["'a'\"b c\"d", ["ab cd"]],
    ["'a\\b'", ["a\\b"]],
    ['"a\\"b"', ['a"b']],
    ["~", ["/home/me"]],
    ["~/x", ["/home/me/x"]],
    ["~x '~' a~", ["~x", "~", "a~"]],
    ["end\\", ["end\\"]],
  ])("splits %j as a shell", (text, expected) => {
    expect(splitWords(text, unix).list.map((word) => word.text)).toEqual(expected);
  });

  it("keeps backslashes where they separate folders", () => {
    expect(splitWords("C:\\dir\\a.txt 'b c'", windows).list.map((word) => word.text)).toEqual([
      "C:\\dir\\a.txt",
      "b c",
    ]);
  });
});
