// `p2p loopback`: two peers on this computer, with a verdict and figures; as text or JSON (docs/loopback.schema.json).
import { formatBytes, type LoopbackReport, originOf, testLoopback } from "../../command-port.ts";
import type { NetworkOptions } from "../../index.ts";
import { formatRate } from "../../ui/format.ts";
import type { Printer } from "../../ui/style.ts";
import type { Words } from "../../words/index.ts";
import { codecName } from "../../words/media.ts";
import { printJson } from "../ascii-json.ts";
import { ToldError } from "../error-report.ts";
import { addressRows, FindingsPrinter, type Mark, type Row } from "../findings-printer.ts";

export interface LoopbackRunOptions {
  readonly json: boolean;
  /** The version of p2p. */
  readonly version: string;
  readonly network: Partial<NetworkOptions>;
  readonly printer: Printer;
  readonly words: Words;
  readonly test?: typeof testLoopback;
}

/**
 * @returns the exit code of what was found
 * @throws ToldError what ended it before the two sides met, unless that is the verdict itself; the report has it
 */
export async function runLoopback(options: LoopbackRunOptions): Promise<number> {
  const { json, version, network, printer, words, test = testLoopback } = options;
  printer.err(printer.style.dim(words.loopback.testing));
  const report = await test({ version, network });
  if (json) printJson(printer, report);
  else new LoopbackPrinter(report, words, printer).print();
  const error = report.error === undefined ? undefined : originOf(report.error);
  // That nobody answered is a long story of two people and their files, which are not there.
  if (error !== undefined && report.verdict !== "no-connection") throw new ToldError(error);
  return report.exit;
}

const DIRECTIONS = ["forth", "back"] as const;

/** Formats milliseconds: tenths below ten. */
function figure(ms: number): string {
  return String(ms < 10 ? ms : Math.round(ms));
}

class LoopbackPrinter {
  readonly #report: LoopbackReport;
  readonly #words: Words;
  readonly #findings: FindingsPrinter;

  constructor(report: LoopbackReport, words: Words, printer: Printer) {
    this.#report = report;
    this.#words = words;
    this.#findings = new FindingsPrinter(printer);
  }

  print(): void {
    const { loopback, doctor } = this.#words;
    const { machine, addresses, verdict, advice, error } = this.#report;
    const because = error === undefined ? "" : ` (${error.code})`;
    this.#findings.paragraph(loopback.machine(machine));
    this.#findings.section(doctor.sections.addresses, addressRows(addresses, doctor));
    this.#findings.section(loopback.sections.connection, this.#connectionRows());
    if (this.#report.pair !== undefined) {
      this.#findings.section(loopback.sections.data, [...this.#textRows(), ...this.#fileRows()]);
      this.#findings.section(loopback.sections.media, this.#mediaRows());
    }
    this.#findings.conclude(
      loopback,
      `${loopback.verdict[verdict]}${because}`,
      advice.map((what) => loopback.advice[what]),
    );
  }

  #connectionRows(): Row[] {
    const { loopback: words } = this.#words;
    const { candidates, steps, dtls, pair, rttMs = 0 } = this.#report;
    const { offerMs, answerMs } = steps;
    const sides = (["offer", "answer"] as const).flatMap((side): Row[] => {
      const own = candidates.filter((of) => of.side === side);
      if (own.length === 0) return [];
      const text = own.map(({ count, type, transport }) => `${count} ${type} ${transport}`).join(", ");
      return [{ mark: "good", label: words.candidates[side], text }];
    });
    const opened =
      offerMs === undefined || answerMs === undefined
        ? undefined
        : words.steps({ offer: figure(offerMs), answer: figure(answerMs) });
    const step = (ms: number | undefined): string | undefined =>
      ms === undefined ? undefined : words.ms({ ms: figure(ms) });
    const handshake =
      dtls === undefined || steps.dtlsMs === undefined
        ? undefined
        : words.dtls({ ms: figure(steps.dtlsMs), version: dtls.version, cipher: dtls.cipher });
    return [
      ...sides,
      this.#reached(words.opened, opened),
      this.#reached("ICE", step(steps.iceMs)),
      this.#reached("DTLS", handshake),
      this.#reached("SCTP", step(steps.sctpMs)),
      this.#reached(words.hello, step(steps.helloMs)),
      this.#reached(words.pair, pair === undefined ? undefined : words.pairText({ ...pair, ms: figure(rttMs) })),
    ];
  }

  #reached(label: string, text: string | undefined): Row {
    return text === undefined
      ? { mark: "bad", label, text: this.#words.loopback.missing }
      : { mark: "good", label, text };
  }

  #textRows(): Row[] {
    const { loopback: words } = this.#words;
    return DIRECTIONS.map((direction) => {
      const label = words.text[direction];
      const text = this.#report.texts.find((of) => of.direction === direction);
      if (text === undefined) return { mark: "bad", label, text: words.lost };
      if (!text.same) return { mark: "bad", label, text: words.changed };
      return { mark: "good", label, text: words.acknowledged({ ms: figure(text.ms) }) };
    });
  }

  #fileRows(): Row[] {
    const { loopback: words } = this.#words;
    return DIRECTIONS.map((direction) => {
      const label = words.file[direction];
      const file = this.#report.files.find((of) => of.direction === direction);
      if (file === undefined) return { mark: "bad", label, text: words.notSent };
      const size = formatBytes(file.received);
      if (file.outcome !== "done") return { mark: "bad", label, text: words.unfinished({ size }) };
      if (!file.same) return { mark: "bad", label, text: words.differs({ size }) };
      const seconds = (file.ms / 1_000).toFixed(1);
      const { protocol } = file;
      return {
        mark: "good",
        label,
        text: words.arrived({ size, seconds, protocol, rate: formatRate(file.bytesPerSecond) }),
      };
    });
  }

  #mediaRows(): Row[] {
    const { loopback: words } = this.#words;
    const { media, dtls } = this.#report;
    const profile = dtls?.srtpProfile;
    const srtp: Row[] = profile === undefined ? [] : [{ mark: "good", label: words.srtp, text: profile }];
    if (media === undefined) return [...srtp, { mark: "bad", label: words.noMedia, text: "" }];
    const tracks = media.tracks.map(({ codec, given, taken, lost, retransmitted, delay, jitterMs }): Row => {
      const mark: Mark = taken === given ? "good" : taken === 0 ? "bad" : "open";
      const label = codecName(codec);
      const told = [words.frames({ taken, given }), words.packets({ lost, retransmitted })];
      if (delay !== undefined) {
        const { medianMs, worstMs, worstBesideFileMs } = delay;
        told.push(
          words.delays({ median: figure(medianMs), worst: figure(worstMs), jitter: figure(jitterMs) }),
          ...(worstBesideFileMs === undefined ? [] : [words.beside({ worst: figure(worstBesideFileMs) })]),
        );
      }
      return { mark, label, text: told.join(words.between) };
    });
    if (media.apartMs === undefined) return [...srtp, ...tracks];
    return [
      ...srtp,
      ...tracks,
      { mark: "good", label: words.together, text: words.apart({ ms: figure(media.apartMs) }) },
    ];
  }
}
