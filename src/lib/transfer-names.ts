// The few names by which a transfer is known, in a session and on a screen, and how much of them is kept: they are foreign
// text, and both keep a thousand transfers.

/** Number of names of a transfer that are kept … */
export const NAMES_KEPT = 3;
/** … and the length kept of each, in UTF-16 units: a row shows no more. */
export const NAME_UNITS_KEPT = 255;

/** Top-level names of a proposal, or of some of its entries: one more than is kept, where there are more. */
export function baseNames(
  entries: readonly { readonly path: string }[],
  isWanted: (index: number) => boolean = () => true,
): string[] {
  const names = new Set<string>();
  for (const [index, { path }] of entries.entries()) {
    if (isWanted(index)) names.add(path.split("/", 1)[0] ?? path);
    if (names.size > NAMES_KEPT) break;
  }
  return [...names];
}

/** The part of the names that is kept, copied: a slice of a string keeps the whole string in memory, here the whole path. */
export function keptNames(names: readonly string[]): string[] {
  return names.slice(0, NAMES_KEPT).map((name) => Array.from(name.slice(0, NAME_UNITS_KEPT)).join(""));
}
