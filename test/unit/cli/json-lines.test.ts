// What `--json` writes: lines that no terminal obeys and any reader of lines takes, whatever the other side sends.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asciiJson, printJson } from "../../../src/cli/ascii-json.ts";
import { LINE_LIMIT_BYTES } from "../../../src/cli/bounded-event.ts";
import { jsonLine } from "../../../src/cli/json-output.ts";
import { OutputWriter } from "../../../src/cli/output-writer.ts";
import { createPrinter } from "../../../src/cli/print.ts";
import type { ProgramEvent } from "../../../src/index.ts";
import { FakeIo, NOW } from "./fakes.ts";

const PLAIN_ASCII_LINE = /^[\u0020-\u007e]*\n$/;
/** The longest that a path of an offer may be, of what takes most room. */
const LONGEST_PATH = "\u0001".repeat(4_096);

const parsed = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

function incoming(entries: number, path: string, resumable = 0): ProgramEvent {
  return {
    event: "incoming",
    transfer: "r1",
    files: entries,
    bytes: 0,
    entries: Array.from({ length: entries }, () => ({ path, bytes: Number.MAX_SAFE_INTEGER, type: "directory" })),
    ...(resumable === 0
      ? {}
      : {
          resumable: Array.from({ length: resumable }, () => ({ path, bytes: 2 ** 50, total: 2 ** 50, changed: true })),
        }),
  };
}

/** A part of a proposal that was declined. */
function declined(path: string, count: number, pathsLeftOut?: number): ProgramEvent {
  const paths = Array.from({ length: count }, () => path);
  const part = { event: "declined", transfer: "r1", direction: "receive", by: "me", paths } as const;
  return pathsLeftOut === undefined ? part : { ...part, pathsLeftOut };
}

describe("a line", () => {
  test.each([
    "\u009b2J",
    "\u0085\u2028\u2029",
    "\u202egnaW\u202c",
    "\u007f\u00ad",
    "\ud800 alone",
    "王\u{10ffff}",
    "\u001b]0;\u0007\r\n\0",
  ])("is ASCII and says the same: %j", (text) => {
    const line = jsonLine({ event: "message", from: "peer", text }, NOW);
    expect(line).toMatch(PLAIN_ASCII_LINE);
    expect(parsed(line)).toMatchObject({ text });
  });

  test("is ASCII for any text anywhere", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (one, other) => {
        for (const event of [
          { event: "message", from: "peer", text: one + other },
          { event: "error", code: "PEER_PROTOCOL", message: one, hint: other },
          { event: "peer-file", path: other, type: "offer" },
          incoming(1, one),
        ] satisfies ProgramEvent[]) {
          expect(jsonLine(event, NOW)).toMatch(PLAIN_ASCII_LINE);
        }
      }),
    );
  });

  test("of a message holds all of it", () => {
    const text = "\u0001".repeat(262_144);
    const line = jsonLine({ event: "message", from: "peer", text }, NOW);
    expect(parsed(line)["text"]).toBe(text);
    expect(line.length).toBeLessThan(1.6 * 1024 * 1024);
  });
});

describe("a line of at most 64 KiB", () => {
  test.each([
    ["entries", incoming(1_000, LONGEST_PATH)],
    ["short entries", incoming(1_000, "a/b")],
    ["entries and parts", incoming(1_000, LONGEST_PATH, 64)],
    ["declined paths", declined("\u0001".repeat(131), 1_000)],
    ["a few long paths that are declined", declined(LONGEST_PATH, 32)],
    [
      "an error",
      { event: "error", code: "PEER_PROTOCOL", message: LONGEST_PATH.repeat(20), hint: "王".repeat(90_000) },
    ],
  ] satisfies [string, ProgramEvent][])("with %s", (_, event) => {
    expect(jsonLine(event, NOW).length).toBeLessThanOrEqual(LINE_LIMIT_BYTES);
  });

  test("says how many entries it leaves out", () => {
    const line = parsed(jsonLine(incoming(1_000, "q".repeat(1_000), 64), NOW));
    const told = (line["entries"] as unknown[]).length;
    const parts = (line["resumable"] as unknown[]).length;
    expect(told).toBeGreaterThan(10);
    expect(line["entriesLeftOut"]).toBe(1_000 - told);
    expect(line["resumableLeftOut"]).toBe(64 - parts);
    const more = { ...incoming(1_000, "q".repeat(1_000), 64), entriesLeftOut: 5 } as ProgramEvent;
    expect(parsed(jsonLine(more, NOW))["entriesLeftOut"]).toBe(1_005 - told);
  });

  test("says how many declined paths it leaves out", () => {
    const line = parsed(jsonLine(declined("q".repeat(1_000), 131, 5), NOW));
    const told = (line["paths"] as unknown[]).length;
    expect(told).toBeGreaterThan(50);
    expect(line["pathsLeftOut"]).toBe(136 - told);
    expect(parsed(jsonLine(declined("path/of/a/file", 1_000), NOW))).not.toHaveProperty("pathsLeftOut");
  });

  test("leaves nothing out that fits", () => {
    const line = parsed(jsonLine(incoming(700, "path/of/a/file", 3), NOW));
    expect(line["entries"]).toHaveLength(700);
    expect(line).not.toHaveProperty("entriesLeftOut");
    expect(line).not.toHaveProperty("resumableLeftOut");
    const { message } = parsed(
      jsonLine({ event: "error", code: "INTERNAL", message: "王".repeat(999), hint: "" }, NOW),
    );
    expect(message).toBe("王".repeat(999));
  });

  test("never cuts a character in two", () => {
    const event: ProgramEvent = { event: "error", code: "INTERNAL", message: `a${"𝕏".repeat(30_000)}`, hint: "" };
    const { message } = parsed(jsonLine(event, NOW));
    expect(String(message)).toMatch(/^a𝕏+…$/u);
  });
});

test("what a command says to programs is one line, on a narrow terminal too", async () => {
  const io = new FakeIo(["stdout", "stderr"]);
  Object.assign(io.output, { columns: 20 });
  const [stdout, stderr] = [new OutputWriter(io.stdout), new OutputWriter(io.stderr)];
  const value = { name: "W\u0430ng \u009b", list: Array.from({ length: 20 }, () => "a word") };
  printJson(await createPrinter({ stdout, stderr, color: true }), value);
  const { stdout: written } = await io.written();
  expect(written).toBe(`${asciiJson(value)}\n`);
  expect(written).toMatch(PLAIN_ASCII_LINE);
});
