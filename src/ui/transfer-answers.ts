// /accept, /decline and /cancel in the conversation: which transfers they apply to, which the person has read, and
// what to print when they have changed since the line was started.
import type { Session, TransferStatus } from "../index.ts";
import { answerTarget } from "./answer-target.ts";
import type { Command } from "./command.ts";
import type { Part } from "./style.ts";
import { type TransferBook, transferLabel } from "./transfer-label.ts";
import { awaitsMe, isBusy } from "./view.ts";
import type { ConversationWords } from "../words/index.ts";

type AnswerCommand = Extract<Command, { which: string | undefined }>;

export interface TransferAnswersPort {
  readonly words: ConversationWords;
  readonly book: TransferBook;
  /** The transfers that the session knows now. */
  readonly transfers: (which: (transfer: TransferStatus) => boolean) => TransferStatus[];
  readonly columns: () => number;
  readonly print: (lines: readonly Part[][]) => void;
  /** Prints why nothing was done. */
  readonly complain: (text: string) => void;
}

export class TransferAnswers {
  readonly #port: TransferAnswersPort;
  /** Proposals whose question is on the screen; closed ones are removed when the next one is added. */
  #asked: ReadonlySet<string> = new Set();
  /** Proposals that were on the screen when the line being typed was started. */
  #begunOffers: ReadonlySet<string> = new Set();
  #begunBusy: ReadonlySet<string> = new Set();

  constructor(port: TransferAnswersPort) {
    this.#port = port;
  }

  /** Called when the question about a proposal is on the screen. */
  noteAsked(transfer: string): void {
    this.#asked = new Set([...idsOf(this.#offers), transfer]);
  }

  /** Called when the first character of a line is typed. */
  handleLineBegun(): void {
    this.#begunOffers = idsOf(this.#offers);
    this.#begunBusy = idsOf(this.#busy);
  }

  /** Whether a proposal waits for the person, or waited when the line being typed was started. */
  get isAsked(): boolean {
    return this.#offers.length > 0 || this.#begunOffers.size > 0;
  }

  answer({ type, which }: AnswerCommand, session: Session): void {
    const { words, book, complain, print } = this.#port;
    const isCancel = type === "cancel";
    const target = answerTarget({
      which,
      now: isCancel ? this.#busy : this.#offers,
      begun: isCancel ? this.#begunBusy : this.#begunOffers,
      numberOf: (transfer) => book.numberOf(transfer),
    });
    switch (target.kind) {
      case "none":
        return complain(isCancel ? words.nothingToCancel : words.nothingToAnswer);
      case "unknown":
        return complain(words.noSuchTransfer(target));
      case "changed":
        complain(words.changedMeanwhile({ gone: this.#labelOf(target.gone), came: this.#labelOf(target.came) }));
        return print([[words.againIfMeant({ name: `/${type}` })]]);
      case "several":
        complain(words.whichTransfer({ name: `/${type}` }));
        return print(
          target.transfers.map(({ transfer, names }) => [
            words.transferChoice({ number: book.numberOf(transfer), what: this.#label(names) }),
          ]),
        );
      case "one":
        return this.#answerOne(type, target.transfer, session);
    }
  }

  #answerOne(type: AnswerCommand["type"], { transfer, names }: TransferStatus, session: Session): void {
    const { words, complain } = this.#port;
    // The events say what was done.
    if (!session[type](transfer)) complain(words.offerGone({ what: this.#label(names) }));
  }

  /** Proposals that a person can have read. */
  get #offers(): TransferStatus[] {
    return this.#port.transfers(awaitsMe).filter(({ transfer }) => this.#asked.has(transfer));
  }

  /** Transfers that can be cancelled and have been shown. */
  get #busy(): TransferStatus[] {
    return this.#port.transfers(isBusy).filter(({ transfer }) => this.#port.book.get(transfer) !== undefined);
  }

  #label(names: readonly string[]): string {
    return transferLabel(names, this.#port.words, this.#port.columns());
  }

  /** Label of the contents of these transfers; undefined for none. */
  #labelOf(transfers: readonly string[]): string | undefined {
    const names = transfers.flatMap((transfer) => this.#port.book.get(transfer)?.names ?? []);
    return transfers.length === 0 ? undefined : this.#label(names);
  }
}

function idsOf(transfers: readonly TransferStatus[]): ReadonlySet<string> {
  return new Set(transfers.map(({ transfer }) => transfer));
}
