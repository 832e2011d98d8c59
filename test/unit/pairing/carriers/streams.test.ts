// The two streams that carry documents.
import { expect, test } from "vitest";
import { StreamReader, StreamWriter } from "../../../../src/pairing/carriers/streams.ts";

const DOCUMENT = '{"type":"offer","sdp":"v=0"}';

async function* streamOf(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

test("documents are read one by one, each when it is complete", async () => {
  const reader = new StreamReader(streamOf(DOCUMENT.slice(0, 5), `${DOCUMENT.slice(5)}\n${DOCUMENT}`));
  const texts: string[] = [];
  for await (const { bytes, label, isFromBefore } of reader.incoming(new AbortController().signal)) {
    texts.push(Buffer.from(bytes).toString().trim());
    expect({ label, isFromBefore }).toEqual({ label: "-", isFromBefore: false });
  }
  expect(texts).toEqual([DOCUMENT, DOCUMENT]);
});

test("nothing more is read after an abort", async () => {
  const abort = new AbortController();
  const reader = new StreamReader(streamOf(DOCUMENT, DOCUMENT), "pipe");
  let count = 0;
  for await (const { label } of reader.incoming(abort.signal)) {
    count += 1;
    expect(label).toBe("pipe");
    abort.abort();
  }
  expect(count).toBe(1);
});

test("what is published is written", async () => {
  const written: string[] = [];
  const writer = new StreamWriter((document) => written.push(document));
  expect(await writer.publish(DOCUMENT)).toEqual({ path: "-", isMadeAnew: false });
  expect(written).toEqual([DOCUMENT]);
});
