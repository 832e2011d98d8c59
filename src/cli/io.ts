// The process as the command line sees it: streams, environment, clock and signals behind one interface, so
// that tests pass their own. Nothing else in src/cli touches `process`.
import { openSync } from "node:fs";
import { homedir } from "node:os";
import { ReadStream } from "node:tty";
import { type Foreground, processForeground } from "../ui/foreground.ts";
import { discardTyped } from "../ui/raw-mode.ts";
import type { EndingSignal } from "./exit-codes.ts";

export interface Io {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  now(): Date;
  /** The system's language tag for people, for example `zh-CN`; for platforms that set no LANG. */
  systemLocale(): string;
  /** Opens this process's terminal when stdin is something else; undefined when there is none. */
  openTerminal(): ReadStream | undefined;
  /** Whether this process may read from its terminal and set its mode. */
  readonly foreground: Foreground;
  /** Drops what was typed at the terminal and not read yet. */
  discardTyped(): void;
  /** Does what Ctrl-C does to a process that does not handle the keys itself. */
  interrupt(): void;
  /** Replaces the signal's default action, which is to die. @returns a function that restores it */
  onSignal(signal: EndingSignal, handler: () => void): () => void;
  /** Reports uncaught exceptions and rejections, which are bugs. */
  onUncaught(handler: (thrown: unknown) => void): void;
  /** Ends the process now; `exit` listeners run, so the terminal is restored. Used for a second Ctrl-C and for bugs. */
  exitNow(code: number): void;
}

/** Creates the real one. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    platform: process.platform,
    homeDir: homedir(),
    now: () => new Date(),
    systemLocale: () => Intl.DateTimeFormat().resolvedOptions().locale,
    openTerminal: () => {
      try {
        return new ReadStream(openSync(process.platform === "win32" ? "\\\\.\\CONIN$" : "/dev/tty", "r"));
      } catch {
        return undefined;
      }
    },
    foreground: processForeground(process.platform),
    discardTyped,
    interrupt: () => {
      process.kill(process.pid, "SIGINT");
    },
    onSignal: (signal, handler) => {
      process.on(signal, handler);
      return () => process.off(signal, handler);
    },
    onUncaught: (handler) => {
      process.on("uncaughtException", handler);
      process.on("unhandledRejection", handler);
    },
    // oxlint-disable-next-line unicorn/no-process-exit -- the one place; the interface says when
    exitNow: (code) => process.exit(code),
  };
}
