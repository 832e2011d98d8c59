// `p2p answer FILE`: an exchange file as the first PATH means `--in FILE`. Nobody wants to send the file that the other
// side has just sent, and it is the most natural command.
import { isExchangeFile } from "../command-port.ts";
import type { PairArguments } from "./options.ts";

/**
 * @returns the arguments with `--in` in the place of such a PATH, and that path; the same arguments where there is none,
 *   or `--in` is given
 */
export async function withFileAsInput(given: PairArguments): Promise<{ given: PairArguments; path?: string }> {
  const [path, ...paths] = given.paths;
  if (path === undefined || path === "-" || given.options.has("in") || !(await isExchangeFile(path))) return { given };
  return { given: { ...given, paths, options: new Map(given.options).set("in", [path]) }, path };
}
