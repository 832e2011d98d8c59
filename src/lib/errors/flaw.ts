// The possible flaws of an exchange file, as data: a reader names a flaw, a sentence in any language describes it.
import type { Damage, ForeignFormat } from "../damage.ts";
import type { OddFile } from "../odd-file.ts";

/** The kinds of value that a field may have to hold. */
export type Wanted =
  | "text"
  | "object"
  | "list"
  | "offer-or-answer"
  | "id"
  | "key"
  | "signature"
  | "digest"
  | "count"
  | "number"
  | "p2p-message-size"
  | "time"
  | "name"
  | "port"
  | "word"
  | "ice-ufrag"
  | "ice-pwd"
  | "fingerprint"
  | "setup-of-offer"
  | "setup-of-answer";

/** One flaw of an exchange file. The reporter of the flaw names the field that has it. */
export type ExchangeFlaw =
  /** The file cannot be opened or read; `reason` is the system's code. */
  | { flaw: "unreadable"; reason: string }
  /** Something there is not a readable file. */
  | { flaw: "odd-file"; kind: OddFile }
  | { flaw: "empty" }
  | { flaw: "not-json" }
  /** A program on the way has changed the text, and the change cannot be undone. */
  | { flaw: "mangled"; by: Damage }
  /** The text ends before the document does. */
  | { flaw: "cut-off"; characters: number }
  /** A program has shown the beginning of it only, and an ellipsis for the rest. */
  | { flaw: "shortened" }
  /** It can be read, and is not what its writer wrote: its digest differs. `by`: of which change there are signs. */
  | { flaw: "altered"; by: Damage }
  /** A short code with a character too many, too few or wrong: of `from` … `to`, counted from 1 behind `p2p:`, in `group`. */
  | { flaw: "code-typo"; from: number; to: number; group: string }
  /** A short code that ends too early. */
  | { flaw: "code-cut-off" }
  /** A short code in which more than one character is wrong, or that no p2p has made. */
  | { flaw: "code-damaged" }
  /** A short code of a newer p2p. */
  | { flaw: "code-newer" }
  /** A file of another program, which may have the text in it. */
  | { flaw: "foreign-format"; format: ForeignFormat }
  | { flaw: "not-exchange" }
  /** Candidates without the description to which they belong. */
  | { flaw: "only-candidates" }
  /** The text that stands for the description is none. */
  | { flaw: "not-sdp" }
  /** Two descriptions in one message: nothing says which of them is meant. */
  | { flaw: "several-descriptions" }
  /** The key of p2p stands in another place than the description to which it belongs. */
  | { flaw: "apart" }
  /** The file is sealed where an open document is needed. */
  | { flaw: "sealed" }
  | { flaw: "missing" }
  | { flaw: "wrong-value"; wanted: Wanted }
  | { flaw: "too-many"; count: number; limit: number }
  | { flaw: "too-many-fingerprints"; count: number; limit: number }
  /** More `m=` sections than are read. */
  | { flaw: "too-many-sections"; limit: number }
  /** The SDP has no `m=application` section for data channels. */
  | { flaw: "no-data-section" }
  | { flaw: "section-rejected" }
  | { flaw: "no-sha-256" };

/** The program that wrote the file with the flaw: the cure differs. */
export type FileMaker = "p2p" | "other";

/** The sentences of each flaw in one language. */
export type FlawTexts = {
  [F in ExchangeFlaw as F["flaw"]]: { problem: (flaw: F) => string; cure: (by: FileMaker, flaw: F) => string };
};

/**
 * Problem and cure of a flaw.
 * @param texts - the sentences of the wanted language
 * @param by - default: our own program
 */
export function flawText(
  flaw: ExchangeFlaw,
  texts: FlawTexts,
  by: FileMaker = "p2p",
): { problem: string; cure: string } {
  // The mapped type binds each name to its own flaw, so the pair is correct by construction.
  const { problem, cure } = texts[flaw.flaw] as {
    problem: (flaw: ExchangeFlaw) => string;
    cure: (by: FileMaker, flaw: ExchangeFlaw) => string;
  };
  return { problem: problem(flaw), cure: cure(by, flaw) };
}
