// Real `p2p` processes for end-to-end tests: people with a folder each, what their `p2p` says, and the files
// carried between them. Everything waits for a condition with a limit; everything is ended and removed after the test.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { TestContext } from "vitest";
import type { P2pEvent } from "../../src/lib/events.ts";
import { killAtEarlyEnd } from "./early-end.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const preload = pathToFileURL(join(root, "test/support/no-names.mjs")).href;

/** The built command. */
export const binary = join(root, "bin/p2p.js");

/** No test talks to anything but this machine. */
export const LOOPBACK = ["--bind", "127.0.0.1", "--no-stun"] as const;

export const OWN_FILE = "LocaltionJson.json";
export const PEER_FILE = "LocaltionJson_p.json";

/** How long a condition may take that needs no waiting by contract: much longer than it takes on a quiet machine. */
const PATIENCE_MS = 60_000;

/** An event as `--json` prints it. */
export type TimedEvent = P2pEvent & { time: string };
export type EventOf<Name extends P2pEvent["event"]> = Extract<TimedEvent, { event: Name }>;

/** One side of a line: a folder for exchange files and what is received, and a state directory beside it. */
export interface Person {
  readonly name: string;
  readonly dir: string;
  readonly stateDir: string;
  /** The test that this person lives in: what is started for them ends with it. */
  readonly test: TestContext;
  /** Where their `p2p` runs, if not on this system. */
  readonly machine?: Machine;
}

/** Another system that people's `p2p` runs on. */
export interface Machine {
  /** Starts `p2p` with exactly these arguments in the folder of a person; `run` ends it with the test. */
  start(person: Person, args: readonly string[], options: StartOptions): Running;
}

/** Removes a folder with all that is in it, also when a process that is ending still puts something there. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 10 });
}

/** Makes people with empty folders, without links in their paths; removed after the test. */
export async function people<Name extends string>(test: TestContext, ...names: Name[]): Promise<Record<Name, Person>> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "p2p-e2e-")));
  test.onTestFinished(() => removeFolder(base));
  const made: Partial<Record<Name, Person>> = {};
  for (const name of names) {
    made[name] = { name, dir: join(base, name), stateDir: join(base, `${name}-state`), test };
    await mkdir(join(base, name));
  }
  return made as Record<Name, Person>;
}

/** Waits until something holds; looks every few milliseconds. */
export async function until(condition: () => boolean, what: string, limitMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`after ${limitMs} ms still not: ${what}`);
    await pause(10);
  }
}

/** Takes a person's exchange file, as soon as it is there, to another person. */
export async function carry(from: Person, to: Person, as: string = PEER_FILE): Promise<void> {
  await until(() => existsSync(join(from.dir, OWN_FILE)), `${from.name} has written ${OWN_FILE}`);
  await copyFile(join(from.dir, OWN_FILE), join(to.dir, as));
}

export interface StartOptions {
  /** `pipe`: the test types with `type` and `endInput`. Default: no input. */
  stdin?: "pipe" | "ignore";
  /** `stream`: the test reads `output` itself, and nobody else does. Default: collected as text. */
  stdout?: "text" | "stream";
  env?: Record<string, string>;
  /** The command to run, by Node; default: the one that was built here. */
  command?: string;
  /** A program to run in the place of Node and the command. */
  executable?: string;
  /** Permissions count for it, also where root runs the tests. */
  isOrdinary?: boolean;
}

/** Leaves root the owner of its files, and nothing that reads or writes past their permissions. */
const WITHOUT_PRIVILEGES = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] as const;

/** Files that a program writes, in the place of pipes. */
export interface WrittenFiles {
  stdout: string;
  stderr: string;
}

/** A running or ended `p2p`. */
export class Running {
  readonly #child: ChildProcess;
  readonly #label: string;
  readonly #ended: Promise<number>;
  readonly #files: WrittenFiles | undefined;
  #stdout = "";
  #stderr = "";
  #exit: number | undefined;

