// The text of an RTF file (Rich Text Format 1.9): what a word processor saves, and what some clipboards carry.
import { decodeWindows1252 } from "../../lib/windows-1252.ts";

const DESTINATIONS =
  /^(?:fonttbl|colortbl|stylesheet|info|pict|object|header[lrf]?|footer[lrf]?|listtable|listoverridetable|generator|themedata|datastore|xmlnstbl|rsidtbl|fldinst)$/;
const CONTROL_WORD = /\\([A-Za-z]{1,32})(-?\d{1,10})?[ ]?/y;
const HEX = /\\'([0-9A-Fa-f]{2})/y;
const SPECIAL: Readonly<Record<string, string>> = {
  par: "\n",
  line: "\n",
  sect: "\n",
  page: "\n",
  tab: "\t",
  lquote: "‘",
  rquote: "’",
  ldblquote: "“",
  rdblquote: "”",
  emdash: "—",
  endash: "–",
  bullet: "•",
  emspace: " ",
  enspace: " ",
};
/** Groups within groups; a deeper file was made to exhaust memory. */
const MAX_DEPTH = 100;

interface Group {
  isHidden: boolean;
  /** Characters behind each `\u` that stand for programs without Unicode. */
  skipped: number;
}

/** @returns the text of an RTF file; nothing where it is none */
export function undoRtf(text: string): string[] {
  const trimmed = text.trimStart();
  return trimmed.startsWith("{\\rtf") ? [new RtfReader(trimmed).read()] : [];
}

class RtfReader {
  readonly #text: string;
  readonly #out: string[] = [];
  readonly #groups: Group[] = [{ isHidden: false, skipped: 1 }];
  #at = 0;
  /** Characters that still stand for a `\u`. */
  #toSkip = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): string {
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      if (char === "{") this.#open();
      else if (char === "}") this.#close();
      else if (char === "\\") this.#control();
      else {
        this.#at += 1;
        if (char !== "\n" && char !== "\r") this.#put(char);
      }
    }
    return this.#out.join("");
  }

  get #group(): Group {
    return this.#groups.at(-1) ?? { isHidden: false, skipped: 1 };
  }

  #open(): void {
    this.#at += 1;
    this.#toSkip = 0;
    if (this.#groups.length < MAX_DEPTH) this.#groups.push({ ...this.#group });
  }

  #close(): void {
    this.#at += 1;
    this.#toSkip = 0;
    if (this.#groups.length > 1) this.#groups.pop();
  }

  #put(text: string): void {
    if (this.#toSkip > 0) this.#toSkip -= 1;
    else if (!this.#group.isHidden) this.#out.push(text);
  }

  #control(): void {
    HEX.lastIndex = this.#at;
    const hex = HEX.exec(this.#text)?.[1];
    if (hex !== undefined) {
      this.#at += 4;
      this.#put(decodeWindows1252(Uint8Array.of(Number.parseInt(hex, 16))));
      return;
    }
    CONTROL_WORD.lastIndex = this.#at;
    const [whole, word = "", number] = CONTROL_WORD.exec(this.#text) ?? [];
    if (whole === undefined) this.#symbol();
    else {
      this.#at += whole.length;
      this.#word(word, number === undefined ? undefined : Number(number));
    }
  }

  #symbol(): void {
    const symbol = this.#text.charAt(this.#at + 1);
    this.#at += 2;
    if (symbol === "*") this.#group.isHidden = true;
    else if (symbol === "~") this.#put("\u00a0");
    else if (symbol === "_") this.#put("-");
    else if (symbol === "\n" || symbol === "\r") this.#put("\n");
    else if (symbol === "\\" || symbol === "{" || symbol === "}") this.#put(symbol);
  }

  #word(word: string, number: number | undefined): void {
    if (word === "u" && number !== undefined) {
      this.#put(String.fromCharCode((number + 0x1_0000) % 0x1_0000));
      this.#toSkip = this.#group.skipped;
    } else if (word === "uc") this.#group.skipped = Math.min(Math.max(number ?? 1, 0), 8);
    else if (word === "bin") this.#at += Math.max(number ?? 0, 0);
    else if (DESTINATIONS.test(word)) this.#group.isHidden = true;
    else if (Object.hasOwn(SPECIAL, word)) this.#put(SPECIAL[word] ?? "");
  }
}
