// `p2p inspect FILE`: explains the contents of an exchange file as text or as JSON (docs/inspect.schema.json).
import { basename, dirname, join } from "node:path";
import {
  displayName,
  escapeForDisplay,
  formatAddress,
  type InspectedCandidate,
  inspectExchangeFile,
  type InspectRemark,
  type InspectReport,
  isSealedFile,
  isShortCode,
  type NatSummary,
  OWN_FILE_NAME,
  PEER_FILE_NAME,
  predictConnection,
  type Prediction,
  readExchangeFile,
  SHORT_CODE_NAME,
} from "../../command-port.ts";
import { type Words, wordsFor } from "../../words/index.ts";
import type { Lang } from "../../words/lang.ts";
import { formatAge, formatMoment } from "../../ui/format.ts";
import type { Printer } from "../../ui/style.ts";
import { displayWidth, padToEnd } from "../../ui/width.ts";
import { printJson } from "../ascii-json.ts";
import { refuseCutCode } from "../cut-code.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import { helpWidth, wrapText } from "../help-layout.ts";

const STDIN = "-";
const INDENT = "  ";
/** A sha-256 fingerprint has 95 characters; two rows of 16 bytes fit on any terminal. */
const FINGERPRINT_ROW = /(?:[0-9A-F]{2}:?){1,16}/g;

export interface InspectOptions {
  readonly json: boolean;
  readonly lang: Lang;
  readonly printer: Printer;
  /** Read when FILE is `-`. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Opens a sealed file. */
  readonly unseal?: (bytes: Uint8Array, path: string) => Promise<Uint8Array>;
  /** Current time, from which age and expiry are computed. */
  readonly now?: Date;
}

/**
 * Explains one file on stdout.
 * @param file - a path, `-` for stdin, or a short code itself
 * @returns exit code 0
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, whatever `unseal` throws
 */
export async function runInspect(file: string, options: InspectOptions): Promise<number> {
  const { json, lang, printer, stdin, unseal, now = new Date() } = options;
  refuseCutCode(file);
  const isCode = isShortCode(file);
  const bytes = isCode ? new TextEncoder().encode(file) : await readExchangeFile(file === STDIN ? stdin : file);
  const opened = unseal !== undefined && isSealedFile(bytes) ? await unseal(bytes, file) : undefined;
  const report = await inspectExchangeFile(opened ?? bytes, isCode ? SHORT_CODE_NAME : file, now.getTime());
  const beside = await lookBeside(report, now);
  if (opened !== undefined) report.remarks.push({ remark: "sealed" });
  if (json) printJson(printer, beside === undefined ? report : { ...report, prediction: beside });
  else new ReportPrinter(report, beside, wordsFor(lang), printer, now).print();
  return EXIT_DONE;
}

/** The prediction for this file together with its counterpart in the same folder. */
interface Beside extends Prediction {
  readonly with: string;
}

async function lookBeside(report: InspectReport, now: Date): Promise<Beside | undefined> {
  const name = basename(report.path);
  if (name !== OWN_FILE_NAME && name !== PEER_FILE_NAME) return undefined;
  const isOurs = name === OWN_FILE_NAME;
  const path = join(dirname(report.path), isOurs ? PEER_FILE_NAME : OWN_FILE_NAME);
  try {
    const other = await inspectExchangeFile(await readExchangeFile(path, false), path, now.getTime());
    if (other.p2p?.id !== undefined && other.p2p.id === report.p2p?.id) return undefined;
    const prediction = await (isOurs ? predictConnection(report, other) : predictConnection(other, report));
    return prediction.outlook === "unknown" ? undefined : { with: path, ...prediction };
  } catch {
    // The user did not ask about the other file, which may be missing or contain anything.
    return undefined;
  }
}

class ReportPrinter {
  readonly #report: InspectReport;
  readonly #beside: Beside | undefined;
  readonly #words: Words["exchange"];
  readonly #allWords: Words;
  readonly #printer: Printer;
  readonly #now: Date;

