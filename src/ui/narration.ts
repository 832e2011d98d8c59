// What every sentence on the screen is made from: the context of an event, and the lines that come of it.
import type { ErrorEvent } from "../index.ts";
import type { ConversationWords } from "../words/index.ts";
import type { Lang } from "../words/lang.ts";
import type { Part, Style } from "./style.ts";
import type { TransferFacts } from "./transfer-label.ts";

/** Denotes stdin or stdout where a path is shown. */
export const STREAM = "-";

/** Everything besides the event that the sentences depend on. */
export interface NarrateContext {
  readonly words: ConversationWords;
  readonly lang: Lang;
  readonly style: Style;
  /** Also prints details: each file sent, hints of ignored files, all pairs tried. */
  readonly verbose: boolean;
  /** Width of the terminal; long names are cut to it. */
  readonly columns: number;
  readonly now: Date;
  /** True: the peer's file may be pasted. */
  readonly takesPaste?: boolean;
  /** True: this side answers. What it waits for then is a person who carries its file, and that has been said. */
  readonly isAnswering?: boolean;
  /** The name of the one person who can be the other side; undefined: anybody can. */
  readonly to?: string | undefined;
  /** False: the two sides have not been connected yet. */
  readonly wasConnected?: boolean;
  /** True: what is printed goes to a file or a program, where errors are looked for by their prefix and code. */
  readonly isLog?: boolean;
  /** Facts about a transfer; undefined for one that was never seen. */
  readonly transfer: (id: string) => TransferFacts | undefined;
  /** Message and hint of an `error` event in the user's language; the event itself is English. */
  readonly describeError: (event: ErrorEvent) => { message: string; hint: string };
}

/** One inner list for each line. */
export type Lines = Part[][];

/** The red line and its hint, formatted like every error of the command line. */
export function errorLines(
  error: { code: string; message: string; hint: string },
  { words, style }: Pick<NarrateContext, "words" | "style">,
): Lines {
  return [
    [style.red(words.errorPrefix), words.withCode(error)],
    [style.yellow(words.hintPrefix), error.hint],
  ];
}
