// The process as the command line sees it: streams, environment, clock and signals behind one interface, so
// that tests hand in their own. Nothing else in src/cli touches `process`.
import { openSync } from "node:fs";
import { homedir } from "node:os";
import { ReadStream } from "node:tty";
import type { EndingSignal } from "./exit-codes.ts";

export interface Io {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  now(): Date;
  /** Language tag of the system for people, as `zh-CN`; for platforms that set no LANG. */
  systemLocale(): string;
  /** The terminal of this process where stdin is something else; undefined where there is none. */
  openTerminal(): ReadStream | undefined;
  /** What Ctrl-C does to a process that has not taken its keys over. */
  interrupt(): void;
  /** Takes the signal over from the default, which is to die. @returns gives it back */
  onSignal(signal: EndingSignal, handler: () => void): () => void;
  /** Hands over what nobody caught: a bug. */
  onUncaught(handler: (thrown: unknown) => void): void;
  /** Ends the process now; `exit` listeners run, so the terminal is restored. For a second Ctrl-C and for bugs. */
  exitNow(code: number): void;
}

/** The real one. */
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
