// The conversation at a terminal on one side of a line: prints events until it is connected, then runs a chat with
// commands, consent and transfers. It decides what a key or an event means; ui/view.ts decides the appearance and
// ui/terminal.ts does the painting. It never writes to stdout.
import type { Line } from "../command-port.ts";
import {
  type ErrorEvent,
  P2pError,
  type P2pEvent,
  type Session,
  type TransferStatus,
  type VerifyEvent,
} from "../index.ts";
import type { Lang } from "../words/lang.ts";
import { TransferAnswers } from "./transfer-answers.ts";
import { type Command, type CommandOptions, parseLine } from "./command.ts";
import { completeLine } from "./complete.ts";
import { consentLines } from "./consent.ts";
import { ErrorFold } from "./error-fold.ts";
import { narrate, verifyLines } from "./narrate.ts";
import { errorLines, type Lines, type NarrateContext } from "./narration.ts";
import { interruptSelf } from "./interrupt.ts";
import type { Foreground } from "./foreground.ts";
import { homeFolder } from "./home-folder.ts";
import { listFolder } from "./list-folder.ts";
import { Outbox } from "./outbox.ts";
import { aboutTyped } from "./paste-catcher.ts";
import type { Style } from "./style.ts";
import { isAfresh, isListQuestion, yesOrNo } from "./yes-no.ts";
import { ChatTerminal, type TerminalHandlers } from "./terminal.ts";
import { UnansweredFold } from "./unanswered-fold.ts";
import { TransferBook } from "./transfer-label.ts";
import { VerificationQuestion } from "./verification-question.ts";
import {
  acknowledgedMessage,
  awaitsMe,
  failedMessage,
  helpLines,
  isBusy,
  liveLines,
  misuseText,
  peerMessage,
  statusLines,
  type ViewContext,
} from "./view.ts";
import type { ConversationWords } from "../words/index.ts";
import { errorText } from "../words/errors.ts";

export interface ConversationOptions {
  readonly line: Line;
  readonly words: ConversationWords;
  readonly lang: Lang;
  readonly style: Style;
  /** The terminal's input. */
  readonly input: NodeJS.ReadStream;
  /** The terminal's output: stderr. */
  readonly output: NodeJS.WriteStream;
  /** The terminal understands no escape sequences (TERM=dumb). */
  readonly isDumb: boolean;
  readonly foreground: Foreground;
  /** Drops what was typed at the terminal and not read. */
  readonly discardTyped: () => void;
  /** Rings the terminal's bell: something waits for the person. */
  readonly ring: () => void;
  readonly now: () => Date;
  /** Folder for received files; shown before a person decides. */
  readonly outputDir: string;
  /** Free space there; undefined when unknown. */
  readonly freeBytes: () => Promise<number | undefined>;
  /** True: this side answers. */
  readonly isAnswering?: boolean;
  /** The name of the one person who can be the other side. */
  readonly to?: string | undefined;
  /** False: the expected verification string was given beforehand, and is compared without the person. */
  readonly asksVerification: boolean;
  /** True: only messages, consent and errors are shown. */
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Returns message and hint of an `error` event in the user's language. */
  readonly describeError: (event: ErrorEvent) => { message: string; hint: string };
  /** Receives keys while we wait for the peer's file, so that it can be pasted. Undefined: pasting is not possible. */
  readonly onUnprompted?: TerminalHandlers["onUnprompted"];
  /** The other side's document may be pasted before the two are connected. */
  readonly takesPaste?: boolean;
  /** Whether the terminal is left to another program, which may ask there for a password, until this event. */
  readonly isTerminalBack?: ((event: P2pEvent) => boolean) | undefined;
  /** Called once when connected; it sends the PATHs and `--message`. */
  readonly onSessionReady?: (session: Session) => void | Promise<void>;
}

export interface ConversationEnd {
  /** The exit code of the `closed` event; 130 after Ctrl-C. */
  readonly exit: number;
  /** True: a line was being typed. */
  readonly isWithinLine?: true;
}

/**
 * Runs a line for a person until it is closed, and always restores the terminal.
 * @throws P2pError when the line ended before any file was written, so that there was no `closed` event
 */
export async function runConversation(options: ConversationOptions): Promise<ConversationEnd> {
  return new Conversation(options).run();
}

