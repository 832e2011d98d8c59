// A process and a line for the tests of the command line: streams in memory, signals on demand, scripted events.
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type { EndingSignal } from "../../../src/cli/exit-codes.ts";
import type { Io } from "../../../src/cli/io.ts";
import type { Line, LineOptions, SpooledFile } from "../../../src/command-port.ts";
import { JobForeground } from "../../../src/ui/foreground.ts";
import type { P2pError, P2pEvent, Session, SessionStatus } from "../../../src/index.ts";

/** 2026-03-01T08:00:00.000Z */
export const NOW = new Date(Date.UTC(2026, 2, 1, 8));

/** A writer waits where nobody takes more than this: the output is read when the command has ended. */
const MOST_WRITTEN_BYTES = 262_144;

export class FakeIo implements Io {
  readonly input = new PassThrough();
  readonly output = new PassThrough({ highWaterMark: MOST_WRITTEN_BYTES });
  readonly errors = new PassThrough({ highWaterMark: MOST_WRITTEN_BYTES });
  readonly stdin: Io["stdin"];
  readonly stdout: Io["stdout"];
  readonly stderr: Io["stderr"];
  readonly env: Record<string, string | undefined>;
  readonly platform: NodeJS.Platform = "linux";
  readonly homeDir = "/nowhere/home";
  exitedNow: number | undefined;
  /** Reading does not keep the process alive. */
  isInputUnref = false;
  readonly #handlers = new Map<EndingSignal, () => void>();

  /** @param terminals - which streams are terminals */
  constructor(terminals: readonly ("stdin" | "stdout" | "stderr")[] = [], env: Record<string, string> = {}) {
    const dress = (name: "stdin" | "stdout" | "stderr", stream: PassThrough): unknown =>
      Object.assign(stream, { isTTY: terminals.includes(name), columns: 80, rows: 40, setRawMode: () => stream });
    const unref = (): void => {
      this.isInputUnref = true;
    };
    this.stdin = Object.assign(dress("stdin", this.input) as Io["stdin"], { unref });
    this.stdout = dress("stdout", this.output) as Io["stdout"];
    this.stderr = dress("stderr", this.errors) as Io["stderr"];
    this.env = { NO_COLOR: "1", ...env };
  }

  now(): Date {
    return NOW;
  }

  systemLocale(): string {
    return "zh-CN";
  }

  openTerminal(): undefined {}

  isTerminalGone(): boolean {
    return false;
  }

  readonly foreground = new JobForeground(() => true);

  takeTyped(): string {
    return "";
  }

  interrupt(): void {}

  onSignal(signal: EndingSignal, handler: () => void): () => void {
    this.#handlers.set(signal, handler);
    return () => this.#handlers.delete(signal);
  }

  onUncaught(handler: (thrown: unknown) => void): void {
    this.throwUncaught = handler;
  }

  /** Something throws and nobody catches it. */
  throwUncaught: (thrown: unknown) => void = () => {};

  exitNow(code: number): void {
    this.exitedNow = code;
  }

  /** Sends a signal; false when nobody listens. */
  signal(name: EndingSignal): boolean {
    this.#handlers.get(name)?.();
    return this.#handlers.has(name);
  }

  /** Everything that was written; to be called once, at the end. */
  async written(): Promise<{ stdout: string; stderr: string }> {
    this.output.end();
    this.errors.end();
    const [stdout, stderr] = await Promise.all([text(this.output), text(this.errors)]);
    return { stdout, stderr };
  }
}

export const PAIR = { protocol: "udp", local: "127.0.0.1:1000", remote: "127.0.0.1:2000", kind: "host" } as const;
export const CONNECTED: P2pEvent = { event: "connected", pair: PAIR, rttMs: 1, role: "offer" };
export const LOCAL_FILE: P2pEvent = {
  event: "local-file",
  path: "/tmp/LocaltionJson.json",
  type: "offer",
  id: "0123456789abcdef0123456789abcdef",
  revision: 1,
  candidates: 2,
  expiresAt: "2026-03-02T08:00:00.000Z",
};

type Closed = Extract<P2pEvent, { event: "closed" }>;

