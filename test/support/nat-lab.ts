// Two hosts behind two NATs, and a STUN server in the internet between them: network namespaces of Linux. Needs root,
// ip, nft and sysctl (Debian: iproute2, nftables, procps). Nothing leaves the namespaces. Addresses of a side that has
// no NAT are 198.18.11.10 and 198.18.22.10, or of 2001:db8::/32.
//
//   a 192.168.11.10 ── router ── 198.51.100.11 ┐                ┌ 203.0.113.11 ── router ── 192.168.22.10 b
//                                              ├ net: STUN here ┤
//                                 198.51.100.1 ┘                └ 203.0.113.1
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { Namespace, plug, requireNamespaces, setAddress } from "./network-namespaces.ts";
import { type MapsPorts, startMiniupnpd } from "./miniupnpd.ts";
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
 * `none`: the host has an address of the internet and is open to everybody.
 * `ipv6`: the host has an IPv6 address of the internet and no IPv4; its router lets in only those who were sent to.
 */
export type NatKind = "cone" | "cone-random" | "symmetric" | "full-cone" | "none" | "ipv6";

export interface NatOptions {
  kind: NatKind;
  /** Nothing but TCP passes. */
  blocksUdp?: boolean;
  /** What comes to this port from outside, by UDP or TCP, is passed on to the host. */
  forwardedPort?: number;
  /** The router of `b` maps ports when it is asked by this; its address is then 11.0.22.11. */
  mapsPorts?: MapsPorts;
  /** After which an idle mapping is forgotten. */
  udpTimeoutSeconds?: number;
}

/** A host behind its router. */
export class NattedHost {
  readonly host: Namespace;
  readonly router: Namespace;
  readonly #options: NatOptions;
  /** Of the connection table in which its mappings are. */
  #zone = 1;
  readonly #publicAddress: string;
  readonly #lan: string;

  constructor(host: Namespace, router: Namespace, { wan, lan }: { wan: string; lan: string }, options: NatOptions) {
    this.host = host;
    this.router = router;
    this.#publicAddress = `${wan}.11`;
    this.#lan = lan;
    this.#options = options;
  }

