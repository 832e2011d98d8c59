// The question of a conversation whether both people see the same verification string: what waits for an answer, and what
// a line that is entered means for it. It prints nothing.
import type { VerifyEvent } from "../index.ts";
import { yesOrNo } from "./yes-no.ts";

/** A line, and what else it could answer. */
export interface EnteredLine {
  readonly text: string;
  readonly isPasted: boolean;
  /** A question about files is on the screen, too: a command that answers it means the files. */
  readonly isFileAsked: boolean;
}

/**
 * `yes`, `no`: the answer. `unclear`: a line that is neither, and is held back, since the answer comes first.
 * `too-early`: it may answer, and was begun before the question was there. `other`: it has nothing to do with the question.
 */
export type LineMeaning = "yes" | "no" | "unclear" | "too-early" | "other";

export class VerificationQuestion {
  /** `typing`: a line was being typed when the question appeared; that line is not the answer. */
  #state: "no" | "typing" | "asked" = "no";
  #event: VerifyEvent | undefined;

  /** The question is on the screen. @param isTyping - a line was being typed when it appeared */
  ask(event: VerifyEvent, isTyping: boolean): void {
    this.#event = event;
    this.#state = isTyping ? "typing" : "asked";
  }

  /** Nothing waits for an answer any more. */
  handleOver(): void {
    this.#state = "no";
  }

  /** What waits for an answer; undefined: nothing. */
  get asked(): VerifyEvent | undefined {
    return this.#state === "no" ? undefined : this.#event;
  }

  /** Takes a line that the person has entered. An answer ends the question. */
  take({ text, isPasted, isFileAsked }: EnteredLine): LineMeaning {
    if (this.#state === "no") return "other";
    const answer = isPasted ? undefined : yesOrNo(text);
    if (this.#state === "typing") {
      this.#state = "asked";
      // A lone yes or no may answer another question and is not meant as a message.
      return answer === undefined ? "other" : "too-early";
    }
    // A command is a command; /accept and /decline mean the files, if any are offered.
    if (text.startsWith("/") && (answer === undefined || isFileAsked)) return "other";
    if (answer === undefined) return "unclear";
    this.#state = "no";
    return answer ? "yes" : "no";
  }
}
