// Whether as many files may be open as this program needs, asked before it is loaded: loading opens many files together, and
// a line and its transfers open more. It imports next to nothing, for that reason.
import { readFileSync } from "node:fs";
import { fewFilesWords } from "../words/few-files.ts";

/** Files that loading, a line with its sockets and transfers of many files have open together. */
export const NEEDED_OPEN_FILES = 128;

/**
 * @param env - the environment, for the language
 * @param readLimits - returns the limits of this process, as proc(5) writes them; tests pass their own
 * @returns the lines for stderr when too few files may be open; undefined when it is enough, or nothing is known
 */
export function fewOpenFiles(
  env: Readonly<Record<string, string | undefined>>,
  readLimits: () => string = () => readFileSync("/proc/self/limits", "utf8"),
): string | undefined {
  const limit = openFileLimit(readLimits);
  if (limit === undefined || limit >= NEEDED_OPEN_FILES) return undefined;
  const locale = env["P2P_LANG"] || env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  const words = locale.startsWith("zh") ? fewFilesWords.zh : fewFilesWords.en;
  return `p2p: error: ${words.message({ limit, needed: NEEDED_OPEN_FILES })}\np2p: hint: ${words.hint}\n`;
}

function openFileLimit(readLimits: () => string): number | undefined {
  try {
    // Node has raised the soft limit to the hard one when it started.
    const soft = /^Max open files +(\d+)/m.exec(readLimits())?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
