// aiortc, a stack in Python, in a process of its own. Debian: python3-aiortc.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { BareDescription, ForeignKind, ForeignPeer } from "./peer.ts";

/** The system's own, which has Debian's modules; another one may come first in PATH. */
const PYTHON = "/usr/bin/python3";
const program = fileURLToPath(new URL("aiortc-peer.py", import.meta.url));

export const aiortc: ForeignKind = {
  name: "aiortc",
  takesBytes: 65_536,
  cannotSendBytes: [],
  start: () => Promise.resolve(PythonPeer.start()),
};

export class PythonPeer implements ForeignPeer {
  readonly #child = spawn(PYTHON, [program], { stdio: ["pipe", "pipe", "inherit"] });
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  static start(): PythonPeer {
    const { status } = spawnSync(PYTHON, ["-c", "import aiortc"], { stdio: "ignore" });
    if (status !== 0) throw new Error("This test needs aiortc: apt-get install python3-aiortc");
    return new PythonPeer();
  }

  /** Stops the process, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Answers come in the order of the commands. */
  async #do(name: string, value?: unknown): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify({ do: name, with: value })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`aiortc has ended instead of doing '${name}'`);
    const reply = JSON.parse(line.value) as { result?: unknown; error?: string };
    if (reply.error !== undefined) throw new Error(`aiortc cannot do '${name}': ${reply.error}`);
    return reply.result;
  }

  async offer(): Promise<BareDescription> {
    return (await this.#do("offer")) as BareDescription;
  }

  async answer(offer: BareDescription): Promise<BareDescription> {
    return (await this.#do("answer", offer)) as BareDescription;
  }

  async accept(answer: BareDescription): Promise<void> {
    await this.#do("accept", answer);
  }

  async open(count: number): Promise<void> {
    await this.#do("open", count);
  }

  async closedCount(): Promise<number> {
    return (await this.#do("closedCount")) as number;
  }

  async close(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
