// The arguments of this process with their bytes. Node decodes them as UTF-8 and puts U+FFFD in the place of all other
// bytes, so that a file whose name is not UTF-8 could not be named. Linux tells the bytes in /proc.
import { readFileSync } from "node:fs";
import { decodeName } from "../command-port.ts";

const REPLACEMENT = "\ufffd";
const COMMAND_LINE = "/proc/self/cmdline";

/**
 * @param argv - `process.argv`
 * @param readCommandLine - returns the arguments of the process, each ended by a zero byte; tests pass their own
 * @returns the arguments without program and script; bytes that are not UTF-8 stand in them as lib/byte-names.ts says,
 *   where the system tells them
 */
export function givenArguments(
  argv: readonly string[],
  readCommandLine: () => Uint8Array = () => readFileSync(COMMAND_LINE),
): string[] {
  const given = argv.slice(2);
  if (!given.some((argument) => argument.includes(REPLACEMENT))) return given;
  try {
    // Options of Node itself come before the script.
    const told = splitAtZeros(readCommandLine()).slice(-given.length);
    const isSame =
      told.length === given.length && told.every((bytes, at) => readable(lossy(bytes)) === readable(given[at] ?? ""));
    return isSame ? told.map((bytes) => decodeName(bytes)) : given;
  } catch {
    return given;
  }
}

function splitAtZeros(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0, end = bytes.indexOf(0); end >= 0; start = end + 1, end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end));
  }
  return parts;
}

/**
 * Leaves only what decoders agree upon: they differ in how many characters they put in the place of bytes that they
 * cannot read.
 */
function readable(text: string): string {
  return text.replaceAll(REPLACEMENT, "");
}

function lossy(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
