// Names of people: whether two of them look the same, and how to display a name that is not what it looks
// like. Skeletons and restriction levels as in UTS #39; the standard is what a person would mistake for the same.
import { CONFUSABLES } from "./confusables-data.ts";
import { escapeForDisplay } from "./text.ts";

/** Characters that are invisible, or look like a blank without being one. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{C}\p{Zl}\p{Zp}\u2800]/gu;
/**
 * Odd characters in a name, and runs of blanks, of which one between two words is not odd. The ideographic space
 * separates the parts of a name in Chinese characters.
 */
const ODD_OR_BLANKS = /[\p{Default_Ignorable_Code_Point}\p{C}\p{Zl}\p{Zp}\u2800]|(?![ \u3000])\p{Zs}|[ \u3000]+/gu;
const PLAIN = /^[!-~]*(?: [!-~]+)*$/;
/** `Wang (new phone)`; each bracket ends at the next one or nowhere. */
const IN_BRACKETS = /[([{（［【][^)\]}）］】]*[)\]}）］】]?/gu;
/** A letter of a script whose accents do not distinguish names, and its accents. */
const ACCENTED = /([\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}])\p{Mn}+/gu;
const BETWEEN_LETTERS = /[\p{P}\p{S}\p{Z}]/gu;

/** Scripts in modern use for names (UAX #31), and those that go together (UTS #39, Highly Restrictive). */
const SCRIPTS = (
  "Arab|Armn|Beng|Cyrl|Deva|Ethi|Geor|Grek|Gujr|Guru|Hebr|Khmr|Knda|Laoo|Mlym|Mong|Mymr|Orya|Sinh|Syrc|Taml|Telu|Thaa|" +
  "Thai|Tibt|Latn Hani Hira Kana|Latn Hani Bopo|Latn Hani Hang"
).split("|");

let ofOneScript: readonly RegExp[] | undefined;

/** Matches names of scripts that go together; made on first use, because that takes longer than most commands. */
function scriptPatterns(): readonly RegExp[] {
  ofOneScript ??= SCRIPTS.map((scripts) => {
    const classes = `Zyyy Zinh ${scripts}`.split(" ").map((script) => `\\p{scx=${script}}`);
    // oxlint-disable-next-line p2p/linear-regex -- one set of characters, repeated between the two ends, is linear
    return new RegExp(`^[${classes.join("")}]*$`, "u");
  });
  return ofOneScript;
}

let prototypes: ReadonlyMap<string, string> | undefined;

/** Maps characters to their look-alikes; read on first use. */
function readPrototypes(): ReadonlyMap<string, string> {
  if (prototypes !== undefined) return prototypes;
  const read = new Map<string, string>();
  let code = 0;
  for (const entry of CONFUSABLES.trim().split(/\s/)) {
    const [distance = "", target = ""] = entry.split("=");
    code += Number.parseInt(distance, 36);
    const codes = target.split(".").map((digits) => Number.parseInt(digits, 36));
    read.set(String.fromCodePoint(code), String.fromCodePoint(...codes));
  }
  prototypes = read;
  return read;
}

/** The same text for all that look alike (UTS #39, 4). */
function skeletonOf(text: string): string {
  const known = readPrototypes();
  const decomposed = text.normalize("NFKC").normalize("NFD");
  return Array.from(decomposed, (char) => known.get(char) ?? char)
    .join("")
    .normalize("NFD");
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** A capital i looks like a small L, so either may come first. */
function formsOf(text: string): string[] {
  const upperFirst = folded(skeletonOf(text));
  return [skeletonOf(folded(text)), upperFirst, skeletonOf(upperFirst)];
}

function keysOf(name: string): Set<string> {
  const visible = name.replace(INVISIBLE, "");
  const withoutRemark = visible.replace(IN_BRACKETS, "").trim();
  const texts = withoutRemark === "" ? [visible] : [visible, withoutRemark];
  const keys = texts.flatMap(formsOf).map((form) => form.normalize("NFD").replace(ACCENTED, "$1"));
  // A name without letters is compared by all its visible characters.
  return new Set(keys.map((key) => key.replace(BETWEEN_LETTERS, "") || key.replaceAll(/\p{Z}/gu, "")));
}

/**
 * Whether a person could mistake one name for the other: case, accents, blanks, punctuation, text in brackets,
 * invisible characters, and letters of other scripts that look the same make no difference.
 */
export function looksLike(one: string, other: string): boolean {
  const keys = keysOf(one);
  return [...keysOf(other)].some((key) => key !== "" && keys.has(key));
}

/**
 * A name for display: invisible characters become code points, and so do all letters beyond ASCII where the name
 * mixes scripts that do not go together, so that nothing in it passes for something else.
 * @returns safe to print; for eyes and not for parsing back
 */
export function displayName(name: string): string {
  if (PLAIN.test(name)) return name;
  const shown = withoutOdd(name, escapeAll);
  const plain = withoutOdd(name, () => "");
  return scriptPatterns().some((scripts) => scripts.test(plain))
    ? shown
    : shown.replace(/[^\u0020-\u007e]/gu, escapeAll);
}

/** The name with everything odd in it replaced; one blank between two words stays. */
function withoutOdd(name: string, replace: (odd: string) => string): string {
  return name.replace(ODD_OR_BLANKS, (found, offset: number) => {
    const isBetween = offset > 0 && offset + found.length < name.length;
    return isBetween && /^[ \u3000]/u.test(found) ? found.charAt(0) + replace(found.slice(1)) : replace(found);
  });
}

function escapeAll(text: string): string {
  return Array.from(text, (char) => {
    const escaped = escapeForDisplay(char);
    return escaped === char ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : escaped;
  }).join("");
}
