// Windows for tests: Wine with Node for Windows. A run of tests has one prefix (a disk C: and a registry), because making
// it takes seconds and 700 MB; each test has folders of its own on that disk. What is started there writes to files,
// because Node under Wine 8 ends with EBADF where its output is a pipe.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { WINDOWS_NODE } from "../../scripts/support/other-nodes.mjs";
import {
  binary,
  type Machine,
  type Person,
  removeFolder,
  Running,
  type StartOptions,
  type WrittenFiles,
} from "./processes.ts";

/** Debian's wine64 itself: the script around it wants 32 bits as well. */
const WINE = "/usr/lib/wine/wine64";
const SERVER = "/usr/lib/wine/wineserver64";
/** A step of making or ending a prefix takes seconds, on a busy machine half a minute. */
const STEP_MS = 300_000;
/** The project on a disk of its own: Wine shows the whole of this system as Z:, with a /proc that Windows has not. */
const PROJECT_DRIVE = "p:";
const NO_NAMES = "file:///P:/test/support/no-names.mjs";
const HOLDER = fileURLToPath(new URL("windows-holder.mjs", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Ends the programs of a prefix, and the prefix. */
export interface WineRun {
  readonly prefix: string;
  close(): Promise<void>;
}

function environment(prefix: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    // Windows' folders of a person become links into this one.
    HOME: prefix,
    LC_ALL: "C.UTF-8",
    WINEPREFIX: prefix,
    WINEDEBUG: "-all",
    // Neither is installed: without this Wine asks to install them, and puts entries into the menus.
    WINEDLLOVERRIDES: "mscoree,mshtml,winemenubuilder.exe=",
  };
}

/**
 * Makes a prefix and keeps its server running.
 * @throws Error that says what to install
 */
export async function startWine(): Promise<WineRun> {
  if (!existsSync(WINE)) throw new Error("This test needs Wine: apt-get install --no-install-recommends wine wine64");
  if (!existsSync(WINDOWS_NODE.program))
    throw new Error("This test needs Node for Windows: node scripts/other-nodes.mjs");
  const prefix = await mkdtemp(join(tmpdir(), "p2p-wine-"));
  const env = environment(prefix);
  const run = (program: string, ...args: string[]): void => {
    execFileSync(program, args, { env, stdio: "ignore", timeout: STEP_MS });
  };
  const close = async (): Promise<void> => {
    // It is the server of this prefix only, and its programs end with it.
    run(SERVER, "--kill");
    run(SERVER, "--wait");
    await removeFolder(prefix);
  };
  try {
    // It ends by itself a minute after the last program, should this process be killed.
    run(SERVER, "--persistent=60");
    run(WINE, "wineboot", "--init");
    // Node wants Windows 8.1 at least, and Wine 8 says that it is Windows 7.
    run(WINE, "winecfg", "/v", "win10");
    await symlink(root, join(prefix, "dosdevices", PROJECT_DRIVE));
    await symlink(WINDOWS_NODE.program, join(prefix, "drive_c", "node.exe"));
  } catch (error) {
    await close();
    throw error;
  }
  return { prefix, close };
}

/** The computer that a prefix is: people live on it, and programs run. */
export class WindowsMachine implements Machine {
  readonly #prefix: string;
  #started = 0;

  /** @param prefix - of a `WineRun`; in tests of the project `windows` it is `inject("winePrefix")` */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Makes people with empty folders on the disk C:; removed after the test. */
  async people<Name extends string>(test: TestContext, ...names: Name[]): Promise<Record<Name, Person>> {
    const base = await mkdtemp(join(this.#prefix, "drive_c", "p2p-"));
    test.onTestFinished(() => removeFolder(base));
    const made: Partial<Record<Name, Person>> = {};
    for (const name of names) {
      made[name] = { name, dir: join(base, name), stateDir: join(base, `${name}-state`), test, machine: this };
      await mkdir(join(base, name));
    }
    return made as Record<Name, Person>;
  }

  /** The path that programs there have for one on the disk C:, or in the project. */
  path(here: string): string {
    const disk = join(this.#prefix, "drive_c");
    const [drive, rest] = here.startsWith(`${disk}/`)
      ? ["C:", here.slice(disk.length)]
      : ["P:", `/${here.slice(root.length)}`];
    if (drive === "P:" && !here.startsWith(root)) throw new TypeError(`Windows does not see ${here}`);
    return `${drive}${rest.replaceAll("/", "\\")}`;
  }

  /** The words of a command there: Node with the built `p2p`, or the program that is asked for (a path of this system). */
  command(args: readonly string[], { command = binary, executable }: StartOptions = {}): [string, ...string[]] {
    const program =
      executable === undefined ? ["C:\\node.exe", "--import", NO_NAMES, this.path(command)] : [this.path(executable)];
    return [WINE, ...program, ...args];
  }

  /** The environment of what a person starts there. */
  environment(person: Person, more: Record<string, string> = {}): Record<string, string> {
    const P2P_STATE_DIR = this.path(person.stateDir);
    return { ...environment(this.#prefix), NO_COLOR: "1", LANG: "C", P2P_STATE_DIR, ...more };
  }

  start(person: Person, args: readonly string[], options: StartOptions): Running {
    if (options.stdin === "pipe") throw new TypeError("under Wine Node takes no pipe");
    this.#started += 1;
    const output = `${person.stateDir}-${this.#started}`;
    const files = { stdout: `${output}.out`, stderr: `${output}.err` };
    const child = this.spawn(this.command(args, options), files, person.dir, this.environment(person, options.env));
    return new Running(child, `${person.name}'s p2p ${args[0] ?? ""} on Windows`, files);
  }

  /**
   * Has another program hold a file of a person: `alone`, as a download does, or `readable`, as an editor does: others
   * can read it, and not rename, replace or remove it.
   */
  async hold(person: Person, name: string, how: "alone" | "readable"): Promise<{ release(): Promise<void> }> {
    this.#started += 1;
    const output = `${person.stateDir}-${this.#started}`;
    const files = { stdout: `${output}.out`, stderr: `${output}.err` };
    const [file, end] = [this.path(join(person.dir, name)), `${output}.end`];
    const holder = ["C:\\node.exe", this.path(HOLDER)];
    const words =
      how === "alone"
        ? [...holder, file, this.path(end)]
        : // cmd opens its input so that others can only read it.
          ["cmd", "/c", ...holder, "-", this.path(end), "<", file];
    const child = this.spawn([WINE, ...words], files, person.dir, this.environment(person));
    const running = new Running(child, `what holds ${name}`, files);
    const release = async (): Promise<void> => {
      await writeFile(end, "");
      await running.exit();
    };
    person.test.onTestFinished(release);
    await running.prints("held");
    return { release };
  }

  /** Starts the words of a command. */
  spawn(
    [program, ...args]: [string, ...string[]],
    files: WrittenFiles,
    cwd: string,
    env: Record<string, string>,
  ): ChildProcess {
    const out = openSync(files.stdout, "w");
    const err = openSync(files.stderr, "w");
    try {
      return spawn(program, args, { cwd, env, stdio: ["ignore", out, err] });
    } finally {
      closeSync(out);
      closeSync(err);
    }
  }
}
