// When the reader of our documents is looked for, and when not.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GoneReader, goneReaderOf } from "../../../src/cli/gone-reader.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(hasReader = true) {
  const written: string[] = [];
  async function* stdin(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from("offer"));
  }
  const streams = new GoneReader({ stdin: stdin(), write: (text) => written.push(text), hasReader });
  const readAll = async (): Promise<string> => {
    let text = "";
    for await (const bytes of streams.read()) text += Buffer.from(bytes).toString();
    return text;
  };
  return { streams, written, readAll };
}

test("input that ends after our document has it looked for, a few times", async () => {
  const { streams, written, readAll } = setUp();
  streams.write("answer");
  expect(await readAll()).toBe("offer");
  await vi.advanceTimersByTimeAsync(0);
  expect(written).toEqual(["answer", "\n"]);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(written).toEqual(["answer", ...Array<string>(6).fill("\n")]);
});

test("input that ends before our document, and a file that we write to, say nothing", async () => {
  const early = setUp();
  await early.readAll();
  early.streams.write("answer");
  const file = setUp(false);
  file.streams.write("answer");
  await file.readAll();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect([early.written, file.written]).toEqual([["answer"], ["answer"]]);
});

test("nothing more is written once the line is connected", async () => {
  const { streams, written, readAll } = setUp();
  streams.write("answer");
  await readAll();
  await vi.advanceTimersByTimeAsync(1_000);
  streams.stop();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(written).toEqual(["answer", "\n", "\n"]);
});

test("is for both documents on stdin and stdout alone", () => {
  const written: string[] = [];
  const stdout = { write: (text: string) => void written.push(text), hasReader: true };
  const { stdin } = process;
  const streams = goneReaderOf({ in: "-", out: "-" }, stdin, stdout);
  expect(streams).toBeInstanceOf(GoneReader);
  streams?.write("answer");
  expect(written).toEqual(["answer"]);
  for (const files of [{}, { in: "-" }, { out: "-" }, { in: "a", out: "-" }]) {
    expect(goneReaderOf(files, stdin, stdout)).toBe(undefined);
  }
});
