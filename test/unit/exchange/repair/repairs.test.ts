// The search for the steps that undo damage: it ends, whatever the text is.
import { expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import { withDigest } from "../../../../src/exchange/digest.ts";
import { MAX_REPAIR_WORK, RepairWork } from "../../../../src/exchange/repair/repair-work.ts";
import { firstSignOf, repairsOf } from "../../../../src/exchange/repair/repairs.ts";
import { MANGLINGS } from "../../../support/mangling.ts";
import { bytesOf, decode, offer } from "../fixtures.ts";
import { MAX_TEXTS, textsOf, UNITS } from "./damage-signs.ts";

test("a text with signs of all kinds costs no more than the work for one file, and no less is searched for a short one", () => {
  const long = UNITS.join("").repeat(3_000).slice(0, 200_000);
  const work = new RepairWork();
  // Each step costs its text, each result its length, as here.
  let atLeast = 0;
  for (const { text } of repairsOf(bytesOf(long), work)) atLeast += text.length;
  expect(atLeast).toBeGreaterThan(0);
  expect(atLeast).toBeLessThanOrEqual(MAX_REPAIR_WORK - work.left);
  expect(work.left).toBe(0);
  const short = new RepairWork();
  expect([...repairsOf(bytesOf(UNITS.join("").repeat(20)), short)].length).toBeGreaterThan(20);
  expect(short.left).toBeGreaterThan(0);
});

test("without work left nothing is tried", () => {
  expect([...repairsOf(bytesOf('> {"sdp": 1}'), new RepairWork(10))]).toEqual([]);
  expect([...repairsOf(bytesOf('> {"sdp": 1}'), new RepairWork(1_000))]).not.toEqual([]);
});

test("a document of the most candidates that was changed in four ways is within the work for one file", () => {
  const candidates = Array.from({ length: 200 }, (_, at) => ({
    foundation: String(at),
    component: 1 as const,
    transport: "udp" as const,
    priority: 2_122_260_223 - at,
    address: `192.0.2.${at + 1}`,
    port: 40_000 + at,
    type: "host" as const,
  }));
  const { description, p2p } = decode(encodeExchangeDocument(offer({}, { candidates })));
  if (p2p === undefined) throw new TypeError("no key");
  const text = encodeExchangeDocument({ description, p2p: withDigest(description, p2p) });
  const ways = ["smartQuotes", "wordWrapped", "quoted", "quotedPrintable"];
  const random = () => 0.5;
  const mangled = ways.reduce((result, way) => String(MANGLINGS[way]?.(result, random)), text);
  expect(decode(mangled).description).toEqual(description);
});

test("a text with signs of all kinds is given up after so many texts", () => {
  expect(textsOf(UNITS.join("").repeat(20))).toBeLessThanOrEqual(MAX_TEXTS);
});

test("bytes that are no UTF-8 are tried as Windows and as Chinese text", () => {
  const repairs = [...repairsOf(Uint8Array.of(0x93, 0x61, 0x94))];
  expect(repairs.map(({ text }) => text)).toContain("“a”");
  expect(repairs.find(({ text }) => text === '"a"')?.undone).toEqual(["encoding", "typography"]);
});

test("the digits of a signature are no base64", () => {
  const digits = "489b4e7873bb39b371140a7085a1b458".repeat(4);
  expect(firstSignOf(JSON.stringify({ key: digits.slice(64), value: digits }))).toBeUndefined();
  expect(firstSignOf(btoa(`{"value" : "${digits}"}`))).toBe("base64");
});
