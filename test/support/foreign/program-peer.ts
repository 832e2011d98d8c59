// A foreign peer that is a program of its own, in whatever language: it takes commands on stdin and answers on stdout,
// one JSON object a line each. {"do": NAME, "with": VALUE} is answered with {"result": VALUE} or {"error": TEXT}.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { killAtEarlyEnd } from "../early-end.mjs";
import type { BareDescription, ForeignPeer, MediaPeer } from "./peer.ts";

export class ProgramPeer implements ForeignPeer, MediaPeer {
  readonly #name: string;
  readonly #child;
  readonly #lines;

  /** @param name - of the stack, for messages */
  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    killAtEarlyEnd(this.#child);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Stops the process, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Answers come in the order of the commands. */
  async #do(name: string, value?: unknown): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify({ do: name, with: value })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.#name} has ended instead of doing '${name}'`);
    const reply = JSON.parse(line.value) as { result?: unknown; error?: string };
    if (reply.error !== undefined) throw new Error(`${this.#name} cannot do '${name}': ${reply.error}`);
    return reply.result;
  }

  async offer(): Promise<BareDescription> {
    return (await this.#do("offer")) as BareDescription;
  }

  async offerMedia(): Promise<BareDescription> {
    return (await this.#do("offer", "media")) as BareDescription;
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

  async publish(files: { audio: string; video: string }): Promise<void> {
    await this.#do("publish", files);
  }

  async take(): Promise<void> {
    await this.#do("take");
  }

  async received(): Promise<{ audio: number; video: number }> {
    return (await this.#do("received")) as { audio: number; video: number };
  }

  async close(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
