// The command carrier (`--via ssh://…`, `--via exec:…`): a program that runs `p2p answer --in - --out -` at the far end. Our
// documents go to its stdin, theirs come from its stdout, and what its stderr says is shown to the person here.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { documentsOfStream } from "../../store/exchange/documents-of-stream.ts";
import type { FarFailure } from "../../lib/errors/far-end-texts.ts";
import type { CarriedText, CarrierContext, CarrierState, Published, TextCarrier } from "../carrier.ts";
import { type After, within } from "../../lib/waiting.ts";
import { type FarCommand, NO_FOLDER_EXIT } from "./far-command.ts";
import { FarLines, fromFirstDocument, isWhole } from "./far-lines.ts";
import { type FarEnd, type FarProcess, type StartFar, startFar } from "./far-process.ts";

/** A process that has closed its stdout has ended by then, or goes on for reasons of its own. */
const EXIT_MS = 2_000;
/** The far side has failed after its answer: what this side finds out by itself says more, and comes first. */
const GRACE_MS = 2_000;
/** After a session the far side says goodbye and ends by itself. */
const QUIT_MS = 3_000;
/** Time to end in order after a SIGTERM. */
const TERM_MS = 2_000;
/** A helper of ssh may keep its stderr open when it has ended (`ControlPersist`). */
const SHOWN_MS = 500;

/** The end of ssh itself, not of what it runs: no connection, no such host, no key. */
const SSH_FAILED = 255;
/** A shell found no such program, or may not run it (POSIX 2.8.2). */
const SHELL_FAILED: readonly number[] = [126, 127];
/** p2p does not know an option that it was given. */
const USAGE = 2;

/** The platform as the carrier needs it; tests substitute their own. */
export interface CommandPorts {
  start: StartFar;
  after: After;
}

