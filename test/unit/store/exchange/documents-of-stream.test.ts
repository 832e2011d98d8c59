// Documents of a stream that stays open behind them.
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { encodeShortCode } from "../../../../src/exchange/code/short-code.ts";
import { MAX_DOCUMENT_BYTES } from "../../../../src/exchange/limits.ts";
import { documentsOfStream } from "../../../../src/store/exchange/documents-of-stream.ts";
import { offer } from "../../exchange/fixtures.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function all(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const found: string[] = [];
  for await (const bytes of documentsOfStream(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) {
    found.push(text(bytes));
  }
  return found;
}

describe("documentsOfStream()", () => {
  test("gives a document before the stream ends, and the next one when it comes", async () => {
    const stream = new Readable({ read() {} });
    const documents = documentsOfStream(stream);
    stream.push('{"a":');
    stream.push('"}"}\n');
    expect(text((await documents.next()).value as Uint8Array)).toBe('{"a":"}"}');
    stream.push('{"b":1} \n');
    stream.push(null);
    expect(text((await documents.next()).value as Uint8Array)).toBe('{"b":1}');
    expect(await documents.next()).toEqual({ done: true, value: undefined });
  });

  test("gives what is no document as it is, for the codec to say what is wrong", async () => {
    expect(await all("hello {} there")).toEqual(["hello {} there"]);
    expect(await all('{"a":')).toEqual(['{"a":']);
    expect(await all("")).toEqual([""]);
    expect(await all('{"a":1}', '{"b":')).toEqual(['{"a":1}', '{"b":']);
  });

  test("gives what another program says when it pauses: candidates may follow the description", async () => {
    const stream = new Readable({ read() {} });
    const documents = documentsOfStream(stream);
    const offer = '{"type":"offer","sdp":"v=0"}\n';
    stream.push(offer);
    const first = documents.next();
    stream.push('{"candidate":"candidate:1"}\ncandidate:2\n');
    expect(text((await first).value as Uint8Array)).toBe(`${offer}{"candidate":"candidate:1"}\ncandidate:2\n`);
    stream.push(offer);
    stream.push('{"p2p":{"digest":"0"}}');
    expect(text((await documents.next()).value as Uint8Array)).toBe(offer.trim());
    expect(text((await documents.next()).value as Uint8Array)).toBe('{"p2p":{"digest":"0"}}');
    stream.push(offer);
    stream.push(null);
    expect(text((await documents.next()).value as Uint8Array)).toBe(offer);
    expect(await documents.next()).toEqual({ done: true, value: undefined });
  });

  test("gives a short code when it is whole, however it comes, and one with a typo when its line pauses", async () => {
    const encoded = encodeShortCode(offer());
    const code = "code" in encoded ? encoded.code : "";
    const stream = new Readable({ read() {} });
    const documents = documentsOfStream(stream);
    stream.push(code.slice(0, 70));
    stream.push(`\n${code.slice(70)}\n`);
    expect(text((await documents.next()).value as Uint8Array).replaceAll(/\s/g, "")).toBe(code);
    const wrong = `here it is: ${code.slice(0, -9)}${code.at(-9) === "7" ? "8" : "7"}${code.slice(-8)}\n`;
    stream.push(wrong);
    expect(text((await documents.next()).value as Uint8Array)).toBe(wrong);
    stream.push(code);
    expect(text((await documents.next()).value as Uint8Array)).toBe(code);
    stream.push(null);
    expect(await documents.next()).toEqual({ done: true, value: undefined });
  });

  test("takes no pieces out of bytes that are no text", async () => {
    const binary = Buffer.concat([Buffer.from("age-encryption.org/v1\n"), Buffer.from([0xff, 0x7b, 0x7d, 0xfe])]);
    const found: Uint8Array[] = [];
    for await (const bytes of documentsOfStream(Readable.from([binary.subarray(0, 5), binary.subarray(5)]))) {
      found.push(bytes);
    }
    expect(found.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual([binary.toString("hex")]);
    const utf16 = Buffer.from("\ufeff{}", "utf16le");
    expect(await all(utf16)).toEqual([text(utf16)]);
  });

  test("characters may be cut, and a fence may stand around", async () => {
    const bytes = Buffer.from('```json\n{"name":"安😀"}\n```\n');
    expect(await all(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(['{"name":"安😀"}']);
    expect(await all('\ufeff{"a":1}')).toEqual(['{"a":1}']);
  });

  test("reads no more than tells that it is too large", async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1;
        yield Buffer.alloc(65_536, "{");
      }
    }
    const found: Uint8Array[] = [];
    for await (const bytes of documentsOfStream(endless())) found.push(bytes);
    expect(found).toHaveLength(1);
    expect(found[0]?.length).toBeGreaterThan(MAX_DOCUMENT_BYTES);
    expect(read).toBeLessThan(10);
  });
});
