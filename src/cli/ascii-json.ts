// JSON for programs: the one place where it is made. ASCII only, so that no terminal obeys it, no reader splits it at
// another character than the line feed, and the printer finds nothing that it would have to escape.
import type { Printer } from "../ui/style.ts";

/** One line of JSON, of characters 0x20 to 0x7e only; everything else is an escape. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Bytes of a value as `asciiJson` writes it. */
export function asciiJsonBytes(value: unknown): number {
  return asciiJson(value).length;
}

/** What a command says to programs, as one line on stdout however narrow a terminal is. */
export function printJson(printer: Pick<Printer, "out">, value: unknown): void {
  const text = asciiJson(value);
  printer.out({ raw: text, plain: text, isWhole: true });
}
