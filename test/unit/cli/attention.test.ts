import { expect, test } from "vitest";
import { Attention } from "../../../src/cli/attention.ts";
import type { P2pEvent } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { CONNECTED, FakeIo } from "./fakes.ts";

const BELL = "\u0007";
const FILE = "\u001b]9;p2p: the other side's file is here\u001b\\";
const LINE = "\u001b]9;p2p: connected\u001b\\";
const waiting = (what: "file" | "connection"): P2pEvent => ({ event: "waiting", for: what });
const THEIRS: P2pEvent = { event: "peer-file", path: "x.json", type: "offer" };

async function heard(
  events: readonly (P2pEvent | "ring")[],
  { env = {}, terminals = ["stderr"] as "stderr"[], isWanted = true } = {},
): Promise<string> {
  const io = new FakeIo(terminals, env);
  const attention = new Attention({ io, words: wordsFor("en").conversation.carrying.notices, isWanted });
  for (const event of events) {
    if (event === "ring") attention.ring();
    else attention.handleEvent(event);
  }
  return (await io.written()).stderr;
}

const ANSWERING: P2pEvent[] = [waiting("file"), THEIRS, waiting("connection"), CONNECTED];

test("a file and a connection that were waited for are told once each", async () => {
  expect(await heard(ANSWERING)).toBe(BELL + FILE + LINE);
  expect(await heard([waiting("file"), THEIRS, CONNECTED])).toBe(BELL + FILE);
  expect(await heard([waiting("file"), THEIRS, THEIRS, waiting("file"), THEIRS])).toBe((BELL + FILE).repeat(2));
});

test("what nobody waited for is not told", async () => {
  expect(await heard([THEIRS, CONNECTED])).toBe("");
  expect(await heard(["ring"])).toBe(BELL);
});

test.each([
  ["no terminal", { terminals: [] }],
  ["a terminal that understands no sequences", { env: { TERM: "dumb" } }],
  ["a CI system", { env: { CI: "true" } }],
  ["nobody who wants it", { isWanted: false }],
])("with %s nothing is written", async (_, where) => {
  expect(await heard([...ANSWERING, "ring"], where)).toBe("");
});

test("CI=false is no CI, a console of Linux has a bell only, and tmux passes it on", async () => {
  expect(await heard(ANSWERING, { env: { CI: "false" } })).toBe(BELL + FILE + LINE);
  expect(await heard(ANSWERING, { env: { TERM: "linux" } })).toBe(BELL);
  const within = (sequence: string): string => `\u001bPtmux;${sequence.replaceAll("\u001b", "\u001b\u001b")}\u001b\\`;
  expect(await heard(ANSWERING, { env: { TMUX: "/tmp/x" } })).toBe(BELL + within(FILE) + within(LINE));
});

test.each(["en", "zh"] as const)("a notification in %s is no command of ConEmu, which begins with a number", (lang) => {
  for (const text of Object.values(wordsFor(lang).conversation.carrying.notices)) expect(text).toMatch(/^p2p: \D/);
});
