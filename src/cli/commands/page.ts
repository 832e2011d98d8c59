// `p2p page`: writes the browser peer, one HTML file that works from the disk, and says its SHA-256, by which somebody
// who had it from elsewhere can check it.
import { pageDigest, readPage, writePage } from "../../command-port.ts";
import type { Words } from "../../words/index.ts";
import { fullPath } from "../../ui/format.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import type { OutputWriter } from "../output-writer.ts";
import type { TerminalPrinter } from "../print.ts";

export const DEFAULT_PAGE = "p2p.html";
const STREAM = "-";

export interface PageContext {
  readonly stdout: OutputWriter;
  readonly printer: TerminalPrinter;
  readonly words: Words;
}

/**
 * @param out - a path, or `-` for stdout
 * @returns exit code 0
 * @throws P2pError PAGE_MISSING, PAGE_NAME_TAKEN, WRITE_FAILED
 */
export async function runPage(out: string, { stdout, printer, words }: PageContext): Promise<number> {
  const page = await readPage();
  const sha256 = await pageDigest(page);
  if (out === STREAM) {
    await stdout.writeResult(page);
    printer.err(words.cli.run.pageDigest({ sha256 }));
    return EXIT_DONE;
  }
  await writePage(out, page);
  printer.out(words.cli.run.pageWritten({ path: fullPath(out) }));
  printer.out(words.cli.run.pageDigest({ sha256 }));
  return EXIT_DONE;
}
