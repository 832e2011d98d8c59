// Machines of their own: network namespaces of Linux. Two that are joined by one cable: what one of them sends anywhere
// goes out on the cable, and a capture sees it. Needs root, ip and sysctl (Debian: iproute2, procps), and tcpdump.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { atEarlyEnd, killAtEarlyEnd } from "./early-end.mjs";
import { binary, type Person, Running, until } from "./processes.ts";

/** What the tests with namespaces run, the packages that have it, and how it tells its version. */
const TOOLS = {
  ip: { package: "iproute2", asked: "-V" },
  miniupnpd: { package: "miniupnpd-nftables", asked: "--version" },
  nft: { package: "nftables", asked: "-V" },
  openssl: { package: "openssl", asked: "version" },
  sysctl: { package: "procps", asked: "-V" },
  tcpdump: { package: "tcpdump", asked: "--version" },
  turnserver: { package: "coturn", asked: "--version" },
};
const preload = pathToFileURL(fileURLToPath(new URL("./no-names.mjs", import.meta.url))).href;
const NETWORK = "10.213.77";
const LOOPBACK = "127.0.0.1";
/** A port on which a test says where it is in a capture. */
const MARK_PORT = 9;

/** @throws Error that names what is missing */
export function requireNamespaces(...tools: (keyof typeof TOOLS)[]): void {
  if (process.getuid?.() !== 0) throw new Error("This test makes network namespaces: run it as root");
  for (const tool of tools) {
    const { package: name, asked } = TOOLS[tool];
    const { error } = spawnSync(tool, [asked], { stdio: "ignore" });
    if (error !== undefined) throw new Error(`This test needs ${tool}: apt-get install ${name}`);
  }
}

const ADDRESS = String.raw`(\d+\.\d+\.\d+\.\d+)`;
/** A line of tcpdump: what goes out; on loopback it is seen as it comes in. */
const SENT = new RegExp(String.raw` (?:\S+ +Out|lo +In) +IP ${ADDRESS}(?:\.\d+)? > ${ADDRESS}(?:\.(\d+))?: `);

/** One packet of a capture. */
export interface SeenPacket {
  from: string;
  to: string;
  /** Undefined where the protocol has none. */
  port: number | undefined;
}

/** A network stack with loopback and nothing else, until somebody puts cables in. */
export class Namespace {
  readonly name: string;
  readonly #forget: () => void;

  /** Makes it; whoever does removes it. */
  constructor(name: string) {
    this.name = name;
    this.#forget = atEarlyEnd(() => this.remove());
    execFileSync("ip", ["netns", "add", name]);
    // Without it the kernel itself looks for routers and neighbours.
    this.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
    this.run("ip", "link", "set", "lo", "up");
  }

  /** Before its cables get addresses. */
  allowIpv6(): void {
    this.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0", "net.ipv6.conf.default.disable_ipv6=0");
  }

  remove(): void {
    this.#forget();
    spawnSync("ip", ["netns", "delete", this.name], { stdio: "ignore" });
  }

  /** Runs a program here to its end. @returns its stdout */
  run(command: string, ...args: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.name, command, ...args], { encoding: "utf8" });
  }

  /** Runs a program here that reads `input`. */
  feed(input: string, command: string, ...args: string[]): void {
    execFileSync("ip", ["netns", "exec", this.name, command, ...args], { input });
  }

  /** Starts a program here. */
  spawn(
    command: string,
    args: readonly string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ): ChildProcess {
    const child = spawn("ip", ["netns", "exec", this.name, command, ...args], {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
    });
    killAtEarlyEnd(child);
    return child;
  }

  /** Starts `p2p` for a person here; it is killed after the person's test if it still runs. */
  start(person: Person, ...args: string[]): Running {
    return this.startWith(person, {}, ...args);
  }

  /** The same with variables of its environment. */
  startWith(person: Person, env: Readonly<Record<string, string>>, ...args: string[]): Running {
    const child = this.spawn(process.execPath, ["--import", preload, binary, ...args], {
      cwd: person.dir,
      env: { PATH: process.env.PATH, HOME: person.stateDir, LANG: "C", P2P_STATE_DIR: person.stateDir, ...env },
    });
    const running = new Running(child, `${person.name}'s p2p ${args[0] ?? ""}`);
    person.test.onTestFinished(() => running.kill());
    person.test.onTestFailed(() => console.error(running.report));
    return running;
  }
}

