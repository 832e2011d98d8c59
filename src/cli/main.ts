// `p2p` from the arguments to the exit code, with the only catch. The code of a command is loaded on
// demand, because the help must appear at once.
import { sep } from "node:path";
import {
  checkOutput,
  checkStream,
  earlierOffer,
  isShortCode,
  meetingWith,
  openLine,
  openMedia,
  planPaths,
  readLicenses,
  toP2pError,
} from "../command-port.ts";
import { P2pError } from "../index.ts";
import { type Words, wordsFor } from "../words/index.ts";
import type { Lang } from "../words/lang.ts";
import { type Config, readConfig } from "./config.ts";
import type { PairPorts } from "./commands/pair.ts";
import { EXIT_DONE, EXIT_INTERNAL, EXIT_USAGE } from "./exit-codes.ts";
import { type Io, processIo } from "./io.ts";
import { configPath, stateLocation } from "./locations.ts";
import { lastValue, type RawOptions } from "./option-table.ts";
import { Passphrases, type PassphraseSource, passphraseSource } from "./passphrases.ts";
import type { Invocation, Surroundings } from "./program.ts";
import { LastResort } from "./last-resort.ts";
import { OutputWriter } from "./output-writer.ts";
import { preferredLang, wantsColor, wantsJson } from "./preferences.ts";
import { createPrinter, type TerminalPrinter } from "./print.ts";
import { Usage } from "./usage.ts";
import { VERSION } from "./version.ts";

const PORTS: PairPorts = {
  openLine,
  planPaths,
  meetingWith,
  earlierOffer,
  checkOutput,
  checkStream,
  openMedia,
  runConversation: async (options) => (await import("../ui/conversation.ts")).runConversation(options),
};

/**
 * Runs the command line of this process.
 * @param argv - without node and script
 * @returns the exit code; never rejects
 */
export async function main(argv: readonly string[]): Promise<number> {
  return await run(argv, processIo(), PORTS);
}

/** Does the same with another process and other ports. */
export async function run(argv: readonly string[], io: Io, ports: PairPorts): Promise<number> {
  return await new Cli(argv, io, ports).run();
}

class Cli {
  readonly #argv: readonly string[];
  readonly #io: Io;
  readonly #ports: PairPorts;
  readonly #stdout: OutputWriter;
  readonly #stderr: OutputWriter;
  #lang: Lang;
  #words: Words;
  #config: Config | undefined;
  /** Why there is no config; it stops only what needs the config. */
  #configError: P2pError | undefined;
  readonly #lastResort: LastResort;
  /** Programs read the outcome on stdout, its error too. */
  #isForPrograms: boolean;

