// Undoes the notation of JavaScript: what a console prints of an object, or what stands in a program. Keys without
// quotation marks, strings in single quotation marks or backticks, strings joined by `+`, a class name before the brace, a
// comma before the end. ECMA-262 §12.9.4 (strings), §13.2.5 (objects).

/** The first key of an object, without quotation marks or in single ones. */
const OBJECT_BEGIN = /\{\s{0,80}(?:[A-Za-z_$][\w$]{0,80}\s{0,20}:|['`])/;
const WORD = /[\w$]/;
const WORD_BEGIN = /[A-Za-z_$]/;
const BLANK = /\s/;
const QUOTES = "\"'`";
const LITERALS: Readonly<Record<string, string>> = { true: "true", false: "false", null: "null", undefined: "null" };
/** Escapes that JSON has too; the others stand for the character itself. */
const JSON_ESCAPES = 'bfnrtu"\\/';

/** Writes the first object of the text as JSON. @returns nothing where it is no JavaScript */
export function undoJavascript(text: string): string[] {
  const begin = OBJECT_BEGIN.exec(text)?.index;
  const json = begin === undefined ? undefined : new ObjectWriter(text, begin).write();
  return json === undefined ? [] : [json];
}

class ObjectWriter {
  readonly #text: string;
  #at: number;
  /** Pieces of the JSON text; each string ends with a piece of its own, its quotation mark. */
  readonly #out: string[] = [];
  #depth = 0;
  /** The last string is joined to the next one. */
  #isJoining = false;

  constructor(text: string, begin: number) {
    this.#text = text;
    this.#at = begin;
  }

  /** @returns undefined where the object does not end */
  write(): string | undefined {
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      if (QUOTES.includes(char)) this.#takeString(char);
      else if (WORD_BEGIN.test(char)) this.#takeWord();
      else this.#takeSign(char);
      if (this.#depth === 0) return this.#out.join("");
    }
    return undefined;
  }

  #takeSign(char: string): void {
    this.#at += 1;
    if (BLANK.test(char)) return;
    if (char === "+" && this.#out.at(-1) === '"') {
      this.#isJoining = true;
      return;
    }
    if (char === "{" || char === "[") this.#depth += 1;
    if (char === "}" || char === "]") {
      this.#depth -= 1;
      if (this.#out.at(-1) === ",") this.#out.pop();
    }
    this.#out.push(char);
  }

  /** A key, a literal, or the name of a class, which says nothing. */
  #takeWord(): void {
    const begin = this.#at;
    while (WORD.test(this.#text.charAt(this.#at))) this.#at += 1;
    const word = this.#text.slice(begin, this.#at);
    if (this.#nextSign() === ":") this.#out.push('"', word, '"');
    else if (Object.hasOwn(LITERALS, word)) this.#out.push(LITERALS[word] ?? "null");
  }

  #nextSign(): string {
    while (BLANK.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.charAt(this.#at);
  }

  #takeString(quote: string): void {
    this.#at += 1;
    // A string that is joined to the one before continues where that one would end.
    if (this.#isJoining) this.#out.pop();
    else this.#out.push('"');
    this.#isJoining = false;
    while (this.#at < this.#text.length && this.#text.charAt(this.#at) !== quote) this.#out.push(this.#takeCharacter());
    this.#at += 1;
    this.#out.push('"');
  }

  /** One character of a string, as JSON writes it. */
  #takeCharacter(): string {
    const char = this.#text.charAt(this.#at);
    this.#at += 1;
    if (char !== "\\") return JSON.stringify(char).slice(1, -1);
    const escaped = this.#text.charAt(this.#at);
    this.#at += 1;
    if (escaped === "x") {
      const hex = this.#text.slice(this.#at, this.#at + 2);
      this.#at += 2;
      return `\\u00${hex}`;
    }
    // A backslash at the end of a line continues the string.
    if (escaped === "\n") return "";
    return JSON_ESCAPES.includes(escaped) ? `\\${escaped}` : JSON.stringify(escaped).slice(1, -1);
  }
}
