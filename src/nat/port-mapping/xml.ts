// The little of XML that routers speak: elements by their local names, and their text. Reports what is no XML.
import { parseXml, XmlElement } from "@rgrove/parse-xml";

/** No router's description has more; it bounds the work, and how deep elements lie in each other. */
export const MAX_XML_CHARACTERS = 131_072;

/** @returns the root element; undefined for what is no well-formed XML, or too much of it */
export function readXml(text: string): XmlElement | undefined {
  if (text.length > MAX_XML_CHARACTERS) return undefined;
  try {
    // Routers put zeros or empty lines around it, and entities of HTML in.
    // Line ends are made one here, as XML 1.0 §2.11 has it: the parser takes the square of their number for it.
    const lines = withoutPadding(text).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
    return parseXml(lines, { ignoreUndefinedEntities: true }).root ?? undefined;
  } catch {
    // Not well-formed, or nested deeper than the stack of this machine.
    return undefined;
  }
}

/** From either end it goes as far as the padding does, and never looks at it twice. */
function withoutPadding(text: string): string {
  let begin = 0;
  let end = text.length;
  while (begin < end && isPadding(text.charAt(begin))) begin += 1;
  while (end > begin && isPadding(text.charAt(end - 1))) end -= 1;
  return text.slice(begin, end);
}

/** White space, a byte order mark among it, or a zero. */
function isPadding(char: string): boolean {
  return char === "\0" || char.trim() === "";
}

/** `WANIPConnection` of `u:WANIPConnection`. */
export function localName({ name }: XmlElement): string {
  return name.slice(name.indexOf(":") + 1);
}

export function childrenOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => child instanceof XmlElement);
}

/** All elements of that name in it, however deep. */
export function descendants(root: XmlElement, name: string): XmlElement[] {
  const found: XmlElement[] = [];
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    if (localName(element) === name) found.push(element);
    waiting.push(...childrenOf(element).toReversed());
  }
  return found;
}

/** Text of the first child of that name, without blanks around it; of it alone, not of what is in it. */
export function childText(element: XmlElement, name: string): string | undefined {
  const child = childrenOf(element).find((one) => localName(one) === name);
  return child === undefined ? undefined : ownText(child);
}

export function ownText(element: XmlElement): string {
  return element.children
    .map((child) => ("text" in child && !(child instanceof XmlElement) ? String(child.text) : ""))
    .join("")
    .trim();
}
