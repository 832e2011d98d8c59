// `p2p doctor`: reports what this network allows, with a verdict and advice; as text or JSON (docs/doctor.schema.json).
import { examineNetwork, type NetworkReport } from "../../command-port.ts";
import type { Words } from "../../words/index.ts";
import type { Printer } from "../../ui/style.ts";
import { printJson } from "../ascii-json.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import { addressRows, FindingsPrinter, type Row } from "../findings-printer.ts";
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

class DoctorPrinter {
  readonly #report: NetworkReport;
  readonly #words: Words["doctor"];
  readonly #findings: FindingsPrinter;

  constructor(report: NetworkReport, words: Words["doctor"], printer: Printer) {
    this.#report = report;
    this.#words = words;
    this.#findings = new FindingsPrinter(printer);
  }

  print(): void {
    const { sections, verdict, advice } = this.#words;
    this.#findings.section(sections.addresses, addressRows(this.#report.addresses, this.#words));
    this.#findings.section(sections.stun, this.#stunRows());
    this.#findings.section(sections.network, this.#networkRows());
    if (this.#report.turn.length > 0) this.#findings.section(sections.turn, this.#turnRows());
    this.#findings.conclude(
      this.#words,
      verdict[this.#report.verdict],
      this.#report.advice.map((what) => advice[what]),
    );
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
