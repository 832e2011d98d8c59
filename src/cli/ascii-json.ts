// JSON output for programs, made only here. It is ASCII only, so no terminal interprets it, no reader splits it at
// anything but a line feed, and the printer finds nothing to escape.
import type { Printer } from "../ui/style.ts";

/** Serialises a value as one line of JSON in characters 0x20 to 0x7e only; all others are escaped. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Length in bytes of a value as `asciiJson` writes it. */
export function asciiJsonBytes(value: unknown): number {
  return asciiJson(value).length;
}

/** Prints a command's result for programs as one line on stdout, however narrow the terminal is. */
export function printJson(printer: Pick<Printer, "out">, value: unknown): void {
  const text = asciiJson(value);
  printer.out({ raw: text, plain: text, isWhole: true });
}
