// `p2p offer` and `p2p answer`: runs one line from the first file to the exit code, shown as a conversation, as events
// or as plain lines. It decides nothing about the line itself: it feeds the requested input and shows the events.
import { statfs } from "node:fs/promises";
import { basename } from "node:path";
import {
  type Contact,
  displayName,
  errorEvent,
  isShortCode,
  type Line,
  type LineOptions,
  MAX_MEDIA_TRACKS,
  type MediaDoorEvent,
  type MediaRequest,
  type meetingWith,
  type OpenedMedia,
  openTraceFile,
  type Promised,
  type SealOptions,
  toP2pError,
  type TraceFile,
} from "../../command-port.ts";
import { P2pError, type P2pEvent, type ProgramEvent, type Session, type VerifyEvent } from "../../index.ts";
import { errorEventText } from "../../words/errors.ts";
import type { Words } from "../../words/index.ts";
import type { Lang } from "../../words/lang.ts";
import { clipboardSequence } from "../../ui/clipboard.ts";
import type { ConversationEnd, ConversationOptions } from "../../ui/conversation.ts";
import { formatRate } from "../../ui/format.ts";
import type { NarrateContext } from "../../ui/narration.ts";
import { ProgressPainter } from "../../ui/progress.ts";
import { Attention } from "../attention.ts";
import { ConsentPrompt } from "../consent-prompt.ts";
import { contactNamed } from "../contact-named.ts";
import { ToldError } from "../error-report.ts";
import type { EventOutput } from "../event-output.ts";
import { EventTap } from "../event-tap.ts";
import { type EndingSignal, EXIT_DONE, EXIT_INTERNAL, SIGNAL_EXITS } from "../exit-codes.ts";
import { type Io, isDumbTerminal } from "../io.ts";
import { JsonOutput, jsonLine } from "../json-output.ts";
import type { PairSettings } from "../options.ts";
import type { OutputWriter } from "../output-writer.ts";
import { type LastResort, withinLastResort } from "../last-resort.ts";
import { Passphrases } from "../passphrases.ts";
import { PlainOutput } from "../plain-output.ts";
import type { TerminalPrinter } from "../print.ts";
import { asksToResume } from "../resume-question.ts";
import { checkBeforeRun, type CheckPorts } from "../run-checks.ts";
import { exitWithoutReader, RunOutcome } from "../run-outcome.ts";
import { SessionFeed } from "../session-feed.ts";
import { READ_AS_A_STREAM } from "../standard-streams.ts";
import { type GoneReader, goneReaderOf } from "../gone-reader.ts";
import { readFirstLine } from "../stdin-messages.ts";
import { TypedInput } from "../typed-input.ts";
import { DESCRIPTION_NAME, isWithoutMedia } from "../media-options.ts";
import { Usage } from "../usage.ts";

/** After a signal, the time that whoever reads stdout and stderr has to take what is left. */
const SLOW_READER_MS = 2_000;

/** Dependencies of a run; tests pass their own. */
export interface PairPorts extends CheckPorts {
  openLine(options: LineOptions): Promise<Line>;
  openMedia(request: MediaRequest): Promise<OpenedMedia>;
  meetingWith: typeof meetingWith;
  /** @returns when the offer was made that still serves in the folder, in milliseconds since 1970, UTC */
  earlierOffer(files: LineOptions["files"], stateDir: string): Promise<number | undefined>;
  runConversation(options: ConversationOptions): Promise<ConversationEnd>;
}

export interface PairContext {
  readonly io: Io;
  readonly stdout: OutputWriter;
  readonly stderr: OutputWriter;
  readonly printer: TerminalPrinter;
  readonly words: Words;
  readonly lang: Lang;
  readonly ports: PairPorts;
  readonly lastResort: LastResort;
}

/**
 * @returns the exit code
 * @throws P2pError the error that ended the run before its line could report it
 */
export async function runPair(settings: PairSettings, context: PairContext): Promise<number> {
  if (settings.verbosity === "quiet") context.printer.silence();
  const command = new PairCommand(settings, context);
  try {
    await checkBeforeRun(settings, context.ports);
    const limit = settings.line.settings.session.limitBytesPerSecond;
    if (limit !== undefined) {
      const typed = settings.limit ?? "";
      context.printer.err(context.printer.style.dim(context.words.cli.run.limited({ rate: formatRate(limit), typed })));
    }
    await command.openTrace();
    await command.openMedia();
    return await command.run();
  } catch (thrown) {
    // Nothing follows the event `closed`.
    throw command.isClosed ? new ToldError(toP2pError(thrown)) : thrown;
  } finally {
    await command.closeMedia();
    await command.closeTrace();
  }
}

