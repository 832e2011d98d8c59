// A style that colours, for tests that must see where styled text begins and ends.
import { escapeForDisplay } from "../../src/command-port.ts";
import type { Style, Styled } from "../../src/ui/style.ts";

const sgr =
  (code: number) =>
  (text: string): Styled => {
    const plain = escapeForDisplay(text);
    return { raw: `\u001b[${code}m${plain}\u001b[0m`, plain };
  };

export const ANSI_STYLE: Style = {
  bold: sgr(1),
  dim: sgr(2),
  red: sgr(31),
  green: sgr(32),
  yellow: sgr(33),
  cyan: sgr(36),
  blackOnWhite: sgr(7),
};

/** Takes out the sequences that ANSI_STYLE writes and nothing else. */
export function withoutStyle(text: string): string {
  return text.replace(/\u001b\[\d{1,2}m/g, "");
}
