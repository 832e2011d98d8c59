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
  test("is taken whole, whatever line ends it has and whatever is around the document", async () => {
    const { paste, told, taken } = catcher();
    paste(DOCUMENT);
    paste(`see below\r${DOCUMENT.replaceAll("\n", "\r")}\r--\rAcme Inc. {sales}\r`);
    await turn();
    expect(taken).toEqual([DOCUMENT, `see below\n${DOCUMENT}\n--\nAcme Inc. {sales}\n`]);
    expect(told).toEqual(["pasted", "pasted"]);
  });

  test("is taken without brackets too, and braces behind the document are not", async () => {
    const { type, told, taken } = catcher();
    type(`${DOCUMENT}\r--\rAcme Inc. {sales}\r`);
    await turn();
    expect(taken).toEqual([DOCUMENT]);
    expect(told).toEqual(["pasted"]);
  });

  test("of something else is told at once", async () => {
    const flaws = ["not-json", "not-exchange", "empty"] as const;
    const { paste, told } = catcher(() => {
      const flaw = flaws[told.length] ?? "not-json";
      return Promise.reject(new P2pError("FILE_MALFORMED", { path: "", field: "file", flaw: { flaw } }));
    });
    for (const _ of flaws) {
      paste("hello");
      await turn();
    }
    expect(told).toEqual(["paste-useless", "paste-useless", "paste-useless"]);
  });

  test("that was changed on its way is told with what was done to it", async () => {
    const { paste, told } = catcher(() =>
      Promise.reject(
        new P2pError("FILE_MALFORMED", { path: "", field: "file", flaw: { flaw: "mangled", by: "backslashes" } }),
      ),
    );
    paste(DOCUMENT);
    await turn();
    expect(told).toEqual(["paste-failed"]);
  });

  test("that is cut off is put together with the next one", async () => {
    const { paste, told, taken } = catcher((text) =>
      text.includes("{") && text.includes("}")
        ? Promise.resolve("kept.json")
        : Promise.reject(
            new P2pError("FILE_MALFORMED", { path: "", field: "file", flaw: { flaw: "cut-off", characters: 1 } }),
          ),
    );
    paste("{ a");
    await turn();
    paste("b }");
    await turn();
    expect(taken).toEqual(["{ a", "b }", "{ a\nb }"]);
    expect(told).toEqual(["paste-failed", "pasted"]);
  });

  test("of more than a document may have is kept no further than that", async () => {
    const { paste, taken } = catcher();
    paste("x".repeat(300_000));
    await turn();
    expect(taken.map(({ length }) => length)).toEqual([262_209]);
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
    const { type, told } = catcher();
    type('{"a":[\n/paste\n');
    await turn();
    expect(told).toEqual([]);
  });
});
