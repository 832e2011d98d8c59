// A conversation on a terminal in memory with a scripted line: type keys, let the peer act, look at the screen.
import { onTestFinished } from "vitest";
import type { P2pEvent } from "../../src/index.ts";
import { wordsFor } from "../../src/words/index.ts";
import { type ConversationOptions, runConversation } from "../../src/ui/conversation.ts";
import { JobForeground } from "../../src/ui/foreground.ts";
import { PLAIN_STYLE } from "../../src/ui/style.ts";
import { FakeLine, type FakeSession } from "./fake-line.ts";
import { FakeTerminal, settled } from "./fake-terminal.ts";

export const ENTER = "\r";
export const CTRL_C = "\u0003";
export const CTRL_D = "\u0004";

export interface Talk {
  line: FakeLine;
  terminal: FakeTerminal;
  ended: Promise<{ exit: number }>;
  /** What is on the screen from this row on. */
  seen: (from?: number) => Promise<string[]>;
  type: (keys: string) => Promise<void>;
}

/** A conversation before it is connected. English, without colours; `change` for everything else. */
export function start(change: Partial<ConversationOptions> = {}, columns = 80): Talk {
  const line = new FakeLine();
  const terminal = new FakeTerminal(columns);
  const ended = runConversation({
    line,
    words: wordsFor("en").conversation,
    lang: "en",
    style: PLAIN_STYLE,
    input: terminal.input,
    output: terminal.output,
    isDumb: false,
    foreground: new JobForeground(() => true),
    discardTyped: () => {},
    ring: () => {},
    now: () => new Date(2030, 0, 2, 12, 1),
    outputDir: "/in",
    freeBytes: async () => undefined,
    asksVerification: true,
    quiet: false,
    verbose: false,
    describeError: (event) => event,
    ...change,
  });
  ended.catch(() => {});
  onTestFinished(() => {
    line.end("done", 0);
  });
  return {
    line,
    terminal,
    ended,
    seen: async (from = 0) => {
      await settled();
      return terminal.screen.lines.slice(from);
    },
    type: async (keys) => {
      terminal.type(keys);
      await settled();
    },
  };
}

/** One that is connected to Ann, quiet, so that the screen holds nothing but the prompt. */
export async function connected(
  change: Partial<ConversationOptions> = {},
  columns = 80,
): Promise<Talk & { session: FakeSession }> {
  const talk = start({ quiet: true, ...change }, columns);
  const session = talk.line.connect("Ann");
  await settled();
  return { ...talk, session };
}

/** Rows of the greeting that a connected conversation begins with. */
export const GREETING = 2;

/** A message of the peer. */
export const says = (text: string): P2pEvent => ({ event: "message", from: "peer", text });
/** The peer offers one file. */
export const offer = (transfer: string, path: string): Extract<P2pEvent, { event: "incoming" }> => ({
  event: "incoming",
  transfer,
  files: 1,
  bytes: 100,
  entries: [{ path, bytes: 100, type: "file" }],
});
