// Two hosts that can go to another network while they talk, and the internet between them, which can be cut: network
// namespaces of Linux. Needs root, ip, nft and sysctl, and turnserver for a relay (Debian: iproute2, nftables, procps,
// coturn). Nothing leaves the namespaces.
//
//   a 198.18.11.10, then 198.18.12.10 ── net 198.51.100.1: TURN here ── b 198.18.21.10, then 198.18.22.10
import type { TestContext } from "vitest";
import { Namespace, plug, requireNamespaces, setAddress, setUp } from "./network-namespaces.ts";
import { Running, until } from "./processes.ts";

const TURN_ADDRESS = "198.51.100.1";
const TURN_PORT = 3_478;
const USER = "lab";
const PASSWORD = "a secret";

export interface MovingLabOptions {
  /** How the hosts reach each other; `nat`: directly, and a is behind a router that lets in only whom a sent to. */
  way: "direct" | "nat" | "relay";
}

/** A host with a cable to each of two networks, one of which is in. */
export class MovingHost {
  readonly namespace: Namespace;
  readonly #networks: readonly [string, string];

  constructor(namespace: Namespace, networks: readonly [string, string]) {
    this.namespace = namespace;
    this.#networks = networks;
  }

  /** The second cable is in as well. Its address and the way behind it are there at one moment. */
  async enter(): Promise<void> {
    const [, network] = this.#networks;
    await setUp(this.namespace, "eth1");
    const steps = [`address add ${network}.10/24 dev eth1`, `route add default via ${network}.1 metric 100`];
    this.namespace.feed(`${steps.join("\n")}\n`, "ip", "-batch", "-");
  }

  /** The first cable is out. */
  leave(): void {
    this.namespace.run("ip", "address", "flush", "dev", "eth0");
    this.namespace.run("ip", "link", "set", "eth0", "down");
  }
}

let labCount = 0;

export class MovingLab {
  readonly a: MovingHost;
  readonly b: MovingHost;
  /** What asks the TURN server, and what a program that does has in its environment. */
  readonly turn = {
    args: ["--turn", `turn:${TURN_ADDRESS}:${TURN_PORT}`],
    env: { P2P_TURN_USER: USER, P2P_TURN_PASSWORD: PASSWORD },
  } as const;
  readonly #net: Namespace;

  private constructor(a: MovingHost, b: MovingHost, net: Namespace) {
    this.a = a;
    this.b = b;
    this.#net = net;
  }

  /** Builds it for one test, after which it is gone. */
  static async open(test: TestContext, { way }: MovingLabOptions): Promise<MovingLab> {
    requireNamespaces("ip", "nft", "sysctl");
    labCount += 1;
    const number = labCount;
    const made: Namespace[] = [];
    test.onTestFinished(() => {
      for (const namespace of made) namespace.remove();
    });
    const make = (letter: string): Namespace => {
      const namespace = new Namespace(`p2p-${process.pid}-m${number}-${letter}`);
      made.push(namespace);
      return namespace;
    };
    const net = make("net");
    net.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    net.run("ip", "address", "add", `${TURN_ADDRESS}/32`, "dev", "lo");
    const a = await addHost(make("a"), net, "a", ["198.18.11", "198.18.12"]);
    const b = await addHost(make("b"), net, "b", ["198.18.21", "198.18.22"]);
    if (way === "nat") net.feed(NAT, "nft", "-f", "-");
    if (way === "relay") net.feed(NO_DIRECT_WAY, "nft", "-f", "-");
    if (way === "relay") await startTurnServer(test, net);
    return new MovingLab(a, b, net);
  }

  /** From now on nothing passes. */
  cut(): void {
    this.#net.feed(CUT, "nft", "-f", "-");
  }

  mend(): void {
    this.#net.run("nft", "delete", "table", "inet", "cut");
  }
}

const CUT = `table inet cut {
  chain forward { type filter hook forward priority -10; policy drop; }
  chain input { type filter hook input priority -10; policy drop; iifname "lo" accept; }
}
`;
const NO_DIRECT_WAY = `table ip lab {
  chain forward { type filter hook forward priority 0; policy drop; }
}
`;
const NAT = `table ip lab {
  chain forward { type filter hook forward priority 0; iifname "to-b*" ct state new drop; }
  chain out { type nat hook postrouting priority 100; oifname "to-b*" masquerade fully-random; }
}
`;

async function addHost(
  host: Namespace,
  net: Namespace,
  letter: "a" | "b",
  networks: readonly [string, string],
): Promise<MovingHost> {
  for (const [index, network] of networks.entries()) {
    plug(host, `eth${index}`, net, `to-${letter}${index}`);
    net.run("ip", "address", "add", `${network}.1/24`, "dev", `to-${letter}${index}`);
    net.run("ip", "link", "set", `to-${letter}${index}`, "up");
  }
  await setAddress(host, "eth0", `${networks[0]}.10/24`);
  host.run("ip", "route", "add", "default", "via", `${networks[0]}.1`);
  return new MovingHost(host, networks);
}

async function startTurnServer(test: TestContext, net: Namespace): Promise<void> {
  const child = net.spawn("turnserver", [
    "-n",
    `--listening-ip=${TURN_ADDRESS}`,
    `--relay-ip=${TURN_ADDRESS}`,
    `--listening-port=${TURN_PORT}`,
    "--lt-cred-mech",
    `--user=${USER}:${PASSWORD}`,
    "--realm=lab.example",
    "--relay-threads=1",
    "--no-cli",
    "--no-tls",
    "--no-dtls",
    "--userdb=/dev/null",
    "--pidfile=/dev/null",
    "--log-file=stdout",
  ]);
  const server = new Running(child, "coturn");
  test.onTestFinished(() => server.kill());
  const listens = (): boolean => net.run("ss", "-Hlnu").includes(`${TURN_ADDRESS}:${TURN_PORT} `);
  await until(() => listens() || server.hasEnded, "coturn listens");
  if (server.hasEnded) throw new Error(`coturn has ended: ${server.report}`);
}
