// Reads the terminal from the end of a session to the end of the process, so that nothing that is typed meanwhile is left
// for the shell, which would run it. Each line is answered; what stands in the terminal at the very end is taken, too.
import * as readline from "node:readline";
import type { Foreground } from "./foreground.ts";
import { RawMode } from "./raw-mode.ts";
import type { UnsentTyping } from "./unsent-typing.ts";

/** The process may end once no key came for this long: who types at the moment of the end has not read of it yet. */
export const QUIET_MS = 100;
/** The same where the other side has ended a conversation: who talks there reads of it first, and types on until then. */
export const QUIET_AFTER_A_TALK_MS = 1_000;
/** The same while a line is begun: its rest belongs to it. */
export const QUIET_WITHIN_A_LINE_MS = 1_000;
/** The process ends after this time, whatever is typed. */
export const LAST_TYPING_LIMIT_MS = 5_000;

export interface LastTypingOptions {
  /** The terminal's input. */
  readonly input: NodeJS.ReadStream;
  /** The terminal's output. */
  readonly output: NodeJS.WriteStream;
  readonly foreground: Foreground;
  /** Takes what was typed and not read, without waiting. */
  readonly takeTyped: () => string;
  /** Collects the lines. It must tell them at once; one that was begun before goes on here. */
  readonly typing: UnsentTyping;
  /** Called on Ctrl-C, with the terminal as it was. */
  readonly onInterrupt: () => void;
}

/** The text that was typed before, as far as it was read. */
export interface TypedBefore {
  /** Taken from the terminal, and not told yet. */
  readonly taken: string;
  /** A line was begun that somebody else has told. */
  readonly isWithinLine: boolean;
  /** The other side has ended a conversation, or it broke off: the person here did not expect it. */
  readonly hasSurprised: boolean;
}

const nothing = (): void => {};
/** Ends what the last run of this process reads; a run that follows in the same process reads the terminal itself. */
let endEarlier = nothing;

/**
 * Begins to read. The `exit` event of the process ends it.
 * @returns resolves when the process may end: nothing is being typed
 */
export async function readLastTyping(options: LastTypingOptions, before: TypedBefore): Promise<void> {
  const { input, output, foreground, takeTyped, typing, onInterrupt } = options;
  if (!foreground.isOurs()) return;
  endEarlier();
  const mode = new RawMode({ input, output, marksPastes: false });
  let { isWithinLine } = before;
  const usualMs = before.hasSurprised ? QUIET_AFTER_A_TALK_MS : QUIET_MS;
  let noteKey = nothing;
  const end = (): void => {
    process.off("exit", end);
    endEarlier = nothing;
    input.off("keypress", handleKey);
    if (!foreground.isOurs()) return;
    typing.take(takeTyped());
    typing.end();
    mode.off();
  };
  const handleKey = (text: string | undefined, key: readline.Key): void => {
    if (key.ctrl === true && key.name === "c") {
      end();
      onInterrupt();
    } else typing.press(text, key);
    if (key.name === "return" || key.name === "enter") isWithinLine = false;
    noteKey();
  };
  readline.emitKeypressEvents(input);
  input.on("keypress", handleKey);
  mode.on();
  process.once("exit", end);
  endEarlier = end;
  typing.take(before.taken);
  await new Promise<void>((resolve) => {
    const limit = setTimeout(resolve, LAST_TYPING_LIMIT_MS);
    const handleQuiet = (): void => {
      clearTimeout(limit);
      resolve();
    };
    let quiet: NodeJS.Timeout | undefined;
    noteKey = () => {
      clearTimeout(quiet);
      quiet = setTimeout(handleQuiet, isWithinLine || typing.isBegun ? QUIET_WITHIN_A_LINE_MS : usualMs);
    };
    noteKey();
  });
  // From here on reading keeps nothing alive.
  noteKey = nothing;
  input.unref?.();
}
