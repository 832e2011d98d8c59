// The outcomes of the checks of a candidate pair, in words.
import type { PairState } from "../lib/events.ts";
import type { Lang } from "./lang.ts";

export const pairOutcomes: Readonly<Record<Lang, Readonly<Record<PairState, string>>>> = {
  en: {
    frozen: "not tried",
    waiting: "not tried",
    "in progress": "no answer yet",
    succeeded: "answers",
    failed: "no answer",
  },
  zh: { frozen: "未尝试", waiting: "未尝试", "in progress": "尚无应答", succeeded: "有应答", failed: "无应答" },
};
