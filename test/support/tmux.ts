// A real terminal for tests: one window of a tmux server of its own. Keys in, screen out; it is polled for what
// is expected, and everything is gone after the test.
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { onTestFinished, type TestContext } from "vitest";
import { atEarlyEnd } from "./early-end.mjs";
import { until } from "./processes.ts";

/** Without line editing: then what a program left behind in the terminal is not repaired unseen. */
const SHELL = ["bash", "--norc", "--noprofile", "--noediting"];

export interface TmuxOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** The folder of its shell. */
  cwd?: string;
  /** The test that the terminal ends with; needed where tests run at the same time. */
  test?: TestContext;
}

export class Tmux {
  readonly #socketName = `p2p-test-${process.pid}-${randomBytes(4).toString("hex")}`;
  /** Its programs belong to the session that it leads. */
  readonly #shellPid: string;
  readonly #forget: () => void;

  /** Opens a window with a plain shell; its prompt is `sh>`. */
  constructor({ columns = 80, rows = 24, env = {}, cwd = process.cwd(), test }: TmuxOptions = {}) {
    const variables = Object.entries({ PS1: "sh> ", CI: "", ...env }).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#run("-f", "/dev/null", "new-session", "-d", "-c", cwd, ...size, ...variables, ...SHELL);
    this.#shellPid = this.#run("display-message", "-p", "#{pane_pid}").trim();
    this.#forget = atEarlyEnd(() => this.#kill());
    const end = (): Promise<void> => this.#end();
    if (test === undefined) onTestFinished(end);
    else test.onTestFinished(end);
  }

  /** Types text as it is. */
  type(text: string): void {
    this.#run("send-keys", "-l", text);
  }

  /** Presses keys by their tmux names: `Enter`, `C-c`, `Left`. */
  press(...keys: string[]): void {
    this.#run("send-keys", ...keys);
  }

  /** Pastes as a terminal does, bracketed where the program wants it. */
  paste(text: string): void {
    this.#run("set-buffer", text);
    this.#run("paste-buffer", "-p", "-r");
  }

  /** Pastes as a terminal does that marks no pastes: the text comes like keys. */
  pasteUnmarked(text: string): void {
    this.#run("set-buffer", text);
    this.#run("paste-buffer", "-r");
  }

  /** From now on programs in the window may set its clipboard (OSC 52). */
  takeClipboard(): void {
    this.#run("set-option", "-s", "set-clipboard", "on");
  }

  /** What a program put there; empty: nothing yet. */
  get clipboard(): string {
    const buffers = this.#run("list-buffers", "-F", "#{buffer_name}");
    return buffers === "" ? "" : this.#run("show-buffer");
  }

  /** From now on everything that programs write to the window is also written to a file, as it is. */
  record(path: string): void {
    this.#run("pipe-pane", `cat > '${path}'`);
  }

  /** Closes the window, as a person does with the mouse: the programs in it lose their terminal. */
  hangUp(): void {
    this.#run("new-window", "-d");
    this.#run("kill-window", "-t", ":0");
  }

  resize(columns: number, rows = 24): void {
    this.#run("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** The visible rows without white space at their ends, and without empty ones at the bottom. */
  get screen(): string[] {
    const rows = this.#run("capture-pane", "-p").split("\n");
    const lines = rows.map((row) => row.trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** The visible rows with the sequences that style them. */
  get styledScreen(): string[] {
    return this.#run("capture-pane", "-p", "-e", "-N").replace(/\n$/, "").split("\n");
  }

  get cursor(): { row: number; column: number } {
    const [column = 0, row = 0] = this.#run("display-message", "-p", "#{cursor_x} #{cursor_y}").split(" ").map(Number);
    return { row, column };
  }

  /** Waits until the rows are as wanted. @returns them */
  async shows(wanted: (lines: string[]) => boolean, what: string, limitMs?: number): Promise<string[]> {
    let lines: string[] = [];
    try {
      await until(
        () => {
          lines = this.screen;
          return wanted(lines);
        },
        what,
        limitMs,
      );
    } catch (error) {
      throw new Error(`${what}; the screen is:\n${lines.join("\n")}`, { cause: error });
    }
    return lines;
  }

  /** Waits until the last rows are these. */
  async endsWith(...last: string[]): Promise<void> {
    const wanted = last.join("\n");
    await this.shows((lines) => lines.slice(-last.length).join("\n") === wanted, `at the end: ${JSON.stringify(last)}`);
  }

  /** Ends everything in the window, and waits for that: a program that still ends would write into what a test removes. */
  async #end(): Promise<void> {
    this.#forget();
    this.#kill();
    await until(() => this.#programs().length === 0, "the programs of the window have ended");
  }

  #kill(): void {
    const programs = this.#programs();
    this.#run("kill-server");
    for (const pid of programs) spawnSync("kill", ["-KILL", pid], { stdio: "ignore" });
  }

  /** Those that run; a dead one whose parent has not asked for it does not. */
  #programs(): string[] {
    const { stdout } = spawnSync("ps", ["-o", "pid=,stat=", "-s", this.#shellPid], { encoding: "utf8" });
    const rows = stdout.split("\n").map((row) => row.trim().split(/\s+/));
    return rows.flatMap(([pid = "", state = ""]) => (pid === "" || state.startsWith("Z") ? [] : [pid]));
  }

  #run(...args: string[]): string {
    return execFileSync("tmux", ["-u", "-L", this.#socketName, ...args], { encoding: "utf8" });
  }
}
