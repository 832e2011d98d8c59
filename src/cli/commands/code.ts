// `p2p code`: the short code of an exchange file, and the file of a code.
import { isShortCode, otherForm, readExchangeFile, SHORT_CODE_NAME, shortCodeOf } from "../../command-port.ts";
import type { Words } from "../../words/index.ts";
import { drawQrCode, fitsInto } from "../../ui/qr-code.ts";
import { refuseCutCode } from "../cut-code.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import type { OutputWriter } from "../output-writer.ts";
import { type TerminalPrinter, windowOf } from "../print.ts";

const STREAM = "-";

export interface CodeContext {
  readonly stdout: OutputWriter;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly printer: TerminalPrinter;
  readonly words: Words;
}

/**
 * Writes the other form of a document to stdout, or its code as a QR code.
 * @param document - a path, `-` for stdin, or a code itself
 * @param qr - true: as a QR code; where the terminal has no room for it, as a code
 * @returns exit code 0
 * @throws P2pError FILE_MALFORMED, FILE_MISSING, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG, CODE_IMPOSSIBLE
 */
export async function runCode(document: string, { qr }: { qr: boolean }, context: CodeContext): Promise<number> {
  const { stdout, stdin } = context;
  refuseCutCode(document);
  const isCode = isShortCode(document);
  const bytes = isCode
    ? new TextEncoder().encode(document)
    : await readExchangeFile(document === STREAM ? stdin : document);
  const name = isCode ? SHORT_CODE_NAME : document;
  if (qr) writeQr(await shortCodeOf(bytes, name), context);
  else {
    const { form, text } = await otherForm(bytes, name);
    stdout.write(form === "code" ? `${text}\n` : text);
  }
  return EXIT_DONE;
}

function writeQr(code: string, { stdout, printer, words }: CodeContext): void {
  const window = windowOf(stdout);
  const qr = drawQrCode(code, printer.style);
  if (window === undefined || fitsInto(window, qr)) {
    for (const line of qr.lines) printer.out(line);
    return;
  }
  printer.err(printer.style.yellow(words.conversation.carrying.noRoomForQr({ needs: qr.needs, has: window })));
  printer.out(code);
}
