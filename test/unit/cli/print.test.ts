import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { OutputWriter } from "../../../src/cli/output-writer.ts";
import { createPrinter } from "../../../src/cli/print.ts";

function stream(isTTY: boolean): { raw: PassThrough; writer: OutputWriter } {
  const raw = Object.assign(new PassThrough(), { isTTY, columns: 72 });
  return { raw, writer: new OutputWriter(raw as unknown as NodeJS.WriteStream) };
}

const ESC = "\u001b";

test("colours go to terminals only, and only if wanted", async () => {
  for (const { color, isTTY } of [
    { color: true, isTTY: true },
    { color: true, isTTY: false },
    { color: false, isTTY: true },
  ]) {
    const [out, err] = [stream(false), stream(isTTY)];
    const printer = await createPrinter({ stdout: out.writer, stderr: err.writer, color });
    printer.err(printer.style.red("bad"), " thing");
    printer.out(printer.style.red("good"));
    out.raw.end();
    err.raw.end();
    expect(await text(out.raw)).toBe("good\n");
    expect(await text(err.raw)).toBe(color && isTTY ? `${ESC}[31mbad${ESC}[39m thing\n` : "bad thing\n");
  }
});

test("foreign text is escaped, styled or not", async () => {
  const [out, err] = [stream(true), stream(true)];
  const printer = await createPrinter({ stdout: out.writer, stderr: err.writer, color: true });
  printer.out(`a${ESC}[2Jb\n`, printer.style.bold(`${ESC}]0;x`));
  out.raw.end();
  expect(await text(out.raw)).toBe(`a\\e[2Jb\\n${ESC}[1m\\e]0;x${ESC}[22m\n`);
});

test("silence keeps errors and what was asked for", async () => {
  const [out, err] = [stream(false), stream(false)];
  const printer = await createPrinter({ stdout: out.writer, stderr: err.writer, color: false });
  printer.silence();
  printer.err("talk");
  printer.insist("error");
  printer.out("asked");
  out.raw.end();
  err.raw.end();
  expect(await text(out.raw)).toBe("asked\n");
  expect(await text(err.raw)).toBe("error\n");
  expect(printer.columns).toBe(72);
});

test("a reader that has gone is told apart from a full disk, and neither is written to again", async () => {
  for (const [code, isReaderGone] of [
    ["EPIPE", true],
    ["ENOSPC", false],
  ] as const) {
    const { raw, writer } = stream(false);
    raw.destroy(Object.assign(new Error(code), { code }));
    await writer.broken;
    expect(writer.isReaderGone).toBe(isReaderGone);
    expect(writer.failure?.code).toBe(isReaderGone ? undefined : code);
    writer.write("x");
    await writer.drained();
    await writer.flush();
  }
});

test("waits for a reader that is slow", async () => {
  const { raw, writer } = stream(false);
  writer.write("x".repeat(1_000_000));
  let isDrained = false;
  const draining = writer.drained().then(() => {
    isDrained = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDrained).toBe(false);
  raw.resume();
  await draining;
});

test("waits no longer than it is told for a reader that takes nothing", async () => {
  const { raw, writer } = stream(false);
  writer.write("x".repeat(1_000_000));
  const over = Promise.all([writer.drained(), writer.flush()]);
  writer.limitWaiting(1);
  await over;
  expect(raw.writableNeedDrain).toBe(true);
});
