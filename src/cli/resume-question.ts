// The question whether to go on with an earlier offer of this folder, which may be on its way to the other side: a new
// one voids it.
import { formatAge, formatMoment } from "../ui/format.ts";
import { yesOrNo } from "../ui/yes-no.ts";
import type { Words } from "../words/index.ts";
import { ConsentPrompt } from "./consent-prompt.ts";
import { SIGNAL_EXITS } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import type { PairSettings } from "./options.ts";
import type { TerminalPrinter } from "./print.ts";

export interface ResumeQuestionContext {
  readonly io: Pick<Io, "stdin" | "foreground" | "isTerminalGone" | "exitNow" | "now">;
  readonly printer: Pick<TerminalPrinter, "insist">;
  readonly words: Pick<Words, "cli" | "conversation">;
  /** @returns when the offer was made that still serves in the folder, in milliseconds since 1970, UTC */
  readonly earlierOffer: () => Promise<number | undefined>;
}

/**
 * Asks only where somebody is there and said nothing about it beforehand.
 * @returns whether the run resumes
 */
export async function asksToResume(
  { role, line, stdin }: Pick<PairSettings, "role" | "line" | "stdin">,
  { io, printer, words, earlierOffer }: ResumeQuestionContext,
): Promise<boolean> {
  const { resume = false, session } = line.settings;
  const isSomebodyThere = stdin === "conversation" || stdin === "terminal";
  // A person who says --yes wants no question.
  if (resume || line.via !== undefined || role !== "offer" || !isSomebodyThere || session.consent === "accept")
    return resume;
  const madeMs = await earlierOffer();
  if (madeMs === undefined || !io.foreground.isOurs()) return false;
  const now = io.now();
  const ago = formatAge(now.getTime() - madeMs, words.conversation);
  const prompt = new ConsentPrompt({
    input: io.stdin,
    foreground: io.foreground,
    onHold: () => {},
    isTerminalGone: () => io.isTerminalGone(),
    onGone: () => io.exitNow(SIGNAL_EXITS.SIGHUP),
  });
  const isYes = await prompt.ask(
    () => printer.insist(words.cli.run.goOnWithEarlier({ ago, moment: formatMoment(new Date(madeMs), now) })),
    (typed) => {
      const answer = yesOrNo(typed);
      if (answer === undefined) printer.insist(words.conversation.answerYesOrNo);
      return answer;
    },
  );
  prompt.close();
  // Without an answer nothing is lost.
  return isYes !== false;
}
