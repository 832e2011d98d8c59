// `p2p seal FILE` and `p2p unseal FILE` convert an exchange file to age's format and back, for lines not sealed when
// their file was made, and for files sealed to a key. `age` can open the output and produce the input.
import {
  escapeLinesForDisplay,
  inspectExchangeFile,
  isIdentity,
  isRecipient,
  isSealedFile,
  readExchangeFile,
  readIdentityFile,
  sealFile,
  type SealKey,
  unsealFile,
  writePrivateFile,
} from "../../command-port.ts";
import { P2pError } from "../../index.ts";
import type { Words } from "../../words/index.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import type { OutputWriter } from "../output-writer.ts";
import { Passphrases, type PassphraseSource } from "../passphrases.ts";
import type { TerminalPrinter } from "../print.ts";
import { Usage } from "../usage.ts";

export interface SealSettings {
  /** A path, or `-` for stdin. */
  readonly file: string;
  /** A path, or `-` for stdout. */
  readonly output: string;
  readonly passphrase: PassphraseSource;
  /** For `seal`: age recipients to use instead of a passphrase. */
  readonly recipients: readonly string[];
  /** For `unseal`: a file of age identities to use instead of a passphrase. */
  readonly identityFile: string | undefined;
}

export interface SealContext {
  readonly io: Io;
  readonly stdout: OutputWriter;
  readonly printer: TerminalPrinter;
  readonly words: Words;
}

const STREAM = "-";

/**
 * @returns exit code 0
 * @throws P2pError FILE_MALFORMED when it is not an exchange file or is already sealed, FILE_TOO_LARGE, USAGE,
 *   SECRET_UNREADABLE, WRITE_FAILED
 */
export async function runSeal(settings: SealSettings, context: SealContext): Promise<number> {
  const { file, recipients } = settings;
  for (const recipient of recipients) {
    if (!(await isRecipient(recipient))) throw new Usage(context.words).badRecipient("--recipient", recipient);
  }
  const bytes = await readExchangeFile(file === STREAM ? context.io.stdin : file);
  if (isSealedFile(bytes))
    throw new P2pError("FILE_MALFORMED", { path: file, field: "file", flaw: { flaw: "sealed" } });
  await checkExchangeFile(bytes, file, context);
  const passphrases = passphrasesFor(settings, context);
  try {
    const key = recipients.length > 0 ? { recipients } : { passphrase: await passphrases.forSealing("p2p seal") };
    await write(await sealFile(bytes, key), settings, context);
  } finally {
    passphrases.close();
  }
  return EXIT_DONE;
}

/**
 * @returns exit code 0
 * @throws P2pError FILE_SEALED, FILE_WRONG_PASSPHRASE, FILE_SEAL_DAMAGED, FILE_SEAL_TOO_COSTLY, FILE_NOT_SEALED,
 *   FILE_MALFORMED when the content is not an exchange file, SECRET_UNREADABLE, WRITE_FAILED
 */
export async function runUnseal(settings: SealSettings, context: SealContext): Promise<number> {
  const { file } = settings;
  const bytes = await readExchangeFile(file === STREAM ? context.io.stdin : file);
  if (!isSealedFile(bytes)) throw new P2pError("FILE_NOT_SEALED", { path: file, by: "unseal" });
  const passphrases = passphrasesFor(settings, context);
  try {
    const plain = await openFile(bytes, settings, passphrases);
    await checkExchangeFile(plain, file, context);
    await write(plain, settings, context);
  } finally {
    passphrases.close();
  }
  return EXIT_DONE;
}

async function openFile(
  bytes: Uint8Array,
  { file, identityFile }: SealSettings,
  passphrases: Passphrases,
): Promise<Uint8Array> {
  if (identityFile === undefined) return await unsealAsking(bytes, file, passphrases);
  const key: SealKey = { identities: await readIdentityFile(identityFile, isIdentity) };
  return await unsealFile(bytes, file, key);
}

/**
 * Opens a file with the given passphrase, or asks until one fits.
 * @throws P2pError FILE_SEALED when there is no passphrase, and the errors of `unsealFile`
 */
export async function unsealAsking(bytes: Uint8Array, path: string, passphrases: Passphrases): Promise<Uint8Array> {
  const given = await passphrases.given();
  if (given !== undefined) return await unsealFile(bytes, path, { passphrase: given });
  let isAgain = false;
  for (;;) {
    const passphrase = passphrases.canAsk ? await passphrases.ask(path, isAgain) : undefined;
    if (passphrase === undefined) throw new P2pError("FILE_SEALED", { path, needs: "passphrase" });
    try {
      return await unsealFile(bytes, path, { passphrase });
    } catch (error) {
      if (!(error instanceof P2pError) || error.code !== "FILE_WRONG_PASSPHRASE") throw error;
      isAgain = true;
    }
  }
}

function passphrasesFor({ passphrase }: SealSettings, { io, printer, words }: SealContext): Passphrases {
  return new Passphrases({ io, printer, words, source: passphrase, mayAsk: true });
}

/** @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE */
async function checkExchangeFile(bytes: Uint8Array, path: string, { io }: SealContext): Promise<void> {
  await inspectExchangeFile(bytes, path, io.now().getTime());
}

async function write(
  content: string | Uint8Array,
  { output }: SealSettings,
  { stdout, printer, words }: SealContext,
): Promise<void> {
  if (output !== STREAM) {
    await writePrivateFile(output, content);
    printer.err(words.seal.wrote({ path: output }));
  } else if (stdout.isTerminal) {
    // Text written by somebody else is escaped, never interpreted.
    const text = typeof content === "string" ? content : new TextDecoder().decode(content);
    stdout.write(escapeLinesForDisplay(text));
  } else {
    await stdout.writeResult(typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
}
