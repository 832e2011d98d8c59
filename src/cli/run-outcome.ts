// What a run of `p2p offer` or `p2p answer` has come to, as far as its events tell, and the exit code that follows. It
// prints nothing and closes nothing.
import { type Promised, toP2pError, worseExit } from "../command-port.ts";
import { ERROR_CODES, P2pError, type P2pErrorCode, type P2pEvent, type ProgramEvent } from "../index.ts";
import { type EndingSignal, EXIT_DONE, SIGNAL_EXITS } from "./exit-codes.ts";

type ClosedEvent = Extract<ProgramEvent, { event: "closed" }>;

export class RunOutcome {
  readonly #promised: Pick<Promised, "files" | "messages">;
  #isConnected = false;
  /** Once there is a local file, the run has to end with a `closed` event. */
  #hasLocalFile = false;
  #isClosed = false;
  #hasBug = false;
  #signal: EndingSignal | undefined;
  #lastErrorCode: P2pErrorCode | undefined;
  #unsentExit: number = EXIT_DONE;
  /** The exit code of a run that has closed its line itself. */
  #leavingExit: number | undefined;

  /** @param promised - what this run was asked to send */
  constructor(promised: Pick<Promised, "files" | "messages">) {
    this.#promised = promised;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The last event has been emitted. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Programs wait for a `closed` event. */
  get owesClosed(): boolean {
    return this.#hasLocalFile && !this.#isClosed;
  }

  get isSignalled(): boolean {
    return this.#signal !== undefined;
  }

  /** Exit code for what could not even be proposed to the peer; the line does not know about it. */
  get unsentExit(): number {
    return this.#unsentExit;
  }

  /** Takes an event before it is shown. @returns the same; `closed` with the reason and the exit code of the whole run */
  note(event: P2pEvent): P2pEvent {
    if (event.event === "local-file") this.#hasLocalFile = true;
    if (event.event === "error") this.#lastErrorCode = event.code;
    if (event.event === "connected") this.#isConnected = true;
    if (event.event !== "closed") return event;
    this.#isClosed = true;
    const exit = worseExit(event.exit, this.#unsentExit);
    // A signal also counts where the session had ended, and only the reader of stdout was waited for.
    if (this.#signal !== undefined && !this.#hasBug) {
      const signalled = SIGNAL_EXITS[this.#signal];
      return { ...event, reason: "interrupted", exit: worseExit(exit, signalled) };
    }
    return { ...event, reason: this.#hasBug ? "error" : event.reason, exit };
  }

  /** Something cannot be sent, for a reason with this exit code. */
  noteUnsent(exit: number): void {
    this.#unsentExit = worseExit(this.#unsentExit, exit);
  }

  /** An error that nobody has caught ends the run. */
  noteBug(): void {
    this.#hasBug = true;
  }

  /** @returns false for each signal after the first: the person does not want to wait */
  noteSignal(signal: EndingSignal): boolean {
    if (this.#signal !== undefined) return false;
    this.#signal = signal;
    return true;
  }

  /** Ends a run whose line emits no `closed`. @returns the event that programs wait for; undefined: they do not */
  close(how: Pick<ClosedEvent, "reason" | "exit">): ClosedEvent | undefined {
    if (!this.owesClosed) return undefined;
    this.#isClosed = true;
    return { event: "closed", ...how };
  }

  /**
   * The exit code for leaving now: what was promised and cannot have been sent before the connection decides it.
   * @returns undefined where the line knows the code
   */
  exitOfLeaving(reason: "quit" | "interrupted"): number | undefined {
    if (this.#isConnected || reason === "interrupted") return undefined;
    if (this.#promised.files.length > 0) return ERROR_CODES.TRANSFER_INTERRUPTED.exit;
    return this.#promised.messages > 0 ? ERROR_CODES.CONNECTION_LOST.exit : undefined;
  }

  /**
   * The run closes its line.
   * @param exit - default: that of `exitOfLeaving`
   * @returns the exit code; undefined where the line knows it
   */
  noteLeaving(reason: "quit" | "interrupted", exit: number | undefined): number | undefined {
    const code = exit ?? this.exitOfLeaving(reason);
    this.#leavingExit ??= code ?? (reason === "interrupted" ? SIGNAL_EXITS.SIGINT : EXIT_DONE);
    return code;
  }

  /**
   * The exit code when the line ended before it wrote a file, so that no `closed` event carries the code.
   * @param thrown - what ended the line
   * @param isReaderGone - the reader of stdout has closed its end
   * @throws `thrown`, when no event has told it
   */
  exitWithoutClosed(thrown: unknown, isReaderGone: boolean): number {
    if (this.#signal !== undefined) return SIGNAL_EXITS[this.#signal];
    if (isReaderGone) return EXIT_DONE;
    // That it was closed is all that the line has to say then.
    if (this.#leavingExit !== undefined && !(thrown instanceof P2pError))
      return worseExit(this.#leavingExit, this.#unsentExit);
    if (this.#unsentExit !== EXIT_DONE) return this.#unsentExit;
    const error = toP2pError(thrown);
    if (error.code !== this.#lastErrorCode) throw thrown;
    return error.exit;
  }
}

/**
 * The exit code when the reader of stdout has closed its end: it has what it wanted, unless a file is unfinished.
 * @param exit - of the `closed` event
 */
export function exitWithoutReader(exit: number): number {
  return exit === ERROR_CODES.CONNECTION_LOST.exit ? EXIT_DONE : exit;
}
