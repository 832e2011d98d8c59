// Two machines of their own, joined by one cable: network namespaces of Linux. What one of them sends anywhere goes
// out on the cable, and a capture sees it. Needs root, ip (Debian: iproute2) and tcpdump.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { until } from "./processes.ts";

const PACKAGES = { ip: "iproute2", tcpdump: "tcpdump" };
const NETWORK = "10.213.77";
const LOOPBACK = "127.0.0.1";
/** A port on which a test says where it is in a capture. */
const MARK_PORT = 9;

/** @throws Error that names what is missing */
export function requireNamespaces(): void {
  if (process.getuid?.() !== 0) throw new Error("This test makes network namespaces: run it as root");
  for (const [tool, name] of Object.entries(PACKAGES)) {
    const { error } = spawnSync(tool, ["-V"], { stdio: "ignore" });
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

export class Machine {
  readonly address: string;
  readonly #namespace: string;

  private constructor(namespace: string, address: string) {
    this.#namespace = namespace;
    this.address = address;
  }

  /** Two machines, each the other's way to everywhere. They are gone after the test. */
  static async pair(): Promise<[Machine, Machine]> {
    requireNamespaces();
    const name = `p2p-${process.pid}`;
    const machines = ["a", "b"].map((letter, index) => new Machine(`${name}-${letter}`, `${NETWORK}.${index + 1}`));
    const [a, b] = machines as [Machine, Machine];
    onTestFinished(() => {
      for (const { namespace } of machines) spawnSync("ip", ["netns", "delete", namespace], { stdio: "ignore" });
    });
    for (const { namespace } of machines) execFileSync("ip", ["netns", "add", namespace]);
    const ends = ["name", "eth0", "netns", a.#namespace, "type", "veth", "peer", "name", "eth0", "netns", b.#namespace];
    execFileSync("ip", ["link", "add", ...ends]);
    for (const machine of [a, b]) {
      // Without it the kernel itself looks for routers and neighbours.
      machine.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
      machine.run("ip", "link", "set", "lo", "up");
      machine.run("ip", "address", "add", `${machine.address}/24`, "dev", "eth0");
      machine.run("ip", "link", "set", "eth0", "up");
    }
    for (const [machine, other] of [
      [a, b],
      [b, a],
    ] as const) {
      machine.run("ip", "route", "add", "default", "via", other.address);
      await until(() => machine.run("ip", "link", "show", "eth0").includes("state UP"), "the cable is in");
    }
    return [a, b];
  }

  get namespace(): string {
    return this.#namespace;
  }

  /** Runs a program on this machine to its end. @returns its stdout */
  run(command: string, ...args: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.#namespace, command, ...args], { encoding: "utf8" });
  }

  /** Starts a program on this machine. */
  spawn(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): ChildProcess {
    return spawn("ip", ["netns", "exec", this.#namespace, command, ...args], {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Starts to capture what this machine sends on all its interfaces. */
  async capture(): Promise<Capture> {
    // ARP, by which the kernel finds the other end of the cable, is no packet of a program.
    const args = ["--immediate-mode", "-l", "-n", "-i", "any", "ip"];
    const child = spawn("ip", ["netns", "exec", this.#namespace, "tcpdump", ...args]);
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
