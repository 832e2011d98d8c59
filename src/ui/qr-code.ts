// A short code as a QR code of half blocks: a character has two modules, one above the other. ISO/IEC 18004.
import { encode } from "uqr";
import type { WindowSize } from "../command-port.ts";
import type { Style, Styled } from "./style.ts";

/** Light modules around the code. The standard asks for four; readers of screens find it with two. */
const QUIET_MODULES = 2;
/** The row below the code, in which the cursor stays. */
const CURSOR_ROWS = 1;

/** A code that can be read from the screen, and the smallest window that shows all of it. */
export interface QrCode {
  /** One for each row of the terminal. */
  lines: Styled[];
  needs: WindowSize;
}

/**
 * Draws a short code. Its letters are capitals, for which a QR code needs fewer modules, and it is read in either case.
 * With colours it is black on white, whatever the terminal's own colours are. Without them light modules are drawn and
 * dark ones are left out: this is right on a dark terminal, and on a light one it is a negative, which readers take too.
 */
export function drawQrCode(code: string, { blackOnWhite }: Style): QrCode {
  const { data, size } = encode(code.toUpperCase(), { ecc: "L", border: QUIET_MODULES });
  const rows = Array.from({ length: Math.ceil(size / 2) }, (_, row) => row);
  const text = (row: number, drawsDark: boolean): string => {
    // Below the last modules there may be half a character, and nothing is drawn there.
    const isDrawn = (y: number, x: number): boolean => data[y]?.[x] === drawsDark;
    return Array.from({ length: size }, (_, x) => halfBlock(isDrawn(row * 2, x), isDrawn(row * 2 + 1, x))).join("");
  };
  const lines = rows.map((row): Styled => {
    const plain = text(row, false);
    return { raw: blackOnWhite?.(text(row, true)).raw ?? plain, plain, isWhole: true };
  });
  return { lines, needs: { columns: size, rows: lines.length + CURSOR_ROWS } };
}

function halfBlock(isUpper: boolean, isLower: boolean): string {
  if (isUpper) return isLower ? "█" : "▀";
  return isLower ? "▄" : " ";
}

/** Whether all of a code can be seen at once. @param window - undefined: there is no terminal, and lines have no end */
export function fitsInto(window: WindowSize | undefined, { needs }: QrCode): boolean {
  return window === undefined || (window.columns >= needs.columns && window.rows >= needs.rows);
}
