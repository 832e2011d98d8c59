import { expect, test } from "vitest";
import { narrateCarrier, narrateReady } from "../../../src/ui/narrate-carrier.ts";
import type { Lines } from "../../../src/ui/narration.ts";
import { plainParts } from "../../../src/ui/style.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { narrateContext } from "./narration-context.ts";

const context = narrateContext();
const answering = { ...context, isAnswering: true };
const via = "folder:/mnt/share";
const linesOf = (lines: Lines): string[] => lines.map(plainParts);

test("our document is told without a path, and with its revision", () => {
  const made = { event: "local-file", id: "ab", candidates: 3, expiresAt: new Date(2030, 0, 2, 21, 30).toISOString() };
  expect(linesOf(narrateReady({ ...made, event: "local-file", type: "offer", revision: 1 }, context))).toEqual([
    "made the offer: 3 addresses, good until 21:30",
  ]);
  const answer = { ...made, event: "local-file", type: "answer", addresses: 1, revision: 2 } as const;
  expect(linesOf(narrateReady(answer, context))).toEqual(["made the answer: 1 address, good until 21:30, revision 2"]);
});

test("who waits is told what to run on the other side", () => {
  const waiting = { event: "carrier", via, state: "waiting" } as const;
  expect(linesOf(narrateCarrier(waiting, context))).toEqual([
    "the offer lies in /mnt/share: run 'p2p answer --via folder:DIR' on the other side, DIR being this folder there",
  ]);
  expect(linesOf(narrateCarrier(waiting, answering))).toEqual([
    "no offer waits in /mnt/share: run 'p2p offer --via folder:DIR' on the other side, DIR being this folder there",
  ]);
});

test("both sides are told how far the other side is", () => {
  const told = (["present", "delivered", "lost"] as const).map((state) => {
    const event = { event: "carrier", via, state } as const;
    return [linesOf(narrateCarrier(event, context)), linesOf(narrateCarrier(event, answering))].flat();
  });
  expect(told).toEqual([
    ["somebody answers the offer", "an offer is there"],
    ["the answer has come", "the answer lies in /mnt/share"],
    ["the other side is gone from /mnt/share", "the other side is gone from /mnt/share"],
  ]);
});

test("two offers of people who keep each other are told with the name to answer to", () => {
  for (const lang of ["en", "zh"] as const) {
    const words = { ...context, words: wordsFor(lang).conversation };
    const commandFor = (to: string): string | undefined =>
      linesOf(narrateCarrier({ event: "other-offer-waits", via }, { ...words, to }))[0];
    expect(commandFor("Bob")).toMatch(/^Bob .*\/mnt\/share.*p2p answer --via folder:DIR --to Bob'?$/);
    expect(commandFor("Bob Li")).toContain('p2p answer --via folder:DIR --to "Bob Li"');
  }
});

test("two offers, and a folder with too much in it, are told with what to do", () => {
  for (const lang of ["en", "zh"] as const) {
    const words = { ...context, words: wordsFor(lang).conversation };
    const [other] = linesOf(narrateCarrier({ event: "other-offer-waits", via }, words));
    expect(other).toMatch(/\/mnt\/share.*p2p answer --via folder:DIR/);
    const [crowded] = linesOf(narrateCarrier({ event: "carrier-crowded", via }, words));
    expect(crowded).toMatch(/\/mnt\/share.*p2p-…/);
  }
});

const AT_BROKER = [
  [
    "en",
    "waiting",
    false,
    "the offer waits at URL: run 'p2p answer --via URL' on the other side, and type the passphrase there",
  ],
  [
    "en",
    "waiting",
    true,
    "nobody with this passphrase is at URL: compare it with the other side, or run 'p2p offer --via URL' there",
  ],
  [
    "en",
    "lost",
    false,
    "the connection to URL is lost and made again; until then the other side can connect only if it has the offer already",
  ],
  ["zh", "waiting", true, "URL 上没有人使用这个口令：请与对方核对口令，或请对方运行 p2p offer --via URL"],
  ["zh", "lost", true, "与 URL 的连接断了，正在重新连接；恢复之前，对方只有已收到应答才能连接我方"],
] as const;

test.each(AT_BROKER)("at a broker, %s, %s, answering: %s", (lang, state, isAnswering, text) => {
  const url = "mqtts://broker.example/home";
  const event = { event: "carrier", via: url, state } as const;
  const words = wordsFor(lang).conversation;
  expect(linesOf(narrateCarrier(event, { ...context, lang, words, isAnswering }))).toEqual([
    text.replaceAll("URL", url),
  ]);
});

test("who can be the other side is told, and what helps", () => {
  expect(linesOf(narrateCarrier({ event: "carrier-open", via }, context))).toEqual([
    "whoever can write to /mnt/share can be the other side: use --seal on both sides, or compare with --verify",
  ]);
});

test("who waits for one person is told whom, and how that one finds the place", () => {
  const of = (lang: "en" | "zh", place: string, isAnswering: boolean): string[] => {
    const event = { event: "carrier", via: place, state: "waiting" } as const;
    const words = wordsFor(lang).conversation;
    return linesOf(narrateCarrier(event, { ...context, words, lang, isAnswering, to: "Bob" }));
  };
  expect(of("en", via, false)).toEqual([
    "the offer lies in /mnt/share, for Bob alone: run 'p2p answer --via folder:DIR --to NAME' on the other side, NAME being the name under which Bob keeps you",
  ]);
  expect(of("en", via, true)).toEqual([
    "no offer of Bob waits in /mnt/share: run 'p2p offer --via folder:DIR --to NAME' on the other side, NAME being the name under which Bob keeps you",
  ]);
  expect(of("zh", via, false)).toEqual([
    "邀请已放在 /mnt/share，只给 Bob：请 Bob 运行 p2p answer --via folder:DIR --to NAME，NAME 是 Bob 保存你时用的名字",
  ]);
  expect(of("zh", via, true)).toEqual([
    "/mnt/share 里还没有 Bob 的邀请：请 Bob 运行 p2p offer --via folder:DIR --to NAME，NAME 是 Bob 保存你时用的名字",
  ]);
  expect(of("en", "mqtt://h", true)).toEqual([
    "Bob is not at mqtt://h: run 'p2p offer --via mqtt://h --to NAME' on the other side, NAME being the name under which Bob keeps you",
  ]);
  expect(of("zh", "mqtt://h", false)).toEqual([
    "Bob 还没到 mqtt://h：请 Bob 运行 p2p answer --via mqtt://h --to NAME，NAME 是 Bob 保存你时用的名字",
  ]);
});
