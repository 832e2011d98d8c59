// What is pasted or typed while a file is waited for, as readline tells keys.
import { describe, expect, test } from "vitest";
import { encodeShortCode } from "../../../src/exchange/code/short-code.ts";
import { pastedDocument } from "../../../src/exchange/pasted-text.ts";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { withDigest } from "../../../src/exchange/digest.ts";
import { P2pError } from "../../../src/index.ts";
import { aboutTyped, PasteCatcher } from "../../../src/ui/paste-catcher.ts";
import { offer } from "../exchange/fixtures.ts";

const DOCUMENT = '{\n   "sdp" : "{\\"a\\"}",\n   "icecandidate" : []\n}';
const CODE = codeOf(offer());

function codeOf(document: ReturnType<typeof offer>): string {
  const encoded = encodeShortCode(document);
  return "code" in encoded ? encoded.code : encoded.why;
}

/** A whole document of ours, as p2p writes it. */
const OURS = encodeExchangeDocument(withOwnDigest());

function withOwnDigest(): ReturnType<typeof offer> {
  const document = offer();
  const { p2p } = document;
  return p2p === undefined ? document : { ...document, p2p: withDigest(document.description, p2p) };
}

/** Calls that wait for a pause; a pause is as long as the longest of them. */
class Pauses {
  #waiting: (() => void)[] = [];

  readonly after = (_: number, call: () => void): (() => void) => {
    this.#waiting.push(call);
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== call);
    };
  };

  get count(): number {
    return this.#waiting.length;
  }

  /** Lets time pass without a key until nothing waits. */
  pass(): void {
    for (let calls = this.#waiting.splice(0); calls.length > 0; calls = this.#waiting.splice(0)) {
      for (const call of calls) call();
    }
  }
}

function catcher(take: (document: string) => Promise<string> = () => Promise.resolve("kept.json")): {
  type: (text: string) => void;
  press: (name: string, ctrl?: boolean) => void;
  paste: (text: string) => void;
  pause: () => Promise<void>;
  pauses: Pauses;
  caught: PasteCatcher;
  told: string[];
  taken: string[];
} {
  const told: string[] = [];
  const taken: string[] = [];
  const pauses = new Pauses();
  const caught = new PasteCatcher({
    tell: (event) => {
      if (event.event === "typed-early") told.push(`${event.about}: ${event.text}`);
      else if (event.event === "paste-failed") told.push(`${event.event} ${event.error.message}`);
      else told.push(event.event);
    },
    take: (document) => {
      taken.push(document);
      return take(document);
    },
    after: pauses.after,
  });
  const type = (text: string): void => {
    for (const char of text) caught.press(char, { sequence: char });
  };
  const press = (name: string, ctrl = false): void => caught.press(undefined, { name, ctrl });
  const paste = (text: string): void => {
    press("paste-start");
    type(text);
    press("paste-end");
  };
  const pause = async (): Promise<void> => {
    pauses.pass();
    await turn();
  };
  return { type, press, paste, pause, pauses, caught, told, taken };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes what the reader of pasted texts takes. */
const reader = (text: string): Promise<string> =>
  Promise.resolve().then(() => {
    pastedDocument(text);
    return "kept.json";
  });

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
    const { type, pause, told, taken } = catcher();
    type(`${OURS}\r--\rAcme Inc. {sales}\r`);
    await turn();
    expect(taken).toEqual([OURS.trimEnd()]);
    await pause();
    expect(told).toEqual(["pasted"]);
    expect(taken).toHaveLength(1);
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
    expect(told).toEqual([expect.stringMatching(/^paste-failed .*backslashes/)]);
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
    expect(taken).toEqual(["{ a", "b }", "{ ab }"]);
    expect(told).toEqual([expect.stringContaining("cut off after 1"), "pasted"]);
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
    expect(told).toEqual([expect.stringContaining("paste-failed")]);
  });

  test("whose end mark is lost is judged after a while, and the next one is read as new", async () => {
    const { press, type, paste, pause, told } = catcher(reader);
    press("paste-start");
    type(OURS.slice(0, 300));
    await pause();
    expect(told).toEqual([expect.stringContaining("cut off after 300")]);
    paste(OURS);
    await turn();
    expect(told.slice(1)).toEqual(["pasted"]);
  });

  test("takes the place of a line that was begun, and of one that was not ended before", async () => {
    const { type, paste, told, taken } = catcher();
    type("hel");
    paste(DOCUMENT);
    await turn();
    expect([told, taken]).toEqual([["pasted"], [DOCUMENT]]);
  });
});

