// Texts as tools for bytes print them. The dumps are made by the rules of the tools' own manuals.
import { describe, expect, test } from "vitest";
import { undoHexDump, undoUtf7, undoUuencode } from "../../../../src/exchange/repair/byte-dumps.ts";

const TEXT = `${'{"sdp" : "v=0 é…",\n'}${" ".repeat(160)}${'"icecandidate" : []}\n'.repeat(12)}`;
const BYTES = Buffer.from(TEXT);

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const visible = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
const rows = (width: number): Buffer[] =>
  Array.from({ length: Math.ceil(BYTES.length / width) }, (_, at) => BYTES.subarray(at * width, (at + 1) * width));
const pairs = (bytes: Uint8Array): string[] => Array.from(bytes, hex);

const xxd = (): string =>
  rows(16)
    .map((row, at) => {
      const groups = (row.toString("hex").match(/.{1,4}/g) ?? []).join(" ").padEnd(39);
      return `${(at * 16).toString(16).padStart(8, "0")}: ${groups}  ${visible(row)}\n`;
    })
    .join("");

/** With `*` for equal rows, as hexdump and od have it. */
function squeezed(line: (row: Buffer, offset: number) => string, end: string): string {
  const lines: string[] = [];
  let before: Buffer | undefined;
  for (const [at, row] of rows(16).entries()) {
    if (before?.equals(row) === true) {
      if (lines.at(-1) !== "*") lines.push("*");
    } else lines.push(line(row, at * 16));
    before = row;
  }
  return `${[...lines, end].join("\n")}\n`;
}

const hexdump = squeezed(
  (row, offset) => {
    const [left, right] = [pairs(row.subarray(0, 8)).join(" "), pairs(row.subarray(8)).join(" ")];
    return `${offset.toString(16).padStart(8, "0")}  ${left.padEnd(23)}  ${right.padEnd(23)}  |${visible(row)}|`;
  },
  BYTES.length.toString(16).padStart(8, "0"),
);
const od = squeezed(
  (row, offset) => `${offset.toString(8).padStart(7, "0")} ${pairs(row).join(" ")}`,
  BYTES.length.toString(8).padStart(7, "0"),
);
const words = squeezed(
  (row, offset) => {
    const numbers = Array.from({ length: row.length / 2 }, (_, at) =>
      row
        .readUInt16LE(at * 2)
        .toString(16)
        .padStart(4, "0"),
    );
    return `${offset.toString(16).padStart(7, "0")} ${numbers.join(" ")}`;
  },
  BYTES.length.toString(16).padStart(7, "0"),
);
const powerShell = `   Path: C:\\a.json\n\n           00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n\n${rows(16)
  .map(
    (row, at) =>
      `${(at * 16).toString(16).padStart(8, "0").toUpperCase()}   ${pairs(row).join(" ").toUpperCase().padEnd(47)}  ${visible(row)}`,
  )
  .join("\n")}\n`;

