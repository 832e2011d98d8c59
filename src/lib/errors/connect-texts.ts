// Explains why an attempt to connect failed, by how far it came: the rules, which are the same in every language, and
// the English.
import type { CarriedBy, ConnectFailure, ConnectStage, TriedPair } from "../events.ts";
import { ADVICE_TEXTS, type ConnectAdvice, connectAdvice } from "./english-parts.ts";

/** The likely cause of a failed attempt, where the two files do not show one. */
type ConnectCause =
  | "carried"
  | "not-taken"
  | "unknown"
  | "unknown-as-answer"
  | "browser-waited"
  | "old-file"
  | "program-silent"
  | "program-too-old"
  | "program-opens-nothing"
  | "other-version";

/** Sentences about an attempt that failed, in one language. */
export interface ConnectTexts {
  /** The stage that was reached; pairs are counted. */
  stages: Readonly<Record<ConnectStage, (pairs: readonly TriedPair[]) => string>>;
  causes: Readonly<Record<ConnectCause, string>>;
  advice: Readonly<Record<ConnectAdvice, string>>;
}

/** The number of pairs that have answered a check. */
export function answeredCount(pairs: readonly TriedPair[]): number {
  return pairs.filter(({ state }) => state === "succeeded").length;
}

/** Says in English how many pairs were tried, and how many answered. */
function triedText(pairs: readonly TriedPair[]): string {
  return `${pairs.length === 1 ? "1 pair" : `${pairs.length} pairs`} of addresses tried, ${answeredCount(pairs) || "none"} answered`;
}

export const CONNECT_TEXTS: ConnectTexts = {
  stages: {
    "no-pairs": () => "no address of the other side's file fits one of ours",
    unanswered: triedText,
    "not-chosen": (pairs) => `${triedText(pairs)}, and the other side has chosen none yet`,
    "no-dtls": () => "the other side answers, but no encrypted connection (DTLS) was made with it",
    "no-sctp": () => "the connection is encrypted, but data channels (SCTP) did not start on it",
    "no-channel": () => "the connection is up, but the other side took and opened no data channel on it",
  },
  causes: {
    carried:
      "most often the program over there was ended, or has connected with somebody else: end both sides and start again; behind strict NATs use --turn; p2p doctor tells",
    "not-taken":
      "the other side is there but has not taken our file: carry it, or the newest one, once more; or it has taken that of somebody else who answered the same offer",
    unknown:
      "most often the program over there was ended, or started again since it made its file: let both run, and carry the newest file of each; behind strict NATs use --turn; p2p doctor tells",
    "unknown-as-answer":
      "most often the program over there was ended, or started again since it made its file, or it has taken the answer of somebody else: let both run, and carry the newest file of each; behind strict NATs use --turn; p2p doctor tells",
    "browser-waited":
      "a browser that has answered soon gives up: make both files anew, and let the browser make the offer",
    "old-file": "one of the two has an old file: carry the newest file of each side once more",
    "program-silent": "the other program has ended or given up: start it anew and exchange new files",
    "program-too-old": "the other program does not speak data channels as they are today: try a newer version of it",
    "program-opens-nothing":
      "the other program waits for something else: let it open a data channel before it makes its file",
    "other-version": "start both sides anew; if it happens again, use the same version of p2p on both",
  },
  advice: ADVICE_TEXTS,
};

/** The likely cause of a failed attempt and what to do, in the language of the texts. */
export function connectHint(
  { stage, why, isForeign, isOfferer, carriedBy }: Omit<ConnectFailure, "seconds" | "pairs">,
  { causes, advice }: ConnectTexts,
): string {
  switch (stage) {
    case "no-pairs":
      return connectAdvice(why, advice) ?? causes[carriedBy === undefined ? "unknown" : "carried"];
    case "unanswered":
      return connectAdvice(why, advice) ?? causes[unansweredCause({ isForeign, isOfferer, carriedBy })];
    case "not-chosen":
      return causes[carriedBy === undefined ? "not-taken" : "carried"];
    case "no-dtls":
      if (!isForeign) return causes[carriedBy === undefined ? "old-file" : "carried"];
      return causes[isOfferer ? "browser-waited" : "program-silent"];
    case "no-sctp":
      return causes[isForeign ? "program-too-old" : "other-version"];
    case "no-channel":
      return causes[isForeign ? "program-opens-nothing" : "other-version"];
  }
}

function unansweredCause({
  isForeign,
  isOfferer,
  carriedBy,
}: Pick<ConnectFailure, "isForeign" | "isOfferer"> & { carriedBy: CarriedBy | undefined }): ConnectCause {
  if (carriedBy !== undefined && !isForeign) return "carried";
  if (!isOfferer) return "unknown-as-answer";
  return isForeign ? "browser-waited" : "unknown";
}