describe("a paste that the terminal does not mark", () => {
  const smart = OURS.replaceAll(/(^|[\s[{\\])"/g, "$1“").replaceAll('"', "”");
  const base64 = Buffer.from(OURS).toString("base64");
  const lines = (text: string, width: number): string => text.replaceAll(new RegExp(`.{${width}}`, "g"), "$&\r");

  test.each([
    ["typographic quotes", smart],
    ["base64", base64],
    ["base64 in lines", lines(base64, 76)],
    ["quoted lines", `Hi,\r\r${OURS.trimEnd().replaceAll(/^/gm, "> ")}\r`],
    ["broken lines", lines(OURS, 76)],
    ["no document of ours", JSON.stringify({ type: "offer", sdp: sdpOf(OURS) })],
  ])("is read once it pauses: %s", async (_, text) => {
    const { type, pause, told, taken } = catcher(reader);
    type(text.replaceAll("\n", "\r"));
    await pause();
    expect(told).toEqual(["pasted"]);
    expect(taken).toHaveLength(1);
  });

  test.each([
    ["cut off", OURS.slice(0, 700), /cut off after 700/],
    ["cut off, with typographic quotes", smart.slice(0, 700), /cut off/],
    ["cut off base64", base64.slice(0, 900), /base64/],
  ])("is named once it pauses: %s", async (_, text, problem) => {
    const { type, pause, told } = catcher(reader);
    type(text);
    await pause();
    expect(told).toEqual([expect.stringMatching(/^paste-failed /)]);
    expect(told[0]).toMatch(problem);
  });

  test.each([
    ["several lines", "Hello Bob,\rhow are you?\r".repeat(3)],
    ["a long line", "hello ".repeat(20)],
  ])("of another text is judged once it pauses, and leaves nothing: %s", async (_, text) => {
    const { type, pause, told } = catcher(reader);
    type(text);
    await pause();
    expect(told).toEqual(["paste-useless"]);
  });

  test.each([
    ["a brace", "{broken\r", ["other: {broken"]],
    ["quotation marks of an input method", "“你好”\r", ["other: “你好”"]],
    ["several lines in a burst", "hello\r\r{you}?\r/quit\r", ["other: hello", "other: {you}?", "leaving: /quit"]],
  ])("is none where a person types: %s", async (_, text, answers) => {
    const { type, pause, told } = catcher(reader);
    type(text.slice(0, 1));
    await pause();
    type(text.slice(1));
    await pause();
    expect(told).toEqual(answers);
  });

  test("that is unfinished goes on with any brace", async () => {
    const { type, pause, told } = catcher(reader);
    const end = OURS.trimEnd().lastIndexOf("}");
    type(OURS.slice(0, end));
    await pause();
    type("}\r");
    await pause();
    expect(told).toEqual([expect.stringMatching(/^paste-failed .*cut off/), "pasted"]);
  });

  test("of a short code is kept as the file that it stands for", async () => {
    const { paste, pause, told, taken } = catcher((text) => Promise.resolve(pastedDocument(text)));
    paste(CODE);
    await pause();
    expect([told, taken]).toEqual([["pasted"], [CODE]]);
  });

  test("of a short code that is typed waits for its end, with or without a line end", async () => {
    const { type, pause, told } = catcher((text) => Promise.resolve(pastedDocument(text)));
    type(CODE.slice(0, 80));
    await pause();
    expect(told).toEqual([]);
    type(CODE.slice(80));
    await pause();
    expect(told).toEqual(["pasted"]);
    type(`${CODE.slice(0, 30)}\n`);
    await pause();
    expect(told[1]).toContain("only the beginning of a code");
    type(`${CODE.slice(30)}\n`);
    await pause();
    expect(told[2]).toBe("pasted");
  });

  test("that is unfinished does not swallow the good one that follows", async () => {
    const { type, pause, told } = catcher(reader);
    type(OURS.slice(0, 500));
    await pause();
    type(`${OURS}\r`);
    await pause();
    expect(told).toEqual([expect.stringContaining("cut off"), "pasted"]);
  });

  test("that comes in parts with pauses between them is read with the last one", async () => {
    const { type, pause, told } = catcher(reader);
    for (let at = 0; at < OURS.length; at += 300) {
      type(OURS.slice(at, at + 300));
      await pause();
    }
    expect(told.at(-1)).toBe("pasted");
    expect(told.slice(0, -1).every((line) => line.includes("cut off"))).toBe(true);
  });

  test("waits for all of it: keys put the pause off", async () => {
    const { type, pauses, pause, told } = catcher(reader);
    type(base64.slice(0, 900));
    expect(pauses.count).toBe(1);
    type(base64.slice(900));
    expect(pauses.count).toBe(1);
    await pause();
    expect(told).toEqual(["pasted"]);
  });

  test("is judged no more after the end", async () => {
    const { type, pause, caught, told } = catcher(reader);
    type("{ a");
    caught.close();
    await pause();
    expect(told).toEqual([]);
  });
});

function sdpOf(document: string): string {
  const { sdp } = JSON.parse((JSON.parse(document) as { sdp: string }).sdp) as { sdp: string };
  return sdp;
}

describe("what is typed", () => {
  test("is answered by what it means, a line at a time", async () => {
    const { type, pause, told } = catcher();
    for (const line of ["/paste", "  /help", "hello", "/quit", "q", "exit"]) {
      type(`${line}\r`);
      await pause();
    }
    type("\r\r");
    await pause();
    expect(told).toEqual(["paste-how", "help: /help", "other: hello", "leaving: /quit", "leaving: q", "leaving: exit"]);
  });

  test("slowly is answered at the end of the line, as it was corrected", async () => {
    const { type, press, pause, told } = catcher();
    type("hele");
    await pause();
    press("backspace");
    type("lo");
    await pause();
    expect(told).toEqual([]);
    type("\u0001\r");
    await pause();
    press("u", true);
    type("no");
    press("u", true);
    type("yes\r");
    await pause();
    expect(told).toEqual(["other: hello", "other: yes"]);
  });

  test("in a document is no command", async () => {
    const { type, pause, told } = catcher(reader);
    type(`${OURS.slice(0, 400)}\n/paste\n`);
    await pause();
    expect(told).toEqual([expect.stringContaining("cut off")]);
  });

  test.each([
    ["/exit", "leaving"],
    [":q", "leaving"],
    ["退出", "leaving"],
    ["?", "help"],
    ["--help", "help"],
    ["quite", "other"],
  ])("%s is about %s", (text, about) => {
    expect(aboutTyped(text)).toBe(about);
  });
});
