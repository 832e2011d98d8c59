// Resolves all links of a path, also when its end does not exist: the system's realpath fails there, but a link may be
// created before its target.
import { dirname, isAbsolute, join, parse, sep } from "node:path";
import { errnoOf, type FileSystem } from "../file-system.ts";

/** The number of links that Linux follows for one path. */
const MAX_LINKS = 40;

/**
 * @param path - absolute
 * @returns an absolute path without links; undefined when the links form a loop, or lead up from a missing folder
 */
export async function resolveLinks(fs: FileSystem, path: string): Promise<string | undefined> {
  let left = path.split(sep);
  let at = parse(path).root;
  let links = 0;
  while (left.length > 0) {
    const [name = "", ...rest] = left;
    left = rest;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const target = await readLink(fs, next);
    if (target === "missing") return left.includes("..") ? undefined : join(next, ...left);
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return undefined;
    if (isAbsolute(target.leadsTo)) at = parse(target.leadsTo).root;
    left = [...target.leadsTo.split(sep), ...left];
  }
  return at;
}

/** @returns undefined when the path is not a link */
async function readLink(fs: FileSystem, path: string): Promise<{ leadsTo: string } | "missing" | undefined> {
  try {
    return { leadsTo: await fs.readlink(path) };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EINVAL") return undefined;
    // A path below a file does not exist either.
    if (errno === "ENOENT" || errno === "ENOTDIR") return "missing";
    throw error;
  }
}