  constructor(child: ChildProcess, label: string, stdout: "text" | "stream" | WrittenFiles = "text") {
    killAtEarlyEnd(child);
    this.#child = child;
    this.#label = label;
    if (typeof stdout === "object") this.#files = stdout;
    if (stdout === "text") {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        this.#stdout += text;
      });
    }
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    // A side that has ended does not read on.
    child.stdin?.on("error", () => {});
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        // A test's folders go before its report is asked for.
        this.#stdout = this.stdout;
        this.#stderr = this.stderr;
        this.#exit = code ?? -1;
        if (signal !== null) this.#stderr += `test: ended by ${signal}\n`;
        resolve(this.#exit);
      });
    });
  }

  /** Its stdout, for a test that reads it. */
  get output(): Readable {
    if (this.#child.stdout === null) throw new TypeError("no stdout");
    return this.#child.stdout;
  }

  get stdout(): string {
    return this.#files === undefined || this.hasEnded ? this.#stdout : readFileSync(this.#files.stdout, "utf8");
  }

  get stderr(): string {
    return this.#files === undefined || this.hasEnded ? this.#stderr : readFileSync(this.#files.stderr, "utf8");
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Complete lines of stdout. */
  get lines(): string[] {
    return this.stdout.split("\n").slice(0, -1);
  }

  /** What `--json` has printed so far. */
  get events(): TimedEvent[] {
    return this.lines.map((line) => JSON.parse(line) as TimedEvent);
  }

  eventsOf<Name extends P2pEvent["event"]>(name: Name): EventOf<Name>[] {
    return this.events.filter((event): event is EventOf<Name> => event.event === name);
  }

  /** The first event of a name (that also passes `test`), now or later. */
  async event<Name extends P2pEvent["event"]>(
    name: Name,
    test: (event: EventOf<Name>) => boolean = () => true,
    limitMs?: number,
  ): Promise<EventOf<Name>> {
    const find = (): EventOf<Name> | undefined => this.eventsOf(name).find(test);
    await this.until(() => find() !== undefined, `the event ${name}`, limitMs);
    return find() as EventOf<Name>;
  }

  /** Waits until stderr has said something. */
  async says(pattern: RegExp, limitMs?: number): Promise<void> {
    await this.until(() => pattern.test(this.stderr), `${pattern} on stderr`, limitMs);
  }

  /** Waits until stdout has a line. */
  async prints(line: string, limitMs?: number): Promise<void> {
    await this.until(() => this.lines.includes(line), `${JSON.stringify(line)} on stdout`, limitMs);
  }

  /** Waits for the end. @returns the exit code; -1 when a signal ended it */
  async exit(limitMs: number = PATIENCE_MS): Promise<number> {
    await until(() => this.#exit !== undefined, `${this.#label} has ended`, limitMs);
    return this.#ended;
  }

  get hasEnded(): boolean {
    return this.#exit !== undefined;
  }

  type(input: string | Uint8Array): void {
    this.#child.stdin?.write(input);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, if it still runs, and waits for that. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended.catch(() => {});
  }

  /** Waits for a condition that holds while this process runs: its end is a failure. */
  async until(condition: () => boolean, what: string, limitMs?: number): Promise<void> {
    await until(() => condition() || this.hasEnded, `${this.#label}: ${what}`, limitMs);
    if (!condition()) throw new Error(`${this.#label} ended with ${this.#exit} before: ${what}`);
  }

  /** All that it said, to see why a test failed. */
  get report(): string {
    return `--- ${this.#label}: stdout\n${this.stdout}--- stderr\n${this.stderr}--- exit ${this.#exit ?? "none yet"}`;
  }
}

/** Starts `p2p` with exactly these arguments for a person; it is killed after the test if it still runs. */
export function run(person: Person, args: readonly string[], options: StartOptions = {}): Running {
  const running = person.machine?.start(person, args, options) ?? startHere(person, args, options);
  person.test.onTestFinished(() => running.kill());
  person.test.onTestFailed(() => console.error(running.report));
  return running;
}

function startHere(person: Person, args: readonly string[], options: StartOptions): Running {
  const isPrivileged = process.getuid?.() === 0 && options.isOrdinary === true;
  const command =
    options.executable === undefined
      ? [process.execPath, "--import", preload, options.command ?? binary]
      : [options.executable];
  const [program = "", ...programArgs] = [...(isPrivileged ? WITHOUT_PRIVILEGES : []), ...command];
  const child = spawn(program, [...programArgs, ...args], {
    cwd: person.dir,
    stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: person.stateDir,
      LANG: "C",
      NO_COLOR: "1",
      P2P_STATE_DIR: person.stateDir,
      XDG_CONFIG_HOME: person.stateDir,
      ...options.env,
    },
  });
  return new Running(child, `${person.name}'s p2p ${args[0] ?? ""}`, options.stdout ?? "text");
}

/** `p2p offer` on loopback. */
export function offer(person: Person, args: readonly string[] = [], options: StartOptions = {}): Running {
  return run(person, ["offer", ...LOOPBACK, ...args], options);
}

/** `p2p answer` on loopback. */
export function answer(person: Person, args: readonly string[] = [], options: StartOptions = {}): Running {
  return run(person, ["answer", ...LOOPBACK, ...args], options);
}

export interface Pair {
  ann: Running;
  bob: Running;
}

/** Starts both sides, Ann offering and Bob answering, and carries both files. */
export async function connect(
  { ann, bob }: { ann: Person; bob: Person },
  annArgs: readonly string[],
  bobArgs: readonly string[],
  options: { ann?: StartOptions; bob?: StartOptions } = {},
): Promise<Pair> {
  const pair = { ann: offer(ann, annArgs, options.ann), bob: answer(bob, bobArgs, options.bob) };
  await pair.ann.until(() => existsSync(join(ann.dir, OWN_FILE)), `${OWN_FILE} is written`);
  await carry(ann, bob);
  await pair.bob.until(() => existsSync(join(bob.dir, OWN_FILE)), `${OWN_FILE} is written`);
  await carry(bob, ann);
  return pair;
}

/** Removes the exchange files of people whose line has ended, so that they can meet again. */
export async function clearExchange(...persons: Person[]): Promise<void> {
  for (const { dir } of persons) for (const name of [OWN_FILE, PEER_FILE]) await rm(join(dir, name), { force: true });
}

/** The exit codes of both, Ann's first. */
export async function exits({ ann, bob }: Pair, limitMs?: number): Promise<[number, number]> {
  return Promise.all([ann.exit(limitMs), bob.exit(limitMs)]);
}
