// What the sentences of the tests are made with: a morning on a terminal of 80 columns without colours.
import type { P2pEvent } from "../../../src/index.ts";
import { narrate } from "../../../src/ui/narrate.ts";
import type { NarrateContext } from "../../../src/ui/narration.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { wordsFor } from "../../../src/words/index.ts";
import type { Lang } from "../../../src/words/lang.ts";

/** The evening of the same day. */
export const THIS_EVENING = new Date(2030, 0, 2, 21, 30).toISOString();

export function narrateContext(change: Partial<NarrateContext> = {}, lang: Lang = "en"): NarrateContext {
  return {
    words: wordsFor(lang).conversation,
    lang,
    style: PLAIN_STYLE,
    verbose: false,
    columns: 80,
    now: new Date(2030, 0, 2, 9, 0),
    transfer: () => ({ number: 1, names: ["报告.pdf", "photos"], files: 2 }),
    describeError: (event) => event,
    ...change,
  };
}

/** The lines that a person reads of an event. */
export function told(event: P2pEvent, change: Partial<NarrateContext> = {}, lang: Lang = "en"): string[] {
  return narrate(event, narrateContext(change, lang)).map(plainParts);
}
