// A real terminal for tests: one window of a tmux server of its own. Keys in, screen out; it is polled for what
// is expected, and everything is gone after the test.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { until } from "./processes.ts";

/** Without line editing: then what a program left behind in the terminal is not repaired unseen. */
const SHELL = ["bash", "--norc", "--noprofile", "--noediting"];

export interface TmuxOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
}

export class Tmux {
  readonly #socketName = `p2p-test-${process.pid}-${randomBytes(4).toString("hex")}`;

  /** Opens a window with a plain shell; its prompt is `sh>`. */
  constructor({ columns = 80, rows = 24, env = {} }: TmuxOptions = {}) {
    const variables = Object.entries({ PS1: "sh> ", ...env }).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#run("-f", "/dev/null", "new-session", "-d", ...size, ...variables, ...SHELL);
    onTestFinished(() => {
      this.#run("kill-server");
    });
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

  /** From now on programs in the window may set its clipboard (OSC 52). */
  takeClipboard(): void {
    this.#run("set-option", "-s", "set-clipboard", "on");
  }

  /** What a program put there; empty: nothing yet. */
  get clipboard(): string {
    const buffers = this.#run("list-buffers", "-F", "#{buffer_name}");
    return buffers === "" ? "" : this.#run("show-buffer");
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

  get cursor(): { row: number; column: number } {
    const [column = 0, row = 0] = this.#run("display-message", "-p", "#{cursor_x} #{cursor_y}").split(" ").map(Number);
    return { row, column };
  }

  /** Waits until the rows are as wanted. @returns them */
  async shows(wanted: (lines: string[]) => boolean, what: string): Promise<string[]> {
    let lines: string[] = [];
    try {
      await until(() => {
        lines = this.screen;
        return wanted(lines);
      }, what);
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

  #run(...args: string[]): string {
    return execFileSync("tmux", ["-u", "-L", this.#socketName, ...args], { encoding: "utf8" });
  }
}