/** Puts a cable between two. It is in when both ends are up. */
export function plug(one: Namespace, oneEnd: string, other: Namespace, otherEnd: string): void {
  const ends = ["name", oneEnd, "netns", one.name, "type", "veth", "peer", "name", otherEnd, "netns", other.name];
  execFileSync("ip", ["link", "add", ...ends]);
}

/** Gives an end of a cable an address, and waits until packets can pass. */
export async function setAddress(namespace: Namespace, device: string, withLength: string): Promise<void> {
  // Nobody else can have the address, so that nobody need be asked.
  const flags = withLength.includes(":") ? ["nodad"] : [];
  namespace.run("ip", "address", "add", withLength, "dev", device, ...flags);
  await setUp(namespace, device);
}

/** Lets packets pass at an end of a cable, and waits until they can. */
export async function setUp(namespace: Namespace, device: string): Promise<void> {
  namespace.run("ip", "link", "set", device, "up");
  await until(() => namespace.run("ip", "link", "show", device).includes("state UP"), "the cable is in");
}

export class Machine extends Namespace {
  readonly address: string;

  private constructor(namespace: string, address: string) {
    super(namespace);
    this.address = address;
  }

  /** Two machines, each the other's way to everywhere. They are gone after the test. */
  static async pair(): Promise<[Machine, Machine]> {
    requireNamespaces("ip", "sysctl", "tcpdump");
    const made: Machine[] = [];
    onTestFinished(() => {
      for (const machine of made) machine.remove();
    });
    const make = (letter: string, number: number): Machine => {
      const machine = new Machine(`p2p-${process.pid}-${letter}`, `${NETWORK}.${number}`);
      made.push(machine);
      return machine;
    };
    const [a, b] = [make("a", 1), make("b", 2)];
    plug(a, "eth0", b, "eth0");
    await Promise.all([a, b].map((machine) => setAddress(machine, "eth0", `${machine.address}/24`)));
    a.run("ip", "route", "add", "default", "via", b.address);
    b.run("ip", "route", "add", "default", "via", a.address);
    return [a, b];
  }

  /** Starts to capture what this machine sends on all its interfaces. */
  async capture(): Promise<Capture> {
    // ARP, by which the kernel finds the other end of the cable, is no packet of a program. Frames of the default length
    // leave room for eight packets, and the kernel drops what a burst has beyond them.
    const args = ["--immediate-mode", "-s", "256", "-B", "16384", "-l", "-n", "-i", "any", "ip"];
    const child = this.spawn("tcpdump", args);
    const capture = new Capture(this, child);
    onTestFinished(() => capture.stop());
    await capture.started();
    return capture;
  }
}

export class Capture {
  readonly #machine: Machine;
  readonly #child: ChildProcess;
  #text = "";
  #log = "";
  #markCount = 0;

  constructor(machine: Machine, child: ChildProcess) {
    this.#machine = machine;
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
    });
  }

  async started(): Promise<void> {
    await until(() => this.#log.includes("listening on"), "tcpdump captures");
  }

  /**
   * Everything that was sent until now: sends a datagram of its own and waits until the capture has it, so that
   * what went before it is there as well.
   */
  async packets(): Promise<SeenPacket[]> {
    this.#markCount += 1;
    const marks = (): number => this.#all().filter(({ port }) => port === MARK_PORT).length;
    const script = `const s = require("dgram").createSocket("udp4"); s.send("mark", ${MARK_PORT}, "${LOOPBACK}", () => s.close())`;
    this.#machine.run(process.execPath, "-e", script);
    await until(() => marks() >= this.#markCount, "the mark is in the capture");
    return this.#all().filter((packet) => !isMark(packet));
  }

  #all(): SeenPacket[] {
    return this.#text
      .split("\n")
      .slice(0, -1)
      .flatMap((line) => {
        const [, from, to, port] = SENT.exec(line) ?? [];
        if (from === undefined || to === undefined) return [];
        return [{ from, to, port: port === undefined ? undefined : Number(port) }];
      });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}

/** Or what the kernel says to itself about it: that nobody listens there. */
function isMark({ from, to, port }: SeenPacket): boolean {
  return from === LOOPBACK && to === LOOPBACK && (port === MARK_PORT || port === undefined);
}