  /** Puts the rules in force. */
  start(): void {
    const { udpTimeoutSeconds = PATIENT_SECONDS } = this.#options;
    this.router.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    if (this.#options.kind === "ipv6") this.router.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1");
    this.router.feed(this.#rules(udpTimeoutSeconds), "nft", "-f", "-");
    for (const name of ["udp_timeout", "udp_timeout_stream"]) {
      this.router.run("sysctl", "-qw", `net.netfilter.nf_conntrack_${name}=${udpTimeoutSeconds}`);
    }
  }

  /** All mappings are forgotten, as when a router starts again. What is in another zone never matches. */
  forget(): void {
    this.#zone += 1;
    this.start();
  }

  /** The host gets another address of its network, as from another access point; by one program, so at one moment. */
  move(): void {
    const steps = [
      "address flush dev eth0",
      `address add ${this.#lan}.20/24 dev eth0`,
      `route add default via ${this.#lan}.1`,
    ];
    this.host.feed(`${steps.join("\n")}\n`, "ip", "-batch", "-");
  }

  /** Whether a `cone-random` has a mapping. */
  get remembers(): boolean {
    return this.router.run("nft", "list", "map", "ip", "lab", "mapped").includes("elements");
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
      case "none":
      case "ipv6":
        return "";
    }
  }

  #rules(timeoutSeconds: number): string {
    const { kind, blocksUdp, forwardedPort } = this.#options;
    const isOpen = kind === "none";
    return `flush ruleset
table inet lab {
  chain zone { type filter hook prerouting priority -300; ct zone set ${this.#zone}; }
  # Dropped, not refused: otherwise the kernel would remember who knocked, and give our own packets to them other ports.
  chain input { type filter hook input priority 0; iifname "wan" meta l4proto { tcp, udp } drop; }
  chain forward { type filter hook forward priority 0; policy drop;
    ${blocksUdp === true ? "meta l4proto udp drop" : ""}
    iifname "lan" ip daddr 192.168.0.0/16 drop
    iifname "lan" oifname "wan" accept
    iifname "wan" oifname "lan" ${isOpen ? "" : "ct state established,related"} accept
    iifname "wan" oifname "lan" ct status dnat accept
  }
}
table ip lab {
  ${this.#mapping(timeoutSeconds)}
  ${forwardedPort === undefined ? "" : forwarding(`${this.#lan}.10`, forwardedPort)}
}
`;
  }
}

function fullCone(host: string, timeoutSeconds: number): string {
  return `set open { type inet_service; flags dynamic,timeout; timeout ${timeoutSeconds}s; }
  chain see { type filter hook forward priority -5;
    iifname "lan" oifname "wan" meta l4proto udp update @open { udp sport }
  }
  chain in { type nat hook prerouting priority -100; iifname "wan" udp dport @open dnat to ${host}; }`;
}

function forwarding(host: string, port: number): string {
  return `chain forwarded { type nat hook prerouting priority -100;
    iifname "wan" meta l4proto { tcp, udp } th dport ${port} dnat to ${host}
  }`;
}

/** @param flags - of the kernel's own choice of ports */
function masquerade(flags: "" | "fully-random"): string {
  return `chain out { type nat hook postrouting priority 100; oifname "wan" masquerade ${flags}; }`;
}

/** The kernel keeps the number that numgen made in the wrong order of bytes: 0x80 sets the top bit of the port. */
/** The map forgets a second after the kernel does: a flow that it still knew would keep its port. */
function coneRandom(publicAddress: string, timeoutSeconds: number): string {
  return `map mapped { type inet_service : inet_service; flags dynamic,timeout; timeout ${timeoutSeconds + 1}s; }
  chain see { type filter hook forward priority -5;
    iifname "lan" oifname "wan" meta l4proto udp update @mapped { udp sport : numgen random mod 65536 | 0x80 }
  }
  chain out { type nat hook postrouting priority 100;
    oifname "wan" meta l4proto udp snat to ${publicAddress}:udp sport map @mapped
  }`;
}

/** The internet's way to everybody who is not in the lab. */
const NOBODY = "192.0.2.2";
let labCount = 0;

export class NatLab {
  readonly a: NattedHost;
  readonly b: NattedHost;
  /** The internet between the routers. */
  readonly net: Namespace;
  /** The options that ask the server of the lab, which has no IPv6 address. */
  readonly stun: readonly string[];
  readonly #server: Running | undefined;

  private constructor(net: Namespace, a: NattedHost, b: NattedHost, server: Running | undefined) {
    this.a = a;
    this.b = b;
    this.net = net;
    this.stun = server === undefined ? ["--no-stun"] : ["--stun", `stun:${STUN_ADDRESS}`];
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
    // What is sent to nobody's address vanishes; without a route the sender would be told, and coturn gives up then.
    net.run("ip", "link", "add", "nowhere", "type", "veth", "peer", "name", "nobody");
    net.run("ip", "link", "set", "nobody", "up");
    await setAddress(net, "nowhere", "192.0.2.1/24");
    net.run("ip", "neighbour", "replace", NOBODY, "lladdr", "02:00:00:00:00:fe", "nud", "permanent", "dev", "nowhere");
    net.run("ip", "route", "add", "default", "via", NOBODY);
    const isIpv6 = a.kind === "ipv6";
    if (isIpv6) net.allowIpv6();
    if (isIpv6) net.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1");
    const sideA = await addSide(make, net, "a", a);
    const sideB = await addSide(make, net, "b", b);
    if (b.mapsPorts !== undefined) {
      // Where a second server is, in every lab.
      net.run("ip", "address", "add", `${networksOf("b", { kind: b.kind }).wan}.1/32`, "dev", "to-b");
      await startMiniupnpd(test, sideB.router, b.mapsPorts);
    }
    if (isIpv6) return new NatLab(net, sideA, sideB, undefined);
    const server = await startServer(test, net, STUN_ADDRESS, STUN_PORT);
    return new NatLab(net, sideA, sideB, server);
  }

  /** How the server has seen a side, each time that it asked: `address:port`. */
  asked(side: "a" | "b"): string[] {
    const address = side === "a" ? "198.51.100.11:" : "203.0.113.11:";
    return this.#server?.lines.filter((line) => line.startsWith(address)) ?? [];
  }
}

/** The first part of the addresses on both sides of a router. */
interface Networks {
  wan: string;
  lan: string;
}

const SEPARATOR = { 4: ".", 6: "::" } as const;

/** miniupnpd maps nothing where its own address is one for documentation. */
const MAPPING_WAN = "11.0.22";

function networksOf(letter: "a" | "b", { kind, mapsPorts }: NatOptions): Networks {
  const isA = letter === "a";
  if (kind === "ipv6")
    return isA ? { wan: "2001:db8:a", lan: "2001:db8:11" } : { wan: "2001:db8:b", lan: "2001:db8:22" };
  const wan = isA ? "198.51.100" : "203.0.113";
  if (mapsPorts !== undefined) return { wan: MAPPING_WAN, lan: "192.168.22" };
  if (kind === "none") return { wan, lan: isA ? "198.18.11" : "198.18.22" };
  return { wan, lan: isA ? "192.168.11" : "192.168.22" };
}

async function startServer(test: TestContext, net: Namespace, ...args: string[]): Promise<Running> {
  const server = new Running(net.spawn(process.execPath, [stunServer, ...args]), "a STUN server");
  test.onTestFinished(() => server.kill());
  await server.prints("listening");
  return server;
}

async function addSide(
  make: (letters: string) => Namespace,
  net: Namespace,
  letter: "a" | "b",
  options: NatOptions,
): Promise<NattedHost> {
  const { kind } = options;
  const { wan, lan } = networksOf(letter, options);
  const isIpv6 = kind === "ipv6";
  const [host, router] = [make(letter), make(`r${letter}`)];
  if (isIpv6) for (const namespace of [host, router]) namespace.allowIpv6();
  const [dot, length, ip] = isIpv6 ? [SEPARATOR[6], 64, ["-6"]] : [SEPARATOR[4], 24, []];
  const at = (network: string, number: number): string => `${network}${dot}${number}`;
  plug(host, "eth0", router, "lan");
  plug(router, "wan", net, `to-${letter}`);
  await Promise.all([
    setAddress(host, "eth0", `${at(lan, 10)}/${length}`),
    setAddress(router, "lan", `${at(lan, 1)}/${length}`),
  ]);
  await Promise.all([
    setAddress(router, "wan", `${at(wan, 11)}/${length}`),
    setAddress(net, `to-${letter}`, `${at(wan, 1)}/${length}`),
  ]);
  host.run("ip", ...ip, "route", "add", "default", "via", at(lan, 1));
  router.run("ip", ...ip, "route", "add", "default", "via", at(wan, 1));
  // What is behind a NAT has no way in but through it.
  if (isIpv6 || kind === "none") net.run("ip", ...ip, "route", "add", `${at(lan, 0)}/${length}`, "via", at(wan, 11));
  const natted = new NattedHost(host, router, { wan, lan }, options);
  natted.start();
  return natted;
}
