// What is pasted while a file is waited for, as readline tells keys.
import { describe, expect, test } from "vitest";
import { P2pError } from "../../../src/index.ts";
import { PasteCatcher } from "../../../src/ui/paste-catcher.ts";

const DOCUMENT = '{\n   "sdp" : "{\\"a\\"}",\n   "icecandidate" : []\n}';

function catcher(take: (document: string) => Promise<string> = () => Promise.resolve("kept.json")): {
  type: (text: string) => void;
  paste: (text: string) => void;
  told: string[];
  taken: string[];
} {
  const told: string[] = [];
  const taken: string[] = [];
  const caught = new PasteCatcher(
    ({ event }) => told.push(event),
    (document) => {
      taken.push(document);
      return take(document);
    },
  );
  const type = (text: string): void => {
    for (const char of text) caught.press(char, { sequence: char });
  };
  const paste = (text: string): void => {
    caught.press(undefined, { name: "paste-start" });
    type(text);
    caught.press(undefined, { name: "paste-end" });
  };
  return { type, paste, told, taken };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a paste", () => {
  test("is taken when the document is whole, whatever line ends it has", async () => {
    const { paste, told, taken } = catcher();
    paste(DOCUMENT);
    paste(`\`\`\`\r${DOCUMENT.replaceAll("\n", "\r")}\r\`\`\`\r`);
    await turn();
    expect(taken).toEqual([DOCUMENT, DOCUMENT]);
    expect(told).toEqual(["pasted", "pasted"]);
  });

  test("is taken without brackets too", async () => {
    const { type, told, taken } = catcher();
    type(`${DOCUMENT}\r`);
    await turn();
    expect(taken).toEqual([DOCUMENT]);
    expect(told).toEqual(["pasted"]);
  });

  test("of something else, or of a part, is told; the next one is whole again", async () => {
    const { paste, told, taken } = catcher();
    paste("hello");
    paste(DOCUMENT.slice(0, -3));
    paste(DOCUMENT);
    await turn();
    expect(told).toEqual(["paste-useless", "paste-useless", "pasted"]);
    expect(taken).toEqual([DOCUMENT]);
  });

  test("that cannot be kept is told with its error", async () => {
    const { paste, told } = catcher(() =>
      Promise.reject(new P2pError("WRITE_FAILED", { path: "p", reason: "ENOSPC" })),
    );
    paste(DOCUMENT);
    await turn();
    expect(told).toEqual(["paste-failed"]);
  });
});

describe("what is typed", () => {
  test("says how to paste when it is a command, and nothing else", () => {
    const { type, told } = catcher();
    type("/paste\r");
    type("  /help\r");
    type("hello\r");
    type("\r\r");
    expect(told).toEqual(["paste-how", "paste-how"]);
  });

  test("in a document is no command", async () => {
    const { paste, told } = catcher();
    paste('{"a":[\n/paste\n');
    await turn();
    expect(told).toEqual(["paste-useless"]);
  });
});