/** Records what it is told to do. Messages are acknowledged at once unless `holdsAcknowledgements`. */
export class FakeSession implements Session {
  readonly role = "offer";
  readonly peerName = undefined;
  readonly isForeign = false;
  readonly ended = new Promise<Closed>(() => {});
  readonly messages: string[] = [];
  readonly calls: string[] = [];
  readonly acknowledge: (() => void)[] = [];
  transfers: SessionStatus["transfers"] = [];
  holdsAcknowledgements = false;
  sendError: P2pError | undefined;
  onFinish: () => void = () => {};

  async sendMessage(message: string): Promise<void> {
    this.messages.push(message);
    if (this.holdsAcknowledgements) await new Promise<void>((resolve) => this.acknowledge.push(resolve));
  }

  async sendFiles(paths: readonly (string | SpooledFile)[]): Promise<"done"> {
    await Promise.resolve();
    const names = paths.map((path) => (typeof path === "string" ? path : `${path.name} of ${path.bytes} B`));
    this.calls.push(`send ${names.join(" ")}`);
    if (this.sendError !== undefined) throw this.sendError;
    return "done";
  }

  accept(transfer: string, _isChosen?: (path: string) => boolean, from?: "the-part" | "the-beginning"): boolean {
    return this.calls.push(`accept ${transfer}${from === "the-beginning" ? " afresh" : ""}`) > 0;
  }

  decline(transfer: string): boolean {
    return this.calls.push(`decline ${transfer}`) > 0;
  }

  cancel(): boolean {
    return false;
  }

  verify(): boolean {
    return this.calls.push("verify") > 0;
  }

  confirmVerification(answer: boolean | string): boolean {
    return this.calls.push(`confirm ${answer}`) > 0;
  }

  keepContact(name: string): boolean {
    return this.calls.push(`keep ${name}`) > 0;
  }

  status(): SessionStatus {
    return {
      pair: PAIR,
      rttMs: 1,
      sinceMs: 1,
      peerName: undefined,
      isInterrupted: false,
      messagesUnacknowledged: 0,
      transfers: this.transfers,
      media: [],
    };
  }

  stats(): ReturnType<Session["stats"]> {
    return { sending: undefined, receiving: undefined, transport: undefined };
  }

  finish(): void {
    this.calls.push("finish");
    this.onFinish();
  }

  async end(): Promise<void> {
    await Promise.resolve();
    this.calls.push("end");
  }
}

/** A line whose events a test gives one by one. */
export class FakeLine implements Line {
  /** What was pasted. */
  readonly documents: string[] = [];
  readonly fakeSession = new FakeSession();
  readonly session: Promise<Session>;
  readonly closes: { reason: string; exit: number | undefined }[] = [];
  options: LineOptions | undefined;
  readonly events: AsyncIterable<P2pEvent>;
  readonly #queue = new PassThrough({ objectMode: true });
  #reject: (error: unknown) => void = () => {};

  constructor() {
    this.events = this.#queue as AsyncIterable<P2pEvent>;
    this.session = new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#resolve = resolve;
    });
  }

  takeDocument(text: string): Promise<string> {
    this.documents.push(text);
    return Promise.resolve("LocaltionJson_p.json");
  }

  #resolve: (session: Session) => void = () => {};

  emit(...events: P2pEvent[]): void {
    for (const event of events) {
      if (event.event === "connected") this.#resolve(this.fakeSession);
      this.#queue.write(event);
      if (event.event === "closed") this.#queue.end();
    }
  }

  /** Ends without `closed`: nothing was written yet. */
  fail(error: P2pError): void {
    this.emit({ event: "error", code: error.code, message: error.message, hint: error.hint });
    this.#reject(error);
    this.#queue.end();
  }

  /** Is closed before anything was written: there is no event. */
  leave(): void {
    this.#reject(new Error("quit"));
    this.#queue.end();
  }

  async close(reason: "quit" | "interrupted", exit?: number): Promise<void> {
    await Promise.resolve();
    this.closes.push({ reason, exit });
    this.emit({ event: "closed", reason, exit: exit ?? (reason === "interrupted" ? 130 : 0) });
  }
}

export const closed = (exit = 0, reason: Closed["reason"] = "done"): P2pEvent => ({ event: "closed", reason, exit });
