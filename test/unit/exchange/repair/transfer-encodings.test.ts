// The encodings in which mail and the web carry bytes, undone.
import { expect, test } from "vitest";
import { undoBase64, undoPercent, undoQuotedPrintable } from "../../../../src/exchange/repair/transfer-encodings.ts";

const TEXT = '{"name":"Zoë","sdp":"v=0"}';
const hexOf = (sign: string, text: string): string =>
  text.replaceAll(/[^ -<>-~]|=/g, (char) =>
    Buffer.from(char).toString("hex").toUpperCase().replaceAll(/../g, `${sign}$&`),
  );

test("quoted-printable: soft breaks go, escapes become UTF-8", () => {
  const mail = hexOf("=", TEXT).replace("sdp", "s=\r\ndp");
  expect(undoQuotedPrintable(mail)).toEqual([TEXT]);
  expect(undoQuotedPrintable("a = b")).toEqual([]);
});

test("percent-encoding, as an address and as a form sends it", () => {
  expect(undoPercent(encodeURIComponent(TEXT))).toEqual([TEXT]);
  const spaced = '{ "sdp": "v=0" }';
  expect(undoPercent(encodeURIComponent(spaced).replaceAll("%20", "+"))).toEqual([spaced]);
  expect(undoPercent("100 % sure")).toEqual([]);
});

test("base64, in one word or in lines, with words before it", () => {
  const long = TEXT.repeat(5);
  const base64 = Buffer.from(long).toString("base64");
  expect(undoBase64(`see ${base64}`)).toContain(long);
  expect(undoBase64(`attached\n${base64.match(/.{1,60}/g)?.join("\n") ?? ""}\n`)).toContain(long);
});

test("base64 of lines that are an object each gives one line of each", () => {
  const signals = [`{"sdp":"${"v=0 ".repeat(20)}"}`, `{"candidate":"${"1 udp ".repeat(20)}"}`];
  const lines = signals.map((line) => Buffer.from(line).toString("base64"));
  expect(undoBase64(lines.join("\n"))).toEqual([signals.join("\n")]);
});

test("hex digits and short words are no base64", () => {
  expect(undoBase64(`${"ab".repeat(64)} hello`)).toEqual([]);
});
