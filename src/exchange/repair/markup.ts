// Undoes the markup of pages and forums: HTML tags, character references, BBCode.

/** Character references that programs write for ASCII characters and for what stands in for them. */
const NAMED: Readonly<Record<string, string>> = {
  quot: '"',
  QUOT: '"',
  amp: "&",
  AMP: "&",
  lt: "<",
  gt: ">",
  apos: "'",
  nbsp: "\u00a0",
  ldquo: "“",
  rdquo: "”",
  bdquo: "„",
  lsquo: "‘",
  rsquo: "’",
  laquo: "«",
  raquo: "»",
  ndash: "–",
  mdash: "—",
  minus: "−",
  shy: "\u00ad",
  hyphen: "‐",
  dash: "‐",
  zwnj: "\u200c",
  zwj: "\u200d",
  ZeroWidthSpace: "\u200b",
  ensp: "\u2002",
  emsp: "\u2003",
  thinsp: "\u2009",
  lbrace: "{",
  lcub: "{",
  rbrace: "}",
  rcub: "}",
  lbrack: "[",
  lsqb: "[",
  rbrack: "]",
  rsqb: "]",
  lpar: "(",
  rpar: ")",
  colon: ":",
  comma: ",",
  bsol: "\\",
  sol: "/",
  equals: "=",
  plus: "+",
  period: ".",
  lowbar: "_",
  num: "#",
  percnt: "%",
  excl: "!",
  quest: "?",
  semi: ";",
  ast: "*",
  commat: "@",
  NewLine: "\n",
  Tab: "\t",
};

const REFERENCE = /&(#\d{1,7}|#[Xx][0-9A-Fa-f]{1,6}|[A-Za-z]{2,14});/g;
const TAG = /<(\/?[A-Za-z!][A-Za-z0-9]{0,15})([^<>]{0,2000})>/g;
const KNOWN_TAG =
  /<\/?(?:br|p|div|span|pre|code|blockquote|html|body|head|table|tr|td|tbody|font|a|b|i|u|em|strong|tt|li|ul|ol|img|wbr|meta|h[1-6]|section|article|samp|kbd)\b/i;
/** Elements whose content is no text. */
const HIDDEN_ELEMENTS = ["head", "style", "script", "title"] as const;
const BREAKING_TAG = /^(?:br|\/?p|\/?div|\/?tr|\/?li|\/?pre|\/?blockquote|\/?h[1-6]|\/?table|hr)$/i;
const BBCODE =
  /\[\/?(?:code|quote|b|i|u|s|url|img|color|size|font|pre|spoiler|list|center|left|right|indent|html|php|plain|noparse|json|js|tt|email|align|highlight|hide|mono)(?:[= ][^[\]]{0,200})?\]/gi;

/** Undoes character references, once and, where there are more behind, twice. */
export function undoEntities(text: string): string[] {
  const once = withoutReferences(text);
  if (once === text) return [];
  const twice = withoutReferences(once);
  return twice === once ? [once] : [twice, once];
}

/** Undoes HTML: takes the tags away, breaks lines where a page does, and undoes its character references. */
export function undoHtml(text: string): string[] {
  if (!KNOWN_TAG.test(text)) return [];
  let rest = withoutBetween(text, "<!--", "-->");
  for (const name of HIDDEN_ELEMENTS) rest = withoutBetween(rest, `<${name}`, `</${name}>`);
  const plain = rest.replaceAll(TAG, (_, name: string, inside: string) => {
    if (name.toLowerCase() === "img") return /\balt="([^"]*)"/.exec(inside)?.[1] ?? "";
    return BREAKING_TAG.test(name) ? "\n" : "";
  });
  return [withoutReferences(plain)];
}

/** Takes the tags of forums away. */
export function undoBbcode(text: string): string[] {
  const plain = text.replaceAll(BBCODE, "");
  return plain === text ? [] : [plain];
}

function withoutReferences(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(REFERENCE, (whole, name: string) => {
    if (!name.startsWith("#")) return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
    const isHex = name.charAt(1).toLowerCase() === "x";
    const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
    return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Case of `begin` and `end` is ignored. */
function withoutBetween(text: string, begin: string, end: string): string {
  const lower = text.toLowerCase();
  // A few characters change their length in lower case, which would move all places behind them.
  if (lower.length !== text.length) return text;
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const from = lower.indexOf(begin, at);
    const to = from === -1 ? -1 : lower.indexOf(end, from + begin.length);
    if (to === -1) break;
    kept.push(text.slice(at, from));
    at = to + end.length;
  }
  return kept.join("") + text.slice(at);
}
