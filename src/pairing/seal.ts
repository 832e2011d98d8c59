// Sealing of the two files of a line with one passphrase: ours is sealed before it leaves, theirs is opened before it
// is judged. A sealed line accepts only sealed files, because anybody could have made an open one.
import { type Decoding, decodeExchangeDocument } from "../exchange/codec.ts";
import { PEER_FILE_NAME } from "../exchange/file-names.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { readSealed } from "../exchange/sealed.ts";
import { RecentMap } from "../lib/recent-map.ts";
import { sha256Hex } from "../lib/sha256.ts";
import { MAX_UNATTENDED_WORK_FACTOR, SEAL_WORK_FACTOR } from "../exchange/sealed.ts";
import type { TrustPort } from "./ports.ts";

/** Limit of the files with other names for which a person is asked. */
const MAX_ASKED_OTHERS = 8;
/** Limit of the remembered contents that the passphrase does not open. */
const MAX_REMEMBERED = 1_024;

/** Sealing of the two files of a line (age's format, by passphrase). */
export interface SealOptions {
  /** Seal our file and accept only sealed ones from the start (true), or from the first sealed offer on (false). */
  required: boolean;
  /**
   * The passphrase, when known beforehand. With `required`, an offering side needs it; an answering side may be asked.
   */
  passphrase?: string;
  /**
   * Asks a person for the passphrase of a file. Undefined: nobody can be asked.
   * @param isAgain - the previous reply did not open the file
   * @returns undefined when the person does not know it
   */
  ask?: (path: string, isAgain: boolean) => Promise<string | undefined>;
}

export class LineSeal {
  readonly #role: "offer" | "answer";
  readonly #trust: Pick<TrustPort, "seal" | "open">;
  readonly #options: SealOptions;
  readonly #workFactor: number;
  #passphrase: string | undefined;
  #isConnected = false;
  #isRequired: boolean;
  #hasAsked = false;
  #othersAsked = 0;
  /** Errors of the contents that the current passphrase does not open, by digest: trying once is enough. */
  readonly #failed = new RecentMap<P2pError>(MAX_REMEMBERED);
  /** A file of ours is on its way: theirs has to be sealed with the same passphrase. */
  #hasSealed = false;
  /** Sealing takes a second; this chain makes documents leave in the order in which they were sealed. */
  #lastSealed: Promise<unknown> = Promise.resolve();

  /**
   * @param workFactor - log2 of scrypt's N
   * @throws TypeError when an offering side must seal and has no passphrase
   */
  constructor(
    role: "offer" | "answer",
    trust: Pick<TrustPort, "seal" | "open">,
    options: SealOptions = { required: false },
    workFactor = SEAL_WORK_FACTOR,
  ) {
    this.#trust = trust;
    this.#workFactor = workFactor;
    if (options.required && role === "offer" && options.passphrase === undefined) {
      throw new TypeError("Cannot seal without a passphrase");
    }
    this.#role = role;
    this.#options = options;
    this.#passphrase = options.passphrase;
    this.#isRequired = options.required;
  }

  /** Whether our file is sealed and only a sealed one of the other side is accepted. */
  get isRequired(): boolean {
    return this.#isRequired;
  }

  /** A session is up: a person who talks is not asked for the passphrase of a file that comes too late. */
  handleConnected(): void {
    this.#isConnected = true;
  }

  /** Records that a sealed offer is answered: the answer is sealed with the passphrase that opened it. */
  require(): void {
    this.#isRequired = true;
  }

