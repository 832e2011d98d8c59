// What a far end says beside its documents.
import { describe, expect, test } from "vitest";
import { FarLines, fromFirstDocument, isWhole } from "../../../../src/pairing/carriers/far-lines.ts";

const DOCUMENT = '{"type":"answer"}\n';

async function* streamOf(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** What is passed on, and what is taken for noise. */
async function split(...pieces: string[]): Promise<{ passed: string; noise: string[] }> {
  const noise: string[] = [];
  let passed = "";
  const stream = fromFirstDocument(streamOf(...pieces), new FarLines((text) => noise.push(text)));
  for await (const bytes of stream) passed += Buffer.from(bytes).toString();
  return { passed, noise };
}

describe("lines", () => {
  test("are whole however they come, without blank ones, and `\\r` ends one too", () => {
    const lines: string[] = [];
    const splitter = new FarLines((text) => lines.push(text));
    for (const piece of ["one", " line\r", "\n\n \n1 %\r2 %", "\rlast "]) {
      splitter.push(Buffer.from(piece));
    }
    for (const byte of Buffer.from("é")) splitter.push(Uint8Array.of(byte));
    splitter.end();
    splitter.end();
    expect(lines).toEqual(["one line", "1 %", "2 %", "last é"]);
  });

  test("are cut where they are long, and only so many are passed on", () => {
    const lines: string[] = [];
    const splitter = new FarLines((text) => lines.push(text));
    for (let count = 0; count < 100; count += 1) splitter.push(Buffer.alloc(10_000, "x"));
    splitter.pushText("\n");
    expect(lines).toEqual([`${"x".repeat(500)}…`]);
    for (let count = 0; count < 2_000; count += 1) splitter.pushText(`${count}\n`);
    expect(lines).toHaveLength(1_001);
    expect(lines.at(-2)).toBe("998");
    expect(lines.at(-1)).toBe("…");
  });
});

describe("the stream of a far end", () => {
  test("is passed on from its document on, in pieces of any size", async () => {
    const greeting = "Welcome to Debian\n\n---- {all} is logged ----\n";
    const all = `${greeting}${DOCUMENT}${DOCUMENT}`;
    const noise = ["Welcome to Debian", "---- {all} is logged ----"];
    expect(await split(all)).toEqual({ passed: DOCUMENT + DOCUMENT, noise });
    expect(await split(...all.split(""))).toEqual({ passed: DOCUMENT + DOCUMENT, noise });
    const indented = await split(` \n${DOCUMENT}`);
    expect({ ...indented, passed: indented.passed.trimStart() }).toEqual({ passed: DOCUMENT, noise: [] });
  });

  test("may hold a sealed document", async () => {
    const sealed = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";
    expect(await split(...`-----\nhello\n${sealed}`.split(""))).toEqual({ passed: sealed, noise: ["-----", "hello"] });
  });

  test("holds nothing where no line begins a document", async () => {
    expect(await split("no ", "p2p here\nsh: 1")).toEqual({ passed: "", noise: ["no p2p here", "sh: 1"] });
    expect(await split()).toEqual({ passed: "", noise: [] });
    expect(await split("-----BEGIN")).toEqual({ passed: "", noise: ["-----BEGIN"] });
  });

  test("is left after 256 KiB without a document, blank ones too", async () => {
    async function* endless(text: string): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(65_536, text);
    }
    for (const text of ["noise\n", "\n", "x"]) {
      const passed: Uint8Array[] = [];
      for await (const bytes of fromFirstDocument(endless(text), new FarLines(() => {}))) passed.push(bytes);
      expect(passed).toEqual([]);
    }
  });
});

test("a document that was cut off is told apart", () => {
  expect(isWhole(Buffer.from(DOCUMENT))).toBe(true);
  expect(isWhole(Buffer.from("-----END AGE ENCRYPTED FILE-----\r\n"))).toBe(true);
  expect(isWhole(Buffer.from('{"type":"ans'))).toBe(false);
});