const PROMPT = "> ";
const EXIT_INTERRUPTED = 130;
/** The terminal is gone, as SIGHUP says. */
const EXIT_HUNG_UP = 129;

class Conversation {
  readonly #options: ConversationOptions;
  readonly #terminal: ChatTerminal;
  readonly #commandOptions: CommandOptions = {
    homeDir: homeFolder(),
    hasBackslashEscapes: process.platform !== "win32",
  };
  readonly #outbox = new Outbox();
  readonly #book = new TransferBook();
  readonly #errors = new ErrorFold();
  readonly #unanswered = new UnansweredFold();
  readonly #answers: TransferAnswers;
  #session: Session | undefined;
  /** `sendFiles` calls without an outcome yet; some are not proposed yet and so not in the status. */
  #sendsBegun = 0;
  /** Who typed a command of another program has been told that it was sent. */
  #isToldOfCommands = false;
  /** `told`: waiting for transfers; `closing`: the line has been asked to close. */
  #leaving: "no" | "told" | "closing" = "no";
  readonly #verification = new VerificationQuestion();
  #hasWaited = false;
  /** The name under which this user keeps the peer. */
  #keptName: string | undefined;
  #isInterrupted = false;
  #exit: number | undefined;
  /** The exit code of the first way in which this side asked the line to close. */
  #leftWith: number | undefined;
  #bug: { thrown: unknown } | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#terminal = new ChatTerminal({
      input: options.input,
      output: options.output,
      prompt: PROMPT,
      isDumb: options.isDumb,
      foreground: options.foreground,
      discardTyped: options.discardTyped,
      handlers: {
        onLine: (text, isPasted) => {
          this.#enter(text, isPasted);
        },
        onLineBegun: () => {
          this.#answers.handleLineBegun();
        },
        onInterrupt: () => {
          this.#interrupt();
        },
        onCleared: () => {
          this.#showQuestions();
        },
        onUnprompted: options.onUnprompted,
        onGone: () => {
          this.#closeLine("interrupted", EXIT_HUNG_UP);
        },
        onEnd: () => {
          this.#leave();
        },
        complete: (text) => completeLine(text, { ...this.#commandOptions, listFolder }),
      },
    });
    this.#answers = new TransferAnswers({
      words: options.words,
      style: options.style,
      book: this.#book,
      transfers: (which) => this.#transfers(which),
      columns: () => this.#terminal.columns,
      print: (lines) => {
        this.#terminal.print(lines);
      },
      complain: (text) => {
        this.#complain(text);
      },
    });
  }

  async run(): Promise<ConversationEnd> {
    const { line } = this.#options;
    // Events report whether the session opens; the rejection is awaited below, when they end without `closed`.
    line.session.catch(() => {});
    let typing: Pick<ConversationEnd, "isWithinLine"> = {};
    const { isTerminalBack } = this.#options;
    let isOpen = isTerminalBack === undefined;
    if (isOpen) this.#terminal.open();
    try {
      for await (const event of line.events) {
        if (!isOpen && isTerminalBack?.(event) === true) {
          isOpen = true;
          this.#terminal.open();
        }
        await this.#handle(event);
        this.#refresh();
      }
    } finally {
      if (this.#terminal.typed !== "") typing = { isWithinLine: true };
      this.#terminal.close();
    }
    if (this.#bug !== undefined) throw this.#bug.thrown;
    if (this.#isInterrupted) return { exit: EXIT_INTERRUPTED, ...typing };
    // The end of a line that has written no file is not an event: the person who ended it here knows how.
    const exit = this.#exit ?? this.#leftWith;
    if (exit === undefined) await line.session;
    return { exit: exit ?? 0, ...typing };
  }

  async #handle(event: P2pEvent): Promise<void> {
    const session = this.#session;
    if (session !== undefined) this.#book.note(event, () => session.status());
    this.#terminal.print(this.#errors.tellFolded(event, this.#options));
    const unanswered = this.#unanswered.tell(event, this.#options);
    this.#terminal.print(unanswered.insisted);
    this.#tell(unanswered.usual);
    if (this.#unanswered.takes(event, this.#narrateContext())) {
      this.#note(event);
      return;
    }
    switch (event.event) {
      case "connected":
        await this.#begin(event);
        break;
      case "message":
        this.#showMessage(event);
        break;
      case "incoming":
        await this.#showIncoming(event);
        break;
      case "verify":
        this.#showVerification(event);
        break;
      case "error":
        if (!this.#errors.folds(event, this.#options)) this.#terminal.print(narrate(event, this.#narrateContext()));
        break;
      case "closed":
        this.#exit = event.exit;
        this.#showLeftovers();
        this.#tell(narrate(event, this.#narrateContext()));
        break;
      default:
        this.#note(event);
        this.#tell(narrate(event, this.#narrateContext()));
    }
    this.#leaveIfThrough();
  }

  #note(event: P2pEvent): void {
    if (event.event === "waiting") this.#hasWaited = true;
    if (event.event === "declined" && event.direction === "receive" && event.by === "peer") {
      this.#answers.handleWithdrawn(event.transfer);
    }
    if (event.event === "peer-known" || event.event === "contact-kept") this.#keptName = event.name;
  }

  /** The name of the peer: the one under which this user keeps it, else its own. */
  get #peerName(): string | undefined {
    return this.#keptName ?? this.#session?.peerName;
  }

  async #begin(event: P2pEvent): Promise<void> {
    const { line, words, style, onSessionReady } = this.#options;
    const session = await line.session;
    this.#session = session;
    if (this.#hasWaited) this.#options.ring();
    this.#tell([...narrate(event, this.#narrateContext()), [style.dim(words.chatStarts)]]);
    this.#terminal.showPrompt();
    if (onSessionReady !== undefined) this.#background(this.#sendGiven(async () => onSessionReady(session)));
  }

  /** Sends what was given on the command line; /quit waits for it as for what is sent with /send. */
  async #sendGiven(send: () => Promise<void>): Promise<void> {
    this.#sendsBegun += 1;
    await send().finally(() => {
      this.#sendsBegun -= 1;
    });
    this.#leaveIfThrough();
  }

  #showMessage({ from, text }: Extract<P2pEvent, { event: "message" }>): void {
    const at = this.#options.now();
    if (from === "peer") {
      this.#answers.takeWithdrawn();
      this.#terminal.print(peerMessage(text, at, this.#peerName, this.#options));
    } else {
      this.#terminal.print(acknowledgedMessage(this.#outbox.acknowledge(text) ?? { text, at }, this.#options));
    }
  }

  async #showIncoming(event: Extract<P2pEvent, { event: "incoming" }>): Promise<void> {
    const { words, style, outputDir, freeBytes } = this.#options;
    // Under --yes the transfer has been accepted already, and there is nothing to ask.
    if (!this.#transfers(awaitsMe).some(({ transfer }) => transfer === event.transfer)) {
      this.#tell(narrate(event, this.#narrateContext()));
      return;
    }
    const free = await freeBytes();
    const screen = consentLines(event, {
      words,
      style,
      columns: this.#terminal.columns,
      peerName: this.#peerName,
      outputDir,
      freeBytes: free,
      answer: { by: this.#terminal.hasLiveRows ? "below" : "commands", ...this.#namedBy(event.transfer) },
    });
    this.#options.ring();
    this.#terminal.print(screen);
    this.#answers.noteAsked(event, screen);
  }

  /** The number of a proposal, where several wait for an answer. */
  #namedBy(transfer: string): { number?: number } {
    return this.#transfers(awaitsMe).length <= 1 ? {} : { number: this.#numberOf(transfer) };
  }

  #showVerification(event: VerifyEvent): void {
    const { asksVerification } = this.#options;
    this.#verification.handleOver();
    if (event.state !== "shown") {
      this.#tell(narrate(event, this.#narrateContext()));
      return;
    }
    if (!asksVerification) {
      this.#tell(verifyLines(event, this.#narrateContext()));
      return;
    }
    this.#verification.ask(event, this.#terminal.typed !== "");
    this.#options.ring();
    this.#printComparison(event);
  }

  #printComparison(event: VerifyEvent): void {
    const { words, style } = this.#options;
    this.#terminal.print([...verifyLines(event, this.#narrateContext()), [style.bold(words.askVerify)]]);
  }

  /** Prints again what waits for an answer. */
  #showQuestions(): void {
    this.#terminal.print(this.#answers.questions);
    const compared = this.#verification.asked;
    if (compared !== undefined) this.#printComparison(compared);
  }

  /** @returns false when the line is neither an answer nor to be held back because of the question */
  #answerVerification(text: string, isPasted: boolean, session: Session): boolean {
    const { words } = this.#options;
    const meaning = this.#verification.take({ text, isPasted, isFileAsked: this.#answers.isAsked });
    switch (meaning) {
      case "other":
        return false;
      case "too-early":
        this.#complain(words.verifyCameMeanwhile);
        return true;
      case "unclear":
        this.#complain(words.verifyAnswerFirst);
        return true;
      case "yes":
      case "no":
        if (meaning === "yes") this.#terminal.print([[words.verifyWaits]]);
        session.confirmVerification(meaning === "yes");
        return true;
    }
  }

  /** Prints what was typed and will not arrive: messages in flight, and the line being typed. */
  #showLeftovers(): void {
    const { words, style } = this.#options;
    for (const message of this.#outbox.drain()) this.#terminal.print(failedMessage(message, this.#options));
    const text = this.#terminal.typed;
    if (text.trim() !== "") this.#terminal.print([[style.dim(words.notSent({ text }))]]);
  }

  #enter(text: string, isPasted: boolean): void {
    const session = this.#session;
    if (session === undefined || this.#answerVerification(text, isPasted, session)) return;
    if (!isPasted && this.#answerOffer(text, session)) return;
    const command: Command =
      isPasted && text.trim() !== "" ? { type: "message", text } : parseLine(text, this.#commandOptions);
    this.#obey(command, session);
    this.#refresh();
  }

  /** Takes a lone yes or no for the answer to the peer's offer. @returns false when it is a message */
  #answerOffer(text: string, session: Session): boolean {
    if (isListQuestion(text) && this.#answers.asked.length > 0) {
      this.#answers.list();
      return true;
    }
    const withdrawn = this.#answers.takeWithdrawn();
    const isFresh = this.#answers.isResumable && isAfresh(text);
    const isYes = isFresh || (text.startsWith("/") ? undefined : yesOrNo(text));
    if (isYes === undefined) return false;
    if (!this.#answers.isAsked) {
      if (withdrawn === undefined) return false;
      this.#complain(this.#options.words.offerGone({ what: withdrawn }));
      return true;
    }
    this.#answers.answer(
      { type: isYes ? "accept" : "decline", which: undefined, ...(isFresh ? { from: "the-beginning" } : {}) },
      session,
    );
    this.#refresh();
    return true;
  }

  #obey(command: Command, session: Session): void {
    const { words } = this.#options;
    switch (command.type) {
      case "nothing":
        return;
      case "message":
        this.#background(this.#sendMessage(command.text, session));
        this.#noteMeantCommand(command.text);
        return;
      case "send":
        this.#background(this.#sendFiles(command.paths, session));
        return;
      case "accept":
      case "decline":
      case "cancel":
        this.#answers.answer(command, session);
        return;
      case "status":
        this.#terminal.print(statusLines(session.status(), this.#viewContext()));
        return;
      case "verify":
        if (session.verify()) this.#tell([[words.verifyBegins]]);
        else this.#complain(words.verifyImpossible);
        return;
      case "paste":
        this.#complain(words.carrying.pasteNotNow);
        return;
      case "keep":
        this.#keep(command.name, session);
        return;
      case "help":
        this.#terminal.print(helpLines(this.#options));
        return;
      case "quit":
        this.#leave();
        return;
      case "unknown":
        this.#complain(words.unknownCommand(command));
        this.#terminal.print([[words.unknownCommandHint]]);
        return;
      case "misused":
        this.#complain(misuseText(command, words));
    }
  }

  /** Says once how a command is given, to who types `quit` or `help` as in other programs: it was sent. */
  #noteMeantCommand(text: string): void {
    const about = aboutTyped(text);
    if ((about !== "leaving" && about !== "help") || this.#isToldOfCommands) return;
    this.#isToldOfCommands = true;
    this.#terminal.print([[this.#options.style.dim(this.#options.words.sentAsMessage({ text: text.trim(), about }))]]);
  }

  #keep(given: string, session: Session): void {
    const { contacts } = this.#options.words;
    const name = given === "" ? (session.peerName ?? "") : given;
    if (name === "") this.#complain(contacts.needsName);
    else if (!session.keepContact(name)) this.#complain(contacts.impossible);
  }

  async #sendMessage(text: string, session: Session): Promise<void> {
    const message = { text, at: this.#options.now() };
    this.#outbox.add(message);
    try {
      await session.sendMessage(text);
      this.#outbox.remove(message);
    } catch (error) {
      if (!(error instanceof P2pError)) throw error;
      if (this.#outbox.remove(message)) this.#terminal.print(failedMessage(message, this.#options));
    }
    this.#refresh();
  }

  async #sendFiles(paths: readonly string[], session: Session): Promise<void> {
    this.#sendsBegun += 1;
    try {
      await session.sendFiles(paths);
    } catch (error) {
      if (!(error instanceof P2pError)) throw error;
      const { lang } = this.#options;
      this.#terminal.print(errorLines({ code: error.code, ...errorText(error, lang) }, this.#options));
    } finally {
      this.#sendsBegun -= 1;
    }
    this.#refresh();
    this.#leaveIfThrough();
  }

  /** Handles Ctrl-D and /quit: leaves when transfers are finished, or at once the second time. */
  #leave(): void {
    if (this.#leaving !== "no" || this.#session === undefined) {
      this.#leaving = "closing";
      this.#closeLine("quit");
      return;
    }
    this.#leaving = "told";
    const running = this.#transfers(isBusy).filter(({ state }) => state === "running").length;
    const offered = Math.max(this.#transfers(isBusy).length, this.#sendsBegun) - running;
    if (running + offered > 0) this.#terminal.print([[this.#options.words.quitWaits({ running, offered })]]);
    this.#leaveIfThrough();
  }

  #leaveIfThrough(): void {
    if (this.#leaving !== "told") return;
    if (this.#sendsBegun > 0 || this.#transfers(isBusy).length > 0) return;
    this.#leaving = "closing";
    this.#closeLine("quit");
  }

  /** Handles Ctrl-C: ends at once. A second one while that takes time acts as if we did not handle it. */
  #interrupt(): void {
    if (this.#isInterrupted) {
      this.#terminal.close();
      interruptSelf();
      return;
    }
    this.#isInterrupted = true;
    this.#closeLine("interrupted");
  }

  #closeLine(reason: "quit" | "interrupted", exit?: number): void {
    this.#leftWith ??= exit ?? 0;
    this.#background(this.#options.line.close(reason, exit));
  }

  /** Runs a task beside the events; a bug in it ends the line, and `run` throws it. */
  #background(task: Promise<void>): void {
    task.catch((thrown: unknown) => {
      if (this.#bug !== undefined) return;
      this.#bug = { thrown };
      this.#closeLine("interrupted");
    });
  }

  #tell(lines: Lines): void {
    if (!this.#options.quiet) this.#terminal.print(lines);
  }

  #complain(text: string): void {
    this.#terminal.print([[this.#options.style.yellow(text)]]);
  }

  #refresh(): void {
    this.#terminal.setLive(liveLines(this.#outbox.waiting, this.#session?.status(), this.#viewContext()));
  }

  #transfers(which: (transfer: TransferStatus) => boolean): TransferStatus[] {
    return this.#session?.status().transfers.filter(which) ?? [];
  }

  #numberOf(transfer: string): number {
    return this.#book.numberOf(transfer);
  }

  #viewContext(): ViewContext {
    const { words, style } = this.#options;
    return { words, style, columns: this.#terminal.columns, numberOf: (transfer) => this.#numberOf(transfer) };
  }

  #narrateContext(): NarrateContext {
    const { words, lang, style, verbose, now, describeError, isAnswering, to } = this.#options;
    const { columns } = this.#terminal;
    const transfer = (id: string) => this.#book.get(id);
    // In the background nothing is read from the terminal.
    const takesPaste = this.#options.takesPaste === true && this.#options.foreground.isOurs();
    const wasConnected = this.#session !== undefined;
    const context = {
      words,
      lang,
      style,
      verbose,
      columns,
      now: now(),
      transfer,
      describeError,
      takesPaste,
      wasConnected,
      to,
    };
    return isAnswering === undefined ? context : { ...context, isAnswering };
  }
}
