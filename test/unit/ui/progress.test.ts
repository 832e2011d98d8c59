import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { wordsFor } from "../../../src/words/index.ts";
import { progressLine, ProgressPainter, type ProgressView } from "../../../src/ui/progress.ts";
import { PLAIN_STYLE, plainParts, renderParts } from "../../../src/ui/style.ts";
import { displayWidth } from "../../../src/ui/width.ts";
import { Screen } from "../../support/screen.ts";
import { ANSI_STYLE, withoutStyle } from "../../support/styles.ts";

const MIB = 1_048_576;
const view: ProgressView = {
  direction: "send",
  names: ["report.pdf"],
  bytes: 42 * MIB,
  total: 100 * MIB,
  rate: 4 * MIB,
  relayed: false,
};

function shown(change: Partial<ProgressView>, columns: number, lang: "en" | "zh" = "en"): string {
  const words = wordsFor(lang).conversation;
  return plainParts(progressLine({ ...view, ...change }, { words, style: PLAIN_STYLE, columns }));
}

describe("progressLine()", () => {
  it("shows name, percent, bytes, rate, remaining time and path", () => {
    expect(shown({}, 120)).toBe("sending report.pdf   42%  42.0 MiB of 100 MiB  4.0 MiB/s  0:15 left  direct");
    expect(shown({ direction: "receive", relayed: true }, 120, "zh")).toBe(
      "接收 report.pdf   42%  42.0 MiB/100 MiB  4.0 MiB/s  剩余 0:15  中继",
    );
  });

  it("gives up the path first, the rate last", () => {
    expect(shown({}, 72)).toBe("sending report.pdf   42%  42.0 MiB of 100 MiB  4.0 MiB/s  0:15 left");
    expect(shown({}, 60)).toBe("sending report.pdf   42%  4.0 MiB/s  0:15 left");
    expect(shown({}, 40)).toBe("sending report.pdf   42%  4.0 MiB/s");
    expect(shown({}, 30)).toBe("sending report.pdf   42%");
    expect(shown({}, 20)).toBe("sending re…df   42%");
  });

  it("shows no remaining time while nothing moves", () => {
    expect(shown({ rate: 0 }, 120)).toBe("sending report.pdf   42%  42.0 MiB of 100 MiB  0 B/s  direct");
  });

  it("shows no rate of before while no path leads to the other side", () => {
    expect(shown({ isInterrupted: true }, 120)).toBe("sending report.pdf   42%  42.0 MiB of 100 MiB  no connection");
    expect(shown({ isInterrupted: true }, 50)).toBe("sending report.pdf   42%  no connection");
    expect(shown({ isInterrupted: true, direction: "receive" }, 120, "zh")).toContain("  连接中断");
  });

  it.each([40, 80, 120])("fits %d columns whatever the name", (columns) => {
    const names = [
      ["很长的中文文件名".repeat(9)],
      ["a", "b".repeat(200), "c"],
      ["👩‍💻".repeat(50)],
      ["\u001b[2J\u202e"],
      [],
    ];
    for (const name of names) {
      for (const bytes of [0, 99 * MIB, 100 * MIB]) {
        const line = shown({ names: name, bytes }, columns);
        expect(displayWidth(line), line).toBeLessThan(columns);
        expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
      }
    }
  });

  it("looks the same with colours", () => {
    const context = { words: wordsFor("en").conversation, columns: 80 };
    const colored = renderParts(progressLine(view, { ...context, style: ANSI_STYLE }));
    expect(colored).not.toBe(withoutStyle(colored));
    expect(withoutStyle(colored)).toBe(plainParts(progressLine(view, { ...context, style: PLAIN_STYLE })));
  });
});

describe("ProgressPainter", () => {
  function painter(): { painter: ProgressPainter; screen: Screen } {
    const screen = new Screen(80);
    const output = new PassThrough();
    output.on("data", (bytes: Buffer) => {
      screen.write(bytes.toString());
    });
    return { painter: new ProgressPainter(output), screen };
  }

  it("keeps the lines below what is printed and takes them away", () => {
    const { painter: lines, screen } = painter();
    lines.draw([["first 1%"], ["second 2%"]]);
    lines.print([["a word"]]);
    lines.draw([["second 50%"]]);
    expect(screen.lines).toEqual(["a word", "second 50%"]);
    lines.clear();
    expect(screen.lines).toEqual(["a word"]);
    expect(screen.cursor).toEqual({ row: 1, column: 0 });
  });
});
