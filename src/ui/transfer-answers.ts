// /accept, /decline and /cancel in the conversation: which transfers they apply to, which the person has read, and
// what to print when they have changed since the line was started.
import type { P2pEvent, Session, TransferStatus } from "../index.ts";
import { type AnswerTarget, answerTarget } from "./answer-target.ts";
import type { AnswerCommand } from "./command.ts";
import { consentOrder, entryLines } from "./consent.ts";
import { chosenPaths, readEntryChoice } from "./entry-choice.ts";
import type { Lines } from "./narration.ts";
import type { Style } from "./style.ts";
import { type TransferBook, transferLabel } from "./transfer-label.ts";
import { awaitsMe, isBusy } from "./view.ts";
import { isListQuestion } from "./yes-no.ts";
import type { ConversationWords } from "../words/index.ts";

type Incoming = Extract<P2pEvent, { event: "incoming" }>;

export interface TransferAnswersPort {
  readonly words: ConversationWords;
  readonly style: Style;
  readonly book: TransferBook;
  /** The transfers that the session knows now. */
  readonly transfers: (which: (transfer: TransferStatus) => boolean) => TransferStatus[];
  readonly columns: () => number;
  readonly print: (lines: Lines) => void;
  /** Prints why nothing was done. */
  readonly complain: (text: string) => void;
}

export class TransferAnswers {
  readonly #port: TransferAnswersPort;
  /** Proposals whose question is on the screen; closed ones are removed when the next one is added. */
  readonly #asked = new Map<string, { readonly event: Incoming; readonly screen: Lines }>();
  /** Proposals that were on the screen when the line being typed was started. */
  #begunOffers: ReadonlySet<string> = new Set();
  #begunBusy: ReadonlySet<string> = new Set();
  /** What the other side has withdrawn since the person entered a line or read a message: a yes or no is meant for it. */
  #withdrawn: string | undefined;

  constructor(port: TransferAnswersPort) {
    this.#port = port;
  }

