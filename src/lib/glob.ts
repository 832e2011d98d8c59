// File name patterns as shells have them: `*` and `?` within a name, `[a-z]` and `[!a-z]`, `**` for any folders. A peer can
// propose 32 MiB of paths at once, so a pattern is taken apart once and a path is read where it lies.

/** Tells whether a character may stand in this place, by its code point. */
type CharacterTest = (code: number) => boolean;
type Token = CharacterTest | typeof STAR;

const STAR = "*";
const ANY_FOLDERS = "**";
const LAST_OF_ONE_UNIT = 0xffff;

/** One name of a path, from its first character to the slash behind it. */
type NameSpan = readonly [from: number, to: number];

/**
 * Makes the test whether a pattern names an entry, or a folder that it is in. A pattern without a slash may match any name on
 * the path, one with a slash matches from the start. The work for a path is bounded by the product of the two lengths.
 * @returns takes relative paths with `/` between names
 */
export function globTest(pattern: string): (path: string) => boolean {
  const parts = pattern.split("/").filter((part) => part !== "");
  const [first, ...others] = parts.map((part) => (part === ANY_FOLDERS ? part : tokensOf(part)));
  if (first === undefined) return () => false;
  if (others.length > 0) return (path) => matchesFromStart([first, ...others], path, namesOf(path));
  if (first === ANY_FOLDERS) return () => true;
  return (path) => matchesAnyName(first, path);
}

function matchesAnyName(tokens: readonly Token[], path: string): boolean {
  for (let from = 0; ; ) {
    const slash = path.indexOf("/", from);
    if (matchesName(tokens, path, from, slash === -1 ? path.length : slash)) return true;
    if (slash === -1) return false;
    from = slash + 1;
  }
}

function namesOf(path: string): NameSpan[] {
  const names: NameSpan[] = [];
  for (let from = 0; ; ) {
    const slash = path.indexOf("/", from);
    names.push([from, slash === -1 ? path.length : slash]);
    if (slash === -1) return names;
    from = slash + 1;
  }
}

/** The pattern need not match to the end of the path. */
function matchesFromStart(
  parts: readonly (readonly Token[] | typeof ANY_FOLDERS)[],
  path: string,
  names: readonly NameSpan[],
): boolean {
  let at = 0;
  let next = 0;
  let retry: { at: number; next: number } | undefined;
  for (;;) {
    const part = parts[at];
    const name = names[next];
    if (part === undefined) return true;
    if (part === ANY_FOLDERS) {
      at += 1;
      retry = { at, next };
    } else if (name !== undefined && matchesName(part, path, ...name)) {
      at += 1;
      next += 1;
    } else {
      // The last one takes one more; earlier ones never have to.
      if (retry === undefined || retry.next >= names.length) return false;
      retry.next += 1;
      ({ at, next } = retry);
    }
  }
}

function matchesName(tokens: readonly Token[], path: string, from: number, to: number): boolean {
  let at = 0;
  let next = from;
  let retryAt = -1;
  let retryNext = from;
  for (;;) {
    const token = tokens[at];
    if (token === undefined && next === to) return true;
    const code = next < to ? (path.codePointAt(next) ?? 0) : undefined;
    if (token === STAR) {
      at += 1;
      retryAt = at;
      retryNext = next;
    } else if (token !== undefined && code !== undefined && token(code)) {
      at += 1;
      next += unitsOf(code);
    } else {
      // The last star takes one more; earlier ones never have to.
      if (retryAt === -1 || retryNext >= to) return false;
      retryNext += unitsOf(path.codePointAt(retryNext) ?? 0);
      at = retryAt;
      next = retryNext;
    }
  }
}

function unitsOf(code: number): number {
  return code > LAST_OF_ONE_UNIT ? 2 : 1;
}

/** Splits a part of a pattern into characters and `[…]` classes; a bracket that is not closed is a character. */
function tokensOf(part: string): Token[] {
  const characters = Array.from(part);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    // A bracket right behind the opening one, or behind its `!`, belongs to the class.
    const first = at + (characters[at + 1] === "!" ? 3 : 2);
    const end = characters[at] === "[" ? characters.indexOf("]", first) : -1;
    tokens.push(end === -1 ? tokenOf(characters[at] ?? "") : classOf(characters.slice(at + 1, end)));
    if (end !== -1) at = end;
  }
  return tokens;
}

function tokenOf(character: string): Token {
  if (character === STAR) return STAR;
  if (character === "?") return () => true;
  const wanted = codeOf(character);
  return (code) => code === wanted;
}

/** @param content - what stands between the brackets */
function classOf(content: readonly string[]): CharacterTest {
  const isNegated = content[0] === "!";
  const list = isNegated ? content.slice(1) : content;
  const ranges: [low: number, high: number][] = [];
  for (let at = 0; at < list.length; at += 1) {
    const isRange = list[at + 1] === "-" && at + 2 < list.length;
    ranges.push([codeOf(list[at] ?? ""), codeOf(list[isRange ? at + 2 : at] ?? "")]);
    if (isRange) at += 2;
  }
  return (code) => ranges.some(([low, high]) => low <= code && code <= high) !== isNegated;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
