// Windows-1252, the character set of old programs in the West. Node's own decoder for it reads 0x80 to 0x9f as ISO 8859-1
// in several versions, which takes the typographic characters for control characters.

const FIRST_OTHER = 0x80;
/** Those from 0x80 on that differ from ISO 8859-1. https://encoding.spec.whatwg.org/#windows-1252 */
const OTHERS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
const PART = 8_192;

/** Never fails: each byte is a character. */
export function decodeWindows1252(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += PART) parts.push(String.fromCharCode(...bytes.subarray(at, at + PART)));
  return parts.join("").replaceAll(/[\u0080-\u009f]/g, (char) => OTHERS.charAt(char.charCodeAt(0) - FIRST_OTHER));
}