  /** Called when the question about a proposal is on the screen. */
  noteAsked(event: Incoming, screen: Lines): void {
    const offers = idsOf(this.#offers);
    for (const transfer of this.#asked.keys()) if (!offers.has(transfer)) this.#asked.delete(transfer);
    this.#asked.set(event.transfer, { event, screen });
  }

  /** The proposals whose questions are on the screen. */
  get asked(): Incoming[] {
    return this.#offers.flatMap(({ transfer }) => this.#asked.get(transfer)?.event ?? []);
  }

  /** Whether a part of what is proposed is here already. */
  get isResumable(): boolean {
    return this.asked.some(({ resumable = [] }) => resumable.length > 0);
  }

  /** The questions themselves, as they were shown. */
  get questions(): Lines {
    return this.#offers.flatMap(({ transfer }) => this.#asked.get(transfer)?.screen ?? []);
  }

  /** Called when a proposal of the other side has ended without an answer. */
  handleWithdrawn(transfer: string): void {
    const names = this.#port.book.get(transfer)?.names ?? [];
    if (this.#asked.delete(transfer)) this.#withdrawn = this.#label(names);
  }

  /** Called when a yes or no can mean something else: a line was entered, or a message has come. @returns what it meant */
  takeWithdrawn(): string | undefined {
    const withdrawn = this.#withdrawn;
    this.#withdrawn = undefined;
    return withdrawn;
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
    const { part } = command;
    if (part === undefined) this.#answerAll(command, session);
    else if (isListQuestion(part)) this.list(command);
    else this.#acceptPart(command, part, session);
  }

  /** Prints everything that is offered, or that one proposal offers. */
  list({ which }: Pick<AnswerCommand, "which"> = { which: undefined }): void {
    const { words, style, book, complain, print, columns } = this.#port;
    const { asked } = this;
    const isMeant = ({ transfer }: Incoming): boolean =>
      [transfer, String(book.numberOf(transfer))].includes(which ?? "");
    const events = which === undefined ? asked : asked.filter(isMeant);
    if (asked.length === 0) complain(words.nothingToAnswer);
    else if (events.length === 0) complain(words.noSuchTransfer({ which: marked(which ?? "") }));
    for (const event of events) {
      const number = book.numberOf(event.transfer);
      const what = this.#label(book.get(event.transfer)?.names ?? []);
      // The entries of each count from 1.
      if (asked.length > 1) print([[words.transferChoice({ number, what })]]);
      print(entryLines(event, { words, style, columns: columns() }));
    }
  }

  /** `/accept 1,3-5`: numbers of entries, of the one proposal that waits or of the one that is named. */
  #acceptPart(command: AnswerCommand, part: string, session: Session): void {
    const { words, complain } = this.#port;
    const target = this.#targetOf(command);
    if (target.kind !== "one") return this.#explain(target, command);
    const { transfer, names } = target.transfer;
    const event = this.#asked.get(transfer)?.event;
    const chosen = event && readEntryChoice(part, event.entries.length);
    if (event === undefined || chosen === undefined) return complain(words.nothingToAnswer);
    if ("outside" in chosen) return complain(words.noSuchEntry({ number: chosen.outside }));
    const paths = consentOrder(event).map(({ path }) => path);
    if (!session.accept(transfer, chosenPaths(paths, chosen), command.from))
      complain(words.offerGone({ what: this.#label(names) }));
  }

  #answerAll(command: AnswerCommand, session: Session): void {
    const target = this.#targetOf(command);
    if (target.kind === "one") this.#answerOne(command, target.transfer, session);
    else this.#explain(target, command);
  }

  #targetOf({ type, which }: AnswerCommand): AnswerTarget {
    const { book } = this.#port;
    return answerTarget({
      which,
      ...(type === "cancel" ? this.#cancellable(which) : { now: this.#offers, begun: this.#begunOffers }),
      numberOf: (transfer) => book.numberOf(transfer),
    });
  }

  /** Prints why a command is not carried out, and what to type instead. */
  #explain(target: Exclude<AnswerTarget, { kind: "one" }>, { type, which, part, from }: AnswerCommand): void {
    const { words, book, complain, print } = this.#port;
    const partTyped = (part === undefined ? "" : ` ${part}`) + (from === undefined ? "" : " fresh");
    switch (target.kind) {
      case "none":
        return complain(type === "cancel" ? words.nothingToCancel : words.nothingToAnswer);
      case "unknown":
        return complain(words.noSuchTransfer({ which: marked(target.which) }));
      case "changed": {
        complain(words.changedMeanwhile({ gone: this.#labelOf(target.gone), came: this.#labelOf(target.came) }));
        const whichTyped = which === undefined ? "" : ` ${marked(which)}`;
        return print([[words.againIfMeant({ name: `/${type}${whichTyped}${partTyped}` })]]);
      }
      case "several":
        complain(words.whichTransfer({ name: `/${type}`, part: partTyped }));
        return print(
          target.transfers.map(({ transfer, names }) => [
            words.transferChoice({ number: book.numberOf(transfer), what: this.#label(names) }),
          ]),
        );
    }
  }

  /** What runs, and where nothing does, or one is named, what the other side offers: that is declined. */
  #cancellable(which: string | undefined): { now: readonly TransferStatus[]; begun: ReadonlySet<string> } {
    const [busy, offers] = [this.#busy, this.#offers];
    if (which !== undefined)
      return { now: [...busy, ...offers], begun: new Set([...this.#begunBusy, ...this.#begunOffers]) };
    return busy.length > 0 || this.#begunBusy.size > 0
      ? { now: busy, begun: this.#begunBusy }
      : { now: offers, begun: this.#begunOffers };
  }

  #answerOne({ type, from }: AnswerCommand, status: TransferStatus, session: Session): void {
    const { words, complain } = this.#port;
    const { transfer, names } = status;
    const isDeclined = type === "decline" || (type === "cancel" && awaitsMe(status));
    const isDone = isDeclined
      ? session.decline(transfer)
      : type === "cancel"
        ? session.cancel(transfer)
        : session.accept(transfer, undefined, from);
    // The events say what was done.
    if (!isDone) complain(words.offerGone({ what: this.#label(names) }));
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

/** A transfer as a person types it: its number with the mark, or its id. */
function marked(which: string): string {
  return /^\d+$/.test(which) ? `#${which}` : which;
}
