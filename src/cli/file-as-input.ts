// `p2p answer FILE`: an exchange file, or a short code, as the first PATH means `--in FILE`. Nobody wants to send the file that the other
// side has just sent, and it is the most natural command.
import { isExchangeFile, isShortCode } from "../command-port.ts";
import type { PairArguments } from "./options.ts";

/**
 * @returns the arguments with `--in` in the place of such a PATH, and that path where it is a file; the same arguments where there is none,
 *   or `--in` or `--via` is given
 */
export async function withFileAsInput(given: PairArguments): Promise<{ given: PairArguments; path?: string }> {
  const [path, ...paths] = given.paths;
  if (path === undefined || path === "-" || given.options.has("in") || given.options.has("via")) return { given };
  const asInput = { ...given, paths, options: new Map(given.options).set("in", [path]) };
  if (isShortCode(path)) return { given: asInput };
  return (await isExchangeFile(path)) ? { given: asInput, path } : { given };
}
