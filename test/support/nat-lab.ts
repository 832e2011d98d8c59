// Two hosts behind two NATs, and a STUN server in the internet between them: network namespaces of Linux. Needs root,
// ip, nft and sysctl (Debian: iproute2, nftables, procps). Nothing leaves the namespaces.
//
//   a 192.168.11.10 ── router ── 198.51.100.11 ┐                ┌ 203.0.113.11 ── router ── 192.168.22.10 b
//                                              ├ net: STUN here ┤
//                                 198.51.100.1 ┘                └ 203.0.113.1
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { Namespace, plug, requireNamespaces, setAddress } from "./network-namespaces.ts";
import { Running } from "./processes.ts";

const STUN_ADDRESS = "198.51.100.1";
const STUN_PORT = "3478";
const stunServer = fileURLToPath(new URL("./stun-server.mjs", import.meta.url));

/** Long enough to outlive every test. */
const PATIENT_SECONDS = 600;

/**
 * What a router makes of the port of a socket behind it; the three that come first let in only those who were sent to.
 * `cone`: the same port for every destination, and the same again after it was forgotten.
 * `cone-random`: one port for every destination, and another one after it was forgotten.
 * `symmetric`: another port for each destination.
 * `full-cone`: as a cone, and everybody is let in where something was sent from.
 */
export type NatKind = "cone" | "cone-random" | "symmetric" | "full-cone";

export interface NatOptions {
  kind: NatKind;
  /** After which an idle mapping is forgotten. */
  udpTimeoutSeconds?: number;
  /** Nothing but TCP passes. */
  blocksUdp?: boolean;
}

/** A host behind its router. */
export class NattedHost {
  readonly host: Namespace;
  readonly #router: Namespace;
  readonly #options: NatOptions;
  /** Of the connection table in which its mappings are. */
  #zone = 1;
  readonly #publicAddress: string;
  readonly #lan: string;

  constructor(host: Namespace, router: Namespace, { wan, lan }: { wan: string; lan: string }, options: NatOptions) {
    this.host = host;
    this.#router = router;
    this.#publicAddress = `${wan}.11`;
    this.#lan = lan;
    this.#options = options;
  }

  /** Puts the rules in force. */
  start(): void {
    const { udpTimeoutSeconds = PATIENT_SECONDS } = this.#options;
    this.#router.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    this.#router.feed(this.#rules(udpTimeoutSeconds), "nft", "-f", "-");
    for (const name of ["udp_timeout", "udp_timeout_stream"]) {
      this.#router.run("sysctl", "-qw", `net.netfilter.nf_conntrack_${name}=${udpTimeoutSeconds}`);
    }
  }

  /** All mappings are forgotten, as when a router starts again. What is in another zone never matches. */
  forget(): void {
    this.#zone += 1;
    this.start();
  }

  /** The host gets another address of its network, as from another access point. */
  move(): void {
    this.host.run("ip", "address", "flush", "dev", "eth0");
    this.host.run("ip", "address", "add", `${this.#lan}.20/24`, "dev", "eth0");
    this.host.run("ip", "route", "add", "default", "via", `${this.#lan}.1`);
  }

  /** Whether a `cone-random` has a mapping. */
  get remembers(): boolean {
    return this.#router.run("nft", "list", "map", "ip", "lab", "mapped").includes("elements");
  }

  #mapping(timeoutSeconds: number): string {
    switch (this.#options.kind) {
      case "cone":
        return masquerade("");
      case "symmetric":
        return masquerade("fully-random");
      case "cone-random":
        return coneRandom(this.#publicAddress, timeoutSeconds);
      case "full-cone":
        return `${masquerade("")}\n${fullCone(`${this.#lan}.10`, timeoutSeconds)}`;
    }
  }

  #rules(timeoutSeconds: number): string {
    return `flush ruleset
table ip lab {
  chain zone { type filter hook prerouting priority -300; ct zone set ${this.#zone}; }
  # Dropped, not refused: otherwise the kernel would remember who knocked, and give our own packets to them other ports.
  chain input { type filter hook input priority 0; iifname "wan" drop; }
  chain forward { type filter hook forward priority 0; policy drop;
    ${this.#options.blocksUdp === true ? "meta l4proto udp drop" : ""}
    iifname "lan" ip daddr 192.168.0.0/16 drop
    iifname "lan" oifname "wan" accept
    iifname "wan" oifname "lan" ct state established,related accept
    iifname "wan" oifname "lan" ct status dnat accept
  }
  ${this.#mapping(timeoutSeconds)}
}
`;
  }
}