  constructor(argv: readonly string[], io: Io, ports: PairPorts) {
    this.#argv = argv;
    this.#io = io;
    this.#ports = ports;
    this.#stdout = new OutputWriter(io.stdout);
    this.#stderr = new OutputWriter(io.stderr);
    this.#lastResort = new LastResort({
      report: (error, isTold) => this.#report(error, isTold),
      // The `exit` listener restores the terminal.
      exit: () => io.exitNow(EXIT_INTERNAL),
      isDebugging: Boolean(io.env["P2P_DEBUG"]),
    });
    io.onUncaught((thrown) => this.#lastResort.handle(thrown));
    this.#lang = preferredLang(argv, io);
    this.#words = wordsFor(this.#lang);
    try {
      this.#config = readConfig(io, this.#words);
    } catch (thrown) {
      this.#configError = toP2pError(thrown);
    }
    this.#lang = preferredLang(argv, io, this.#config?.options);
    this.#words = wordsFor(this.#lang);
    this.#isForPrograms = wantsJson(argv, io, this.#config?.options);
  }

  async run(): Promise<number> {
    let exit: number;
    try {
      exit = await this.#runCommand(await this.#parse());
      await this.#stdout.flush();
      this.#checkStdout();
    } catch (thrown) {
      exit = await this.#handleFailure(thrown);
    }
    await this.#lastResort.told;
    await this.#stderr.flush();
    return exit;
  }

  /** @returns the exit code */
  async #handleFailure(thrown: unknown): Promise<number> {
    const { ToldError } = await import("./error-report.ts");
    const isTold = thrown instanceof ToldError;
    const error = isTold ? thrown.error : toP2pError(thrown);
    await this.#report(error, isTold);
    await this.#stdout.flush();
    return error.exit;
  }

  /**
   * Prints an error and its hint, and with P2P_DEBUG=1 its origin.
   * @param isTold - programs have it already
   */
  async #report(error: P2pError, isTold: boolean): Promise<void> {
    const { printErrorEvent, printErrorReport } = await import("./error-report.ts");
    const printer = await this.#printer();
    if (this.#isForPrograms && !isTold) printErrorEvent(error, printer, this.#io.now());
    printErrorReport(error, {
      printer,
      words: this.#words,
      lang: this.#lang,
      isDebugging: Boolean(this.#io.env["P2P_DEBUG"]),
    });
  }

  async #parse(): Promise<Invocation> {
    const { parseCommandLine } = await import("./program.ts");
    return parseCommandLine(this.#argv, this.#surroundings);
  }

  get #surroundings(): Surroundings {
    const { homeDir } = this.#io;
    const config = configPath(this.#io);
    return {
      words: this.#words,
      version: VERSION,
      config: config.startsWith(`${homeDir}${sep}`) ? `~${config.slice(homeDir.length)}` : config,
      columns: this.#stdout.columns ?? 80,
    };
  }

  async #runCommand(invocation: Invocation): Promise<number> {
    switch (invocation.command) {
      case "text":
        (invocation.asked ? this.#stdout : this.#stderr).write(invocation.text);
        return invocation.asked ? EXIT_DONE : EXIT_USAGE;
      case "completion": {
        const [{ completionScript }, { buildProgram }] = await Promise.all([
          import("./commands/completion.ts"),
          import("./program.ts"),
        ]);
        this.#stdout.write(completionScript(invocation.shell, buildProgram(this.#surroundings)));
        return EXIT_DONE;
      }
      case "inspect":
        return await this.#runInspect(invocation);
      case "code": {
        const { runCode } = await import("./commands/code.ts");
        const { document, qr } = invocation;
        const printer = await this.#printer();
        return await runCode(
          document,
          { qr },
          { stdout: this.#stdout, stdin: this.#io.stdin, printer, words: this.#words },
        );
      }
      case "contacts": {
        const { runContacts } = await import("./commands/contacts.ts");
        const context = { printer: await this.#printer(), words: this.#words, lang: this.#lang };
        return await runContacts({ ...invocation, stateDir: stateLocation(this.#io) }, context);
      }
      case "seal":
      case "unseal":
        return await this.#runSeal(invocation);
      case "transfers": {
        const { runTransfers } = await import("./commands/transfers.ts");
        const { discard, json } = invocation;
        return await runTransfers(discard, {
          json,
          words: this.#words,
          printer: await this.#printer(),
          stateDir: stateLocation(this.#io),
          now: this.#io.now(),
        });
      }
      case "licenses":
        await this.#stdout.writeResult(await readLicenses());
        return EXIT_DONE;
      case "page":
        return await this.#runPage(invocation.options);
      case "loopback":
        return await this.#runLoopback(invocation.options);
      case "doctor":
        return await this.#runDoctor(invocation.options);
      case "pair":
        return await this.#runPair(invocation);
    }
  }

  async #runPage(options: RawOptions): Promise<number> {
    const { DEFAULT_PAGE, runPage } = await import("./commands/page.ts");
    const out = lastValue(options.get("out")) ?? DEFAULT_PAGE;
    if (out === "") throw new Usage(this.#words).empty("--out");
    return await runPage(out, { stdout: this.#stdout, printer: await this.#printer(), words: this.#words });
  }

  async #runDoctor(options: RawOptions): Promise<number> {
    if (this.#configError !== undefined) throw this.#configError;
    const [{ resolveServers }, { runDoctor }] = await Promise.all([
      import("./options.ts"),
      import("./commands/doctor.ts"),
    ]);
    return await runDoctor({
      json: options.get("json") === true,
      servers: resolveServers(options, this.#io, this.#config, this.#words),
      printer: await this.#printer(),
      words: this.#words.doctor,
    });
  }

  async #runLoopback(options: RawOptions): Promise<number> {
    if (this.#configError !== undefined) throw this.#configError;
    const [{ resolveNamedServers }, { runLoopback }] = await Promise.all([
      import("./options.ts"),
      import("./commands/loopback.ts"),
    ]);
    return await runLoopback({
      json: options.get("json") === true,
      version: VERSION,
      network: resolveNamedServers(options, this.#io, this.#config, this.#words),
      printer: await this.#printer(),
      words: this.#words,
    });
  }

  async #runInspect({ file, json, options }: Extract<Invocation, { command: "inspect" }>): Promise<number> {
    const [{ runInspect }, { unsealAsking }] = await Promise.all([
      import("./commands/inspect.ts"),
      import("./commands/seal.ts"),
    ]);
    const printer = await this.#printer();
    const source = this.#passphraseSource(options);
    const passphrases = new Passphrases({ io: this.#io, printer, words: this.#words, source, mayAsk: !json });
    try {
      const unseal = (bytes: Uint8Array, path: string): Promise<Uint8Array> => unsealAsking(bytes, path, passphrases);
      return await runInspect(file, { json, lang: this.#lang, printer, stdin: this.#io.stdin, unseal });
    } finally {
      passphrases.close();
    }
  }

  async #runSeal({ command, file, options }: Extract<Invocation, { command: "seal" | "unseal" }>): Promise<number> {
    const { runSeal, runUnseal } = await import("./commands/seal.ts");
    const usage = new Usage(this.#words);
    for (const other of ["recipient", "identity"]) {
      if (options.has(other) && options.has("passphrase-file")) {
        throw usage.contradiction(`--${other}`, "--passphrase-file");
      }
    }
    if (lastValue(options.get("output")) === "") throw usage.empty("--output");
    const recipients = options.get("recipient");
    const settings = {
      file,
      output: lastValue(options.get("output")) ?? "-",
      passphrase: this.#passphraseSource(options),
      recipients: Array.isArray(recipients) ? recipients : [],
      identityFile: lastValue(options.get("identity")),
    };
    const context = { io: this.#io, stdout: this.#stdout, printer: await this.#printer(), words: this.#words };
    return await (command === "seal" ? runSeal(settings, context) : runUnseal(settings, context));
  }

  #passphraseSource(options: RawOptions): PassphraseSource {
    const configured = lastValue(this.#config?.options.get("passphrase-file"));
    return passphraseSource(lastValue(options.get("passphrase-file")), this.#io.env, configured);
  }

  async #runPair({ pair }: Extract<Invocation, { command: "pair" }>): Promise<number> {
    if (this.#configError !== undefined) throw this.#configError;
    const [{ resolvePairSettings }, { withFileAsInput }] = await Promise.all([
      import("./options.ts"),
      import("./file-as-input.ts"),
    ]);
    const { given, taken, doubtful } = await withFileAsInput(pair);
    const settings = resolvePairSettings(given, this.#io, this.#config, this.#words);
    this.#isForPrograms = settings.form === "json";
    if (taken !== undefined && settings.verbosity !== "quiet") {
      (await this.#printer()).err(this.#words.cli.run.takenAsInput({ path: taken }));
    }
    if (doubtful !== undefined && settings.verbosity !== "quiet") {
      const printer = await this.#printer();
      printer.err(printer.style.yellow(this.#words.cli.run.sentByName({ path: doubtful })));
    }
    if (isShortCode(lastValue(given.options.get("in")) ?? "") && settings.verbosity !== "quiet") {
      const printer = await this.#printer();
      printer.err(printer.style.yellow(this.#words.cli.run.codeInArguments));
    }
    const { runPair } = await import("./commands/pair.ts");
    await this.#nameUnknownVariables(settings.verbosity === "quiet");
    const exit = await runPair(settings, {
      io: this.#io,
      stdout: this.#stdout,
      stderr: this.#stderr,
      printer: await this.#printer(),
      words: this.#words,
      lang: this.#lang,
      ports: this.#ports,
      lastResort: this.#lastResort,
    });
    // Nothing follows the event `closed`.
    this.#isForPrograms = false;
    return exit;
  }

  async #nameUnknownVariables(isQuiet: boolean): Promise<void> {
    if (isQuiet) return;
    const { unknownVariables } = await import("./unknown-variables.ts");
    const printer = await this.#printer();
    for (const variable of unknownVariables(this.#io.env)) {
      printer.err(printer.style.yellow(this.#words.cli.run.unknownVariable(variable)));
    }
  }

  async #printer(): Promise<TerminalPrinter> {
    const color = wantsColor(this.#argv, this.#io, this.#config?.options);
    return await createPrinter({ stdout: this.#stdout, stderr: this.#stderr, color });
  }

  /** A closed reader ends a filter normally; a full disk is an error. */
  #checkStdout(): void {
    const { failure } = this.#stdout;
    if (failure === undefined) return;
    throw new P2pError("WRITE_FAILED", { path: "stdout", reason: failure.code ?? failure.message }, { cause: failure });
  }
}
