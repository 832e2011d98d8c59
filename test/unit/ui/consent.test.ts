import { describe, expect, it } from "vitest";
import type { P2pEvent } from "../../../src/index.ts";
import type { IncomingEntry } from "../../../src/command-port.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { type ConsentContext, consentLines } from "../../../src/ui/consent.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { displayWidth } from "../../../src/ui/width.ts";

type Incoming = Extract<P2pEvent, { event: "incoming" }>;

function incoming(entries: IncomingEntry[], change: Partial<Incoming> = {}): Incoming {
  const files = entries.filter(({ type }) => type === "file");
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { event: "incoming", transfer: "t", files: files.length, bytes, entries, ...change };
}

function shown(event: Incoming, change: Partial<ConsentContext> = {}): string[] {
  return consentLines(event, {
    words: wordsFor("en").conversation,
    style: PLAIN_STYLE,
    columns: 80,
    peerName: undefined,
    outputDir: "/home/me/in",
    freeBytes: 10 * 1_073_741_824,
    answer: { by: "commands" },
    ...change,
  }).map(plainParts);
}

/** A long text is measured in pieces, and a cut through an emoji counts too much. */
const exactWidth = (line: string): number =>
  Array.from(new Intl.Segmenter().segment(line), ({ segment }) => displayWidth(segment)).reduce((a, b) => a + b, 0);

const file = (path: string, bytes: number): IncomingEntry => ({ path, bytes, type: "file" });

describe("consentLines()", () => {
  it("lists what comes, largest first, where it goes, and asks", () => {
    const event = incoming([
      file("tree/a.txt", 3),
      { path: "tree/empty", bytes: 0, type: "directory" },
      file("报告.pdf", 5_242_880),
      file("b.bin", 3_000),
    ]);
    expect(shown(event, { peerName: "张三" })).toEqual([
      "← 张三 wants to send 3 files and 1 folder, 5.0 MiB:",
      "1     5.0 MiB  报告.pdf",
      "2     2.9 KiB  b.bin",
      "3         3 B  tree/a.txt",
      "4           -  tree/empty/",
      "/accept 1,3-4 takes a part",
      "to /home/me/in (10.0 GiB free)",
      "/accept or /decline?",
    ]);
  });

  it("asks to resume in other words, with how much is there", () => {
    const event = incoming([file("照片/f\u202e.bin", 1_000), file("g", 10)], {
      resumable: [
        { path: "g", bytes: 3, total: 10 },
        { path: "照片/f\u202e.bin", bytes: 375, total: 1_000 },
      ],
    });
    expect(shown(event).slice(-2)).toEqual([
      "Resume '照片/f\\u{202e}.bin' (37.5 %) and 1 more?",
      "/accept goes on, /accept fresh takes it from the beginning, /decline",
    ]);
    expect(shown(event, { answer: { by: "below", number: 2 } }).at(-1)).toBe(
      "/accept #2 goes on, /accept #2 fresh takes it from the beginning, /decline #2",
    );
    const one = incoming([file("g", 10)], { resumable: [{ path: "g", bytes: 10, total: 10, changed: true }] });
    expect(shown(one, { answer: { by: "yes-no" } }).slice(-3)).toEqual([
      "its size or time is another one now: what is the same stays",
      "Resume 'g' (100 %)?",
      "y goes on, f takes it from the beginning, n declines [y/f/n]",
    ]);
    expect(shown(one, { words: wordsFor("zh").conversation }).slice(-2)).toEqual([
      "继续接收“g”（已有 100%）？",
      "/accept 继续，/accept fresh 从头接收，/decline 拒收",
    ]);
    const long = incoming([], { resumable: [{ path: "长".repeat(85), bytes: 1, total: 1_000 }] });
    for (const line of shown(long).slice(-2)) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it("asks in the way the answer is given", () => {
    const event = incoming([file("a", 1)]);
    expect(shown(event, { answer: { by: "commands", number: 2 } }).at(-1)).toBe("/accept #2 or /decline #2?");
    expect(shown(event, { answer: { by: "yes-no" } }).at(-1)).toBe("accept? [y/n]");
    expect(shown(event, { words: wordsFor("zh").conversation })).toEqual([
      "← 对方请求发送 1 个文件，共 1 B：",
      "       1 B  a",
      "保存到 /home/me/in（可用空间 10.0 GiB）",
      "/accept 接收，/decline 拒收",
    ]);
  });

  it("caps the list at 20 and counts the rest, also what the event leaves out", () => {
    const entries = Array.from({ length: 1_000 }, (_, n) => file(`f${n}`, n));
    const lines = shown(incoming(entries, { files: 2_500 }));
    expect(lines).toHaveLength(1 + 20 + 2 + 2);
    expect(lines[1]).toBe("   1       999 B  f999");
    expect(lines[21]).toBe("            … and 2,480 more; ? lists them all");
  });

  it("says before anything is opened that the disk is too small", () => {
    const event = incoming([file("a", 2_097_152)]);
    expect(shown(event, { freeBytes: 1_048_576 })).toContain("not enough space: 2.0 MiB needed, 1.0 MiB free");
    expect(shown(event, { freeBytes: 2_097_152 }).join()).not.toContain("not enough");
    expect(shown(event, { freeBytes: undefined })).toContain("to /home/me/in");
  });

  it.each([40, 80, 120])("shows hostile names escaped and within %d columns", (columns) => {
    const names = [
      "\u001b[2J\u001b[1;1Hyes",
      "a\rb",
      "evil\u202egnp.exe",
      "长".repeat(100),
      "x".repeat(255),
      "👨‍👩‍👧‍👦".repeat(60),
    ];
    const lines = shown(incoming(names.map((name, n) => file(name, 100 - n))), {
      columns,
      peerName: "p\u001b]0;x\u0007",
    });
    for (const line of lines.slice(1, 1 + names.length)) expect(exactWidth(line)).toBeLessThan(columns);
    for (const line of lines) expect(line).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e]*$/u);
    expect(lines.join("\n")).toContain("\\e[2J");
    expect(lines.join("\n")).toContain("a\\rb");
    expect(lines.join("\n")).toContain("\\u{202e}");
  });
});
