// The text of a far end that is no document: lines of its stderr, and what a login prints to stdout before the document
// comes. It is foreign text of any length: lines are cut, and only so many are passed on.

/** Length from which a line is cut, in UTF-16 units. */
const MAX_LINE_UNITS = 500;
/** Lines of one stream that are passed on; a far side of ours says a few dozen. */
const MAX_LINES = 1_000;
/** Text before the first document that is taken for noise, in UTF-16 units; beyond it the stream is no carrier. */
const MAX_NOISE_UNITS = 262_144;

const CUT = "…";
const ARMOR = "-----BEGIN AGE";

/** Splits what a stream says into lines; `\r` ends one too, as programs that paint their progress do. */
export class FarLines {
  readonly #onLine: (text: string) => void;
  readonly #decoder = new TextDecoder("utf-8");
  #line = "";
  #isCut = false;
  #count = 0;

  /** @param onLine - called for each line that is not blank; unescaped */
  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    this.pushText(this.#decoder.decode(bytes, { stream: true }));
  }

  pushText(text: string): void {
    const [first = "", ...others] = text.split(/[\r\n]/);
    this.#add(first);
    for (const line of others) {
      this.#finish();
      this.#add(line);
    }
  }

  /** The stream is over: what is left is a line. */
  end(): void {
    this.#finish();
  }

  #add(text: string): void {
    const room = MAX_LINE_UNITS - this.#line.length;
    this.#line += text.slice(0, room);
    this.#isCut ||= text.length > room;
  }

  #finish(): void {
    const line = this.#isCut ? this.#line + CUT : this.#line;
    this.#line = "";
    this.#isCut = false;
    if (line.trim() === "" || this.#count > MAX_LINES) return;
    this.#count += 1;
    this.#onLine(this.#count > MAX_LINES ? CUT : line);
  }
}

/**
 * Passes a stream on from the first line on that begins a document: JSON, or age's armor. What stands before it, as the
 * greeting of a login shell, goes to `noise`.
 * @returns nothing at all where no document begins in the first 256 KiB
 */
export async function* fromFirstDocument(
  stream: AsyncIterable<Uint8Array>,
  noise: FarLines,
): AsyncGenerator<Uint8Array, void, void> {
  const decoder = new TextDecoder("utf-8");
  /** The begun line that may still become a document. */
  let begun = "";
  /** The line goes on that cannot. */
  let isDecided = false;
  let room = MAX_NOISE_UNITS;
  let hasBegun = false;
  for await (const bytes of stream) {
    if (hasBegun) {
      yield bytes;
      continue;
    }
    let text = begun + decoder.decode(bytes, { stream: true });
    begun = "";
    while (text !== "" && !hasBegun) {
      const what = isDecided ? "noise" : beginning(text);
      if (what === "document") {
        hasBegun = true;
      } else if (what === "unknown") {
        begun = text.trimStart();
        room -= text.length - begun.length;
        break;
      } else {
        const next = text.search(/[\r\n]/) + 1;
        const line = next === 0 ? text : text.slice(0, next);
        noise.pushText(line);
        room -= line.length;
        isDecided = next === 0;
        text = text.slice(line.length);
      }
    }
    if (hasBegun) {
      noise.end();
      yield new TextEncoder().encode(text);
    }
    if (room < 0) break;
  }
  noise.pushText(begun);
  noise.end();
}

/** Tells whether a text begins a document; white space counts as part of what follows it. */
function beginning(text: string): "document" | "noise" | "unknown" {
  const start = text.trimStart();
  if (start === "") return "unknown";
  if (start.startsWith("{") || start.startsWith(ARMOR)) return "document";
  return ARMOR.startsWith(start) ? "unknown" : "noise";
}

/** Whether the text of a document has its end; else the stream ended within it. */
export function isWhole(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes).trimEnd();
  return text.endsWith("}") || text.endsWith("-----");
}
