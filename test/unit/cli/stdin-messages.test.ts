import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { LINE_LIMIT, readLines, sendLines } from "../../../src/cli/stdin-messages.ts";
import { FakeSession } from "./fakes.ts";
import { withResolvers } from "../../support/with-resolvers.ts";

const linesOf = async (...chunks: (string | Uint8Array)[]): Promise<string[]> => {
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk));
  const lines: string[] = [];
  for await (const line of readLines(Readable.from(bytes))) lines.push(line);
  return lines;
};

describe("lines", () => {
  test.each([
    [["a\nb\n"], ["a", "b"]],
    [["a\nb"], ["a", "b"]],
    [["a\r\nb\r\n"], ["a", "b"]],
    [["\n\na"], ["", "", "a"]],
    [[""], []],
    [
      ["he", "llo\nwo", "rld"],
      ["hello", "world"],
    ],
    [
      ["a\r", "\nb"],
      ["a", "b"],
    ],
    [
      ["/quit\n", "//x\n"],
      ["/quit", "//x"],
    ],
  ])("of %j", async (chunks, lines) => {
    expect(await linesOf(...chunks)).toEqual(lines);
  });

  test("UTF-8 that is cut anywhere, a BOM, and what is no UTF-8", async () => {
    const bytes = new TextEncoder().encode("\uFEFF你好😀\n");
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await linesOf(...chunks)).toEqual(["你好😀"]);
    expect(await linesOf(Uint8Array.of(0x61, 0xff, 0x0a))).toEqual(["a\uFFFD"]);
    expect(await linesOf(Uint8Array.of(0xe4, 0xbd))).toEqual(["\uFFFD"]);
  });

  test("too long ones go out in pieces, and nothing is lost", async () => {
    const long = "😀".repeat(LINE_LIMIT);
    const pieces = await linesOf(`x${long}`, `${long}\nend`);
    expect(pieces.at(-1)).toBe("end");
    expect(pieces.slice(0, -1).join("")).toBe(`x${long}${long}`);
    expect(pieces.every((piece) => piece.length <= LINE_LIMIT && !/\p{Surrogate}/u.test(piece))).toBe(true);
  });

  test("a CR LF at the limit makes no empty line", async () => {
    const line = "x".repeat(LINE_LIMIT);
    expect(await linesOf(`${line}\r`, "\n")).toEqual([line]);
  });
});

/** A reader that is never behind. */
const taken = () => Promise.resolve();

describe("sending", () => {
  const input = (count: number): Readable =>
    Readable.from(Array.from({ length: count }, (_, index) => new TextEncoder().encode(`${index}\n`)));

  test("sends all in order", async () => {
    const session = new FakeSession();
    await sendLines(input(500), session, taken);
    expect(session.messages).toEqual(Array.from({ length: 500 }, (_, index) => String(index)));
  });

  test("reads no more than the peer acknowledges", async () => {
    const session = new FakeSession();
    session.holdsAcknowledgements = true;
    let isDone = false;
    const sending = sendLines(input(200), session, taken).then(() => {
      isDone = true;
    });
    await settled();
    const first = session.messages.length;
    expect(first).toBeLessThan(100);
    await settled();
    expect(session.messages).toHaveLength(first);
    while (!isDone) {
      for (const acknowledge of session.acknowledge.splice(0)) acknowledge();
      await settled();
    }
    await sending;
    expect(session.messages).toHaveLength(200);
  });

  test("stops when the session has ended", async () => {
    let sent = 0;
    const session = {
      sendMessage: async () => {
        sent += 1;
        await Promise.reject(new Error("ended"));
      },
    };
    await sendLines(input(200), session, taken);
    expect(sent).toBeLessThan(10);
  });

  test("reads no more while the output that it makes is not taken", async () => {
    const session = new FakeSession();
    const { promise, resolve: letGo } = withResolvers<void>();
    const sending = sendLines(input(200), session, () => (session.messages.length < 10 ? taken() : promise));
    await settled();
    expect(session.messages).toHaveLength(10);
    letGo();
    await sending;
    expect(session.messages).toHaveLength(200);
  });
});

/** All that can happen without new input has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
