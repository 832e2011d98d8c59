// Whatever is typed and whatever arrives: nothing tears, nothing foreign is obeyed, nothing gets too wide.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeForDisplay } from "../../src/command-port.ts";
import { wordsFor } from "../../src/words/index.ts";
import { splitWords } from "../../src/ui/command.ts";
import { completeLine } from "../../src/ui/complete.ts";
import { progressLine } from "../../src/ui/progress.ts";
import { PLAIN_STYLE, plainParts } from "../../src/ui/style.ts";
import { displayWidth, truncateEnd, truncateMiddle } from "../../src/ui/width.ts";
import { connected, says } from "../support/conversation-talk.ts";
import { scaled } from "../support/scale.ts";

const anyText = fc.string({ unit: "binary", maxLength: 60 });
const columnCount = fc.integer({ min: 0, max: 60 });

describe("widths", () => {
  it("truncation keeps to the columns and changes nothing that fits", () => {
    fc.assert(
      fc.property(anyText, columnCount, (raw, columns) => {
        const text = escapeForDisplay(raw);
        for (const cut of [truncateEnd(text, columns), truncateMiddle(text, columns)]) {
          expect(displayWidth(cut)).toBeLessThanOrEqual(columns);
          if (displayWidth(text) <= columns) expect(cut).toBe(text);
        }
      }),
    );
  });

  it("a progress line fits every terminal from 40 columns", () => {
    const amount = fc.nat({ max: 2 ** 40 });
    fc.assert(
      fc.property(
        fc.array(anyText, { maxLength: 3 }),
        amount,
        amount,
        amount,
        fc.integer({ min: 40, max: 200 }),
        fc.constantFrom("en" as const, "zh" as const),
        (names, bytes, more, rate, columns, lang) => {
          const view = { direction: "send", names, bytes, total: bytes + more, rate, relayed: false } as const;
          const context = { words: wordsFor(lang).conversation, style: PLAIN_STYLE, columns };
          expect(displayWidth(plainParts(progressLine(view, context)))).toBeLessThan(columns);
        },
      ),
    );
  });
});

describe("completion", () => {
  it("writes a name so that it is read back as that name", async () => {
    const names = fc.string({
      unit: fc.constantFrom("a", " ", "'", '"', "\\", "中", "~", "$"),
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(names, fc.constantFrom("", "'", '"'), fc.nat(8), async (name, quote, typedLength) => {
        const options = {
          homeDir: "/home/me",
          hasBackslashEscapes: true,
          listFolder: async () => [{ name, isDirectory: false }],
        };
        // What has been typed of the name so far is plain: it needs no quoting to mean itself.
        const typed = /^[a中$]*/.exec(name)?.[0].slice(0, typedLength) ?? "";
        const line = `/send ./${quote}${typed}`;
        const { insert } = await completeLine(line, options);
        if (insert === "") return;
        const { list, openQuote } = splitWords(`${line}${insert}`.slice("/send ".length), options);
        expect(openQuote).toBeUndefined();
        expect(list.map(({ text }) => text)).toEqual([`./${name}`]);
      }),
    );
  });
});

describe("the conversation's screen", () => {
  // Emoji whose width readline and terminals count differently stay out: no program can place a cursor there.
  const typedText = fc.string({
    unit: fc.constantFrom("a", "b", " ", "中", "文", "é", "/"),
    minLength: 1,
    maxLength: 50,
    size: "max",
  });
  const action = fc.oneof(
    typedText.map((keys) => ({ kind: "type", keys }) as const),
    fc
      .constantFrom("\u001b[D", "\u001b[C", "\u0001", "\u0005", "\u007f", "\u0017")
      .map((keys) => ({ kind: "type", keys }) as const),
    fc.constant({ kind: "enter" } as const),
    anyText.map((text) => ({ kind: "peer", text }) as const),
    fc.constant({ kind: "acknowledge" } as const),
    fc.nat(100).map((percent) => ({ kind: "progress", percent }) as const),
  );

  it("ends with the prompt and what is typed, and every message stands above exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 25 }),
        fc.integer({ min: 30, max: 50 }),
        async (actions, columns) => {
          const { line, session, terminal, ended, type, seen } = await connected({}, columns);
          session.acknowledgesAtOnce = false;
          let expectedMessages = 0;
          for (const step of actions) {
            if (step.kind === "type") await type(step.keys);
            else if (step.kind === "enter") await type("\r");
            else if (step.kind === "acknowledge") session.acknowledge();
            else if (step.kind === "peer") {
              expectedMessages += 1;
              line.emit(says(`#${expectedMessages}# ${step.text}`));
            } else {
              if (session.transfers.length === 0) void session.sendFiles(["a"]);
              session.progress(session.transfers[0]?.transfer ?? "", step.percent * 10_000, 1_000);
            }
          }
          await type("\u0005\u0015typed 中文");
          const lines = await seen();
          expect(lines.at(-1)).toBe("> typed 中文");
          expect(lines.filter((text) => text.startsWith("> "))).toHaveLength(1);
          expect(lines.filter((text) => text.startsWith("sending ")).length).toBeLessThanOrEqual(1);
          for (let n = 1; n <= expectedMessages; n += 1) {
            expect(lines.filter((text) => text.startsWith(`12:01 Ann: #${n}# `.trimEnd()))).toHaveLength(1);
          }
          expect(terminal.screen.cursor).toEqual({ row: lines.length - 1, column: displayWidth("> typed 中文") });
          line.end("done", 0);
          await ended;
        },
      ),
      { numRuns: scaled(60, 2_000) },
    );
  });
});
