import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { createPrinter } from "../../../src/cli/print.ts";
import { OutputWriter } from "../../../src/cli/output-writer.ts";
import { encodeShortCode, readShortCode } from "../../../src/exchange/code/short-code.ts";
import type { OwnDocument } from "../../../src/exchange/description.ts";
import { generateOwnKey } from "../../../src/trust/signing.ts";
import { signDocument } from "../../../src/pairing/people.ts";
import { drawQrCode, fitsInto } from "../../../src/ui/qr-code.ts";
import { PLAIN_STYLE, plainParts, renderRows, type Style } from "../../../src/ui/style.ts";
import { readQrCode } from "../../support/terminal-picture.ts";
import { answer, offer } from "../exchange/fixtures.ts";

const THEMES = ["light", "dark"] as const;
const PUBLIC = {
  foundation: "s1",
  component: 1,
  transport: "udp",
  priority: 1677729535,
  address: "203.0.113.7",
  port: 61_234,
  type: "srflx",
  relatedAddress: "127.0.0.1",
  relatedPort: 4000,
} as const;
const withPublic = (document: OwnDocument): OwnDocument => ({
  ...document,
  description: { ...document.description, candidates: [...document.description.candidates, PUBLIC] },
});
const DOCUMENTS: [what: string, document: OwnDocument, columns: number][] = [
  ["an offer", withPublic(offer()), 45],
  ["an answer", withPublic(answer()), 49],
  ["a signed answer", signDocument(withPublic(answer()), generateOwnKey()), 65],
];

function codeOf(document: OwnDocument): string {
  const encoded = encodeShortCode(document);
  if ("why" in encoded) throw new Error(encoded.why);
  return encoded.code;
}

async function coloredStyle(): Promise<Style> {
  const terminal = new OutputWriter(Object.assign(new PassThrough(), { isTTY: true }) as unknown as NodeJS.WriteStream);
  return (await createPrinter({ stdout: terminal, stderr: terminal, color: true })).style;
}

describe.each(DOCUMENTS)("the QR code of %s", (_, document, columns) => {
  const code = codeOf(document);

  test.each(THEMES)("is read from a %s terminal, coloured or not", async (theme) => {
    for (const style of [PLAIN_STYLE, await coloredStyle()]) {
      const { lines } = drawQrCode(code, style);
      const rows = lines.flatMap((line) => renderRows([line], 80));
      const read = readQrCode(["waiting for the other side's file", ...rows, "sh>"], theme) ?? "";
      expect(read).toBe(code.toUpperCase());
      expect(readShortCode(read)).toEqual(readShortCode(code));
    }
  });

  test("is drawn light on dark where nothing is coloured, as for a file", async () => {
    const plain = drawQrCode(code, PLAIN_STYLE).lines.map((line) => plainParts([line]));
    expect(plain[0]).toMatch(/^█+$/);
    expect(drawQrCode(code, await coloredStyle()).lines.map((line) => plainParts([line]))).toEqual(plain);
  });

  test("says which window shows all of it", () => {
    const qr = drawQrCode(code, PLAIN_STYLE);
    expect(qr.needs.columns).toBeLessThanOrEqual(columns);
    expect(new Set(qr.lines.map(({ plain }) => plain.length))).toEqual(new Set([qr.needs.columns]));
    expect(qr.needs.rows).toBe(qr.lines.length + 1);
    expect(fitsInto(undefined, qr)).toBe(true);
    expect(fitsInto(qr.needs, qr)).toBe(true);
    expect(fitsInto({ ...qr.needs, columns: qr.needs.columns - 1 }, qr)).toBe(false);
    expect(fitsInto({ ...qr.needs, rows: qr.needs.rows - 1 }, qr)).toBe(false);
  });
});