  /**
   * Resumes a run whose file was sealed, so that this run does not accept anything weaker.
   * @param path - the path of that file
   * @throws P2pError FILE_SEALED when nobody knows the passphrase
   */
  async goOn(path: string): Promise<void> {
    this.#passphrase ??= await this.#options.ask?.(path, false);
    if (this.#passphrase === undefined) throw new P2pError("FILE_SEALED", { path, needs: "passphrase" });
    this.#isRequired = true;
  }

  /** @returns the text to write: the document, sealed if required */
  async seal(document: string): Promise<string> {
    if (!this.#isRequired) return document;
    const passphrase = this.#passphrase;
    if (passphrase === undefined) throw new TypeError("Cannot seal without a passphrase");
    this.#hasSealed = true;
    const sealed = this.#lastSealed.then(() => this.#trust.seal(document, passphrase, this.#workFactor));
    this.#lastSealed = sealed.catch(() => {});
    return await sealed;
  }

  /**
   * The cost of opening a file: 1 is the most work that is done for one file, 0 is almost none, because the file is
   * open or is known to fail.
   */
  readonly costOf = (bytes: Uint8Array): number => {
    const sealed = readSealed(bytes);
    if (sealed?.state !== "whole" || sealed.workFactor === undefined) return 0;
    if (sealed.workFactor > MAX_UNATTENDED_WORK_FACTOR) return 0;
    if (this.#passphrase === undefined && this.#options.ask === undefined) return 0;
    if (this.#failed.has(sha256Hex(bytes))) return 0;
    return 2 ** (sealed.workFactor - MAX_UNATTENDED_WORK_FACTOR);
  };

  /** Decodes a document of the folder, after opening it if it is sealed. */
  readonly read = async (bytes: Uint8Array, path: string, isFromBefore: boolean): Promise<Decoding> => {
    const decoding = decodeExchangeDocument(bytes, path);
    if (decoding.ok || decoding.error.code !== "FILE_SEALED") return decoding;
    try {
      const plain = await this.#open(bytes, path, isFromBefore);
      if (plain === undefined) return decoding;
      const opened = decodeExchangeDocument(plain, path);
      if (!opened.ok) return { ...opened, incomplete: false, isExchange: true };
      opened.document.remarks.unshift({ remark: "sealed" });
      return opened;
    } catch (error) {
      if (!(error instanceof P2pError)) throw error;
      return { ok: false, error, incomplete: false, isExchange: true };
    }
  };

  /**
   * @returns undefined when no passphrase is available
   * @throws P2pError FILE_WRONG_PASSPHRASE, FILE_SEAL_DAMAGED, FILE_SEAL_TOO_COSTLY, FILE_SEALED
   */
  async #open(bytes: Uint8Array, path: string, isFromBefore: boolean): Promise<Uint8Array | undefined> {
    const { ask } = this.#options;
    // Ours is sealed already, or the passphrase did not come from a person: another one would not fit.
    const isAnotherPossible = !this.#hasSealed && this.#options.passphrase === undefined;
    const mayAsk = isAnotherPossible && !this.#isConnected && this.#isWorthAsking(isFromBefore);
    let [isAgain, isCounted] = [false, false];
    for (;;) {
      try {
        if (this.#passphrase !== undefined) return await this.#tryOnce(bytes, path, this.#passphrase);
      } catch (error) {
        const isWrong = error instanceof P2pError && error.code === "FILE_WRONG_PASSPHRASE";
        if (!isWrong || !mayAsk || ask === undefined) throw error;
        isAgain = this.#hasAsked;
      }
      if (!mayAsk || ask === undefined) return undefined;
      if (!isCounted && !this.#countAsked(path)) return undefined;
      isCounted = true;
      const said = await ask(path, isAgain);
      if (said === undefined) return undefined;
      this.#passphrase = said;
      this.#failed.clear();
      this.#hasAsked = true;
    }
  }

  /** @throws as `openSealed`; immediately when these bytes were tried before under any name */
  async #tryOnce(bytes: Uint8Array, path: string, passphrase: string): Promise<Uint8Array> {
    const digest = sha256Hex(bytes);
    const failed = this.#failed.get(digest);
    if (failed !== undefined) throw new P2pError(failed.code, { ...failed.params, path });
    try {
      return await this.#trust.open(bytes, path, passphrase, MAX_UNATTENDED_WORK_FACTOR);
    } catch (error) {
      if (error instanceof P2pError) this.#failed.set(digest, error);
      throw error;
    }
  }

  /** Limits how often writers to the folder can make us ask a person. @returns whether to ask */
  #countAsked(path: string): boolean {
    if (path.split(/[/\\]/).at(-1) === PEER_FILE_NAME) return true;
    this.#othersAsked += 1;
    return this.#othersAsked <= MAX_ASKED_OTHERS;
  }

  /**
   * An offering side with an unsealed file waits for an open answer: a sealed file from before belongs to another line.
   */
  #isWorthAsking(isFromBefore: boolean): boolean {
    return this.#role === "answer" || !isFromBefore;
  }
}
