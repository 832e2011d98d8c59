import { describe, expect, it } from "vitest";
import type { SessionStatus, TransferStatus } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import {
  acknowledgedMessage,
  failedMessage,
  helpLines,
  liveLines,
  peerMessage,
  statusLines,
  type ViewContext,
} from "../../../src/ui/view.ts";
import { displayWidth } from "../../../src/ui/width.ts";
import { FAKE_PAIR } from "../../support/fake-line.ts";

const at = new Date(2030, 0, 2, 12, 1);
const numbers: Record<string, number> = { a: 1, b: 2, c: 3 };

function context(change: Partial<ViewContext> = {}): ViewContext {
  return {
    words: wordsFor("en").conversation,
    style: PLAIN_STYLE,
    columns: 80,
    numberOf: (transfer) => numbers[transfer] ?? 0,
    ...change,
  };
}

function transfer(id: string, change: Partial<TransferStatus> = {}): TransferStatus {
  return {
    transfer: id,
    direction: "receive",
    names: [`${id}.txt`],
    state: "awaiting-consent",
    bytes: 0,
    total: 1_048_576,
    rate: 0,
    ...change,
  };
}

function status(transfers: TransferStatus[]): SessionStatus {
  return {
    pair: FAKE_PAIR,
    rttMs: 3,
    sinceMs: 65_000,
    peerName: undefined,
    isInterrupted: false,
    messagesUnacknowledged: 0,
    transfers,
    media: [],
  };
}

describe("chat lines", () => {
  it("show time, sender and the mark of the peer", () => {
    expect(peerMessage("hi 中文", at, "张三", context()).map(plainParts)).toEqual(["12:01 张三: hi 中文"]);
    expect(peerMessage("hi", at, undefined, context()).map(plainParts)).toEqual(["12:01 peer: hi"]);
    expect(acknowledgedMessage({ text: "yo", at }, context()).map(plainParts)).toEqual(["12:01 me: yo ✓"]);
    expect(failedMessage({ text: "yo", at }, context()).map(plainParts)).toEqual(["12:01 me: yo ✗ not delivered"]);
  });

  it("let no line of a message pass for a line of somebody else", () => {
    const lines = peerMessage("hi\r\n12:02 me: I agree\n", at, "x", context()).map(plainParts);
    expect(lines).toEqual(["12:01 x: hi", "      12:02 me: I agree", "      "]);
  });

  it("show control and bidirectional characters and never obey them", () => {
    const lines = peerMessage("\u001b[2J\r\u202eabc\u0007", at, "n\u001b[31m\n".repeat(9), context()).map(plainParts);
    expect(lines).toEqual(["12:01 n\\e[31m\\nn\\e[31m\\nn\\e[3…: \\e[2J\\r\\u{202e}abc\\x07"]);
  });
});

describe("liveLines()", () => {
  const message = (text: string) => ({ text, at });

  it("shows messages on the way, shortened to one row each", () => {
    const lines = liveLines([message("one\ntwo"), message("长".repeat(60))], undefined, context({ columns: 40 })).map(
      plainParts,
    );
    expect(lines[0]).toBe("12:01 me: one …");
    expect(lines[1]).toMatch(/^12:01 me: 长+… …$/);
    for (const line of lines) expect(displayWidth(line)).toBeLessThan(40);
  });

  it("counts the messages that it does not show", () => {
    const lines = liveLines(["a", "b", "c", "d", "e"].map(message), undefined, context()).map(plainParts);
    expect(lines).toHaveLength(4);
    expect(lines[3]).toBe("… and 2 more messages on the way");
  });

  it("puts what a person must decide first and leaves out what is over", () => {
    const lines = liveLines(
      [],
      status([
        transfer("a", { direction: "send", state: "running", bytes: 524_288, rate: 524_288 }),
        transfer("b"),
        transfer("c", { direction: "send" }),
        transfer("d", { state: "done" }),
      ]),
      context(),
    ).map(plainParts);
    expect(lines).toEqual([
      "/accept or /decline? (b.txt)",
      "sending a.txt   50%  512 KiB of 1.0 MiB  512 KiB/s  0:01 left  direct",
      "waiting for the other side to accept c.txt",
    ]);
  });

  it("numbers the questions when there are several, and caps the rows", () => {
    const lines = liveLines([], status(["a", "b", "c", "a", "b", "c"].map((id) => transfer(id))), context()).map(
      plainParts,
    );
    expect(lines[1]).toBe("/accept #2 or /decline #2? (b.txt)");
    expect(lines[4]).toBe("… and 2 more transfers");
    expect(lines).toHaveLength(5);
  });
});

describe("statusLines()", () => {
  it("tells the connection, the messages and each transfer", () => {
    const transfers = [transfer("a", { state: "running", bytes: 524_288 }), transfer("b", { state: "declined" })];
    transfers.push(transfer("c", { state: "done", isPart: true, bytes: 9, total: 9 }));
    expect(statusLines(status(transfers), context()).map(plainParts)).toEqual([
      "direct: 127.0.0.1:4001 to 127.0.0.1:4002 over udp",
      "round trip 3 ms, connected for 1 min 5 s",
      "all messages acknowledged",
      "#1  receiving a.txt: running, 512 KiB of 1.0 MiB, 50%",
      "#2  receiving b.txt: declined, 0 B of 1.0 MiB, 0%",
      "#3  receiving c.txt: done, a part declined, 9 B of 9 B, 100%",
    ]);
  });
});

describe("helpLines()", () => {
  it.each(["en", "zh"] as const)("has one column of commands in %s, and fits 80 columns", (lang) => {
    const words = wordsFor(lang).conversation;
    const lines = helpLines(context({ words })).map(plainParts);
    const starts = lines.map((line, n) => displayWidth(line.slice(0, line.indexOf(words.help[n]?.[1] ?? "?"))));
    expect(new Set(starts).size).toBe(1);
    for (const line of lines) expect(displayWidth(line)).toBeLessThan(80);
  });
});
