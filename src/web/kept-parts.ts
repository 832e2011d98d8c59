// Files that a page has received in part, when their line ended: the next line of the same page goes on with them. The
// bytes are in the worker; here is what they belong to.

/** Parts that are kept at most; the oldest is given up for one more. */
const MAX_PARTS = 64;

export interface KeptPart {
  /** Its name in the worker. */
  readonly part: string;
  /** The path, size and time of the file in its manifest: another file may have the path by now. */
  readonly path: string;
  readonly fileBytes: number;
  readonly mtimeUs: number;
  /** Bytes that are here: the first ones of the file. */
  readonly bytes: number;
}

export class KeptParts {
  /** The parts by path; the oldest is the first. */
  readonly #parts = new Map<string, KeptPart>();
  readonly #discard: (part: KeptPart) => void;

  /** @param discard - called with each part that is given up: its bytes are needed no more */
  constructor(discard: (part: KeptPart) => void) {
    this.#discard = discard;
  }

  get size(): number {
    return this.#parts.size;
  }

  /** Keeps a part in place of an earlier one of that path. */
  put(part: KeptPart): void {
    this.giveUp(part.path);
    this.#parts.set(part.path, part);
    const [oldest] = this.#parts.keys();
    if (this.#parts.size > MAX_PARTS && oldest !== undefined) this.giveUp(oldest);
  }

  /** @returns the part that a file of this path and size can go on from */
  find(path: string, fileBytes: number): KeptPart | undefined {
    const part = this.#parts.get(path);
    return part !== undefined && part.bytes <= fileBytes ? part : undefined;
  }

  /** Hands a part over: it is not kept here any more. */
  take(part: KeptPart): void {
    this.#parts.delete(part.path);
  }

  /** Gives up the parts whose name begins so. */
  giveUpNamed(beginning: string): void {
    for (const { path, part } of this.#parts.values()) if (part.startsWith(beginning)) this.giveUp(path);
  }

  giveUp(path: string): void {
    const part = this.#parts.get(path);
    if (part === undefined) return;
    this.#parts.delete(path);
    this.#discard(part);
  }
}
