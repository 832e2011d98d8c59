// Undoes links: mail and chat programs make one of everything that looks like an address, and some write both the text
// and its target into the plain text.

const ANGLE_LINK = /<(?:https?:\/\/|mailto:|tel:|callto:)([^\s<>"\\]{1,255})>/gi;
const MARKDOWN_LINK = /\[([^\s[\]"]{1,255})\]\((?:https?:\/\/|mailto:|tel:)[^\s()"]{1,255}\)/gi;
const BARE_LINK = /(?:https?:\/\/|tel:|callto:)([0-9A-Fa-f[\]:.]{2,60})\/?(?=[\s"\\]|$)/gi;
/** Characters that end the text of a link; a target behind one of them stands alone. */
const NO_LINK_TEXT = /[\s<>"'[\]()]/;

/** Puts the text of each link in the place of the link. */
export function undoLinks(text: string): string[] {
  if (!text.includes("://") && !/(?:mailto|tel|callto):/i.test(text)) return [];
  const plain = text.replaceAll(MARKDOWN_LINK, "$1").replaceAll(ANGLE_LINK, textOfLink).replaceAll(BARE_LINK, "$1");
  return plain === text ? [] : [plain];
}

/**
 * The text of `<target>` or `<target|text>`. It is empty where the text stands before the link: directly, or, equal to
 * the target, with a space between.
 */
function textOfLink(_: string, inside: string, at: number, whole: string): string {
  const bar = inside.lastIndexOf("|");
  if (bar !== -1) return inside.slice(bar + 1);
  const target = inside.endsWith("/") ? inside.slice(0, -1) : inside;
  const isSpaced = whole.charAt(at - 1) === " ";
  if (isSpaced) return whole.endsWith(target, at - 1) ? "" : target;
  return at === 0 || NO_LINK_TEXT.test(whole.charAt(at - 1)) ? target : "";
}
