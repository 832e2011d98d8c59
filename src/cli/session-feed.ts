// What a run sends: -m, then PATHs, then stdin, as messages or as a file. Whatever fails of it is told, and none of its
// promises is left to reject alone.
import { type SpooledFile, spoolStream, toP2pError } from "../command-port.ts";
import type { P2pError, Session } from "../index.ts";
import type { PairSettings } from "./options.ts";
import { sendLines } from "./stdin-messages.ts";

export interface FeedPorts {
  /** Something could not even be offered to the peer; the line does not know of it. */
  tell: (error: P2pError) => void;
  /** A message was not delivered, which the line tells by its events; what exit code it makes. */
  noteUndelivered: (exit: number) => void;
  /** Resolves when the output has taken what was written. */
  drained: () => Promise<void>;
  /** What was to be sent from stdin cannot be read. */
  onNothingToSend: () => void;
}

export class SessionFeed {
  readonly #settings: PairSettings;
  readonly #stdin: NodeJS.ReadStream;
  readonly #ports: FeedPorts;
  /** What PATH `-` sends: read from the start, so that whoever writes it need not wait for the other side. */
  readonly #spooled: Promise<SpooledFile | undefined>;
  #isFed = false;

  constructor(settings: PairSettings, stdin: NodeJS.ReadStream, ports: FeedPorts) {
    this.#settings = settings;
    this.#stdin = stdin;
    this.#ports = ports;
    this.#spooled = this.#spool();
  }

  /** Sends everything; this side is done then. Once: stdin has one reader. Never rejects for what was not delivered. */
  async feed(session: Session): Promise<void> {
    if (this.#isFed) return;
    this.#isFed = true;
    const sent = this.sendAll(session);
    if (this.#settings.stdin === "messages") {
      // Reading fails when the session ends first and stdin is closed under it.
      const lines = { sendMessage: (text: string) => this.#sendMessage(session, text) };
      await sendLines(this.#stdin, lines, this.#ports.drained).catch(() => {});
    }
    await sent;
    session.finish();
  }

  /**
   * Sends -m, PATHs and the file of stdin. Resolves when what became of each is known: a message that is rejected could
   * not be delivered, and the session's `error` and `closed` events say so.
   */
  async sendAll(session: Session): Promise<void> {
    const { messages, paths } = this.#settings;
    const sends: Promise<unknown>[] = messages.map((text) => this.#sendMessage(session, text));
    if (paths.length > 0) sends.push(this.#sendFiles(session, paths));
    sends.push(this.#sendSpooled(session));
    await Promise.allSettled(sends);
  }

  /** Gives back the room of what stdin held. */
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

  /** Never rejects. */
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
      // They were checked before the first file was written, and cannot be read now.
      this.#ports.tell(toP2pError(thrown));
    }
  }
}
