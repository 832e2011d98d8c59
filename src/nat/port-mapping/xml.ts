// A minimal XML reader for router descriptions: elements by their local names, and their text. Reports invalid XML.
import { parseXml, XmlElement } from "@rgrove/parse-xml";

/** No router's description has more; it bounds the work and the nesting depth. */
export const MAX_XML_CHARACTERS = 131_072;

/** @returns the root element; undefined when the text is not well-formed XML, or too long */
export function readXml(text: string): XmlElement | undefined {
  if (text.length > MAX_XML_CHARACTERS) return undefined;
  try {
    // Some routers pad it with zeros or empty lines, and use HTML entities.
    // Line ends are normalized here, as XML 1.0 §2.11 requires: the parser's own cost is quadratic in their number.
    const lines = withoutPadding(text).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
    return parseXml(lines, { ignoreUndefinedEntities: true }).root ?? undefined;
  } catch {
    // The text is not well-formed, or nested deeper than the stack of this machine allows.
    return undefined;
  }
}

/** Scans from either end only as far as the padding goes, and reads nothing twice. */
function withoutPadding(text: string): string {
  let begin = 0;
  let end = text.length;
  while (begin < end && isPadding(text.charAt(begin))) begin += 1;
  while (end > begin && isPadding(text.charAt(end - 1))) end -= 1;
  return text.slice(begin, end);
}

/** Whether the character is white space, including a byte order mark, or a zero. */
function isPadding(char: string): boolean {
  return char === "\0" || char.trim() === "";
}

/** The local name, such as `WANIPConnection` of `u:WANIPConnection`. */
export function localName({ name }: XmlElement): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Its child elements, without text. */
export function childrenOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => child instanceof XmlElement);
}

/** All descendants with that name, at any depth. */
export function descendants(root: XmlElement, name: string): XmlElement[] {
  const found: XmlElement[] = [];
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    if (localName(element) === name) found.push(element);
    waiting.push(...childrenOf(element).toReversed());
  }
  return found;
}

/** The trimmed text of the first child with that name; its own text only, not that of its descendants. */
export function childText(element: XmlElement, name: string): string | undefined {
  const child = childrenOf(element).find((one) => localName(one) === name);
  return child === undefined ? undefined : ownText(child);
}

/** The text directly in it, without that of its children, trimmed. */
export function ownText(element: XmlElement): string {
  return element.children
    .map((child) => ("text" in child && !(child instanceof XmlElement) ? String(child.text) : ""))
    .join("")
    .trim();
}