describe("a hex dump", () => {
  test("has rows that are left out", () => {
    expect(hexdump).toContain("\n*\n");
    expect(BYTES.length % 2).toBe(0);
  });

  test.each([
    ["xxd", xxd()],
    ["xxd -p", BYTES.toString("hex").replaceAll(/.{60}/g, "$&\n")],
    [
      "xxd -i",
      `unsigned char a[] = {\n${rows(12)
        .map((row) =>
          pairs(row)
            .map((pair) => `0x${pair}`)
            .join(", "),
        )
        .join(",\n  ")}\n};`,
    ],
    ["hexdump -C", hexdump],
    ["hexdump", words],
    ["od -t x1", od],
    ["Format-Hex", powerShell],
    ["pairs", pairs(BYTES).join(" ")],
    ["xxd with text around it and carriage returns", `my file:\r\n${xxd().replaceAll("\n", "\r\n")}\r\nBye\r\n`],
  ])("of %s is undone", (_, dump) => {
    expect(undoHexDump(dump)).toEqual([TEXT]);
  });

  test("of numbers of two bytes has one for the last byte too", () => {
    const odd = words.replace(/ (..)(..)\n(.{7})\n$/, (_, _high: string, low: string, end: string) => {
      const length = (Number.parseInt(end, 16) - 1).toString(16).padStart(7, "0");
      return ` 00${low}\n${length}\n`;
    });
    expect(undoHexDump(odd)).toEqual([TEXT.slice(0, -1)]);
  });

  test("of characters, as od -c prints it, is known and not undone", () => {
    expect(
      undoHexDump('0000000   {  \\n               "   i   c\n0000020   e   c   a   n   d   i\n0000040   t\n'),
    ).toEqual([""]);
  });

  test("without one of its rows gives no text: nobody knows what was in it", () => {
    const lines = xxd().split("\n");
    expect(undoHexDump([...lines.slice(0, 5), ...lines.slice(6)].join("\n"))).toEqual([""]);
  });

  test("whose left-out rows make more than a document is not unpacked", () => {
    let offset = 0;
    const lines = ["0000 7b"];
    while (lines.length < 40) {
      offset += 65_536;
      lines.push("*", `${offset.toString(16).padStart(4, "0")} 7b`);
    }
    expect(undoHexDump(`${lines.slice(0, 9).join("\n")}\n`)[0]).toHaveLength(4 * 65_536 + 1);
    expect(undoHexDump(`${lines.join("\n")}\n`)).toEqual([""]);
  });

  test("whose row is as long as a document may be is read or refused like any other", () => {
    const long = `0000: ${"7b".repeat(130_000)}\n`;
    expect(undoHexDump(`${long}1fbd0: 7b\n1fbd1: 7b\n`)[0]).toHaveLength(130_002);
    expect(undoHexDump(`${long}0001: 7b\n0002: 7b\n`)).toEqual([""]);
  });

  test.each([
    ["a certificate's fingerprint", "AB:CD:EF:01:23\n".repeat(9)],
    ["a key in hex", `${"489b4e7873bb39b3".repeat(8)}\n`],
    ["a letter", "00000000 is a number\n00000010 is another\n00000020 and this\n"],
    ["nothing", ""],
  ])("%s is none", (_, text) => {
    expect(undoHexDump(text)).toEqual([]);
  });
});

describe("uuencode", () => {
  const encoded = (zero: string): string =>
    `begin 644 LocaltionJson.json\n${rows(45)
      .map((row) => {
        const padded = Buffer.concat([row, Buffer.alloc((3 - (row.length % 3)) % 3)]);
        const sixes = Array.from({ length: padded.length / 3 }, (_each, at) => padded.readUIntBE(at * 3, 3)).flatMap(
          (three) => [three >> 18, (three >> 12) & 63, (three >> 6) & 63, three & 63],
        );
        return [row.length, ...sixes].map((six) => (six === 0 ? zero : String.fromCharCode(six + 32))).join("");
      })
      .join("\n")}\n${zero}\nend\n`;

  test.each([
    ["with grave accents", encoded("`")],
    ["with spaces", encoded(" ")],
    ["with spaces that are gone at the end of lines", encoded(" ").replaceAll(/ +$/gm, "")],
    ["in a mail", `Hi,\n\n${encoded("`")}\nBye\n`],
  ])("%s is undone", (_, text) => {
    expect(undoUuencode(text)).toEqual([TEXT]);
  });

  test("a sentence that begins so is none", () => {
    expect(undoUuencode("begin 644 words\nlower case is no row\n")).toEqual([]);
  });
});

describe("UTF-7", () => {
  const utf7 = (text: string): string =>
    text.replaceAll("+", "+-").replaceAll(/[^A-Za-z0-9'(),\-./:?+ \n]+/g, (run) => {
      const bytes = Buffer.from(run, "utf16le").swap16();
      return `+${bytes.toString("base64").replaceAll("=", "")}-`;
    });

  test("is undone, runs of several characters too", () => {
    expect(utf7('{"')).toBe("+AHsAIg-");
    expect(undoUtf7(utf7(`${TEXT} a+b 1+1`))).toEqual([`${TEXT} a+b 1+1`]);
  });

  test("other text with plus signs is none", () => {
    expect(undoUtf7('{"a" : "1+AB-2"}')).toEqual([]);
  });
});
