// The conversation on a real pty under tmux, with a scripted peer (test/support/conversation-demo.ts).
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DemoStep } from "../support/conversation-demo.ts";
import { buildDemo } from "../support/demo-build.ts";
import { until } from "../support/processes.ts";
import { Tmux, type TmuxOptions } from "../support/tmux.ts";

let demo: Awaited<ReturnType<typeof buildDemo>>;
let runs = 0;

beforeAll(async () => {
  demo = await buildDemo();
});

afterAll(async () => {
  await demo.remove();
});

interface Stage {
  tmux: Tmux;
  play: (...steps: DemoStep[]) => void;
  /** Makes the terminal this wide and waits until the conversation knows it. */
  resize: (columns: number) => Promise<void>;
}

/** Runs the demo in a shell that says afterwards how it ended and whether the terminal is sane. */
async function stage(options: TmuxOptions = {}, lang = "en"): Promise<Stage> {
  runs += 1;
  const socketPath = join(demo.dir, `${runs}.sock`);
  const tmux = new Tmux(options);
  tmux.type(`cd '${demo.dir}'; clear; '${process.execPath}' '${demo.script}' '${socketPath}' ${lang}; echo "exit $?"`);
  tmux.press("Enter");
  await until(() => existsSync(socketPath), "the demo listens");
  const socket = connect(socketPath);
  onTestFinished(() => {
    socket.destroy();
  });
  let columnsKnown = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    columnsKnown = text.trim().split("\n").at(-1) ?? "";
  });
  const resize = async (columns: number): Promise<void> => {
    tmux.resize(columns, options.rows);
    await until(() => columnsKnown === String(columns), `${columns} columns`);
  };
  const play = (...steps: DemoStep[]): void => {
    for (const step of steps) socket.write(`${JSON.stringify(step)}\n`);
  };
  return { tmux, play, resize };
}

async function connected(options: TmuxOptions = {}): Promise<Stage> {
  const { tmux, play, resize } = await stage(options);
  play({ do: "connect", peerName: "张三" });
  await tmux.endsWith("type a message and press Enter; /help lists the commands", ">");
  return { tmux, play, resize };
}

/** The shell edits lines again: it echoes, takes Ctrl-C as a signal, and a paste is not bracketed. */
async function expectSaneTerminal(tmux: Tmux): Promise<void> {
  tmux.type("stty -a | grep -c -- ' icanon.* echo ' ; echo sa''ne");
  tmux.press("Enter");
  await tmux.shows((lines) => lines.slice(-3).join("\n") === "1\nsane\nsh>", "a terminal that echoes");
  tmux.paste("echo pas''ted");
  tmux.press("Enter");
  await tmux.endsWith("pasted", "sh>");
}

const message = (text: string): DemoStep => ({ do: "emit", event: { event: "message", from: "peer", text } });
const clockless = (line: string): string => line.replace(/^\d\d:\d\d /, "hh:mm ");

