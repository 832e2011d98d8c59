// Output for neither a conversation nor programs: events are printed as lines on stderr, each received message is one
// escaped line on stdout, and running transfers have a progress line if stderr is a terminal.
import { escapeForPipe } from "../command-port.ts";
import type { P2pEvent, Session, VerifyEvent } from "../index.ts";
import type { Words } from "../words/index.ts";
import { consentLines, consentOrder, entryLines } from "../ui/consent.ts";
import { chosenPaths, readEntryChoice } from "../ui/entry-choice.ts";
import { ErrorFold } from "../ui/error-fold.ts";
import { isRelayed, narrate, verifyLines } from "../ui/narrate.ts";
import type { Lines, NarrateContext } from "../ui/narration.ts";
import { progressLine, type ProgressPainter } from "../ui/progress.ts";
import { peerMessage } from "../ui/view.ts";
import { isAfresh, isListQuestion, yesOrNo } from "../ui/yes-no.ts";
import { UnansweredFold } from "../ui/unanswered-fold.ts";
import { TransferBook, transferLabel } from "../ui/transfer-label.ts";
import type { ConsentPrompt } from "./consent-prompt.ts";
import type { EventOutput } from "./event-output.ts";
import type { OutputWriter } from "./output-writer.ts";
import type { TerminalPrinter } from "./print.ts";

type Incoming = Extract<P2pEvent, { event: "incoming" }>;

export interface PlainOutputOptions {
  readonly printer: TerminalPrinter;
  readonly stdout: OutputWriter;
  readonly stderr: OutputWriter;
  /** Undefined: there are no progress lines. */
  readonly painter: ProgressPainter | undefined;
  readonly context: () => Omit<NarrateContext, "transfer">;
  /** True: stdout carries something else, so messages are printed on stderr. */
  readonly isStdoutTaken: boolean;
  /** True: every incoming transfer is declined, because there is nobody to ask. */
  readonly declinesAll: boolean;
  /** The question about an incoming transfer; undefined: nobody is asked. */
  readonly consent:
    | {
        readonly prompt: ConsentPrompt;
        readonly outputDir: string;
        readonly freeBytes: () => Promise<number | undefined>;
      }
    | undefined;
  readonly words: Words["cli"]["run"];
  /** False while another job has the terminal. */
  readonly isForeground: () => boolean;
  /** Whether the terminal itself shows the keys that are pressed: it has `^C` in its row then. */
  readonly isEchoing: () => boolean;
  /** Rings the terminal's bell, if there is one: something waits for a person. */
  readonly ring: () => void;
}

export class PlainOutput implements EventOutput {
  readonly #options: PlainOutputOptions;
  readonly #book = new TransferBook();
  readonly #errors = new ErrorFold();
  readonly #unanswered = new UnansweredFold();
  #session: Session | undefined;
  #isHeld = false;
  /** The comparison cannot be answered any more. */
  #isComparisonOver = false;
  #hasWaited = false;
  /** The name under which this user keeps the peer. */
  #keptName: string | undefined;
  #rows: Lines = [];

  constructor(options: PlainOutputOptions) {
    this.#options = options;
  }

  attach(session: Session): void {
    this.#session = session;
  }

