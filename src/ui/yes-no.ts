// The words that answer a question, in both languages whatever the screen's is. Everything else is no answer.

const YES: ReadonlySet<string> = new Set(["y", "yes", "是", "是的", "好", "好的", "可以", "对", "/accept"]);
const NO: ReadonlySet<string> = new Set(["n", "no", "否", "不", "不是", "不要", "不可以", "不对", "/decline"]);

/**
 * @param text - a line as it was typed; full-width letters, as input methods make them, count as their plain ones
 * @returns undefined when the line is no clear answer: an empty line is none
 */
export function yesOrNo(text: string): boolean | undefined {
  const word = text.normalize("NFKC").trim().toLowerCase();
  if (YES.has(word)) return true;
  return NO.has(word) ? false : undefined;
}

const AFRESH: ReadonlySet<string> = new Set(["f", "fresh", "重新接收"]);

/** Whether a line asks for all from the beginning, where a part is here already. */
export function isAfresh(text: string): boolean {
  return AFRESH.has(text.normalize("NFKC").trim().toLowerCase());
}

/** Whether a line asks for the list of everything that is offered. */
export function isListQuestion(text: string): boolean {
  return text.normalize("NFKC").trim() === "?";
}
