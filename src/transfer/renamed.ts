// Entries that get another name on every disk, for eyes only: how many, and the first of them with both names, so that
// both sides can tell their people. It touches no file, and what one system alone repairs is not in it.
import { printableName } from "../lib/byte-names.ts";
import type { RenamedName } from "../lib/events.ts";
import { isRepaired, repairedPath, utf8Bytes } from "./names.ts";

/** Entries that are told by name. */
export const MAX_TOLD_RENAMED = 100;
/** Bytes of all their names together: a line of `--json` has 64 KiB. */
export const MAX_TOLD_RENAMED_BYTES = 16 * 1024;

/** The entries of one transfer that get another name; `told` has the first of them, with well-formed text for paths. */
export interface Renamed {
  readonly count: number;
  readonly told: readonly RenamedName[];
}

/** @param entries - those of a manifest; a folder that gets another name counts once, whatever is in it */
export function renamedEntries(entries: readonly { readonly path: string }[]): Renamed {
  const told: RenamedName[] = [];
  let toldBytes = 0;
  let count = 0;
  for (const { path } of entries) {
    if (!isRepaired(path)) continue;
    count += 1;
    // The rest is only counted: to repair each of 250,000 names would take seconds.
    if (told.length === MAX_TOLD_RENAMED || toldBytes > MAX_TOLD_RENAMED_BYTES) continue;
    const name = { path: printableName(path), as: printableName(repairedPath(path) ?? path) };
    toldBytes += utf8Bytes(name.path) + utf8Bytes(name.as);
    if (toldBytes <= MAX_TOLD_RENAMED_BYTES) told.push(name);
  }
  return { count, told };
}
