// The Chinese of the screens keeps to one set of words and to full-width punctuation.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ExchangeFlaw } from "../../../src/lib/errors/flaw.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { errorText } from "../../../src/words/errors.ts";

const FOLDER = new URL("../../../src/words/", import.meta.url);
const HAN = "[\\u4e00-\\u9fff]";
/** Each line of the catalogue with Chinese in it, without comments. */
const LINES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".ts"))
  .flatMap((name) => readFileSync(new URL(name, FOLDER), "utf8").split("\n"))
  .map((line) => line.trim())
  .filter((line) => new RegExp(HAN, "u").test(line) && !/^(\/\/|\/?\*)/.test(line));

test("the catalogue is read", () => {
  expect(LINES.length).toBeGreaterThan(500);
});

describe("no sentence has", () => {
  test.each([
    ["another word for our side than 我方", /我们的|本方|这一边|本端|对端/u],
    ["another word for taking files than 接收", /接受“|接受 \$|等待对方接受/u],
    ["another word for blocked than 屏蔽", /封锁/u],
    ["a form of address beside 你", /您/u],
    ["files that are carried instead of sent", /带给|带来|带回|带过去|再带|带文件|带上/u],
    ["half-width punctuation between Chinese words", new RegExp(`${HAN} ?[,;:?!()] ?${HAN}`, "u")],
    ["half-width punctuation at the end of Chinese words", new RegExp(`${HAN}[,;:?!](?=["\`])`, "u")],
    ["a blank beside full-width punctuation", /[，。；：！？、（）] (?=\S)(?!["`/])|(?<![^"`\s]) [，。；：！？、]/u],
    ["another word for the short code than 短码", /短代码|[的而把给由还]代码/u],
    ["two colons side by side", /：：/u],
    ["a blank between Chinese words", new RegExp(`${HAN} ${HAN}`, "u")],
  ])("%s", (_, pattern) => {
    expect(LINES.filter((line) => pattern.test(line))).toEqual([]);
  });
});

test("no screen joins two sentences by punctuation of one language: the catalogue does it", () => {
  const joined = ["ui", "web"].flatMap((folder) => {
    const place = new URL(`../../../src/${folder}/`, import.meta.url);
    return readdirSync(place)
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => readFileSync(new URL(name, place), "utf8").split("\n"))
      .filter((line) => /\}[,;:!?] \$\{/u.test(line));
  });
  expect(joined).toEqual([]);
});

test.each(["not-mqtt", "too-much"])("why a broker is left is said in Chinese: %s", (reason) => {
  const { message } = errorText(new P2pError("BROKER_UNREACHABLE", { url: "mqtt://a", reason }), "zh");
  expect(message).toMatch(/^连不上 MQTT 服务器 mqtt:\/\/a：它发来的/u);
  expect(message).not.toMatch(/ (it|sends|what|is) |-/u);
});

test.each<ExchangeFlaw>([
  { flaw: "code-typo", from: 6, to: 10, group: "5kk56" },
  { flaw: "code-cut-off" },
  { flaw: "code-damaged" },
  { flaw: "code-newer" },
])("what is wrong with a short code follows one colon: $flaw", (flaw) => {
  const { message } = errorText(new P2pError("FILE_MALFORMED", { path: "p2p:…", field: "file", flaw }), "zh");
  expect(message).toMatch(/^p2p:…：[^：]+$/u);
});
