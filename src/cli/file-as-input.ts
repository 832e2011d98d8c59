// `p2p answer FILE`: an exchange file, or a short code, as the first PATH means `--in FILE`. Nobody wants to send the file that the other
// side has just sent, and it is the most natural command.
import { isShortCode, kindOfNamedFile } from "../command-port.ts";
import { refuseCutCode } from "./cut-code.ts";
import { lastValue } from "./option-table.ts";
import type { PairArguments } from "./options.ts";

/** What a command line comes to. */
interface FileAsInput {
  readonly given: PairArguments;
  /** The exchange file that is read instead of sent; undefined: there is none. */
  readonly taken?: string;
  /** A file that is sent although it has the name of an exchange file: it may be one that was damaged on its way. */
  readonly doubtful?: string;
}

/**
 * @returns the arguments with `--in` in the place of such a PATH; the same arguments where there is none, or `--in` or
 *   `--via` is given
 * @throws P2pError FILE_MALFORMED: it is only the beginning of a code
 */
export async function withFileAsInput(given: PairArguments): Promise<FileAsInput> {
  const [path, ...paths] = given.paths;
  refuseCutCode(lastValue(given.options.get("in")) ?? path ?? "");
  if (path === undefined || path === "-" || given.options.has("in") || given.options.has("via")) return { given };
  const asInput = { ...given, paths, options: new Map(given.options).set("in", [path]) };
  if (isShortCode(path)) return { given: asInput };
  const kind = await kindOfNamedFile(path);
  if (kind === "document") return { given: asInput, taken: path };
  return kind === "named" ? { given, doubtful: path } : { given };
}
