// One output stream: text goes out in order, a slow reader is waited for, and a reader that has gone is no crash.
// `p2p … | head -1` closes stdout under us; that ends the run quietly, as every filter does.
/** The reader has closed its end; on Windows EOF. */
const READER_GONE = ["EPIPE", "EOF", "ERR_STREAM_DESTROYED"];

export class OutputWriter {
  /** Resolves when nothing can be written any more. */
  readonly broken: Promise<void>;
  readonly #stream: NodeJS.WriteStream;
  #failure: NodeJS.ErrnoException | undefined;
  #isFailureTold = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.broken = new Promise((resolve) => {
      stream.on("error", (error: NodeJS.ErrnoException) => {
        this.#failure ??= error;
        resolve();
      });
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Undefined where there is no terminal, or one that does not know its size and says 0. */
  get columns(): number | undefined {
    return this.#stream.columns || undefined;
  }

  /** The reader closed its end. */
  get isReaderGone(): boolean {
    return READER_GONE.includes(this.#failure?.code ?? "");
  }

  /** Why writing failed, a full disk for one; undefined when only the reader has gone, or `writeBytes` has told it. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.isReaderGone || this.#isFailureTold ? undefined : this.#failure;
  }

  /** After a failure it does nothing. */
  write(text: string): void {
    if (this.#failure === undefined) this.#stream.write(text);
  }

  /** Resolves when the system has taken the bytes. @throws what the system says; telling it is the caller's then */
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

  /** Resolves when the reader has caught up, so that nothing piles up in memory. */
  async drained(): Promise<void> {
    if (this.#failure !== undefined || !this.#stream.writableNeedDrain) return;
    const drain = new Promise<void>((resolve) => this.#stream.once("drain", resolve));
    await Promise.race([drain, this.broken]);
  }

  /** Resolves when everything is handed to the system. */
  async flush(): Promise<void> {
    if (this.#failure !== undefined) return;
    const written = new Promise<void>((resolve) => this.#stream.write("", () => resolve()));
    await Promise.race([written, this.broken]);
  }
}
