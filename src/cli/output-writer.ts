// One output stream: writes text in order, waits for a slow reader, and does not crash when the reader is gone.
// `p2p … | head -1` closes stdout while we write; that ends the run quietly, as in every filter.
import { Socket } from "node:net";
import { isReaderGone } from "../command-port.ts";
import { P2pError } from "../index.ts";

export class OutputWriter {
  /** Resolves when nothing can be written any more. */
  readonly broken: Promise<void>;
  readonly #stream: NodeJS.WriteStream;
  /** Aborts when the reader is not waited for any more: it has gone, or its time is over. */
  readonly #over = new AbortController();
  #failure: NodeJS.ErrnoException | undefined;
  #isFailureTold = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.broken = new Promise((resolve) => {
      stream.on("error", (error: NodeJS.ErrnoException) => {
        this.#failure ??= error;
        this.#over.abort();
        resolve();
      });
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Whether somebody reads it who can go away: it is a pipe or a socket. */
  get hasReader(): boolean {
    return this.#stream instanceof Socket && !this.isTerminal;
  }

  /** Undefined when there is no terminal, or one that does not know its size and reports 0. */
  get columns(): number | undefined {
    return this.#stream.columns || undefined;
  }

  /** The same in rows. */
  get rows(): number | undefined {
    return this.#stream.rows || undefined;
  }

  /** True when the reader has closed its end. */
  get isReaderGone(): boolean {
    return isReaderGone(this.#failure);
  }

  /** True when it was a terminal and that has gone, as when its window was closed. */
  get isTerminalGone(): boolean {
    return this.isTerminal && this.#failure?.code === "EIO";
  }

  /** Why writing failed, such as a full disk; undefined if only the reader is gone or `writeBytes` has thrown it. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.isReaderGone || this.isTerminalGone || this.#isFailureTold ? undefined : this.#failure;
  }

  /** Writes text; does nothing after a failure. */
  write(text: string): void {
    if (this.#failure === undefined) this.#stream.write(text);
  }

  /** Resolves when the system has taken the bytes. @throws the system's error, which the caller must report */
  async writeBytes(bytes: Uint8Array): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve, reject) => {
        this.#stream.write(bytes, (error) => {
          if (error instanceof Error) reject(error);
          else resolve();
        });
      });
    } catch (error) {
      this.#isFailureTold = true;
      throw error;
    }
  }

  /**
   * Writes all of a result. A reader that stops early has what it wants, so that is no error.
   * @throws P2pError WRITE_FAILED
   */
  async writeResult(bytes: Uint8Array): Promise<void> {
    try {
      await this.writeBytes(bytes);
    } catch (error) {
      if (this.isReaderGone) return;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new P2pError("WRITE_FAILED", { path: "stdout", reason: code ?? message }, { cause: error });
    }
  }

  /** Resolves when the reader has caught up, which keeps output from accumulating in memory. */
  async drained(): Promise<void> {
    if (this.#stream.writableNeedDrain) await this.#untilOver((resolve) => this.#stream.once("drain", resolve));
  }

  /** Resolves when everything has been passed to the system. */
  async flush(): Promise<void> {
    await this.#untilOver((resolve) => this.#stream.write("", () => resolve()));
  }

  /**
   * Waits no longer than this for a reader that takes nothing, and what it has not taken is lost. Whoever ends this process may
   * be its reader, and wait for its end.
   */
  limitWaiting(ms: number): void {
    setTimeout(() => this.#over.abort(), ms).unref();
  }

  /** Waits for a call of `resolve`, or until the reader is not waited for; nothing is left behind by many waits. */
  async #untilOver(begin: (resolve: () => void) => void): Promise<void> {
    const { signal } = this.#over;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        signal.removeEventListener("abort", finish);
        resolve();
      };
      signal.addEventListener("abort", finish);
      begin(finish);
    });
  }
}
