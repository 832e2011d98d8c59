// A folder below the output folder, by which it is recognised again, and paths in it.
import type { Stats } from "node:fs";
import { sep } from "node:path";

/** A folder that exists and is inside the output folder. */
export class OutputFolder {
  readonly #parent: OutputFolder | undefined;
  readonly #name: string;
  /** This transfer created the folder, now or before it was interrupted, so its mode and times are ours to set. */
  readonly isOurs: boolean;
  readonly dev: number;
  readonly ino: number;

  /**
   * @param parent - undefined: `name` is an absolute path without links
   * @param name - the name of this folder on the disk
   */
  constructor(
    parent: OutputFolder | undefined,
    name: string,
    isOurs: boolean,
    { dev, ino }: Pick<Stats, "dev" | "ino">,
  ) {
    this.#parent = parent;
    this.#name = name;
    this.isOurs = isOurs;
    this.dev = dev;
    this.ino = ino;
  }

  /** Absolute and without links. It is built on demand: a stored path would repeat the names of all folders above. */
  get path(): string {
    const names: string[] = [this.#name];
    for (let at = this.#parent; at !== undefined; at = at.#parent) names.push(at.#name);
    return inFolder(names.pop() ?? "", names.toReversed());
  }
}

/** @param folder - absolute; @param names - safe segments */
export function inFolder(folder: string, names: readonly string[]): string {
  if (names.length === 0) return folder;
  return (folder.endsWith(sep) ? folder : folder + sep) + names.join(sep);
}

/** Returns whether a path without links is the folder, or leads into it. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