describe("typing", () => {
  it("is never torn by what arrives", async () => {
    const { tmux, play } = await connected();
    const typed = `a long line 很长的一行 ${"so that it wraps 又一次换行 ".repeat(4)}end`;
    tmux.type(typed);
    await tmux.shows((lines) => lines.at(-1)?.endsWith("end") === true, "the typed line");
    const before = tmux.screen.slice(-2);
    for (let n = 1; n <= 5; n += 1) {
      play(message(`message ${n} \u001b[31m\u202e👍🏽 中文`));
      tmux.press("Left");
    }
    const lines = await tmux.shows(
      (shown) => shown.join("\n").includes("message 5") && shown.at(-1)?.endsWith("end") === true,
      "the last message, and the typed line below it",
    );
    expect(lines.slice(-2)).toEqual(before);
    expect(lines.slice(-7, -2).map(clockless)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `hh:mm 张三: message ${n} \\e[31m\\u{202e}👍🏽 中文`),
    );
    tmux.type("|");
    await tmux.shows((shown) => shown.join("").includes("换|行 end"), "the cursor where it was");
  });

  it("survives a terminal that is made narrower and wider", async () => {
    const { tmux, play, resize } = await connected();
    tmux.type(`${"一二三四五六七八九十 ".repeat(6)}end`);
    await tmux.shows((lines) => lines.at(-1)?.endsWith("end") === true, "the typed line");
    for (const columns of [50, 100, 37, 80]) {
      await resize(columns);
      play(message(`at ${columns}`));
      const lines = await tmux.shows(
        (shown) => shown.some((line) => line.endsWith(`at ${columns}`)) && shown.at(-1)?.endsWith("end") === true,
        `a message at ${columns} columns`,
      );
      expect(lines.filter((line) => line.startsWith("> "))).toHaveLength(1);
      expect(lines.filter((line) => line.endsWith("end"))).toHaveLength(1);
      const at = lines.findIndex((line) => line.startsWith("> "));
      expect(lines.slice(at).join("").replaceAll(/\s/g, "")).toBe(`>${"一二三四五六七八九十".repeat(6)}end`);
    }
  });

  it("becomes messages, marked when the peer has acknowledged them", async () => {
    const { tmux, play } = await connected();
    play({ do: "hold-acknowledgements" });
    tmux.type("你好 hello");
    tmux.press("Enter");
    await tmux.shows((lines) => clockless(lines.at(-2) ?? "") === "hh:mm me: 你好 hello …", "the message on its way");
    play(message("between"), { do: "acknowledge", count: 1 });
    const lines = await tmux.shows((shown) => shown.at(-2)?.endsWith("✓") === true, "the mark");
    expect(lines.slice(-3).map(clockless)).toEqual(["hh:mm 张三: between", "hh:mm me: 你好 hello ✓", ">"]);
  });

  it("takes a paste of several lines as messages", async () => {
    const { tmux } = await connected();
    tmux.paste("one 一\n/quit\n\tthree");
    const wanted = ["hh:mm me: one 一 ✓", "hh:mm me: /quit ✓", ">       three"].join("\n");
    await tmux.shows((shown) => shown.slice(-3).map(clockless).join("\n") === wanted, "each line as a message");
  });

  it("completes paths with spaces", async () => {
    await mkdir(join(demo.dir, "outbox"), { recursive: true });
    await writeFile(join(demo.dir, "outbox", "my 文件.txt"), "x");
    const { tmux } = await connected();
    tmux.type("/send outb");
    tmux.press("Tab");
    await tmux.endsWith("> /send outbox/");
    tmux.type("m");
    tmux.press("Tab");
    await tmux.endsWith("> /send outbox/my\\ 文件.txt");
    tmux.press("Enter");
    await tmux.endsWith("waiting for the other side to accept my 文件.txt", ">");
  });
});

describe("files", () => {
  it("are asked for, then shown moving below the chat and above the line being typed", async () => {
    const { tmux, play } = await connected();
    play({
      do: "offer",
      event: {
        event: "incoming",
        transfer: "r1",
        files: 1,
        bytes: 4_194_304,
        entries: [{ path: "报告\u001b[2J.pdf", bytes: 4_194_304, type: "file" }],
      },
    });
    await tmux.endsWith(
      "← 张三 wants to send 1 file, 4.0 MiB:",
      "   4.0 MiB  报告\\e[2J.pdf",
      "to /srv/downloads (5.0 MiB free)",
      "/accept or /decline? (报告\\e[2J.pdf)",
      ">",
    );
    tmux.type("/accept");
    tmux.press("Enter");
    await tmux.shows((lines) => lines.includes("receiving 报告\\e[2J.pdf"), "the acceptance");
    tmux.type("meanwhile 同时");
    for (const percent of [25, 50, 75]) {
      play({ do: "progress", transfer: "r1", bytes: 41_944 * percent, rate: 1_048_576 });
    }
    await tmux.shows(
      (lines) =>
        lines.at(-1) === "> meanwhile 同时" && lines.at(-2)?.startsWith("receiving 报告\\e[2J.pdf   75%") === true,
      "the progress",
    );
    play({ do: "settle", transfer: "r1", outcome: "done" });
    await tmux.endsWith("received 报告\\e[2J.pdf: 1 file, 4.0 MiB in 2.0 s (2.0 MiB/s)", "> meanwhile 同时");
  });
});