  constructor(report: InspectReport, beside: Beside | undefined, words: Words, printer: Printer, now: Date) {
    this.#report = report;
    this.#beside = beside;
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
    this.#printChances();
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

  /** Rows for the `p2p` key, or a row saying that there is none. */
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
    const network = natPhrases(p2p.nat ?? {}, this.#allWords.nat).join(this.#allWords.nat.separator);
    const expiry = this.#moment(p2p.expiresAt);
    return [
      [words.from, words.fromP2p({ tool, ...(name === undefined ? {} : { name: displayName(name) }) })],
      [words.made, this.#madeText(p2p)],
      [words.goodUntil, p2p.expired ? words.expired({ moment: expiry }) : expiry],
      [words.id, words.idAndRevision({ id, revision })],
      ...(inReplyTo === undefined
        ? []
        : [[words.answers, words.idAndRevision({ id: inReplyTo, revision: inReplyToRevision ?? 1 })] as const]),
      ...(network === "" ? [] : [[words.network, network] as const]),
    ];
  }

  #madeText({ createdAt, ageSeconds }: NonNullable<InspectReport["p2p"]>): string {
    const moment = this.#moment(createdAt);
    if (this.#report.remarks.some(({ remark }) => remark === "from-the-future")) {
      return this.#words.madeInTheFuture({ moment });
    }
    const age = formatAge(ageSeconds * 1_000, this.#allWords.conversation);
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
      const place = `${transport} ${formatAddress(address, port)}`;
      const related =
        candidate.relatedAddress === undefined || candidate.relatedPort === undefined
          ? ""
          : `, ${this.#words.relatedTo({ address: formatAddress(candidate.relatedAddress, candidate.relatedPort) })}`;
      this.#printer.out(INDENT, usable ? this.#printer.style.bold(place) : place, `  ${type}${related}`);
      this.#printWrapped(this.#candidateMeaning(candidate), INDENT + INDENT + INDENT);
    }
  }

  #candidateMeaning({ transport, type, addressKind, tcpType }: InspectedCandidate): string {
    if (transport === "tcp") return this.#words.tcp[tcpType ?? "unknown"];
    return type === "host" ? this.#words.host[addressKind] : this.#words[type];
  }

  #printChances(): void {
    if (this.#beside === undefined) return;
    const { chances } = this.#allWords.conversation;
    const { with: path, why } = this.#beside;
    const advice = chances.adviceFor(why);
    const text = this.#words.withBeside({ name: basename(path), text: chances.why[why] });
    this.#printer.out();
    this.#printWrapped(advice === undefined ? text : `${text}${this.#allWords.nat.separator}${advice}`, "");
  }

  #printRemarks(): void {
    const sentences = this.#report.remarks.flatMap((remark) => this.#sentenceOf(remark));
    if (sentences.length === 0) return;
    this.#printer.out();
    this.#printer.out(this.#words.remarks);
    for (const sentence of sentences) this.#printWrapped(sentence, `${INDENT}- `);
  }

  /** Returns no sentence for what the rows above say already. */
  #sentenceOf(remark: InspectRemark): string[] {
    const { remark: sentences, why, packing } = this.#words;
    const { oddities } = this.#allWords;
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
      case "wrapped":
        return [sentences.wrapped(remark)];
      case "type-assumed":
        return [sentences["type-assumed"](remark)];
      case "packed":
        return [sentences.packed({ how: packing[remark.packing] })];
      case "candidates-elsewhere":
        return [sentences["candidates-elsewhere"](remark)];
      case "odd-credential":
        return [sentences["odd-credential"](remark)];
      case "repaired":
        return [sentences.repaired(remark)];
      case "signed":
        return [sentences.signed(remark)];
      case "utf-16":
      case "code":
      case "code-fence":
      case "altered":
      case "sealed":
      case "sdp-text":
      case "bare-description":
      case "local-only":
        return [sentences[remark.remark]()];
      default:
        // Each oddity has a sentence of the same name.
        return [(oddities[remark.remark] as (p: typeof remark) => string)(remark)];
    }
  }

  /** @param lead - printed before the first line; the other lines are indented by its width */
  #printWrapped(text: string, lead: string): void {
    for (const [index, line] of this.#wrap(text, lead.length).entries()) {
      this.#printer.out(index === 0 ? lead : " ".repeat(lead.length), line);
    }
  }

  /** Escapes before wrapping, because a line feed from the peer must not start a new line. */
  #wrap(text: string, indent: number): string[] {
    return wrapText(escapeForDisplay(text), helpWidth(this.#printer.columns) - indent).split("\n");
  }
}

function natPhrases({ mapping, filtering, udp, ipv6, relay, portMapping }: NatSummary, words: Words["nat"]): string[] {
  return [
    ...(mapping === undefined ? [] : [words.mapping[mapping]]),
    ...(filtering === undefined ? [] : [words.filtering[filtering]]),
    ...(udp === undefined ? [] : [words.udp[udp]]),
    ...(ipv6 === true ? [words.ipv6] : []),
    ...(relay === true ? [words.relay] : []),
    ...(portMapping === true ? [words.portMapping] : []),
  ];
}
