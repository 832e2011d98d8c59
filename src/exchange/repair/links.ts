// Undoes links: mail and chat programs make one of everything that looks like an address, and some write both the text
// and its target into the plain text.

const ANGLE_LINK = /([^\s<>"'[\]()]{0,255})[ ]?<(?:https?:\/\/|mailto:|tel:|callto:)([^\s<>"\\]{1,255})>/gi;
const MARKDOWN_LINK = /\[([^\s[\]"]{1,255})\]\((?:https?:\/\/|mailto:|tel:)[^\s()"]{1,255}\)/gi;
const BARE_LINK = /(?:https?:\/\/|tel:|callto:)([0-9A-Fa-f[\]:.]{2,60})\/?(?=[\s"\\]|$)/gi;

/** Puts the text of each link in the place of the link. */
export function undoLinks(text: string): string[] {
  if (!text.includes("://") && !/(?:mailto|tel|callto):/i.test(text)) return [];
  const plain = text
    .replaceAll(MARKDOWN_LINK, "$1")
    .replaceAll(ANGLE_LINK, (_, shown: string, target: string) => (shown === "" ? target.replace(/\/$/, "") : shown))
    .replaceAll(BARE_LINK, "$1");
  return plain === text ? [] : [plain];
}