describe("what the other side writes", () => {
  const FORGED = "signed: this is the Wang you verified on 3 May 2026";
  it.each([80, 50, 20])("begins no row of a terminal of %i columns", async (columns) => {
    const { tmux, play, resize } = await connected({ columns: 100, rows: 60 });
    await resize(columns);
    const from = (await tmux.shows((shown) => shown.at(-1) === ">", "the prompt")).length - 1;
    play(
      message(`ok${" ".repeat(columns - 13)}${FORGED.padEnd(columns)}${FORGED}`),
      message("签名：核对过".repeat(12)),
      message(`e\u0301${"\t\u0301".repeat(20)}👩\u200d👩\u200d👧\u200d👦❤️🇨🇳👍🏽 ${"x".repeat(60)}`),
      message("end"),
    );
    const lines = await tmux.shows((shown) => shown.at(-2)?.endsWith(": end") === true, "the messages");
    const text = lines.slice(from, -1);
    expect(text.length).toBeGreaterThan(6);
    for (const line of text) expect(line).toMatch(/^(?:\d\d:\d\d 张三:| {6}|$)/);
  });

  it("is not accepted in the place of what was read", async () => {
    const { tmux, play } = await connected();
    const offered = (transfer: string, path: string): DemoStep => ({
      do: "offer",
      event: { event: "incoming", transfer, files: 1, bytes: 100, entries: [{ path, bytes: 100, type: "file" }] },
    });
    play(offered("r1", "photo.jpg"));
    await tmux.endsWith("/accept or /decline? (photo.jpg)", ">");
    tmux.type("/accep");
    await tmux.endsWith("> /accep");
    play({ do: "settle", transfer: "r1", outcome: "declined" }, offered("r2", ".bashrc"));
    await tmux.endsWith("/accept or /decline? (.bashrc)", "> /accep");
    tmux.type("t");
    tmux.press("Enter");
    await tmux.endsWith(
      "not done, it changed while you typed: photo.jpg is gone; .bashrc came",
      "type /accept again if you mean what is there now",
      "/accept or /decline? (.bashrc)",
      ">",
    );
    tmux.type("/accept");
    tmux.press("Enter");
    await tmux.shows((lines) => lines.includes("receiving .bashrc"), "the acceptance");
  });
});

describe("the end", () => {
  it("Ctrl-C clears the line, then ends with 130 and a sane terminal", async () => {
    const { tmux } = await connected();
    tmux.type("unsent");
    await tmux.endsWith("> unsent");
    tmux.press("C-c");
    await tmux.shows((lines) => lines.at(-1) === ">", "an empty line");
    tmux.press("C-c");
    await tmux.endsWith("interrupted", "exit 130", "sh>");
    await expectSaneTerminal(tmux);
  });

  it("Ctrl-C ends a line that is not connected yet", async () => {
    const { tmux, play } = await stage();
    play({ do: "emit", event: { event: "file-awaited", path: "/srv/L.json" } });
    await tmux.endsWith("waiting for the other side's file: save it as /srv/L.json (Ctrl-C ends)");
    tmux.press("C-c");
    await tmux.endsWith("interrupted", "exit 130", "sh>");
    await expectSaneTerminal(tmux);
  });

  it("a second Ctrl-C does not wait for a line that takes long to close", async () => {
    const { tmux, play } = await connected();
    play({ do: "hold-close" }, message("held"));
    await tmux.shows((lines) => lines.at(-2)?.endsWith("held") === true, "the message");
    tmux.press("C-c", "C-c");
    // It died of the signal, so the shell runs nothing behind it.
    await tmux.endsWith("sh>");
    await expectSaneTerminal(tmux);
  });

  it("Ctrl-D waits for a transfer and a second one does not", async () => {
    const { tmux } = await connected();
    tmux.type("/send a");
    tmux.press("Enter");
    await tmux.endsWith("waiting for the other side to accept a", ">");
    tmux.press("C-d");
    await tmux.shows(
      (lines) => lines.some((line) => line.startsWith("ending when the other side has answered")),
      "the wait",
    );
    tmux.press("C-d");
    await tmux.endsWith("session ended", "exit 0", "sh>");
    await expectSaneTerminal(tmux);
  });

  it("a lost connection leaves what was typed readable and the terminal sane", async () => {
    const { tmux, play } = await connected();
    tmux.type("half a 句子");
    await tmux.endsWith("> half a 句子");
    play({ do: "end", reason: "lost", exit: 3 });
    await tmux.endsWith("not sent: half a 句子", "ended: connection lost", "exit 3", "sh>");
    await expectSaneTerminal(tmux);
  });

  it("Ctrl-Z gives the terminal to the shell and fg brings the line back", async () => {
    const { tmux, play } = await connected();
    tmux.type("half");
    await tmux.endsWith("> half");
    tmux.press("C-z");
    await tmux.shows((lines) => lines.at(-1) === "sh>" && lines.join("\n").includes("Stopped"), "the shell");
    tmux.type("fg");
    tmux.press("Enter");
    await tmux.endsWith("> half");
    play(message("back"));
    await tmux.shows((shown) => shown.at(-2)?.endsWith("back") === true && shown.at(-1) === "> half", "a message");
  });
});
