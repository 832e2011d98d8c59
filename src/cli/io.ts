// The process as the command line sees it: streams, environment, clock and signals behind one interface, so
// that tests pass their own. Nothing else in src/cli touches `process`.
import { closeSync, openSync } from "node:fs";
import { isatty, ReadStream } from "node:tty";
import { interruptSelf, interruptSignals } from "../ui/interrupt.ts";
import { type Foreground, processForeground } from "../ui/foreground.ts";
import { homeFolder } from "../ui/home-folder.ts";
import { takeTyped } from "../ui/raw-mode.ts";
import type { EndingSignal } from "./exit-codes.ts";

const STDIN_FD = 0;
const STDIO_FDS = [0, 1, 2];

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
  /** Takes what was typed at the terminal and not read yet. @returns it, as the terminal gives it */
  takeTyped(): string;
  /** Whether the terminal on stdin has gone, as when its window was closed: the end of input is no key then. */
  isTerminalGone(): boolean;
  /** Does what Ctrl-C does to a process that does not handle the keys itself. */
  interrupt(): void;
  /** Replaces the signal's default action, which is to die. @returns a function that restores it */
  onSignal(signal: EndingSignal, handler: () => void): () => void;
  /** Reports uncaught exceptions and rejections, which are bugs. */
  onUncaught(handler: (thrown: unknown) => void): void;
  /** Ends the process now; `exit` listeners run, so the terminal is restored. Used for a second Ctrl-C and for bugs. */
  exitNow(code: number): void;
}

/**
 * When Node.js exits, it restores the mode of the terminals that it began with, and aborts where one has gone. It skips
 * a descriptor that is closed.
 */
function closeGoneTerminals(): void {
  const terminals = STDIO_FDS.filter((fd) => isatty(fd));
  process.once("exit", () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

/** Creates the real one; called once in a process. */
export function processIo(): Io {
  closeGoneTerminals();
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    platform: process.platform,
    homeDir: homeFolder(),
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
    takeTyped,
    isTerminalGone: () => !isatty(STDIN_FD),
    interrupt: () => interruptSelf(),
    onSignal: (signal, handler) => {
      const signals = signal === "SIGINT" ? interruptSignals() : [signal];
      for (const one of signals) process.on(one, handler);
      return () => {
        for (const one of signals) process.off(one, handler);
      };
    },
    onUncaught: (handler) => {
      process.on("uncaughtException", handler);
      process.on("unhandledRejection", handler);
    },
    // oxlint-disable-next-line unicorn/no-process-exit -- the one place; the interface says when
    exitNow: (code) => process.exit(code),
  };
}

/** Whether the terminal cannot move its cursor: nothing is painted on it. */
export function isDumbTerminal({ env }: Pick<Io, "env">): boolean {
  return env["TERM"] === "dumb";
}
