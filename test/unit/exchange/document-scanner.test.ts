// Documents found in text that comes in pieces.
import { describe, expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { DocumentScanner } from "../../../src/exchange/document-scanner.ts";
import { MAX_DOCUMENT_BYTES } from "../../../src/exchange/limits.ts";
import { answer, offer } from "./fixtures.ts";

const ONE = encodeExchangeDocument(offer({ name: 'A "{[" \\ \u{1f600}' })).trim();
const OTHER = encodeExchangeDocument(answer()).trim();
const ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----";

function scan(text: string, pieceLength: number): string[] {
  const scanner = new DocumentScanner();
  const found: string[] = [];
  for (let at = 0; at < text.length; at += pieceLength) found.push(...scanner.push(text.slice(at, at + pieceLength)));
  expect(scanner.isInside).toBe(false);
  return found;
}

describe("DocumentScanner", () => {
  test.each([1, 2, 7, 100_000])("finds documents in pieces of %i", (pieceLength) => {
    // A piece may end within a surrogate pair; a document is put together again nevertheless.
    expect(scan(`${ONE}\n${OTHER}`, pieceLength)).toEqual([ONE, OTHER]);
    expect(scan(`~~~json\r\n${OTHER}\r\n~~~\nbye } ]\n${ARMOR}\n`, pieceLength)).toEqual([OTHER, ARMOR]);
  });

  test("knows that one has begun, and forgets it when told", () => {
    const scanner = new DocumentScanner();
    expect(scanner.push(ONE.slice(0, 100))).toEqual([]);
    expect(scanner.isInside).toBe(true);
    scanner.reset();
    expect(scanner.push(OTHER)).toEqual([OTHER]);
  });

  test("gives up one that is larger than any, and keeps no more of what is none", () => {
    const scanner = new DocumentScanner();
    expect(scanner.push(`{"${"x".repeat(MAX_DOCUMENT_BYTES)}`)).toEqual([]);
    expect(scanner.isInside).toBe(false);
    expect(scanner.push(`${"no document ".repeat(100_000)}${OTHER}`)).toEqual([OTHER]);
  });
});
