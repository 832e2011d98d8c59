// `p2p inspect FILE`: what an exchange file says, in words for people or as JSON (docs/inspect.schema.json).
import {
  errorEvent,
  escapeForDisplay,
  type InspectedCandidate,
  inspectExchangeFile,
  type InspectRemark,
  type InspectReport,
  type Lang,
  readExchangeFile,
  toP2pError,
  type Words,
  wordsFor,
} from "../../index.ts";
import { formatDuration, formatMoment } from "../../ui/format.ts";
import type { Printer } from "../../ui/style.ts";
import { displayWidth, padToEnd } from "../../ui/width.ts";
import { asciiJson } from "../ascii-json.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import { helpWidth, wrapText } from "../help-layout.ts";

const STDIN = "-";
const INDENT = "  ";
/** A sha-256 fingerprint has 95 characters; two rows of 16 bytes fit everywhere. */
const FINGERPRINT_ROW = /(?:[0-9A-F]{2}:?){1,16}/g;

export interface InspectOptions {
  readonly json: boolean;
  readonly lang: Lang;
  readonly printer: Printer;
  /** For FILE `-`. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Now; age and expiry are counted from it. */
  readonly now?: Date;
}

/**
 * Explains one file on stdout.
 * @param file - a path, or `-` for stdin
 * @returns exit code 0
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE; with `json` it stands on stdout too
 */
export async function runInspect(file: string, options: InspectOptions): Promise<number> {
  const { json, lang, printer, stdin, now = new Date() } = options;
  let report: InspectReport;
  try {
    const bytes = await readExchangeFile(file === STDIN ? stdin : file);
    report = await inspectExchangeFile(bytes, file, now.getTime());
  } catch (thrown) {
    const { event, ...fields } = errorEvent(toP2pError(thrown));
    if (json) printer.out(asciiJson({ event, time: now.toISOString(), ...fields }));
    throw thrown;
  }
  if (json) printer.out(asciiJson(report));
  else new ReportPrinter(report, wordsFor(lang), printer, now).print();
  return EXIT_DONE;
}

class ReportPrinter {
  readonly #report: InspectReport;
  readonly #words: Words["exchange"];
  readonly #allWords: Words;
  readonly #printer: Printer;
  readonly #now: Date;

  constructor(report: InspectReport, words: Words, printer: Printer, now: Date) {
    this.#report = report;
    this.#words = words.exchange;
    this.#allWords = words;
    this.#printer = printer;
    this.#now = now;
  }

  print(): void {
    const { path, type } = this.#report;
    this.#printer.out(this.#printer.style.bold(path === STDIN ? "stdin" : path), `: ${this.#words.title[type]}`);
    this.#printer.out();
    this.#printRows();
    this.#printer.out();
    this.#printCandidates();
    this.#printRemarks();
  }

