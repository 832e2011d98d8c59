// The picture of what stands in a terminal, and the QR code in it as an independent decoder reads it. A cell has two
// halves, one above the other, of the foreground or the background: the half blocks and the styling of a QR code.
import jsQr from "jsqr";

/** Colours of the terminal: black on white, or white on black. */
export type Theme = "light" | "dark";

const ESCAPE = /\u001b\[([\d;]*)m/y;
/** Pixels of the side of a module, and of what the terminal shows around the text. */
const MODULE_PX = 4;
const MARGIN_PX = 24;
const WHITE = 0xff;
const BLACK = 0x00;
/** What a cell shows: its upper and its lower half; true: of the foreground. */
const HALVES: Readonly<Record<string, readonly [upper: boolean, lower: boolean]>> = {
  "█": [true, true],
  "▀": [true, false],
  "▄": [false, true],
  " ": [false, false],
};

interface Colours {
  foreground: number;
  background: number;
}

/** Grey of an SGR sequence of 256 colours, of which only black and white are drawn. */
const GREYS: Readonly<Record<string, number>> = { "16": BLACK, "231": WHITE };

function styled(parameters: string, colours: Colours, theme: Colours): Colours {
  let { foreground, background } = colours;
  const codes = parameters === "" ? ["0"] : parameters.split(";");
  while (codes.length > 0) {
    const code = codes.shift();
    if (code === "0") ({ foreground, background } = theme);
    else if (code === "39") foreground = theme.foreground;
    else if (code === "49") background = theme.background;
    else if (code === "38" || code === "48") {
      const [kind, value = ""] = codes.splice(0, 2);
      const grey = kind === "5" ? GREYS[value] : undefined;
      if (grey === undefined) throw new Error(`a colour that no QR code has: ${kind};${value}`);
      if (code === "38") foreground = grey;
      else background = grey;
    }
  }
  return { foreground, background };
}

/** Greys of the halves of each cell. Another character than those above is of its foreground in the upper half. */
function cellsOf(rows: readonly string[], theme: Colours): [upper: number, lower: number][][] {
  // A style goes on in the next row until another one is set.
  let colours = theme;
  return rows.map((row) => {
    const cells: [number, number][] = [];
    for (let at = 0; at < row.length; ) {
      ESCAPE.lastIndex = at;
      const escape = ESCAPE.exec(row);
      if (escape !== null) {
        colours = styled(escape[1] ?? "", colours, theme);
        at += escape[0].length;
        continue;
      }
      const { foreground, background } = colours;
      const [isUpper, isLower] = HALVES[row.charAt(at)] ?? [true, false];
      cells.push([isUpper ? foreground : background, isLower ? foreground : background]);
      at += 1;
    }
    return cells;
  });
}

/**
 * @param rows - as they stand in the terminal, styled by SGR sequences
 * @returns the text of the QR code that a camera before this terminal reads; undefined: there is none
 */
export function readQrCode(rows: readonly string[], theme: Theme): string | undefined {
  const colours =
    theme === "light" ? { foreground: BLACK, background: WHITE } : { foreground: WHITE, background: BLACK };
  const cells = cellsOf(rows, colours);
  const columns = Math.max(...cells.map(({ length }) => length));
  const width = columns * MODULE_PX + 2 * MARGIN_PX;
  const height = rows.length * 2 * MODULE_PX + 2 * MARGIN_PX;
  const pixels = new Uint8ClampedArray(width * height * 4).fill(WHITE);
  for (let y = 0; y < height; y += 1) {
    const half = Math.floor((y - MARGIN_PX) / MODULE_PX);
    for (let x = 0; x < width; x += 1) {
      const cell = cells[Math.floor(half / 2)]?.[Math.floor((x - MARGIN_PX) / MODULE_PX)];
      const grey = (half % 2 === 0 ? cell?.[0] : cell?.[1]) ?? colours.background;
      pixels.fill(grey, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return (jsQr as unknown as typeof jsQr.default)(pixels, width, height)?.data;
}