/** @param flags - of the kernel's own choice of ports */
function masquerade(flags: "" | "fully-random"): string {
  return `chain out { type nat hook postrouting priority 100; oifname "wan" masquerade ${flags}; }`;
}

function fullCone(host: string, timeoutSeconds: number): string {
  return `set open { type inet_service; flags dynamic,timeout; timeout ${timeoutSeconds}s; }
  chain see { type filter hook forward priority -5;
    iifname "lan" oifname "wan" meta l4proto udp update @open { udp sport }
  }
  chain in { type nat hook prerouting priority -100; iifname "wan" udp dport @open dnat to ${host}; }`;
}

/** The kernel keeps the number that numgen made in the wrong order of bytes: 0x80 sets the top bit of the port. */
function coneRandom(publicAddress: string, timeoutSeconds: number): string {
  return `map mapped { type inet_service : inet_service; flags dynamic,timeout; timeout ${timeoutSeconds}s; }
  chain see { type filter hook forward priority -5;
    iifname "lan" oifname "wan" meta l4proto udp update @mapped { udp sport : numgen random mod 65536 | 0x80 }
  }
  chain out { type nat hook postrouting priority 100;
    oifname "wan" meta l4proto udp snat to ${publicAddress}:udp sport map @mapped
  }`;
}

let labCount = 0;

export class NatLab {
  readonly a: NattedHost;
  readonly b: NattedHost;
  /** The option that asks the server of the lab. */
  readonly stun = ["--stun", `stun:${STUN_ADDRESS}`] as const;
  /** The internet between the routers. */
  readonly net: Namespace;
  readonly #server: Running;

  private constructor(a: NattedHost, b: NattedHost, net: Namespace, server: Running) {
    this.a = a;
    this.b = b;
    this.net = net;
    this.#server = server;
  }

  /** Builds it for one test, after which it is gone. */
  static async open(test: TestContext, a: NatOptions, b: NatOptions): Promise<NatLab> {
    requireNamespaces("ip", "nft", "sysctl");
    labCount += 1;
    const number = labCount;
    const made: Namespace[] = [];
    test.onTestFinished(() => {
      for (const namespace of made) namespace.remove();
    });
    const make = (letters: string): Namespace => {
      const namespace = new Namespace(`p2p-${process.pid}-${number}-${letters}`);
      made.push(namespace);
      return namespace;
    };
    const net = make("net");
    net.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    const sideA = await addSide(make, net, { letter: "a", wan: "198.51.100", lan: "192.168.11" }, a);
    const sideB = await addSide(make, net, { letter: "b", wan: "203.0.113", lan: "192.168.22" }, b);
    const server = new Running(net.spawn(process.execPath, [stunServer, STUN_ADDRESS, STUN_PORT]), "the STUN server");
    test.onTestFinished(() => server.kill());
    await server.prints("listening");
    return new NatLab(sideA, sideB, net, server);
  }

  /** How the server has seen a side, each time that it asked: `address:port`. */
  asked(side: "a" | "b"): string[] {
    const address = side === "a" ? "198.51.100.11:" : "203.0.113.11:";
    return this.#server.lines.filter((line) => line.startsWith(address));
  }
}

async function addSide(
  make: (letters: string) => Namespace,
  net: Namespace,
  { letter, wan, lan }: { letter: string; wan: string; lan: string },
  options: NatOptions,
): Promise<NattedHost> {
  const [host, router] = [make(letter), make(`r${letter}`)];
  plug(host, "eth0", router, "lan");
  plug(router, "wan", net, `to-${letter}`);
  await Promise.all([setAddress(host, "eth0", `${lan}.10/24`), setAddress(router, "lan", `${lan}.1/24`)]);
  await Promise.all([setAddress(router, "wan", `${wan}.11/24`), setAddress(net, `to-${letter}`, `${wan}.1/24`)]);
  host.run("ip", "route", "add", "default", "via", `${lan}.1`);
  router.run("ip", "route", "add", "default", "via", `${wan}.1`);
  const natted = new NattedHost(host, router, { wan, lan }, options);
  natted.start();
  return natted;
}