  #printRows(): void {
    const rows = [...this.#keyRows(), [this.#words.form, this.#words.forms[this.#report.form]] as const];
    for (const { algorithm, value } of this.#report.fingerprints) {
      const [first = "", ...rest] = value.match(FINGERPRINT_ROW) ?? [];
      rows.push([this.#words.fingerprint, algorithm], ["", first], ...rest.map((row) => ["", row] as const));
    }
    rows.push(["", this.#words.fingerprintMeaning]);
    const labelWidth = Math.max(...rows.map(([label]) => displayWidth(label))) + INDENT.length;
    for (const [label, text] of rows) {
      for (const [index, line] of this.#wrap(text, INDENT.length + labelWidth).entries()) {
        this.#printer.out(INDENT, this.#printer.style.dim(padToEnd(index === 0 ? label : "", labelWidth)), line);
      }
    }
  }

  /** What the `p2p` key says, or that there is none. */
  #keyRows(): (readonly [label: string, text: string])[] {
    const { p2p } = this.#report;
    const words = this.#words;
    if (p2p === undefined) {
      return [
        [words.from, words.fromOther],
        [words.made, words.madeUnknown],
      ];
    }
    const { tool = words.p2pOfSomeVersion, name, id, revision, inReplyTo, inReplyToRevision } = p2p;
    const expiry = this.#moment(p2p.expiresAt);
    return [
      [words.from, words.fromP2p({ tool, ...(name === undefined ? {} : { name }) })],
      [words.made, this.#madeText(p2p)],
      [words.goodUntil, p2p.expired ? words.expired({ moment: expiry }) : expiry],
      [words.id, words.idAndRevision({ id, revision })],
      ...(inReplyTo === undefined
        ? []
        : [[words.answers, words.idAndRevision({ id: inReplyTo, revision: inReplyToRevision ?? 1 })] as const]),
    ];
  }

  #madeText({ createdAt, ageSeconds }: NonNullable<InspectReport["p2p"]>): string {
    const moment = this.#moment(createdAt);
    if (this.#report.remarks.some(({ remark }) => remark === "from-the-future")) {
      return this.#words.madeInTheFuture({ moment });
    }
    const age = formatDuration(Math.max(0, ageSeconds) * 1_000, this.#allWords.conversation);
    return this.#words.madeAgo({ moment, age });
  }

  #moment(timestamp: string): string {
    return formatMoment(new Date(timestamp), this.#now);
  }

  #printCandidates(): void {
    const { candidates } = this.#report;
    this.#printer.out(
      candidates.length === 0 ? this.#words.noAddresses : this.#words.addresses({ count: candidates.length }),
    );
    for (const candidate of candidates) {
      const { transport, type, address, port, usable } = candidate;
      const place = `${transport} ${formatPlace(address, port)}`;
      const related =
        candidate.relatedAddress === undefined || candidate.relatedPort === undefined
          ? ""
          : `, ${this.#words.relatedTo({ address: formatPlace(candidate.relatedAddress, candidate.relatedPort) })}`;
      this.#printer.out(INDENT, usable ? this.#printer.style.bold(place) : place, `  ${type}${related}`);
      this.#printWrapped(this.#candidateMeaning(candidate), INDENT + INDENT + INDENT);
    }
  }

  #candidateMeaning({ transport, type, addressKind, tcpType }: InspectedCandidate): string {
    if (transport === "tcp") return this.#words.tcp[tcpType ?? "unknown"];
    return type === "host" ? this.#words.host[addressKind] : this.#words[type];
  }

  #printRemarks(): void {
    const sentences = this.#report.remarks.flatMap((remark) => this.#sentenceOf(remark));
    if (sentences.length === 0) return;
    this.#printer.out();
    this.#printer.out(this.#words.remarks);
    for (const sentence of sentences) this.#printWrapped(sentence, `${INDENT}- `);
  }

  /** None for what the rows above say already. */
  #sentenceOf(remark: InspectRemark): string[] {
    const { remark: sentences, why } = this.#words;
    switch (remark.remark) {
      case "foreign-program":
      case "legacy-form":
      case "tcp-candidates":
      case "expired":
      case "from-the-future":
      case "no-candidates":
        return [];
      case "newer-version":
        return [sentences["newer-version"](remark)];
      case "candidate-skipped":
        return [sentences["candidate-skipped"]({ ...remark, why: why[remark.why] })];
      case "candidate-duplicate":
        return [sentences["candidate-duplicate"](remark)];
      case "line-assumed":
        return [sentences["line-assumed"](remark)];
      case "other-sections":
        return [sentences["other-sections"](remark)];
      default:
        return [sentences[remark.remark]()];
    }
  }

  /** @param lead - stands before the first line; the others are indented by its width */
  #printWrapped(text: string, lead: string): void {
    for (const [index, line] of this.#wrap(text, lead.length).entries()) {
      this.#printer.out(index === 0 ? lead : " ".repeat(lead.length), line);
    }
  }

  /** Escapes first: a line feed of the peer must not begin a line. */
  #wrap(text: string, indent: number): string[] {
    return wrapText(escapeForDisplay(text), helpWidth(this.#printer.columns) - indent).split("\n");
  }
}

function formatPlace(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
