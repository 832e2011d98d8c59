// What a text that nobody can read is called: the most telling thing first.
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../../src/exchange/diagnosis.ts";

const diagnoseText = (text: string) => diagnose(new TextEncoder().encode(text), text.trim());
const diagnoseBytes = (...bytes: number[]) => diagnose(Uint8Array.from(bytes), "x");

describe("a file of another kind", () => {
  it.each([
    ["zip", [0x50, 0x4b, 3, 4]],
    ["pdf", [0x25, 0x50, 0x44, 0x46, 0x2d]],
    ["word", [0xd0, 0xcf, 0x11, 0xe0, 0xa1]],
    ["picture", [0x89, 0x50, 0x4e, 0x47]],
    ["picture", [0xff, 0xd8, 0xff, 0xe0]],
    ["picture", [0x47, 0x49, 0x46, 0x38, 0x39]],
    ["picture", [0x52, 0x49, 0x46, 0x46, 0x24]],
    ["gzip", [0x1f, 0x8b, 8]],
    ["compressed", [0x42, 0x5a, 0x68, 0x39, 0x31]],
    ["compressed", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ["compressed", [0x28, 0xb5, 0x2f, 0xfd]],
    ["7z", [0x37, 0x7a, 0xbc, 0xaf]],
    ["rar", [0x52, 0x61, 0x72, 0x21]],
  ])("is %s by its first bytes", (format, bytes) => {
    expect(diagnoseBytes(...bytes)).toEqual({ flaw: "foreign-format", format });
    expect(diagnoseBytes(0x20, ...bytes)).toEqual({ flaw: "not-json" });
    expect(diagnoseBytes(...bytes.slice(0, 1))).toEqual({ flaw: "not-json" });
  });

  it.each([
    ["compressed", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0])],
    ["zip", Buffer.from("PK\u0003\u0004zz")],
    ["pdf", Buffer.from("%PDF-1.7")],
    ["picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a])],
    ["picture", Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ["7z", Buffer.from([0x37, 0x7a, 0xbc, 0xaf])],
    ["compressed", deflateSync(randomBytes(60))],
    ["compressed", deflateSync(randomBytes(60), { level: 9 })],
  ])("is %s in base64 too, as chats carry it", (format, bytes) => {
    expect(diagnoseText(bytes.toString("base64"))).toEqual({ flaw: "foreign-format", format });
  });
});

describe("candidates alone", () => {
  const line = "candidate:1 1 udp 2122 192.0.2.2 35817 typ host";

  it.each([line, `a=${line}`, `  ${line}\n${line}`, `mine:\n${line.toUpperCase()}`])("%j", (text) => {
    expect(diagnoseText(text)).toEqual({ flaw: "only-candidates" });
  });

  it.each([`{ ${line}`, `see ${line}`, "candidate: x", `${" ".repeat(9)}x\n${" ".repeat(9)}${line}`])(
    "not %j",
    (text) => {
      expect(diagnoseText(text).flaw).not.toBe("only-candidates");
    },
  );
});

describe("what is cut off", () => {
  it.each(['{"a": 1', '{"a": {"b": 2}', '{"a": "}', '{"a": [1, 2}', '{"a": "\\"}', "{ 'a': 1"])("%j", (text) => {
    expect(diagnoseText(text)).toEqual({ flaw: "cut-off", characters: text.length });
  });

  it.each(['{"a": 1} x', '{"a": ["]}"]} {', '{"a": "\\\\"}}', '{"a": [1}}', "{a", "x"])("not %j", (text) => {
    expect(diagnoseText(text).flaw).not.toBe("cut-off");
  });
});

describe("what a program on the way has done", () => {
  it("is known by inner quotation marks that have lost their backslashes", () => {
    for (const key of ["candidate", "sdp", "type"]) {
      for (const begin of [`{"a": "{"${key}": 1`, `{"a": "{\\n "${key}"`, `{"a": "{n"${key}"`, `{“a”: “{“${key}”`]) {
        expect(diagnoseText(begin)).toEqual({ flaw: "mangled", by: "backslashes" });
      }
    }
    expect(diagnoseText('{"a": "{"b": 1').flaw).toBe("cut-off");
  });

  it("is known by pictures in place of characters, where the text is an exchange file", () => {
    expect(diagnoseText('{"sdp": 😀}')).toEqual({ flaw: "mangled", by: "pictures" });
    expect(diagnoseText('{"icecandidate": 😀}')).toEqual({ flaw: "mangled", by: "pictures" });
    expect([diagnoseText('{"x": 😀}'), diagnoseText('{"sdp": x}')]).toEqual([
      { flaw: "not-json" },
      { flaw: "not-json" },
    ]);
  });
});

it("nothing at all is empty, and anything else is no JSON", () => {
  expect([diagnoseText(" \n"), diagnoseText("hello")]).toEqual([{ flaw: "empty" }, { flaw: "not-json" }]);
});
