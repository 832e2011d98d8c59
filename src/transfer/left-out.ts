// Entries of the sender's folders that a transfer does not have: how many, and the first of them by name, so that both
// sides can tell their people. The receiver's half is untrusted text for eyes only.
import { printableName } from "../lib/byte-names.ts";
import type { LeftOutName, LeftOutWhy } from "../lib/events.ts";
import { utf8Bytes } from "./names.ts";

const WHY_CODES = {
  unreadable: 1,
  /** It is neither a file, a folder nor a link: a device, a pipe, a socket. */
  special: 2,
  /** It is a link that leads out of the folder. */
  "link-outside": 3,
  /** It is a link, and the receiver takes none. */
  link: 4,
  /** Its name is not UTF-8, and the receiver takes no such names. */
  name: 5,
  /** Its path has more segments or bytes than a path may have. */
  path: 6,
  /** It is a file of p2p itself: an exchange file, a lock, an unfinished file. */
  own: 7,
  /** Its size is unknown until it is read, as in /proc. */
  endless: 8,
  other: 255,
} as const satisfies Record<LeftOutWhy, number>;

/** All entries that are left out of one transfer; `told` has the first of them, with well-formed text for paths. */
export interface LeftOut {
  readonly count: number;
  readonly told: readonly LeftOutName[];
}

/** wire: entries that are listed by name. */
export const MAX_TOLD_LEFT_OUT = 100;
/** wire: bytes of their paths together, so that they fit into one message beside other frames. */
export const MAX_TOLD_LEFT_OUT_BYTES = 16 * 1024;

const BY_CODE = new Map<number, LeftOutWhy>(
  Object.entries(WHY_CODES).map(([name, code]) => [code, name as LeftOutWhy]),
);

/** @returns the code on the wire, 0 to 255 */
export function encodeLeftOutReason(why: LeftOutWhy): number {
  return WHY_CODES[why];
}

/** @param code - 0 to 255; unknown ones become `other` */
export function decodeLeftOutReason(code: number): LeftOutWhy {
  return BY_CODE.get(code) ?? "other";
}

/** Counts what is left out, and keeps as many names as may be told. */
export class LeftOutList implements LeftOut {
  readonly #told: LeftOutName[] = [];
  #toldBytes = 0;
  #count = 0;

  /** @param before - what is left out already */
  constructor(before: LeftOut = { count: 0, told: [] }) {
    for (const { path, why } of before.told) this.add(path, why);
    this.#count = before.count;
  }

  get count(): number {
    return this.#count;
  }

  get told(): readonly LeftOutName[] {
    return this.#told;
  }

  /** @param path - as in the manifest */
  add(path: string, why: LeftOutWhy): void {
    this.#count += 1;
    if (this.#told.length === MAX_TOLD_LEFT_OUT) return;
    const printable = printableName(path);
    const bytes = utf8Bytes(printable);
    if (this.#toldBytes + bytes > MAX_TOLD_LEFT_OUT_BYTES) return;
    this.#toldBytes += bytes;
    this.#told.push({ path: printable, why });
  }
}
