// A choice of numbered entries, as a person types it: `2`, `1,3-5`.

/** Whether a text is a list of numbers and ranges. */
const LIST = /^\d{1,6}(?:-\d{1,6})?(?:,\d{1,6}(?:-\d{1,6})?)*$/;

/** Whether a text is a choice of entries, whatever numbers there are. */
export function isEntryChoice(text: string): boolean {
  return LIST.test(plainList(text));
}

/** The list without blanks. Numbers with a blank between them are two: `1 3` must not become 13. */
function plainList(text: string): string {
  const spaced = text.normalize("NFKC").replaceAll("、", ",").trim().replace(/\s+/g, " ");
  return spaced.replace(/ ?([,-]) ?/g, "$1").replaceAll(" ", ",");
}

/**
 * @param count - the highest number that there is
 * @returns the chosen numbers; `outside`: the first one that there is not; undefined: the text is no such list
 */
export function readEntryChoice(text: string, count: number): ReadonlySet<number> | { outside: number } | undefined {
  const list = plainList(text);
  if (!LIST.test(list)) return undefined;
  const chosen = new Set<number>();
  for (const range of list.split(",")) {
    const [first = 0, last = first] = range.split("-").map(Number);
    const outside = [first, last].find((number) => number < 1 || number > count);
    if (outside !== undefined) return { outside };
    for (let number = Math.min(first, last); number <= Math.max(first, last); number += 1) chosen.add(number);
  }
  return chosen;
}

/** A choice of a part that there is, as an example. @param count - the highest number that there is, from 2 */
export function choiceExample(count: number): string {
  if (count < 4) return count === 2 ? "1" : "1,3";
  return `1,3-${Math.min(count, 5)}`;
}

/** The paths with these numbers and everything below them. */
export function chosenPaths(paths: readonly string[], chosen: ReadonlySet<number>): (path: string) => boolean {
  const names = new Set(paths.filter((_, at) => chosen.has(at + 1)));
  // To look for each folder of a long path among the names would take a time that grows with the square of its length.
  const lengths = new Set([...names].map(({ length }) => length));
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (lengths.has(end) && names.has(path.slice(0, end))) return true;
    }
    return false;
  };
}
