// Where a path leads when every link on it is followed, also where nothing stands at its end: realpath of the
// system gives up there, and a link may be made before what it leads to.
import { dirname, isAbsolute, join, parse, sep } from "node:path";
import { errnoOf, type FileSystem } from "../file-system.ts";

/** As many links as Linux follows for one path. */
const MAX_LINKS = 40;

/**
 * @param path - absolute
 * @returns absolute and without links; undefined when the links go in circles, or up from where nothing stands
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

/** @returns undefined for what is no link */
async function readLink(fs: FileSystem, path: string): Promise<{ leadsTo: string } | "missing" | undefined> {
  try {
    return { leadsTo: await fs.readlink(path) };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EINVAL") return undefined;
    // Below a file there is nothing either.
    if (errno === "ENOENT" || errno === "ENOTDIR") return "missing";
    throw error;
  }
}
