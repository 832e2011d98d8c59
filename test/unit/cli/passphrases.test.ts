// Where a passphrase comes from, and in which order.
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { Passphrases, type PassphraseSource, passphraseSource } from "../../../src/cli/passphrases.ts";
import { OutputWriter } from "../../../src/cli/output-writer.ts";
import { TerminalPrinter } from "../../../src/cli/print.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { JobForeground } from "../../../src/ui/foreground.ts";
import { PLAIN_STYLE } from "../../../src/ui/style.ts";
import { FakeTerminal, settled } from "../../support/fake-terminal.ts";
import { makePipe } from "../../support/odd-files.ts";

test.each([
  [["flag", { P2P_PASSPHRASE: "text", P2P_PASSPHRASE_FILE: "env" }, "config"], { file: "flag" }],
  [[undefined, { P2P_PASSPHRASE: "text", P2P_PASSPHRASE_FILE: "env" }, "config"], { text: "text" }],
  [[undefined, { P2P_PASSPHRASE: "", P2P_PASSPHRASE_FILE: "env" }, "config"], { file: "env" }],
  [[undefined, {}, "config"], { file: "config" }],
  [[undefined, {}, undefined], undefined],
] as const)("%j", ([flag, env, configured], source) => {
  expect(passphraseSource(flag, env, configured)).toEqual(source);
});

function onTerminal(source?: PassphraseSource, mayAsk = true) {
  const terminal = new FakeTerminal();
  const nowhere = new OutputWriter(new Writable({ write: (_chunk, _encoding, done) => done() }) as NodeJS.WriteStream);
  const options = { stdout: nowhere, stderr: new OutputWriter(terminal.output), color: false };
  const foreground = new JobForeground(() => true);
  const io = {
    stdin: terminal.input,
    stderr: terminal.output,
    openTerminal: () => undefined,
    interrupt: () => {},
    foreground,
  };
  const printer = new TerminalPrinter(options, PLAIN_STYLE);
  // The screen wants CR LF, which a real terminal makes of LF.
  const lines = () => terminal.bytes.split("\n").slice(0, -1);
  const passphrases = new Passphrases({ io, printer, words: wordsFor("en"), source, mayAsk });
  return { terminal, lines, passphrases };
}

async function typed(terminal: FakeTerminal, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    await settled();
    terminal.type(key);
  }
  await settled();
}

test("of a file is read once: a pipe gives it only the first time", async () => {
  const dir = await mkdtemp(join(tmpdir(), "p2p-passphrase-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, "pipe");
  makePipe(file);
  const { passphrases } = onTerminal({ file });
  const [given] = await Promise.all([passphrases.given(), appendFile(file, "correct horse\n")]);
  expect(given).toBe("correct horse");
  expect(await passphrases.forSealing("--seal")).toBe("correct horse");
});

describe("to seal with", () => {
  test("is typed twice, until both are the same; nothing of it is shown", async () => {
    const { terminal, lines, passphrases } = onTerminal();
    const sealing = passphrases.forSealing("--seal");
    await typed(terminal, "correct horse\r", "correct house\r", "correct horse\r", "correct horse\r");
    expect(await sealing).toBe("correct horse");
    expect(lines()).toEqual([
      "a passphrase for the files (not shown; empty: one is made for you):",
      "the same once more:",
      "the two are not the same",
      "a passphrase for the files (not shown; empty: one is made for you):",
      "the same once more:",
    ]);
  });

  test("is made where nothing is typed, and shown to be told on", async () => {
    const { terminal, lines, passphrases } = onTerminal();
    const sealing = passphrases.forSealing("--seal");
    await typed(terminal, "\r");
    const made = await sealing;
    expect(made.split(" ")).toHaveLength(6);
    expect(lines().slice(1)).toEqual([
      `passphrase: ${made}`,
      "tell it to the other side by another way than the files, as on the phone",
    ]);
  });

  test("is remarked on when it is weak, wherever it comes from", async () => {
    const { lines, passphrases } = onTerminal({ text: "1234" });
    expect(await passphrases.forSealing("--seal")).toBe("1234");
    expect(lines()).toEqual([expect.stringContaining("can guess"), "  it empty and one is made for you"]);
  });

  test("is a usage error where nobody may be asked, or nobody answers", async () => {
    await expect(onTerminal(undefined, false).passphrases.forSealing("--seal")).rejects.toMatchObject({
      code: "USAGE",
    });
    const { terminal, passphrases } = onTerminal();
    const sealing = passphrases.forSealing("--seal");
    sealing.catch(() => {});
    await typed(terminal, "\u0004");
    await expect(sealing).rejects.toMatchObject({ code: "USAGE" });
  });
});

test("of a file is asked by its escaped name", async () => {
  const { terminal, lines, passphrases } = onTerminal();
  const asking = passphrases.ask("a\u001b[2J.json", true);
  await typed(terminal, "able\r");
  expect(await asking).toBe("able");
  expect(lines()).toEqual(["this passphrase does not open it", "passphrase of a\\e[2J.json (not shown):"]);
});

test("of a file is asked again where nothing was typed, until the end of the input", async () => {
  const { terminal, lines, passphrases } = onTerminal();
  const asking = passphrases.ask("a.json", false);
  await typed(terminal, "\r", "\r", "able\r");
  expect(await asking).toBe("able");
  const question = "passphrase of a.json (not shown):";
  const nothing = "nothing was typed: type it, or press Ctrl-D if you do not know it";
  expect(lines()).toEqual([question, nothing, question, nothing, question]);
  const askingMore = passphrases.ask("b.json", false);
  await typed(terminal, "\r", "\u0004");
  expect(await askingMore).toBeUndefined();
});

test("to meet with is asked again where nothing was typed", async () => {
  const { terminal, passphrases } = onTerminal();
  const meeting = passphrases.forMeeting("answer", "--via mqtt://b");
  await typed(terminal, "\r", "able bold cave dusk easy fern\r");
  expect(await meeting).toBe("able bold cave dusk easy fern");
  const another = passphrases.forMeeting("answer", "--via mqtt://b");
  another.catch(() => {});
  await typed(terminal, "\u0004");
  const hint = "run it again and type the one that p2p offer shows on the other side";
  await expect(another).rejects.toMatchObject({ code: "USAGE", hint });
});
