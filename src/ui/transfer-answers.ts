// /accept, /decline and /cancel in the conversation: which transfers they apply to, which the person has read, and
// what to print when they have changed since the line was started.
import type { P2pEvent, Session, TransferStatus } from "../index.ts";
import { answerTarget } from "./answer-target.ts";
import type { Command } from "./command.ts";
import { consentOrder } from "./consent.ts";
import { chosenPaths, readEntryChoice } from "./entry-choice.ts";
import type { Part } from "./style.ts";
import { type TransferBook, transferLabel } from "./transfer-label.ts";
import { awaitsMe, isBusy } from "./view.ts";
import type { ConversationWords } from "../words/index.ts";

type Incoming = Extract<P2pEvent, { event: "incoming" }>;
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
  readonly #asked = new Map<string, { readonly event: Incoming; hasNumber: boolean }>();
  /** Proposals that were on the screen when the line being typed was started. */
  #begunOffers: ReadonlySet<string> = new Set();
  #begunBusy: ReadonlySet<string> = new Set();

  constructor(port: TransferAnswersPort) {
    this.#port = port;
  }

  /** Called when the question about a proposal is on the screen. */
  noteAsked(event: Incoming): void {
    const offers = idsOf(this.#offers);
    for (const transfer of this.#asked.keys()) if (!offers.has(transfer)) this.#asked.delete(transfer);
    this.#asked.set(event.transfer, { event, hasNumber: false });
    // Their questions bear numbers while there are several, and a person may remember these.
    if (this.#asked.size > 1) for (const asked of this.#asked.values()) asked.hasNumber = true;
  }

  /** The proposals whose questions are on the screen. */
  get asked(): Incoming[] {
    return this.#offers.flatMap(({ transfer }) => this.#asked.get(transfer)?.event ?? []);
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

  answer(command: AnswerCommand, session: Session): void {
    if (command.type === "accept" && this.#acceptPart(command, session)) return;
    this.#answerAll(command, session);
  }

  /** `/accept 1,3-5`: numbers of entries, where one proposal waits. @returns false when no part is meant */
  #acceptPart({ which = "" }: AnswerCommand, session: Session): boolean {
    const { words, complain } = this.#port;
    const [event, ...others] = this.asked;
    if (event === undefined || others.length > 0 || event.entries.length < 2) return false;
    const chosen = readEntryChoice(which, event.entries.length);
    if (chosen === undefined) return false;
    const isTransfer = which === String(this.#port.book.numberOf(event.transfer));
    if (isTransfer && this.#asked.get(event.transfer)?.hasNumber === true) return false;
    if ("outside" in chosen) {
      if (isTransfer) return false;
      complain(words.noSuchEntry({ number: chosen.outside }));
      return true;
    }
    if (this.#begunOffers.size !== 1 || !this.#begunOffers.has(event.transfer)) {
      // What changed while the line was typed is told as for the whole.
      this.#answerAll({ type: "accept", which: undefined }, session);
      return true;
    }
    const paths = consentOrder(event).map(({ path }) => path);
    if (!session.accept(event.transfer, chosenPaths(paths, chosen))) complain(words.nothingToAnswer);
    return true;
  }

  #answerAll({ type, which }: AnswerCommand, session: Session): void {
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