const PORTS: CommandPorts = {
  start: startFar,
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

type CommandContext = Pick<CarrierContext, "emit">;

/** The carrier of an offering side. */
export class CommandCarrier implements TextCarrier {
  readonly ownPlace: string;
  readonly peerPlace: string;
  readonly isFirstDecisive = true;
  readonly #command: FarCommand;
  readonly via: string;
  readonly carriedBy = "command";
  readonly #context: CommandContext;
  readonly #ports: CommandPorts;
  #far: FarProcess | undefined;
  #starting: Promise<FarProcess> | undefined;
  #isPublished = false;
  /** Our newest document, while the far side has not taken the one before. */
  #unsent: string | undefined;
  #hasDelivered = false;
  #isConnected = false;
  #isClosed = false;
  #shown: Promise<void> = Promise.resolve();

  constructor(command: FarCommand, context: CommandContext, ports: CommandPorts = PORTS) {
    this.#command = command;
    this.#context = context;
    this.#ports = ports;
    this.via = command.via;
    this.ownPlace = command.via;
    this.peerPlace = command.via;
  }

  /** Starts the command, so that the far side begins while ours gathers. @throws nothing: `publish` tells what fails */
  start(): this {
    this.#starting ??= this.#start();
    this.#starting.catch(() => {});
    return this;
  }

  /** @throws P2pError CARRIER_NOT_STARTED */
  async publish(text: string): Promise<Published> {
    this.#far = await this.start().#starting;
    this.#send(text);
    // The line hears that it runs once it has a document for it.
    if (!this.#isPublished) void this.#far?.started.then((isRunning) => this.#tellRunning(isRunning));
    this.#isPublished = true;
    return { isMadeAnew: false };
  }

  #tellRunning(isRunning: boolean): void {
    if (isRunning) this.#tell("present");
  }

  #tell(state: CarrierState): void {
    this.#context.emit?.({ event: "carrier", via: this.via, state });
  }

  async #start(): Promise<FarProcess> {
    const far = await this.#ports.start(this.#command).catch((error: unknown) => {
      const { code = "" } = error as NodeJS.ErrnoException;
      throw this.#failure({ how: "not-started", code });
    });
    far.onIdle = () => {
      const text = this.#unsent;
      this.#unsent = undefined;
      if (text !== undefined) far.write(text);
    };
    this.#shown = this.#show(far.stderr);
    return far;
  }

  #send(text: string): void {
    if (this.#far?.isIdle === true) this.#far.write(text);
    else this.#unsent = text;
  }

  async #show(stderr: AsyncIterable<Uint8Array>): Promise<void> {
    const lines = new FarLines((text) => this.#say(text));
    try {
      for await (const bytes of stderr) lines.push(bytes);
    } catch {
      // A broken pipe is an end like any other.
    }
    lines.end();
  }

  #say(text: string): void {
    this.#context.emit?.({ event: "far-end-says", text });
  }

  async *incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    const far = this.#far;
    if (far === undefined) throw new TypeError("Cannot read before a document is published");
    const noise = new FarLines((text) => this.#say(text));
    for await (const bytes of documentsOfStream(fromFirstDocument(far.stdout, noise))) {
      // The far side would end where nobody reads what it says.
      if (signal.aborted || bytes.length === 0) continue;
      if (!isWhole(bytes)) await this.#throwIfFailed(far);
      if (!this.#hasDelivered) this.#tell("delivered");
      this.#hasDelivered = true;
      yield { bytes, label: this.peerPlace, isFromBefore: false };
    }
    await this.#handleSilence(await this.#within(far.ended, EXIT_MS), signal);
  }

  /** @throws P2pError when the far side has failed in the middle of a document */
  async #throwIfFailed(far: FarProcess): Promise<void> {
    const end = await this.#within(far.ended, EXIT_MS);
    if (end !== undefined && !isSuccess(end)) throw this.#failure(end);
  }

  /** The far side says nothing more. @param end - undefined: it still runs @throws P2pError when the line cannot go on */
  async #handleSilence(end: FarEnd | undefined, signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted || this.#isClosed;
    if (isOver() || (this.#hasDelivered && (end === undefined || isSuccess(end)))) return;
    if (this.#hasDelivered) await this.#wait(GRACE_MS, signal);
    if (isOver()) return;
    this.#tell("lost");
    // What it has said on stderr explains the error.
    await this.#within(this.#shown, SHOWN_MS);
    throw this.#failure(end);
  }

  #failure(end: FarEnd | undefined): P2pError {
    const { via, kind, program } = this.#command;
    if (end?.how === "not-started") return new P2pError("CARRIER_NOT_STARTED", { program, code: end.code });
    if (end?.how === "status" && end.status === SSH_FAILED && kind === "ssh" && !this.#hasDelivered) {
      return new P2pError("FAR_END_UNREACHABLE", { via });
    }
    return new P2pError("FAR_END_FAILED", { via, ...this.#howFailed(end) });
  }

  #howFailed(end: FarEnd | undefined): { why: FarFailure; status?: number | string } {
    if (end === undefined || (end.how === "status" && end.status === 0)) return { why: "no-document" };
    const { status } = statusOf(end);
    if (this.#hasDelivered) return { why: "died-later", status };
    if (end.how === "status" && SHELL_FAILED.includes(end.status)) return { why: "no-p2p", status };
    if (status === USAGE) return { why: "usage", status };
    return { why: status === NO_FOLDER_EXIT ? "folder" : "died", status };
  }

  async handleConnected(): Promise<void> {
    this.#isConnected = true;
    await Promise.resolve();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // It may have been started for a document that was never made.
    const far = this.#far ?? (await this.#starting?.catch(() => undefined));
    if (far === undefined) return;
    far.endInput();
    // After a session the far side ends by itself; without one it would go on trying.
    const end = this.#isConnected ? await this.#within(far.ended, QUIT_MS) : undefined;
    if (end === undefined) await this.#end(far);
    else if (!isSuccess(end)) {
      await this.#within(this.#shown, SHOWN_MS);
      this.#context.emit?.({ event: "far-end-ended", ...statusOf(end) });
    }
  }

  async #end(far: FarProcess): Promise<void> {
    far.kill("SIGTERM");
    await this.#within(Promise.all([far.ended, far.closed]), TERM_MS);
    // What a shell has started may ignore the first signal, and outlive it.
    far.kill("SIGKILL");
    await this.#within(far.ended, TERM_MS);
  }

  /** @returns undefined when the time is up first */
  async #within<Value>(what: Promise<Value>, ms: number): Promise<Value | undefined> {
    return await within(ms, this.#ports.after, what);
  }

  /** Ends early when `signal` aborts. */
  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    let handleAbort = (): void => {};
    const aborted = new Promise<void>((resolve) => {
      handleAbort = resolve;
    });
    signal.addEventListener("abort", handleAbort);
    await this.#within(aborted, ms).finally(() => signal.removeEventListener("abort", handleAbort));
  }
}

function isSuccess(end: FarEnd): boolean {
  return end.how === "status" && end.status === 0;
}

function statusOf(end: FarEnd): { status: number | string } {
  if (end.how === "status") return { status: end.status };
  return { status: end.how === "signal" ? end.signal : end.code };
}