  handleEvent(event: P2pEvent): void {
    const session = this.#session;
    if (session !== undefined) this.#book.note(event, () => session.status());
    if (event.event === "message") {
      if (event.from === "peer") this.#printMessage(event.text);
      return;
    }
    if (event.event === "incoming" && this.#isAwaitingMe(event)) {
      this.#askConsent(event).catch(() => this.#session?.decline(event.transfer));
      return;
    }
    // Nothing is running any more, whatever the status says.
    if (event.event === "closed") this.#session = undefined;
    if (endsComparison(event)) this.#isComparisonOver = true;
    if (event.event === "peer-known") this.#keptName = event.name;
    if (event.event === "waiting") this.#hasWaited = true;
    if (event.event === "connected" && this.#hasWaited) this.#options.ring();
    const context = this.#context();
    this.#tell(this.#errors.tellFolded(event, context), true);
    const unanswered = this.#unanswered.tell(event, context);
    this.#tell(unanswered.insisted, true);
    this.#tell(unanswered.usual, false);
    if (this.#errors.folds(event, context) || this.#unanswered.takes(event, context)) return;
    const lines = narrate(event, context);
    if (event.event === "declined" && event.by === "me" && this.#options.declinesAll) {
      lines.push([this.#options.words.declinedWithoutTerminal]);
    }
    this.#tell(lines, event.event === "error");
    this.#paint();
  }

  handleEnding(): void {
    if (this.#options.painter === undefined) return;
    // Progress lines are erased with what the terminal has shown below them.
    const below: Lines = this.#options.isEchoing() && this.#rows.length === 0 ? [[""]] : [];
    this.#tell([...below, [this.#options.words.interrupting]], false);
  }

  async drained(): Promise<void> {
    // A slow reader of a file must delay neither the talk nor the end.
    if (!this.#options.isStdoutTaken) await this.#options.stdout.drained();
    await this.#options.stderr.drained();
  }

  /** False under --yes: the transfer has been accepted already, and there is nothing to ask. */
  #isAwaitingMe({ transfer }: Incoming): boolean {
    const status = this.#session?.status().transfers.find((known) => known.transfer === transfer);
    return this.#options.consent !== undefined && status?.state === "awaiting-consent";
  }

  async #askConsent(event: Incoming): Promise<void> {
    const { consent } = this.#options;
    const show = async (): Promise<void> => {
      if (consent === undefined) return;
      const { outputDir } = consent;
      const freeBytes = await consent.freeBytes();
      const peerName = this.#peerName;
      const context = { ...this.#context(), peerName, outputDir, freeBytes, answer: { by: "yes-no" } as const };
      this.#isHeld = true;
      this.#options.ring();
      this.#tell(consentLines(event, context), true);
    };
    const answer = await consent?.prompt.ask(show, (line) => this.#readConsent(line, event));
    // The next question may already be on the screen.
    this.#isHeld = consent?.prompt.isAsking === true;
    if (consent?.prompt.isGone === true) return;
    const isAccepted = answer !== undefined && answer !== false;
    const isChosen = typeof answer === "function" ? answer : undefined;
    const isDone = isAccepted
      ? this.#session?.accept(event.transfer, isChosen, answer === "fresh" ? "the-beginning" : undefined)
      : this.#session?.decline(event.transfer);
    // It was withdrawn while its question was on the screen; another one gets its own question.
    if (isAccepted && isDone === false) this.#tell([[this.#offerGone(event)]], true);
    this.#paint();
  }

  /** Takes a choice of numbers besides yes and no, and lists everything after a question mark. */
  #readConsent(line: string, event: Incoming): boolean | "fresh" | ((path: string) => boolean) | undefined {
    if (isListQuestion(line)) {
      this.#tell([...entryLines(event, this.#context()), [this.#context().words.askYesNo]], true);
      return undefined;
    }
    const { entries, resumable = [] } = event;
    if (resumable.length > 0 && isAfresh(line)) return "fresh";
    const chosen = entries.length < 2 ? undefined : readEntryChoice(line, entries.length);
    if (chosen === undefined)
      return this.#readAnswer(line, resumable.length > 0 ? "answerYesFreshNo" : "answerYesOrNo");
    if ("outside" in chosen) {
      this.#tell([[this.#context().words.noSuchEntry({ number: chosen.outside })]], true);
      return undefined;
    }
    return chosenPaths(
      consentOrder(event).map(({ path }) => path),
      chosen,
    );
  }

  /** Asks again after a line that is no answer: a slip of a key must not decide. */
  #readAnswer(line: string, advice: "answerYesFreshNo" | "answerYesOrNo" = "answerYesOrNo"): boolean | undefined {
    const answer = yesOrNo(line);
    if (answer === undefined) this.#tell([[this.#context().words[advice]]], true);
    return answer;
  }

  #offerGone({ transfer }: Incoming): string {
    const { words, columns } = this.#context();
    return words.offerGone({ what: transferLabel(this.#book.get(transfer)?.names ?? [], words, columns) });
  }

  async askVerification(event: VerifyEvent): Promise<boolean | undefined> {
    const prompt = this.#options.consent?.prompt;
    const lines = verifyLines(event, this.#context());
    if (prompt === undefined) {
      this.#tell([...lines, [this.#options.words.notVerifiedWithoutTerminal]], true);
      return false;
    }
    const show = (): void => {
      // The other side may refuse within milliseconds; the end of the run closes the question.
      if (this.#isComparisonOver) return;
      this.#isHeld = true;
      this.#options.ring();
      this.#tell([...lines, [this.#context().words.askVerify]], true);
    };
    const isYes = await prompt.ask(show, (line) => this.#readAnswer(line));
    this.#isHeld = prompt.isAsking;
    if (isYes === true) this.#tell([[this.#context().words.verifyWaits]], false);
    this.#paint();
    return isYes;
  }

  get #peerName(): string | undefined {
    return this.#keptName ?? this.#session?.peerName;
  }

  #context(): NarrateContext {
    return { ...this.#options.context(), transfer: (id) => this.#book.get(id) };
  }

  #printMessage(text: string): void {
    const { stdout, printer, isStdoutTaken } = this.#options;
    if (isStdoutTaken) {
      this.#tell(printer.isTalkOnTerminal ? this.#chatLines(text) : [[text]], true);
      return;
    }
    // Progress lines share the screen with stdout if stdout is a terminal.
    if (stdout.isTerminal) this.#draw([]);
    const piped = escapeForPipe(text);
    if (stdout.isTerminal) for (const line of this.#chatLines(text)) printer.out(...line);
    else printer.out({ raw: piped, plain: piped });
    this.#paint();
  }

  /** On a terminal a message bears time and name, so that nobody takes it for what they typed, or for p2p's words. */
  #chatLines(text: string): Lines {
    const context = this.#context();
    return peerMessage(text, context.now, this.#peerName, context);
  }

  #tell(lines: Lines, isInsisted: boolean): void {
    const { printer } = this.#options;
    if (lines.length === 0) return;
    this.#draw([]);
    for (const line of lines) {
      if (isInsisted) printer.insist(...line);
      else printer.err(...line);
    }
    this.#paint();
  }

  /** Paints one progress line for each running transfer. */
  #paint(): void {
    if (this.#options.painter === undefined || this.#session === undefined) return this.#draw([]);
    const { pair, transfers, isInterrupted } = this.#session.status();
    const running = this.#isHeld ? [] : transfers.filter(({ state }) => state === "running");
    const relayed = isRelayed(pair.kind);
    this.#draw(running.map((view) => progressLine({ ...view, relayed, isInterrupted }, this.#context())));
  }

  /** Erases nothing if nothing is painted: the person may be typing there. In the background nothing is painted. */
  #draw(wanted: Lines): void {
    if (wanted.length + this.#rows.length === 0) return;
    const isOurs = this.#options.isForeground();
    const rows = isOurs ? wanted : [];
    if (!isOurs) this.#options.painter?.forget();
    if (!isOurs) this.#rows = [];
    if (rows.length > 0 || this.#rows.length > 0) this.#options.painter?.draw(rows);
    this.#rows = rows;
  }
}

/** One side has refused the comparison, or it cannot be completed. */
function endsComparison(event: P2pEvent): boolean {
  if (event.event === "verify") return event.state === "refused";
  return event.event === "error" && (event.code === "VERIFY_REFUSED" || event.code === "VERIFY_FAILED");
}
