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
    ["/accept #2", { type: "accept", which: "2" }],
    ["/accept 2", { type: "accept", which: undefined, part: "2" }],
    ["/accept 1, 3-5", { type: "accept", which: undefined, part: "1, 3-5" }],
    ["/accept #2 1,3", { type: "accept", which: "2", part: "1,3" }],
    ["/accept ＃2：1，3", { type: "accept", which: "2", part: "1,3" }],
    ["/accept ?", { type: "accept", which: undefined, part: "?" }],
    ["/accept #2 ?", { type: "accept", which: "2", part: "?" }],
    ["/accept #2 all", { type: "misused", name: "/accept", problem: "no-part" }],
    ["/accept #1234567", { type: "accept", which: "#1234567" }],
    ["/accept fresh", { type: "accept", which: undefined, from: "the-beginning" }],
    ["/accept #2 1,3 fresh", { type: "accept", which: "2", part: "1,3", from: "the-beginning" }],
    ["/accept r1", { type: "accept", which: "r1" }],
    ["/decline #2", { type: "decline", which: "2" }],
    ["/decline 2", { type: "misused", name: "/decline", problem: "unmarked-transfer" }],
    ["/decline #2 1", { type: "misused", name: "/decline", problem: "one-transfer" }],
    ["/cancel 1 2", { type: "misused", name: "/cancel", problem: "unmarked-transfer" }],
    ["/cancel a b", { type: "misused", name: "/cancel", problem: "one-transfer" }],
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
    expect(splitWords("~\\x ~/y ~z", { ...windows, homeDir: "C:\\me" }).list.map((word) => word.text)).toEqual([
      "C:\\me\\x",
      "C:\\me/y",
      "~z",
    ]);
  });
});
