// `p2p doctor`: reports what this network allows, with a verdict and advice; as text or JSON (docs/doctor.schema.json).
import { examineNetwork, type NetworkReport } from "../../command-port.ts";
import type { Words } from "../../words/index.ts";
import type { Part, Printer } from "../../ui/style.ts";
import { displayWidth, padToEnd } from "../../ui/width.ts";
import { printJson } from "../ascii-json.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import { helpWidth, wrapText } from "../help-layout.ts";
import type { ServerSettings } from "../options.ts";

export interface DoctorOptions {
  readonly json: boolean;
  readonly servers: ServerSettings;
  readonly printer: Printer;
  readonly words: Words["doctor"];
  readonly examine?: typeof examineNetwork;
}

/**
 * @returns exit code 0, whatever the result
 * @throws P2pError BIND_FAILED
 */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { json, servers, printer, words, examine = examineNetwork } = options;
  const count = servers.stunServers.length + servers.turnServers.length;
  printer.err(printer.style.dim(count === 0 ? words.looking : words.asking({ count })));
  const report = await examine(servers);
  if (json) printJson(printer, report);
  else new DoctorPrinter(report, words, printer).print();
  return EXIT_DONE;
}

type Mark = "good" | "bad" | "open";

/** One line: what was examined, and the finding. */
interface Row {
  readonly mark: Mark;
  readonly label: string;
  readonly text: string;
}

const INDENT = "  ";
const MARKS: Readonly<Record<Mark, string>> = { good: "✓", bad: "✗", open: "-" };
/** Columns of a mark and the blank after it. */
const MARK_COLUMNS = 2;
/** The remaining columns fit an IPv6 address with its port. */
const MAX_LABEL_COLUMNS = 28;

class DoctorPrinter {
  readonly #report: NetworkReport;
  readonly #words: Words["doctor"];
  readonly #printer: Printer;

  constructor(report: NetworkReport, words: Words["doctor"], printer: Printer) {
    this.#report = report;
    this.#words = words;
    this.#printer = printer;
  }

  print(): void {
    const { sections, verdictTitle, adviceTitle, verdict, advice } = this.#words;
    this.#section(sections.addresses, this.#addressRows());
    this.#section(sections.stun, this.#stunRows());
    this.#section(sections.network, this.#networkRows());
    if (this.#report.turn.length > 0) this.#section(sections.turn, this.#turnRows());
    this.#title(verdictTitle);
    this.#wrapped(verdict[this.#report.verdict], INDENT);
    this.#printer.out();
    this.#title(adviceTitle);
    for (const what of this.#report.advice) this.#wrapped(advice[what], `${INDENT}- `);
  }

  #title(text: string): void {
    this.#printer.out(this.#printer.style.bold(text));
  }

  #section(title: string, rows: readonly Row[]): void {
    this.#title(title);
    const widest = Math.max(...rows.map(({ label }) => displayWidth(label)));
    const labelColumns = Math.min(widest, MAX_LABEL_COLUMNS) + INDENT.length;
    for (const { mark, label, text } of rows) {
      const lead: Part[] = [INDENT, this.#marked(mark), " "];
      const indent = INDENT.length + MARK_COLUMNS + labelColumns;
      const [first = "", ...rest] = this.#wrap(text, indent);
      if (first === "" || displayWidth(label) > labelColumns - INDENT.length) {
        this.#printer.out(...lead, label);
        if (first !== "") this.#printer.out(" ".repeat(indent), first);
      } else {
        this.#printer.out(...lead, padToEnd(label, labelColumns), first);
      }
      for (const line of rest) this.#printer.out(" ".repeat(indent), line);
    }
    this.#printer.out();
  }

  #marked(mark: Mark): Part {
    const { style } = this.#printer;
    if (mark === "good") return style.green(MARKS[mark]);
    return mark === "bad" ? style.red(MARKS[mark]) : style.dim(MARKS[mark]);
  }

  #wrapped(text: string, lead: string): void {
    for (const [index, line] of this.#wrap(text, lead.length).entries()) {
      this.#printer.out(index === 0 ? lead : " ".repeat(lead.length), line);
    }
  }

  #wrap(text: string, indent: number): string[] {
    return wrapText(text, helpWidth(this.#printer.columns) - indent).split("\n");
  }

  #addressRows(): Row[] {
    const { kinds, ula, notUsed, noAddresses } = this.#words;
    if (this.#report.addresses.length === 0) return [{ mark: "bad", label: noAddresses, text: "" }];
    const nameColumns = Math.max(...this.#report.addresses.map((of) => displayWidth(of.interface))) + INDENT.length;
    return this.#report.addresses.map(({ interface: name, address, family, kind, used }) => {
      const text = kind === "private" && family === 6 ? ula : kinds[kind];
      return {
        mark: used ? "good" : "open",
        label: `${padToEnd(name, nameColumns)}${address}`,
        text: used ? text : notUsed({ kind: text }),
      };
    });
  }

  #stunRows(): Row[] {
    const words = this.#words;
    if (this.#report.stun.length === 0) return [{ mark: "open", label: words.noStun, text: "" }];
    return this.#report.stun.flatMap(({ url, state, answers, reason = "" }): Row[] => {
      const label = url.replace(/^stun:/, "");
      if (state === "wrong") return [{ mark: "bad", label, text: words.wrong({ stated: reason }) }];
      if (state === "unresolved") return [{ mark: "bad", label, text: words.unresolved({ reason }) }];
      if (state !== "answered") return [{ mark: "bad", label, text: words[state] }];
      return answers.map(({ rttMs, mapped }) => ({ mark: "good", label, text: words.answered({ rttMs, mapped }) }));
    });
  }

  #networkRows(): Row[] {
    const { udp, ipv6, mapping, filtering, portMapping } = this.#report;
    const { rows, ...words } = this.#words;
    const isEasy = mapping === "none" || mapping === "endpoint-independent";
    return [
      { mark: udp === "open" ? "good" : udp === "not-asked" ? "open" : "bad", label: rows.udp, text: words.udp[udp] },
      mapping === undefined
        ? { mark: "open", label: rows.mapping, text: words.mappingUnknown }
        : { mark: isEasy ? "good" : "bad", label: rows.mapping, text: words.mapping[mapping] },
      filtering === undefined
        ? { mark: "open", label: rows.filtering, text: words.filteringUnknown }
        : { mark: "good", label: rows.filtering, text: words.filtering[filtering] },
      this.#mappingRow(portMapping),
      {
        mark: ipv6 === "works" ? "good" : ipv6 === "silent" ? "bad" : "open",
        label: rows.ipv6,
        text: words.ipv6[ipv6],
      },
    ];
  }

  #mappingRow(found: NetworkReport["portMapping"]): Row {
    const { rows, portMapping: words } = this.#words;
    const label = rows.portMapping;
    switch (found.state) {
      case "granted":
        return { mark: "good", label, text: words.granted(found) };
      case "behind-router":
        return { mark: "bad", label, text: words[found.state](found) };
      case "none":
      case "not-asked":
        return { mark: "open", label, text: words[found.state] };
    }
  }

  #turnRows(): Row[] {
    const { turn: words } = this.#words;
    return this.#report.turn.map(({ url, state, relayed = "", rttMs = 0, reason = "" }) => ({
      mark: state === "works" ? "good" : "bad",
      label: url,
      text: words[state]({ relayed, rttMs, reason }),
    }));
  }
}
