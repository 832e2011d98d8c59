// Sends a run's input: -m, then PATHs, then stdin, as messages or as a file. Every failure is reported, and no
// promise is left to reject unhandled.
import { type SpooledFile, spoolStream, toP2pError } from "../command-port.ts";
import type { P2pError, Session } from "../index.ts";
import type { PairSettings } from "./options.ts";
import { sendLines } from "./stdin-messages.ts";

export interface FeedPorts {
  /** Reports input that could not even be proposed to the peer; the line does not know about it. */
  tell: (error: P2pError) => void;
  /** Records the exit code of an undelivered message; the line itself reports the failure by its events. */
  noteUndelivered: (exit: number) => void;
  /** Resolves when the output has accepted everything written. */
  drained: () => Promise<void>;
  /** Called when the input to send from stdin cannot be read. */
  onNothingToSend: () => void;
}

export class SessionFeed {
  readonly #settings: PairSettings;
  readonly #stdin: NodeJS.ReadStream;
  readonly #ports: FeedPorts;
  /** Content of PATH `-`: read from the start, so that its writer need not wait for the peer. */
  readonly #spooled: Promise<SpooledFile | undefined>;
  #isFed = false;

  constructor(settings: PairSettings, stdin: NodeJS.ReadStream, ports: FeedPorts) {
    this.#settings = settings;
    this.#stdin = stdin;
    this.#ports = ports;
    this.#spooled = this.#spool();
  }

  /** Sends everything, then finishes this side. Runs once: stdin has one reader. Undelivered input does not reject. */
  async feed(session: Session): Promise<void> {
    if (this.#isFed) return;
    this.#isFed = true;
    const sent = this.sendAll(session);
    if (this.#settings.stdin === "messages") {
      // Reading fails if the session ends first, which closes stdin while it is being read.
      const lines = { sendMessage: (text: string) => this.#sendMessage(session, text) };
      await sendLines(this.#stdin, lines, this.#ports.drained).catch(() => {});
    }
    await sent;
    session.finish();
  }

  /**
   * Sends -m, PATHs and the file of stdin. Resolves when the outcome of each is known: a message that is rejected could
   * not be delivered, and the session's `error` and `closed` events say so.
   */
  async sendAll(session: Session): Promise<void> {
    const { messages, paths } = this.#settings;
    const sends: Promise<unknown>[] = messages.map((text) => this.#sendMessage(session, text));
    if (paths.length > 0) sends.push(this.#sendFiles(session, paths));
    sends.push(this.#sendSpooled(session));
    await Promise.allSettled(sends);
  }

  /** Releases the storage of the spooled stdin. */
  async close(): Promise<void> {
    await this.#spooled.then((file) => file?.close()).catch(() => {});
  }

  async #sendMessage(session: Session, text: string): Promise<void> {
    try {
      await session.sendMessage(text);
    } catch (thrown) {
      this.#ports.noteUndelivered(toP2pError(thrown).exit);
      throw thrown;
    }
  }

  /** Spools stdin. Never rejects. */
  async #spool(): Promise<SpooledFile | undefined> {
    const { stdinName } = this.#settings;
    if (stdinName === undefined) return undefined;
    try {
      return await spoolStream(this.#stdin, stdinName);
    } catch (thrown) {
      this.#ports.tell(toP2pError(thrown));
      this.#ports.onNothingToSend();
      return undefined;
    }
  }

  async #sendSpooled(session: Session): Promise<void> {
    const file = await this.#spooled;
    if (file !== undefined) await this.#sendFiles(session, [file]);
  }

  async #sendFiles(session: Session, files: readonly (string | SpooledFile)[]): Promise<void> {
    try {
      await session.sendFiles(files);
    } catch (thrown) {
      // The files were checked before the first file was written, but cannot be read now.
      this.#ports.tell(toP2pError(thrown));
    }
  }
}