type ClosedEvent = Extract<ProgramEvent, { event: "closed" }>;

class PairCommand {
  readonly #settings: PairSettings;
  readonly #context: PairContext;
  readonly #prompt: ConsentPrompt | undefined;
  readonly #typed: TypedInput;
  readonly #passphrases: Passphrases;
  readonly #attention: Attention;
  #trace: TraceFile | undefined;
  #media: OpenedMedia | undefined;
  #line: Line | undefined;
  /** A line was being typed when the conversation ended. */
  #isWithinLine = false;
  /** Undefined in a conversation, which does its own output. */
  #output: EventOutput | undefined;
  readonly #outcome: RunOutcome;
  #streams: GoneReader | undefined;
  /** The short code of our document that is not shown as a QR code yet. */
  #codeToDraw: string | undefined;
  /** The name under which the one person is kept who is to be met. */
  #to: string | undefined;
  #isWaiting = false;
  /** The events of the line and those of this command, in one order. */
  readonly #tap = new EventTap((event) => this.#observe(event));

  constructor(settings: PairSettings, context: PairContext) {
    this.#settings = settings;
    this.#context = context;
    this.#outcome = new RunOutcome(promisedBy(settings));
    const { io, printer, words } = context;
    const { stdin: input, foreground } = io;
    const onHold = (isHeld: boolean): void => {
      if (isHeld) this.#typed.hold();
      else this.#typed.resume();
    };
    this.#typed = new TypedInput({
      settings,
      io,
      quit: () => this.#leave("quit"),
      tell: (event) => this.#tap.insert(event),
      tellTooLate: (text) => printer.insist(printer.style.yellow(words.conversation.typedTooLate({ text }))),
    });
    const isTerminalGone = (): boolean => io.isTerminalGone();
    const onGone = (): void => this.#leave("interrupted", SIGNAL_EXITS.SIGHUP);
    this.#prompt =
      settings.stdin === "terminal"
        ? new ConsentPrompt({ input, foreground, onHold, isTerminalGone, onGone })
        : undefined;
    this.#attention = new Attention({ io, words: words.conversation.carrying.notices, isWanted: settings.rings });
    const { passphrase: source, form } = settings;
    this.#passphrases = new Passphrases({ io, printer, words, source, mayAsk: form !== "json", onHold });
  }

  /** @throws P2pError WRITE_FAILED: the trace was asked for, and there is nowhere to write it */
  async openTrace(): Promise<void> {
    const { traceFile } = this.#settings;
    if (traceFile === undefined) return;
    this.#trace = await openTraceFile(traceFile, (error) => this.#tellUnsent(error));
  }

  /** Writes what is left of the trace. */
  async closeTrace(): Promise<void> {
    await this.#trace?.close();
  }

  /** @throws P2pError: what is published cannot be read or sent, or nothing can be recorded */
  async openMedia(): Promise<void> {
    const { media } = this.#settings;
    const { stdout, ports, words, printer } = this.#context;
    if (isWithoutMedia(media)) return;
    const write = async (bytes: Uint8Array): Promise<void> => stdout.writeBytes(bytes);
    const tell = (event: MediaDoorEvent): void => this.#tap.insert(event);
    const { bind } = this.#settings.line.settings.network;
    this.#media = await ports.openMedia({
      ...media,
      bind,
      stdout: write,
      description: DESCRIPTION_NAME,
      tell,
      // There is no line yet that could have an event.
      onStdinAwaited: () => printer.err(printer.style.dim(words.conversation.media.stdinAwaited)),
    });
    const tracks = this.#media.settings.publish?.flatMap((source) => source.tracks) ?? [];
    if (tracks.length > MAX_MEDIA_TRACKS) throw new Usage(words).tooManyTracks(tracks.length, MAX_MEDIA_TRACKS);
  }

  /** What no session has closed. */
  async closeMedia(): Promise<void> {
    await this.#media?.close();
  }

  /** True after the last event has been emitted. */
  get isClosed(): boolean {
    return this.#outcome.isClosed;
  }

  async run(): Promise<number> {
    try {
      const resume = await this.#asksToResume();
      const meeting = await this.#meeting();
      return await this.#runLine(await this.#sealOptions(), resume, meeting);
    } finally {
      this.#passphrases.close();
    }
  }

  #asksToResume(): Promise<boolean> {
    const { io, printer, words, ports } = this.#context;
    const { files, settings } = this.#settings.line;
    return asksToResume(this.#settings, {
      io,
      printer,
      words,
      earlierOffer: () => ports.earlierOffer(files, settings.stateDir),
    });
  }

  /** The carrier, and by what both sides find each other there. */
  async #meeting(): Promise<Pick<LineOptions, "via" | "contact">> {
    const { via, role, settings } = this.#settings.line;
    const { to } = this.#settings;
    const { ports, words } = this.#context;
    if (to !== undefined && (via?.kind === "folder" || via?.kind === "mqtt")) {
      const choose = (contacts: readonly Contact[]): Contact => contactNamed(to, contacts, new Usage(words));
      const meeting = await ports.meetingWith(settings.stateDir, choose);
      const { contact } = meeting;
      this.#to = displayName(contact.name);
      return { contact, via: via.kind === "folder" ? { ...via, meeting } : { ...via, agreed: meeting } };
    }
    if (via?.kind !== "mqtt") return { via };
    return { via: { ...via, agreed: await this.#passphrases.forMeeting(role, `--via ${via.broker.url}`) } };
  }

  async #runLine(seal: SealOptions, resume: boolean, meeting: Pick<LineOptions, "via" | "contact">): Promise<number> {
    const line = await this.#context.ports.openLine({ ...this.#lineOptions(seal, resume), ...meeting });
    this.#line = line;
    this.#tap.follow(line.events);
    const release = this.#watchEndings(line);
    const unguard = this.#context.lastResort.guard({
      breakOff: (error) => {
        this.#outcome.noteBug();
        this.#tellUnsent(error);
        this.#background(line.close("interrupted", EXIT_INTERNAL));
      },
      giveUp: () => this.#tellClosed(),
    });
    const feed = new SessionFeed(this.#settings, this.#context.io.stdin, {
      tell: (error) => this.#tellUnsent(error),
      noteUndelivered: (exit) => {
        this.#outcome.noteUnsent(exit);
      },
      drained: () => this.#output?.drained() ?? Promise.resolve(),
      // There is nothing to send, so the run does not wait for the peer.
      onNothingToSend: () => {
        const { isConnected, unsentExit } = this.#outcome;
        if (!isConnected) this.#background(line.close("quit", unsentExit));
      },
    });
    try {
      const exit = await (this.#settings.form === "conversation" ? this.#converse(line, feed) : this.#show(line, feed));
      return this.#context.stdout.isReaderGone ? exitWithoutReader(exit) : exit;
    } catch (thrown) {
      if (this.#outcome.owesClosed) await this.#endBroken(line, thrown);
      return this.#outcome.exitWithoutClosed(thrown, this.#context.stdout.isReaderGone);
    } finally {
      unguard();
      release();
      this.#streams?.stop();
      this.#prompt?.close();
      this.#typed.close();
      // The program behind a pipe may be reading the terminal.
      const isQuiet = this.#receivesToStdout ? undefined : this.#typed.readLast(this.#isWithinLine);
      if (READ_AS_A_STREAM.includes(this.#settings.stdin)) this.#context.io.stdin.destroy();
      await feed.close();
      await isQuiet;
    }
  }

  /** @throws P2pError USAGE when there is nobody to ask; SECRET_UNREADABLE */
  async #sealOptions(): Promise<SealOptions> {
    const passphrases = this.#passphrases;
    const { seal: required, line, to } = this.#settings;
    // What the one person leaves is sealed by the keys of both. Nobody is asked for the passphrase of something else.
    if (to !== undefined) return { required: false };
    const given = await passphrases.given();
    // The answerer is asked for the offer's passphrase when the offer arrives.
    const isMade = required && (line.role === "offer" || given !== undefined || !passphrases.canAsk);
    const passphrase = isMade ? await passphrases.forSealing("--seal") : given;
    return {
      required,
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(passphrases.mayAsk ? { ask: (path: string, isAgain: boolean) => passphrases.ask(path, isAgain) } : {}),
    };
  }

  #tellUnsent(error: P2pError): void {
    if (this.#outcome.isClosed) return;
    this.#outcome.noteUnsent(error.exit);
    this.#tap.insert(errorEvent(error));
  }

  /** Closes the line, if there is one. */
  #leave(reason: "quit" | "interrupted", exit?: number): void {
    const line = this.#line;
    if (line !== undefined) this.#background(this.#closeLine(line, reason, exit));
  }

  async #closeLine(line: Line, reason: "quit" | "interrupted", exit?: number): Promise<void> {
    await line.close(reason, this.#outcome.noteLeaving(reason, exit));
  }

  /** Runs a task that nobody awaits: its failure is reported and does not crash the process. */
  #background(task: Promise<unknown>): void {
    task.catch((thrown: unknown) => this.#tellUnsent(toP2pError(thrown)));
  }

  /** The code that shows the line has failed: still closes the line and reports the error to programs. */
  async #endBroken(line: Line, thrown: unknown): Promise<void> {
    await withinLastResort(line.close("interrupted", EXIT_INTERNAL));
    this.#writeJson(errorEvent(toP2pError(thrown)));
    this.#tellClosed();
  }

  /** Emits `closed` when the line does not emit it. */
  #tellClosed(how: Pick<ClosedEvent, "reason" | "exit"> = { reason: "error", exit: EXIT_INTERNAL }): void {
    const closed = this.#outcome.close(how);
    if (closed !== undefined) this.#writeJson(closed);
  }

  #writeJson(event: ProgramEvent): void {
    if (this.#settings.form === "json") this.#context.stdout.write(jsonLine(event, this.#context.io.now()));
  }

  /** Sees every event before it is shown. */
  #observe(event: P2pEvent): P2pEvent {
    this.#attention.handleEvent(event);
    this.#showQr(event);
    this.#typed.note(event);
    const shown = this.#outcome.note(event);
    if (event.event === "connected") {
      this.#streams?.stop();
      this.#typed.handleConnected();
    }
    if (event.event === "closed") this.#typed.handleClosed(event.reason);
    return shown;
  }

  /** Shows the code of our document as a QR code below the sentence that says what is waited for. */
  #showQr(event: P2pEvent): void {
    if (event.event === "local-file" && this.#settings.showsQr) this.#codeToDraw = event.code;
    const isTold = event.event === "file-awaited" || (event.event === "waiting" && event.for === "connection");
    if (isTold || event.event === "peer-file" || event.event === "connected") this.#isWaiting = isTold;
    if (this.#codeToDraw === undefined || !this.#isWaiting) return;
    const window = this.#context.printer.window;
    this.#tap.insert({ event: "qr-code", code: this.#codeToDraw, ...(window === undefined ? {} : { window }) });
    this.#codeToDraw = undefined;
  }

  #lineOptions(seal: SealOptions, resume: boolean): LineOptions {
    const { line } = this.#settings;
    const { io, stdout } = this.#context;
    const { dir, in: input, out, page } = line.files;
    const session = { ...line.settings.session, promised: promisedBy(this.#settings), media: this.#media?.settings };
    const streams = (this.#streams = goneReaderOf(line.files, io.stdin, stdout));
    const fileOutput = { write: (bytes: Uint8Array) => stdout.writeBytes(bytes) };
    return {
      ...line,
      files: {
        dir,
        page,
        ...(input === "-"
          ? { read: streams?.read() ?? io.stdin }
          : isShortCode(input ?? "")
            ? { code: input }
            : { in: input }),
        ...(out === "-" ? { write: (document: string) => (streams ?? stdout).write(document) } : { out }),
      },
      settings: {
        ...line.settings,
        session: this.#receivesToStdout ? { ...session, outputDir: ".", fileOutput } : session,
        seal,
        trace: this.#trace?.trace,
        resume,
      },
      ...(this.#settings.copies ? { onDocument: (document: string) => this.#copy(document) } : {}),
    };
  }

  /** The first file that is received goes to stdout: -o -. */
  get #receivesToStdout(): boolean {
    return this.#settings.line.settings.session.outputDir === "-";
  }

  #copy(document: string): void {
    const { stderr, env } = this.#context.io;
    const sequence = clipboardSequence(document, Boolean(env["TMUX"]));
    const outcome = stderr.isTTY !== true ? "no-terminal" : sequence === undefined ? "too-long" : "sent";
    if (outcome === "sent") stderr.write(sequence ?? "");
    this.#tap.insert({ event: "copied", outcome });
  }

  #narration(): Omit<NarrateContext, "transfer"> {
    const { io, printer, words, lang } = this.#context;
    return {
      words: words.conversation,
      lang,
      style: printer.style,
      verbose: this.#settings.verbosity === "verbose",
      columns: printer.columns,
      now: io.now(),
      // In the background nothing is read from the terminal.
      takesPaste: this.#settings.takesPaste && io.foreground.isOurs(),
      isAnswering: this.#settings.role === "answer",
      to: this.#to,
      wasConnected: this.#outcome.isConnected,
      isLog: io.stderr.isTTY !== true,
      describeError: (event) => errorEventText(event, lang),
    };
  }

  /** Closes the line in order on the first signal or when stdout's reader is gone; a second signal exits at once. */
  #watchEndings(line: Line): () => void {
    const { io, stdout, printer, words } = this.#context;
    // Waits one turn of the event loop, so that pending writes see the failure first.
    void stdout.broken.then(() =>
      setImmediate(() => {
        if (stdout.isTerminalGone) {
          this.#leave("interrupted", SIGNAL_EXITS.SIGHUP);
          return;
        }
        if (stdout.isReaderGone && this.#receivesToStdout) printer.err(printer.style.dim(words.cli.run.readerGone));
        this.#leave("quit");
      }),
    );
    const releases = (Object.keys(SIGNAL_EXITS) as EndingSignal[]).map((signal) =>
      io.onSignal(signal, () => {
        if (!this.#outcome.noteSignal(signal)) {
          this.#tellClosed({ reason: "interrupted", exit: SIGNAL_EXITS[signal] });
          io.exitNow(SIGNAL_EXITS[signal]);
          return;
        }
        for (const output of [stdout, this.#context.stderr]) output.limitWaiting(SLOW_READER_MS);
        this.#output?.handleEnding();
        this.#background(line.close("interrupted", SIGNAL_EXITS[signal]));
      }),
    );
    return () => {
      for (const release of releases) release();
    };
  }

  async #show(line: Line, feed: SessionFeed): Promise<number> {
    const output = this.#settings.form === "json" ? this.#jsonOutput() : this.#plainOutput();
    this.#output = output;
    // Events report whether the session opens; its rejection is awaited below.
    line.session.catch(() => {});
    this.#typed.prepareKeys(line);
    let exit: number | undefined;
    for await (const event of this.#tap) {
      if (this.#isTerminalBack?.(event) ?? event.event === "waiting") this.#typed.open();
      // Where the file goes to a pipe, the program behind it may use the terminal.
      if (event.event === "connected" && this.#receivesToStdout) this.#typed.closeKeys();
      if (event.event === "connected" && !this.#receivesToStdout) this.#typed.open();
      if (event.event === "connected") {
        const session = await line.session;
        output.attach(session);
        this.#background(feed.feed(session));
      }
      if (event.event === "closed") {
        exit = event.exit;
        this.#prompt?.close();
      }
      output.handleEvent(event);
      if (event.event === "verify" && event.state === "shown")
        this.#background(this.#verify(await line.session, event, output));
      await output.drained();
    }
    this.#typed.closeKeys();
    // The events ended without `closed`: the session's rejection gives the reason.
    if (exit === undefined) await line.session;
    return exit ?? EXIT_DONE;
  }

  /** Confirms the verification string; the session itself compares a string that was given beforehand. */
  async #verify(session: Session, event: VerifyEvent, output: EventOutput): Promise<void> {
    if (this.#settings.line.settings.session.verifyExpect !== undefined) return;
    const isOnStdin = this.#settings.stdin === "verification";
    const answer = isOnStdin ? await readFirstLine(this.#context.io.stdin) : await output.askVerification(event);
    if (answer === undefined) this.#leaveVerification();
    else session.confirmVerification(answer);
  }

  /**
   * The person has left the question: this is neither a yes nor a no, and a no would tell the other side that somebody
   * is in between.
   */
  #leaveVerification(): void {
    if (this.#outcome.isClosed || this.#outcome.isSignalled || this.#prompt?.isGone === true) return;
    const error = new P2pError("VERIFY_FAILED", { why: "own-end", seconds: 0 });
    this.#tellUnsent(error);
    this.#leave("quit", error.exit);
  }

  /** ssh asks for passwords and about host keys on our terminal, until the far end has answered or is gone. */
  get #isTerminalBack(): ((event: P2pEvent) => boolean) | undefined {
    if (this.#settings.line.via?.kind !== "command") return undefined;
    return (event) => event.event === "carrier" && (event.state === "delivered" || event.state === "lost");
  }

  #jsonOutput(): EventOutput {
    const { io, stdout, stderr, printer, words } = this.#context;
    return new JsonOutput({
      stdout,
      stderr,
      printer,
      now: () => io.now(),
      context: () => ({ ...this.#narration(), transfer: () => undefined }),
      words: words.cli.run,
    });
  }

  #plainOutput(): EventOutput {
    const { io, stdout, stderr, printer, words } = this.#context;
    const isPainting = io.stderr.isTTY === true && !isDumbTerminal(io) && this.#settings.verbosity !== "quiet";
    const { outputDir } = this.#settings.line.settings.session;
    const prompt = this.#prompt;
    return new PlainOutput({
      printer,
      stdout,
      stderr,
      painter: isPainting ? new ProgressPainter(io.stderr) : undefined,
      context: () => this.#narration(),
      isStdoutTaken: this.#settings.line.files.out === "-" || outputDir === "-",
      declinesAll: this.#settings.line.settings.session.consent === "decline",
      consent: prompt === undefined ? undefined : { prompt, outputDir, freeBytes: () => freeBytesOf(outputDir) },
      words: words.cli.run,
      isForeground: () => io.foreground.isOurs(),
      isEchoing: () => io.stdin.isRaw !== true,
      ring: () => this.#attention.ring(),
    });
  }

  async #converse(line: Line, feed: SessionFeed): Promise<number> {
    const { io, ports } = this.#context;
    const { words, lang, style, verbose, describeError } = this.#narration();
    const { outputDir } = this.#settings.line.settings.session;
    const takesPaste = this.#typed.catchPastes(line) !== undefined;
    const { exit, isWithinLine } = await ports.runConversation({
      line: {
        events: this.#tap,
        session: line.session,
        close: (reason, code) => this.#closeLine(line, reason, code),
        takeDocument: (document) => line.takeDocument(document),
      },
      words,
      lang,
      style,
      input: io.stdin,
      output: io.stderr,
      isDumb: isDumbTerminal(io),
      foreground: io.foreground,
      discardTyped: () => this.#typed.takeTyped(),
      ring: () => this.#attention.ring(),
      isTerminalBack: this.#isTerminalBack,
      now: () => io.now(),
      outputDir,
      freeBytes: () => freeBytesOf(outputDir),
      isAnswering: this.#settings.role === "answer",
      to: this.#to,
      asksVerification: this.#settings.line.settings.session.verifyExpect === undefined,
      takesPaste,
      onUnprompted: (text, key) => this.#typed.press(text, key),
      quiet: this.#settings.verbosity === "quiet",
      verbose,
      describeError,
      onSessionReady: async (session) => {
        await feed.sendAll(session);
      },
    });
    this.#isWithinLine = isWithinLine === true;
    return exit;
  }
}

/** Returns what a run will send, if its session lasts long enough. */
export function promisedBy({ paths, stdinName, messages, stdin, form, isChatAsked }: PairSettings): Promised {
  const [first] = paths;
  const files = [...(first === undefined ? [] : [basename(first)]), ...(stdinName === undefined ? [] : [stdinName])];
  // Who asks for a conversation promises no line before it is read: either side may end it. A program that reads the
  // events keeps stdin open for what may come; a pipe of a shell is there to be sent.
  const isPromised = stdin === "messages" && !isChatAsked;
  const further = !isPromised ? "none" : form === "json" ? "once-begun" : "until-finished";
  return { files, messages: messages.length, further };
}

/** Free space available to this user; undefined when it is unknown, as for stdout. */
async function freeBytesOf(dir: string): Promise<number | undefined> {
  if (dir === "-") return undefined;
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
