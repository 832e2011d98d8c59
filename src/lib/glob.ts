// File name patterns as shells have them: `*` and `?` within a name, `[a-z]` and `[!a-z]`, `**` for any folders.

/**
 * Whether a pattern names an entry, or a folder that it is in. A pattern without a slash may match any name on the path,
 * one with a slash matches from the start. The work is bounded by the product of the two lengths.
 * @param path - relative, with `/` between names
 */
export function matchesGlob(pattern: string, path: string): boolean {
  const names = path.split("/");
  const parts = pattern.split("/").filter((part) => part !== "");
  const [only] = parts;
  if (only === undefined) return false;
  if (parts.length === 1) return only === "**" || names.some((name) => matchesName(only, name));
  return matchesAll(parts, names, "**", matchesName, { atStart: true });
}

function matchesName(pattern: string, name: string): boolean {
  return matchesAll(tokensOf(pattern), Array.from(name), "*", matchesCharacter, { atStart: false });
}

/** @param atStart - the pattern need not match to the end */
function matchesAll(
  pattern: readonly string[],
  text: readonly string[],
  star: string,
  matchesOne: (pattern: string, one: string) => boolean,
  { atStart }: { atStart: boolean },
): boolean {
  let at = 0;
  let next = 0;
  let retry: { at: number; next: number } | undefined;
  for (;;) {
    const token = pattern[at];
    const one = text[next];
    if (token === undefined && (atStart || one === undefined)) return true;
    if (token === star) {
      at += 1;
      retry = { at, next };
    } else if (token !== undefined && one !== undefined && matchesOne(token, one)) {
      at += 1;
      next += 1;
    } else {
      // The last star takes one more; earlier ones never have to.
      if (retry === undefined || retry.next >= text.length) return false;
      retry.next += 1;
      ({ at, next } = retry);
    }
  }
}

/** Splits a pattern into characters and `[…]` classes; a bracket that is not closed is a character. */
function tokensOf(pattern: string): string[] {
  const characters = Array.from(pattern);
  const tokens: string[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    // A bracket right behind the opening one, or behind its `!`, belongs to the class.
    const first = at + (characters[at + 1] === "!" ? 3 : 2);
    const end = characters[at] === "[" ? characters.indexOf("]", first) : -1;
    tokens.push(characters.slice(at, end === -1 ? at + 1 : end + 1).join(""));
    if (end !== -1) at = end;
  }
  return tokens;
}

function matchesCharacter(token: string, character: string): boolean {
  if (token === "?") return true;
  const members = Array.from(token);
  if (members.length === 1) return token === character;
  const isNegated = members[1] === "!";
  const list = members.slice(isNegated ? 2 : 1, -1);
  let isMember = false;
  for (let at = 0; at < list.length; at += 1) {
    const isRange = list[at + 1] === "-" && at + 2 < list.length;
    const [low = "", high = ""] = isRange ? [list[at], list[at + 2]] : [list[at], list[at]];
    isMember ||= low <= character && character <= high;
    if (isRange) at += 2;
  }
  return isMember !== isNegated;
}
