// Sources of a passphrase: --passphrase-file, P2P_PASSPHRASE, or a person at a terminal. Never the command
// line, which everybody on the machine can read.
import type { ReadStream } from "node:tty";
import { asTyped, isWeakPassphrase, makePassphrase, readPassphraseFile } from "../command-port.ts";
import type { P2pError } from "../index.ts";
import { untilOurs } from "../ui/foreground.ts";
import type { Words } from "../words/index.ts";
import type { Io } from "./io.ts";
import { environmentName } from "./option-table.ts";
import type { TerminalPrinter } from "./print.ts";
import { SecretPrompt } from "./secret-prompt.ts";
import { Usage } from "./usage.ts";

/** Where a passphrase was given beforehand. */
export type PassphraseSource = { readonly file: string } | { readonly text: string } | undefined;

/**
 * Selects the source: `--passphrase-file`, else P2P_PASSPHRASE, else P2P_PASSPHRASE_FILE, else the config file.
 * @param flag - from the command line @param configured - from the config file
 */
export function passphraseSource(
  flag: string | undefined,
  env: Io["env"],
  configured: string | undefined,
): PassphraseSource {
  if (flag !== undefined) return { file: flag };
  const text = env["P2P_PASSPHRASE"];
  if (text) return { text };
  const file = env[environmentName("passphrase-file")] || configured;
  return file === undefined ? undefined : { file };
}

export interface PassphrasesOptions {
  readonly io: Pick<Io, "stdin" | "stderr" | "openTerminal" | "interrupt" | "foreground">;
  readonly printer: TerminalPrinter;
  readonly words: Words;
  readonly source: PassphraseSource;
  /** False: nobody is asked, even on a terminal. */
  readonly mayAsk: boolean;
  /** A secret is being typed from now on, or no longer: nobody else may read the keys meanwhile. */
  readonly onHold?: (isHeld: boolean) => void;
}

export class Passphrases {
  readonly #options: PassphrasesOptions;
  #given: Promise<string | undefined> | undefined;
  #prompt: SecretPrompt | undefined;
  /** The terminal opened when stdin is not one. */
  #opened: ReadStream | undefined;

  constructor(options: PassphrasesOptions) {
    this.#options = options;
  }

  /** True if there may be a person to ask; opens nothing. */
  get mayAsk(): boolean {
    return this.#options.mayAsk && this.#options.io.stderr.isTTY === true;
  }

  /** True if there is a terminal to ask on. */
  get canAsk(): boolean {
    return this.#terminal() !== undefined;
  }

  /** The passphrase given beforehand, read once: a pipe yields it only once. @throws P2pError SECRET_UNREADABLE */
  async given(): Promise<string | undefined> {
    this.#given ??= this.#readGiven();
    return await this.#given;
  }

  /**
   * Returns the passphrase to seal with: the given one, else a new one, which the person types twice or has generated.
   * @param wish - what needs it, as the person would write it
   * @throws P2pError SECRET_UNREADABLE; USAGE when there is nobody to ask
   */
  async forSealing(wish: string): Promise<string> {
    const given = await this.given();
    const passphrase = given ?? (await this.#askNew());
    if (passphrase === undefined) throw this.#noneGiven(wish, "mine");
    if (isWeakPassphrase(passphrase)) {
      const { printer, words } = this.#options;
      printer.err(printer.style.yellow(words.seal.weak));
    }
    return passphrase;
  }

  /**
   * Returns the passphrase by which two sides meet on a broker: the given one; else the offering side gets a new one, to be
   * told to the other side, whose person types it. The broker could guess a weak one, so that is refused.
   * @param wish - what needs it, as the person would write it
   * @throws P2pError SECRET_UNREADABLE; USAGE when it is weak, or there is nobody to ask
   */
  async forMeeting(role: "offer" | "answer", wish: string): Promise<string> {
    const { printer, words } = this.#options;
    const given = await this.given();
    if (given !== undefined) {
      if (isWeakPassphrase(given)) throw new Usage(words).weakPassphrase(wish);
      return given;
    }
    if (role === "offer") {
      const made = makePassphrase();
      printer.insist(printer.style.bold(words.seal.made({ passphrase: made })));
      printer.insist(words.seal.tellItToMeet);
      return made;
    }
    for (;;) {
      const said = await this.#read(words.seal.askToMeet);
      if (said === undefined) throw this.#noneGiven(wish, "theirs");
      if (!isWeakPassphrase(said)) return said;
      printer.insist(printer.style.yellow(words.seal.weakToMeet));
    }
  }

  /**
   * Asks for the passphrase of a file, until something is typed: no file is sealed with nothing.
   * @param isAgain - the previous answer does not open it
   * @returns undefined when the person gives none, by the end of the input
   */
  async ask(path: string, isAgain: boolean): Promise<string | undefined> {
    const { printer, words } = this.#options;
    if (isAgain) printer.insist(printer.style.yellow(words.seal.wrong));
    for (;;) {
      const said = await this.#read(words.seal.ask({ path: asTyped(path) }));
      if (said !== "") return said;
      printer.insist(printer.style.yellow(words.seal.nothingTyped));
    }
  }

  /** Releases the terminal. */
  close(): void {
    this.#prompt?.close();
    this.#opened?.destroy();
  }

  async #readGiven(): Promise<string | undefined> {
    const { source } = this.#options;
    if (source === undefined) return undefined;
    return "text" in source ? source.text : await readPassphraseFile(source.file);
  }

  async #askNew(): Promise<string | undefined> {
    const { printer, words } = this.#options;
    for (;;) {
      const first = await this.#read(words.seal.askNew);
      if (first === undefined) return undefined;
      if (first === "") {
        const made = makePassphrase();
        printer.insist(printer.style.bold(words.seal.made({ passphrase: made })));
        printer.insist(words.seal.tellIt);
        return made;
      }
      const second = await this.#read(words.seal.askAgain);
      if (second === undefined) return undefined;
      if (second === first) return first;
      printer.insist(printer.style.yellow(words.seal.different));
    }
  }

  async #read(question: string): Promise<string | undefined> {
    const { io, printer, onHold } = this.#options;
    const input = this.#terminal();
    if (input === undefined) return undefined;
    printer.insist(question);
    onHold?.(true);
    try {
      // The question is on the screen of whoever has the terminal; the person brings this job to the foreground.
      await untilOurs(io.foreground);
      this.#prompt ??= new SecretPrompt({ input, onInterrupt: () => io.interrupt() });
      return await this.#prompt.read();
    } finally {
      onHold?.(false);
    }
  }

  /** Returns stdin, or the controlling terminal when stdin is something else. */
  #terminal(): ReadStream | undefined {
    const { stdin, openTerminal } = this.#options.io;
    if (!this.mayAsk) return undefined;
    if (stdin.isTTY === true) return stdin;
    this.#opened ??= openTerminal();
    return this.#opened;
  }

  #noneGiven(wish: string, whose: "mine" | "theirs"): P2pError {
    const usage = new Usage(this.#options.words);
    return this.canAsk ? usage.noPassphraseTyped(wish, whose) : usage.noPassphrase(wish);
  }
}
