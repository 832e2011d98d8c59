// The process of a command carrier: the one place of the program that starts another one. What is started comes from the
// command line of this run (far-command.ts), never from a peer, a file or the environment. It shares our terminal, since ssh
// asks there for passwords and about host keys, and it does not outlive us.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { FarCommand } from "./far-command.ts";

/** How a process has ended. `not-started`: the program is not there, or may not be run; `code` of the system. */
export type FarEnd =
  | { how: "status"; status: number }
  | { how: "signal"; signal: string }
  | { how: "not-started"; code: string };

/** A started process, as far as its carrier needs it. */
export interface FarProcess {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** Resolves to whether it runs. */
  readonly started: Promise<boolean>;
  readonly ended: Promise<FarEnd>;
  /** Resolves when nobody can write to its stdout any more, which those that it has started share. */
  readonly closed: Promise<void>;
  /** Whether everything written has been taken. */
  readonly isIdle: boolean;
  write(text: string): void;
  /** Called each time everything written has been taken. */
  onIdle: () => void;
  endInput(): void;
  /** Signals the process and those that it has started and that still are its own. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

export type StartFar = (command: FarCommand) => Promise<FarProcess>;

/** Starts the command with pipes for its stdin, stdout and stderr. @throws any error of the system */
export const startFar: StartFar = async ({ kind, program, args }) => {
  const isShell = kind === "exec";
  const path = isShell ? program : await located(program);
  // A p2p that answers on this computer is not to take our carrier for its own.
  const env = { ...process.env, P2P_VIA: "" };
  const stdio: ["pipe", "pipe", "pipe"] = ["pipe", "pipe", "pipe"];
  return new NodeFarProcess(spawn(path, args, { shell: isShell, env, stdio, windowsHide: true }));
};

/**
 * Windows looks into the current folder first, where a received file may have the name of the program: there only the
 * absolute folders of PATH count.
 */
async function located(program: string): Promise<string> {
  if (process.platform !== "win32") return program;
  for (const folder of (process.env["PATH"] ?? "").split(";").filter((path) => isAbsolute(path))) {
    const path = join(folder, `${program}.exe`);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw Object.assign(new Error(`ENOENT: ${program}.exe`), { code: "ENOENT" });
}

/** Those that have not ended. They share one listener at the end of this process: Node warns of more than ten. */
const running = new Set<NodeFarProcess>();

function killAll(): void {
  for (const one of running) one.kill("SIGKILL");
}

class NodeFarProcess implements FarProcess {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  readonly started: Promise<boolean>;
  readonly ended: Promise<FarEnd>;
  readonly closed: Promise<void>;
  onIdle: () => void = () => {};
  readonly #child: ChildProcess;
  /** Processes that it has started and that were sent a signal: they may go on when it has ended itself. */
  #family: readonly number[] = [];

  constructor(child: ReturnType<typeof spawn>) {
    this.#child = child;
    const { stdin, stdout, stderr } = child;
    if (!stdin || !stdout || !stderr) {
      // Where no descriptor is left there are no pipes, and an error nobody listens for would end this process.
      child.on("error", () => {});
      throw Object.assign(new Error("EMFILE: no pipes"), { code: "EMFILE" });
    }
    // Node drops what a process that has ended has said, unless somebody listens: it is read only later.
    stdout.on("readable", () => {});
    this.stdout = stdout;
    this.stderr = stderr;
    // A process that has ended does not read on, and `ended` tells of it.
    stdin.on("error", () => {});
    stdin.on("drain", () => this.onIdle());
    if (running.size === 0) process.once("exit", killAll);
    running.add(this);
    this.started = new Promise((resolve) => {
      child.once("spawn", () => resolve(true));
      child.once("error", () => resolve(false));
    });
    this.closed = new Promise((resolve) => {
      stdout.once("close", resolve);
    });
    this.ended = new Promise<FarEnd>((resolve) => {
      child.on("error", (error: NodeJS.ErrnoException) => {
        if (child.pid === undefined) resolve({ how: "not-started", code: error.code ?? "" });
      });
      child.once("exit", (status, signal) => {
        resolve(status === null ? { how: "signal", signal: signal ?? "" } : { how: "status", status });
      });
    });
    void this.ended.then(() => {
      running.delete(this);
      if (running.size === 0) process.off("exit", killAll);
    });
  }

  get isIdle(): boolean {
    return this.#child.stdin?.writableLength === 0;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const isRunning = this.#child.exitCode === null && this.#child.signalCode === null;
    if (isRunning) this.#family = [...new Set([...this.#family, ...descendantsOf(pid)])];
    for (const one of isRunning ? [pid, ...this.#family] : this.#family) signalProcess(one, signal);
  }
}

function signalProcess(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

/** A shell does not pass a signal on to what it has started. Linux tells whose children they are. */
function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap((child) => descendantsOf(child))];
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
