// Determines how many digits of ids to show.

/**
 * @param ids - all different
 * @param atLeast - ≥ 1
 * @returns how many leading digits distinguish each from all others
 */
export function digitsToTell(ids: readonly string[], atLeast: number): number {
  let digits = atLeast;
  const sorted = ids.toSorted((a, b) => (a < b ? -1 : 1));
  for (const [at, id] of sorted.entries()) {
    const next = sorted[at + 1] ?? "";
    let same = 0;
    while (same < id.length && id[same] === next[same]) same += 1;
    digits = Math.max(digits, same + 1);
  }
  return digits;
}
