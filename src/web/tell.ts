// What the page says about an event, in one line; undefined where it shows the event in another way, or not at all.
import { groupedDigits } from "../control/verify-string.ts";
import { isForPrograms, type ErrorEvent, type P2pEvent, type PersonEvent, type TransferEvent } from "../lib/events.ts";
import { formatBytes } from "../lib/format.ts";
import { escapeForDisplay } from "../lib/text.ts";
import { lineWords } from "../words/line.ts";
import { mediaWords, trackSentence } from "../words/media.ts";
import { errorEventText } from "../words/errors.ts";
import type { Lang } from "../words/lang.ts";
import { pageWords } from "../words/page.ts";

/** Names kept of one transfer for its lines. */
const NAMES_TOLD = 3;
const MINUTE_S = 60;

export class Teller {
  readonly #lang: Lang;
  /** By transfer; a session has few of them at a time. */
  readonly #labels = new Map<string, string>();

  constructor(lang: Lang) {
    this.#lang = lang;
  }

  get #words(): (typeof lineWords)["en"] {
    return lineWords[this.#lang];
  }

  /** How a transfer is called: the first names in it. */
  name(transfer: string, paths: readonly string[]): void {
    const names = [...new Set(paths.map((path) => path.split("/", 1)[0] ?? path))].slice(0, NAMES_TOLD);
    this.#labels.set(transfer, this.#words.list({ names: names.map((name) => escapeForDisplay(name)) }));
  }

  label(transfer: string): string {
    return this.#labels.get(transfer) ?? this.#words.unnamed;
  }

  /** A transfer is over: its name is needed no more. */
  forget(transfer: string): void {
    this.#labels.delete(transfer);
  }

  tell(event: P2pEvent): string | undefined {
    return isForPrograms(event) ? this.#tellProgram(event) : this.#tellPerson(event);
  }

  /** Message and cure of an error; the cure is that of a page where it has its own. */
  error(event: ErrorEvent): { message: string; hint: string } {
    const { message, hint } = errorEventText(event, this.#lang);
    return { message, hint: pageWords[this.#lang].cures[event.code] ?? hint };
  }

  amounts(of: { files: number; bytes: number }): { files: string; size: string } {
    const files = this.#words.files({ count: of.files, text: of.files.toLocaleString("en-US") });
    return { files, size: formatBytes(of.bytes) };
  }

  /** How a document is called: a pasted text has no name. */
  subject(path: string): string {
    return path === "" ? pageWords[this.#lang].pastedText : escapeForDisplay(path);
  }

  #tellProgram(event: Extract<P2pEvent, { event: string }>): string | undefined {
    const words = this.#words;
    switch (event.event) {
      case "peer-file":
        return words.foundFile({
          ...event,
          path: this.subject(event.path),
        });
      case "connecting":
        return words.connecting;
      case "connected": {
        const { kind, local, remote, protocol } = event.pair;
        return words.connected({ relayed: kind === "relay", local, remote, protocol, rttMs: event.rttMs });
      }
      case "media":
        return trackSentence(mediaWords[this.#lang], event);
      case "network":
        if (event.state === "moved") return words.moved(event.pair);
        return event.state === "interrupted" ? words.interrupted : words.restored;
      case "verify": {
        if (event.state !== "agreed") return undefined;
        if (event.fingerprints !== undefined) return words.verifiedFingerprints;
        return words.verified({ words: event.words, digits: groupedDigits(event.digits) });
      }
      case "closed":
        return event.reason === "done" && event.exit !== 0 ? words.closedIncomplete : words.closed[event.reason];
      case "offered":
      case "accepted":
      case "declined":
      case "file-done":
      case "transfer-done":
      case "left-out":
      case "renamed":
        return this.#tellTransfer(event);
      default:
        return undefined;
    }
  }

  #tellTransfer(
    event: Extract<
      TransferEvent,
      { event: "offered" | "accepted" | "declined" | "file-done" | "transfer-done" | "left-out" | "renamed" }
    >,
  ): string | undefined {
    const words = this.#words;
    const what = this.label(event.transfer);
    switch (event.event) {
      case "offered":
        return words.offered({ what, ...this.amounts(event) });
      case "accepted":
        return event.direction === "send" ? words.acceptedByPeer({ what }) : words.acceptedByMe({ what });
      case "declined":
        return this.#tellDeclined(event, what);
      case "file-done":
        return event.skipped === true && event.direction === "receive"
          ? words.fileSkipped({ path: escapeForDisplay(event.path) })
          : undefined;
      case "left-out": {
        const entries = event.entries.slice(0, NAMES_TOLD);
        return words.leftOutThere({
          entries: entries.map((one) => words.leftOutEntry({ ...one, path: escapeForDisplay(one.path) })),
          more: event.count - entries.length,
        });
      }
      case "renamed": {
        const entries = event.entries.slice(0, NAMES_TOLD);
        const named = {
          entries: entries.map(({ path, as }) =>
            words.renamedEntry({ path: escapeForDisplay(path), as: escapeForDisplay(as) }),
          ),
          more: event.count - entries.length,
        };
        return event.direction === "send" ? words.renamedThere(named) : words.renamedHere(named);
      }
      case "transfer-done": {
        const speed = event.ms < 100 ? "" : words.tookAt({ time: this.duration(event.ms), rate: rateOf(event) });
        const moved = { what, ...this.amounts(event), speed, skipped: "" };
        return event.direction === "send" ? words.transferSent(moved) : words.transferReceived(moved);
      }
    }
  }

  #tellDeclined(event: Extract<TransferEvent, { event: "declined" }>, what: string): string | undefined {
    const words = this.#words;
    const { direction, by, how } = event;
    if (by === "peer" && (direction === "send" || how === "cancelled")) return undefined;
    if (direction === "send")
      return how === "cancelled" ? words.cancelledSending({ what }) : words.withdrawnByMe({ what });
    if (how === "left") return by === "me" ? words.unansweredByMe({ what }) : words.unansweredByPeer({ what });
    if (by === "peer") return words.withdrawnByPeer({ what });
    return how === "cancelled" ? words.cancelledReceiving({ what }) : words.declinedByMe({ what });
  }

  #tellPerson(event: PersonEvent): string | undefined {
    const words = this.#words;
    switch (event.event) {
      case "clocks-differ":
        return words.clocksDiffer[event.how]({ path: this.subject(event.path), moment: event.createdAt });
      case "newer-version":
        return words.newerVersion({ ...event, path: this.subject(event.path) });
      case "two-offers":
        return words.twoOffers(event);
      case "foreign-peer":
        return words.foreignPeer;
      case "binary-message":
        return words.binaryMessage(event);
      case "peer-silent":
        return words.peerSilent;
      case "peer-recording":
        return event.on ? mediaWords[this.#lang].peerRecording : mediaWords[this.#lang].peerRecordingOver;
      case "line-sealed":
        return words.lineSealed;
      default:
        return undefined;
    }
  }

  duration(ms: number): string {
    const seconds = ms / 1_000;
    if (seconds < 10) return this.#words.seconds({ seconds: seconds.toFixed(1) });
    const whole = Math.round(seconds);
    if (whole < MINUTE_S) return this.#words.seconds({ seconds: String(whole) });
    return this.#words.minutes({ minutes: Math.floor(whole / MINUTE_S), seconds: whole % MINUTE_S });
  }
}

function rateOf({ bytes, ms }: { bytes: number; ms: number }): string {
  return `${formatBytes((bytes * 1_000) / ms)}/s`;
}
