// The connected part of the page: messages, what the other side wants to send, transfers and what has arrived.
import { groupedDigits } from "../control/verify-string.ts";
import type { P2pEvent, TransferEvent, VerifyEvent } from "../lib/events.ts";
import { formatBytes } from "../lib/format.ts";
import { escapeForDisplay, escapeLinesForDisplay } from "../lib/text.ts";
import type { Session } from "../session/session-types.ts";
import { lineWords } from "../words/line.ts";
import type { Lang } from "../words/lang.ts";
import { type PageWords, pageWords } from "../words/page.ts";
import { byId, catchFocus, make, makeButton, part, speak } from "./dom.ts";
import type { Shelf, ShelvedFile } from "./page-sink.ts";
import type { Teller } from "./tell.ts";

/** Lines of the log; older ones leave the page. */
const MAX_LOG_LINES = 2_000;
/** UTF-16 units of all lines of the log: one message may have a million. */
const MAX_LOG_UNITS = 4_194_304;
/** Entries of a proposal that are shown by name. */
const ENTRIES_SHOWN = 10;

/** Chromium's picker; other browsers have none. */
type FolderPicker = (options: { mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>;

type ButtonWord = "accept" | "acceptFresh" | "acceptInto" | "decline" | "cancel";

interface TransferRow {
  row: HTMLElement;
  bar: HTMLProgressElement;
  text: HTMLElement;
  /** Undefined: nothing has been moved yet. */
  movedBytes?: number;
}

export class LineView {
  readonly #tellers: Readonly<Record<Lang, Teller>>;
  #lang: Lang;
  readonly #shelf: Shelf;
  readonly #rows = new Map<string, TransferRow>();
  readonly #proposals = new Map<string, HTMLElement>();
  #logUnits = 0;
  /** This person has said that both read the same. */
  #hasConfirmed = false;
  /** The other side cannot be reached at present, so that nothing moves, whatever the last rate was. */
  #isInterrupted = false;
  /** The paths of what is sent next, by which its transfer is called. */
  #sendingNext: string[][] = [];
  session: Session | undefined;

  constructor(lang: Lang, tellers: Readonly<Record<Lang, Teller>>, shelf: Shelf) {
    this.#lang = lang;
    this.#tellers = tellers;
    this.#shelf = shelf;
  }

  speak(lang: Lang): void {
    this.#lang = lang;
  }

  get #page(): PageWords {
    return pageWords[this.#lang];
  }

  /** What speaks the language of the page. */
  get #teller(): Teller {
    return this.#tellers[this.#lang];
  }

  /** Gives a transfer its name, which is the same files in both languages. */
  #name(transfer: string, paths: readonly string[]): void {
    for (const teller of Object.values(this.#tellers)) teller.name(transfer, paths);
  }

  #tell(event: P2pEvent): void {
    if (this.#teller.tell(event) !== undefined) this.log((lang) => this.#tellers[lang].tell(event) ?? "");
  }

  handle(event: P2pEvent): void {
    switch (event.event) {
      case "message":
        this.#logMessage(event.from, event.text);
        return;
      case "incoming":
        this.#name(
          event.transfer,
          event.entries.map(({ path }) => path),
        );
        this.#propose(event);
        return;
      case "offered":
        this.#name(event.transfer, this.#sendingNext.shift() ?? []);
        speak(this.#begin(event.transfer, event.bytes).text, this.#lang, (lang) => pageWords[lang].waitsForConsent);
        break;
      case "accepted":
        this.#withdraw(event.transfer);
        this.#tellBegun(event.transfer, event.resumedFrom);
        break;
      case "progress":
        this.#progress(event);
        return;
      case "declined":
        this.#tell(event);
        if (event.paths === undefined) this.#end(event.transfer);
        return;
      case "transfer-done":
        this.#tell(event);
        this.#end(event.transfer);
        return;
      case "verify":
        this.#compare(event);
        break;
      case "network":
        if (event.state !== "moved") this.#tellInterrupted(event.state === "interrupted");
        break;
      case "closed":
        this.#isInterrupted = false;
        for (const transfer of [...this.#rows.keys(), ...this.#proposals.keys()]) this.#end(transfer);
        break;
      default:
        break;
    }
    this.#tell(event);
  }

  /**
   * @param paths - of the files that are sent now
   * @returns forgets them: they are not sent after all
   */
  nameNext(paths: string[]): () => void {
    this.#sendingNext.push(paths);
    return () => {
      this.#sendingNext = this.#sendingNext.filter((one) => one !== paths);
    };
  }

  logUnsent(text: string): void {
    this.log((lang) => lineWords[lang].notSent({ text: escapeLinesForDisplay(text) }));
  }

  /** @param tell - the line in a language */
  log(tell: (lang: Lang) => string): void {
    this.#append(speak(make("li", { class: "event" }), this.#lang, tell));
  }

  #logMessage(from: "me" | "peer", text: string): void {
    const line = make(
      "li",
      { class: from },
      speak(make("b"), this.#lang, (lang) => lineWords[lang][from]),
    );
    line.append(
      speak(make("span"), this.#lang, (lang) => lineWords[lang].afterName),
      escapeLinesForDisplay(text),
    );
    line.dataset["from"] = from;
    this.#append(line);
  }

  #append(line: HTMLElement): void {
    const log = part("log");
    // Who reads older lines goes on reading them.
    const isAtEnd = isShowingItsEnd(log) || line.dataset["from"] === "me";
    log.append(line);
    this.#logUnits += unitsOf(line);
    while (log.childElementCount > MAX_LOG_LINES || (this.#logUnits > MAX_LOG_UNITS && log.childElementCount > 1)) {
      const oldest = log.firstElementChild as HTMLElement | null;
      if (oldest === null) break;
      this.#logUnits -= unitsOf(oldest);
      oldest.remove();
    }
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  #propose(event: Extract<TransferEvent, { event: "incoming" }>): void {
    const { transfer, entries, bytes } = event;
    const heading = speak(make("p"), this.#lang, (lang) => {
      const teller = this.#tellers[lang];
      return lineWords[lang].incoming({ what: teller.label(transfer), ...teller.amounts(event) });
    });
    const list = make("ul");
    for (const entry of entries.slice(0, ENTRIES_SHOWN)) {
      const path = escapeForDisplay(entry.path);
      list.append(make("li", { text: entry.type === "file" ? `${path} · ${formatBytes(entry.bytes)}` : `${path}/` }));
    }
    const more = entries.length - ENTRIES_SHOWN + (event.entriesLeftOut ?? 0);
    if (more > 0) {
      const rest = make("li", { class: "quiet" });
      list.append(speak(rest, this.#lang, (lang) => lineWords[lang].moreEntries({ count: String(more) })));
    }
    const box = make("div", { part: "incoming" }, heading, list);
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", this.#page.incomingLabel);
    box.dataset["label"] = "incomingLabel";
    box.dataset["transfer"] = transfer;
    const buttons = make("p", { class: "row" });
    const hereBytes = (event.resumable ?? []).reduce((sum, part) => sum + part.bytes, 0);
    if (hereBytes > 0) {
      const here = { size: formatBytes(hereBytes) };
      box.append(speak(make("p"), this.#lang, (lang) => pageWords[lang].goesOn(here)));
    }
    const isTooLarge = bytes - hereBytes > this.#shelf.roomBytes;
    const picker = (globalThis as { showDirectoryPicker?: FolderPicker }).showDirectoryPicker;
    if (isTooLarge) {
      const room = { room: formatBytes(this.#shelf.roomBytes) };
      const how = picker === undefined ? "tooLargeHere" : "tooLarge";
      box.append(speak(make("p", { class: "note" }), this.#lang, (lang) => pageWords[lang][how](room)));
    }
    const accept = this.#makeButton("accept", "accept", () => this.session?.accept(transfer), "main");
    accept.disabled = isTooLarge;
    buttons.append(accept);
    if (hereBytes > 0) {
      const anew = (): boolean | undefined => this.session?.accept(transfer, undefined, "the-beginning");
      const fresh = this.#makeButton("acceptFresh", "accept-fresh", anew);
      fresh.disabled = isTooLarge;
      buttons.append(fresh);
    }
    if (picker !== undefined) {
      buttons.append(this.#makeButton("acceptInto", "accept-into", () => void this.#acceptInto(transfer, picker)));
    }
    buttons.append(this.#makeButton("decline", "decline", () => this.session?.decline(transfer)));
    box.append(buttons);
    this.#proposals.set(transfer, box);
    byId("incoming").append(box);
  }

  /** A button whose word follows the language of the page. */
  #makeButton(word: ButtonWord, name: string, onClick: () => void, className?: string): HTMLButtonElement {
    const button = makeButton(this.#page[word], name, onClick, className);
    button.dataset["word"] = word;
    return button;
  }

  async #acceptInto(transfer: string, picker: FolderPicker): Promise<void> {
    // Who closes the picker has not answered.
    const folder = await picker({ mode: "readwrite" }).catch(() => undefined);
    if (folder === undefined) return;
    this.#shelf.folder = folder;
    this.session?.accept(transfer);
    this.#shelf.folder = undefined;
  }

  #withdraw(transfer: string): void {
    const box = this.#proposals.get(transfer);
    if (box === undefined) return;
    box.remove();
    this.#proposals.delete(transfer);
    catchFocus(part("message"));
  }

  /** A row that said that it waits waits no longer. */
  #tellBegun(transfer: string, bytes: number): void {
    const row = this.#rows.get(transfer);
    if (row === undefined) return;
    row.movedBytes = bytes;
    this.#tellAmount(row);
  }

  /** Rates are told by the events that follow once the other side is reached again. */
  #tellInterrupted(isInterrupted: boolean): void {
    this.#isInterrupted = isInterrupted;
    for (const row of this.#rows.values()) if (row.movedBytes !== undefined) this.#tellAmount(row);
  }

  /** Says what a transfer has moved, without a rate. */
  #tellAmount({ text, bar, movedBytes = 0 }: TransferRow): void {
    const amounts = { bytes: formatBytes(movedBytes), total: formatBytes(bar.max) };
    speak(text, this.#lang, (lang) => {
      const words = lineWords[lang];
      return [words.amount(amounts), ...(this.#isInterrupted ? [words.standsStill] : [])].join(" · ");
    });
  }

  #begin(transfer: string, total: number): TransferRow {
    const existing = this.#rows.get(transfer);
    if (existing !== undefined) return existing;
    const bar = make("progress");
    bar.max = Math.max(1, total);
    bar.value = 0;
    const label = this.#teller.label(transfer);
    bar.setAttribute("aria-label", label);
    const told = make("span", { class: "quiet" });
    const cancel = this.#makeButton("cancel", "cancel", () => this.session?.cancel(transfer));
    cancel.setAttribute("aria-label", `${this.#page.cancel} ${label}`);
    const name = speak(make("div"), this.#lang, (lang) => this.#tellers[lang].label(transfer));
    const row = make("li", {}, name, bar, make("p", { class: "row" }, told, cancel));
    row.dataset["transfer"] = transfer;
    part("progress").append(row);
    const made = { row, bar, text: told };
    this.#rows.set(transfer, made);
    return made;
  }

  #progress({ transfer, bytes, total, rate }: Extract<TransferEvent, { event: "progress" }>): void {
    const words = lineWords[this.#lang];
    const row = this.#begin(transfer, total);
    const { bar, text } = row;
    bar.max = Math.max(1, total);
    bar.value = total === 0 ? 1 : bytes;
    row.movedBytes = bytes;
    if (this.#isInterrupted) {
      this.#tellAmount(row);
      return;
    }
    const left = rate > 0 ? [words.timeLeft({ time: this.#teller.duration(((total - bytes) * 1_000) / rate) })] : [];
    const amount = words.amount({ bytes: formatBytes(bytes), total: formatBytes(total) });
    // The next event says it in another language, if that has changed.
    delete text.dataset["en"];
    text.textContent = [amount, `${formatBytes(rate)}/s`, ...left].join(" · ");
  }

  #end(transfer: string): void {
    this.#withdraw(transfer);
    const row = this.#rows.get(transfer)?.row;
    if (row !== undefined) {
      row.remove();
      catchFocus(part("message"));
    }
    this.#rows.delete(transfer);
    for (const teller of Object.values(this.#tellers)) teller.forget(transfer);
  }

  /** Shows a file that has arrived whole. */
  shelve({ path, bytes, sha256, blob }: ShelvedFile): void {
    const item = make("li");
    const shown = escapeForDisplay(path);
    const link = make("a", { text: shown });
    link.dataset["sha256"] = sha256;
    if (blob !== undefined) {
      link.href = URL.createObjectURL(blob);
      link.download = path.split("/").at(-1) ?? path;
      link.setAttribute("aria-label", `${this.#page.save} ${shown}`);
    }
    const amount = speak(make("span", { class: "quiet" }), this.#lang, (lang) => {
      const where = blob === undefined ? ` · ${pageWords[lang].inFolder}` : "";
      return `${formatBytes(bytes)}${where}`;
    });
    item.append(link, amount);
    item.append(make("code", { text: `SHA-256 ${sha256}` }));
    part("received").append(item);
    byId("shelf").hidden = false;
  }

  /** Asks anew, for another line. */
  resetComparison(): void {
    this.#hasConfirmed = false;
    this.#compare({ event: "verify", state: "refused", words: "", digits: "" });
  }

  /** The answer of this person. */
  answerComparison(isSame: boolean): void {
    if (this.session?.confirmVerification(isSame) !== true || !isSame) return;
    this.#hasConfirmed = true;
    this.#askComparison();
    catchFocus(part("message"));
  }

  #compare(event: VerifyEvent): void {
    const { state, fingerprints } = event;
    const isShown = state === "shown";
    byId("comparing").hidden = !isShown;
    part("verify").hidden = state !== "refused";
    speak(byId("verify-title"), this.#lang, (lang) => pageWords[lang][state === "agreed" ? "verified" : "verifyTitle"]);
    if (!isShown) {
      catchFocus(part("message"));
      return;
    }
    speak(part("verify-words"), this.#lang, (lang) => {
      if (fingerprints === undefined) return `${event.words} · ${groupedDigits(event.digits)}`;
      const { verifyMine, verifyTheirs } = lineWords[lang];
      return `${verifyMine({ fingerprint: fingerprints.mine })} ${verifyTheirs({ fingerprint: fingerprints.peer })}`;
    });
    this.#askComparison();
    catchFocus(byId("comparing"));
  }

  /** Asks whether both read the same; once this person has said yes, the other one's answer is awaited. */
  #askComparison(): void {
    const isAnswered = this.#hasConfirmed;
    byId("verify-choice").hidden = isAnswered;
    speak(byId("verify-how"), this.#lang, (lang) => {
      if (isAnswered) return pageWords[lang].verifyAnswered;
      const { verifyHow, askVerify } = lineWords[lang];
      return [verifyHow, askVerify.replace(/ ?\[y\/n\]/, "")].join(lang === "zh" ? "。" : ". ");
    });
  }
}

/** Pixels from its end within which a log counts as read to its end. */
const END_SLACK_PX = 40;

function isShowingItsEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < END_SLACK_PX;
}

/** Makes a change to a log that shows its end, after which it shows it still. */
export function keepEnd(log: HTMLElement, change: () => void): void {
  const isAtEnd = isShowingItsEnd(log);
  change();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

/** What a line keeps: the text of a message, or that of an event in both languages. */
function unitsOf({ textContent, dataset: { en, zh } }: HTMLElement): number {
  return en === undefined ? (textContent?.length ?? 0) : en.length + (zh?.length ?? 0);
}
