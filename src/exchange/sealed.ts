// Recognises a sealed exchange file: age's format (https://age-encryption.org/v1), as armored text or as
// the bytes inside. Opening it takes secrets and time and belongs to src/trust; this reads only what is public.
import { bytesOfBase64 } from "../lib/bytes.ts";
import { parseJson, readDocumentText } from "./document-text.ts";
import type { RepairWork } from "./repair/repair-work.ts";
import { repairsOf } from "./repair/repairs.ts";

/**
 * `partial`: the armor has no end yet, so the file may still be arriving. `damaged`: the armor's content is not
 * base64. `whole`: the file without armor; `workFactor`: log2 of scrypt's N, if a passphrase opens it and N is given.
 */
export type Sealed =
  | { state: "partial" | "damaged" }
  | { state: "whole"; needs: SealedBy; bytes: Uint8Array; workFactor?: number };

/** The secret that opens it: a passphrase, or the age identity of somebody to whom it was sealed. */
export type SealedBy = "passphrase" | "identity";

/** log2 of scrypt's N for files that we seal: about a second on the machines in use, and age's own default. */
export const SEAL_WORK_FACTOR = 18;
/**
 * Limit (log2 of N) for a file that is found while a session waits for one: anybody may have put it there, and p2p and
 * age seal with no more. It also bounds how long Ctrl-C may have to wait, as scrypt cannot be stopped.
 */
export const MAX_UNATTENDED_WORK_FACTOR = SEAL_WORK_FACTOR;

const BINARY_MAGIC = "age-encryption.org/v1\n";
/** Far more than the one stanza of a passphrase takes. */
const MAX_HEADER_BYTES = 4_096;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The markers, and the same as programs change them: dashes are joined to longer ones, and lines are broken. */
const BEGIN = /-----BEGIN AGE ENCRYPTED FILE-----/;
const END = /-----END AGE ENCRYPTED FILE-----/;
const ANY_BEGIN = /[-‐-―−]{1,5}\s{0,2}BEGIN\s{1,3}AGE\s{1,3}ENCRYPTED\s{1,3}FILE\s{0,2}[-‐-―−]{1,5}/;
const ANY_END = /[-‐-―−]{1,5}\s{0,2}END\s{1,3}AGE\s{1,3}ENCRYPTED\s{1,3}FILE\s{0,2}[-‐-―−]{1,5}/;
/** Signs that a text is, or hides, armor. The last is the armor's beginning in base64. */
const SIGN = /ENCRYPTED|LS0tLS1CRUdJTi/;

/**
 * Reads the envelope of a sealed file. Line ends, indentation and the width of the lines may have changed on the way;
 * other changes are undone as in an open file (repair/repairs.ts), and age itself proves that they are undone right.
 * @param work - what undoing them may cost
 * @returns undefined for a file that is not sealed
 */
export function readSealed(bytes: Uint8Array, work?: RepairWork): Sealed | undefined {
  if (startsWith(bytes, BINARY_MAGIC)) return whole(bytes);
  const { text } = readDocumentText(bytes);
  // A name within an open document may be anything.
  if (text.startsWith("{") && BEGIN.test(text) && parseJson(text) !== undefined) return undefined;
  const asIs = readArmor(text, BEGIN, END);
  if (asIs?.state === "whole" || !SIGN.test(text)) return asIs;
  let best = asIs;
  // Where the first marker is as it was written, so is the last one: less of it is on its way.
  const [begin, end] = asIs === undefined ? [ANY_BEGIN, ANY_END] : [BEGIN, END];
  for (const { text: repaired } of repairsOf(bytes, work)) {
    const sealed = readArmor(repaired, begin, end);
    if (sealed?.state === "whole") return sealed;
    if (best === undefined || sealed?.state === "damaged") best = sealed ?? best;
  }
  return best;
}

/** @returns undefined where there is no armor in the text */
function readArmor(text: string, beginMarker: RegExp, endMarker: RegExp): Sealed | undefined {
  const begin = beginMarker.exec(text);
  if (begin === null) return undefined;
  const rest = text.slice(begin.index + begin[0].length);
  const end = endMarker.exec(rest);
  if (end === null) return { state: "partial" };
  const base64 = rest.slice(0, end.index).replaceAll(/\s+/g, "");
  if (!BASE64.test(base64) || base64.length % 4 !== 0) return { state: "damaged" };
  const last = base64.slice(-4);
  // The last character's surplus bits are zero, so that a file has exactly one base64 form. RFC 4648 §3.5
  if (btoa(atob(last)) !== last) return { state: "damaged" };
  return whole(bytesOfBase64(base64));
}

function whole(bytes: Uint8Array): Sealed {
  const [header = ""] = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_HEADER_BYTES)).split("\n---");
  const stanza = /\n-> scrypt(?: \S{1,64} ([1-9]\d?)\n)?/.exec(header);
  if (stanza === null) return { state: "whole", needs: "identity", bytes };
  const [, factor] = stanza;
  return {
    state: "whole",
    needs: "passphrase",
    bytes,
    ...(factor === undefined ? {} : { workFactor: Number(factor) }),
  };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && Array.from(text).every((char, at) => bytes[at] === char.charCodeAt(0));
}
