// Pairs of sides drawn from what has been published about networks, and what becomes of each of them: who connects, by
// what, how fast and for how many packets. docs/networks.md has the table, the sources, and what is only assumed.
import { seededRandom } from "../seeded-random.ts";
import { type NatKind, NatWorld, type Place } from "./nat-world.ts";

/** Where a side is. */
export type Network = "public" | "home" | "home behind carrier NAT" | "mobile" | "UDP blocked";

/** Shares of sides; they add up to 1. */
export const NETWORK_SHARES: readonly (readonly [Network, number])[] = [
  ["public", 0.05],
  ["home", 0.58],
  ["home behind carrier NAT", 0.12],
  ["mobile", 0.2],
  ["UDP blocked", 0.05],
];

/** Shares of routers in each network: what they do to addresses. */
export const NAT_SHARES: Readonly<Record<Network, readonly (readonly [NatKind, number])[]>> = {
  public: [["none", 1]],
  home: [
    ["symmetric", 0.11],
    ["full-cone", 0.1],
    ["restricted-cone", 0.1],
    ["cone", 0.69],
  ],
  "home behind carrier NAT": [
    ["symmetric", 0.11],
    ["full-cone", 0.1],
    ["restricted-cone", 0.1],
    ["cone", 0.69],
  ],
  mobile: [
    ["symmetric", 0.4],
    ["full-cone", 0.2],
    ["cone", 0.4],
  ],
  "UDP blocked": [["symmetric", 1]],
};

/** Of home routers that one router alone stands behind: it maps a port when it is asked. */
const MAPS_PORTS_SHARE = 0.35;
/** Of all sides. */
const IPV6_SHARE = 0.45;

/** What of a pair's possibilities is used. */
export interface Means {
  hasPortMapping: boolean;
  hasIpv6: boolean;
  /** How many sides name a TURN server; one: the offering side. */
  relays: 0 | 1 | 2;
}

export interface Outcome {
  networks: readonly [Network, Network];
  isConnected: boolean;
  isRelayed: boolean;
  isTcp: boolean;
  /** From the answer read to both sides connected. */
  ms: number;
  /** STUN messages that both sides have sent by then, from the answer read on. */
  packets: number;
}

/** The answering side has been checking for so long, at most, when its file comes back. */
const MAX_HEAD_START_MS = 5_000;
/** Who has not met by then does not. */
export const PATIENCE_MS = 20_000;

interface Side {
  network: Network;
  place: Place;
}

/** One pair, and what it has that `means` may take from it. */
export interface DrawnPair {
  sides: readonly [Side, Side];
  headStartMs: number;
  seed: number;
}

/** The same pair for the same seed. */
export function drawPair(seed: number): DrawnPair {
  const random = seededRandom(seed);
  const sides = [drawSide(random), drawSide(random)] as const;
  return { sides, headStartMs: random() * MAX_HEAD_START_MS, seed };
}

/** Lets a pair meet with these means. */
export function meet({ sides, headStartMs, seed }: DrawnPair, means: Means): Outcome {
  const [a, b] = sides.map(({ place }, index) => ({
    ...place,
    mapsPorts: place.mapsPorts && means.hasPortMapping,
    hasIpv6: place.hasIpv6 && means.hasIpv6,
    hasRelay: index < means.relays,
  })) as [Place, Place];
  const world = new NatWorld(seededRandom(seed), a, b);
  world.start(headStartMs);
  world.runUntil(headStartMs);
  const before = world.a.packets + world.b.packets;
  world.runUntil(headStartMs + PATIENCE_MS, () => world.areConnected);
  const last = world.a.moves.at(-1);
  return {
    networks: [sides[0].network, sides[1].network],
    isConnected: world.areConnected,
    isRelayed: world.areConnected && [world.a, world.b].some(({ machine: { selected } }) => goesByRelay(selected)),
    isTcp: world.areConnected && last?.transport === "tcp",
    ms: world.nowMs - headStartMs,
    packets: world.a.packets + world.b.packets - before,
  };
}

function goesByRelay(pair: { base: string; remote: string } | undefined): boolean {
  return pair !== undefined && (pair.base.startsWith("relay-") || pair.remote.startsWith("relay-"));
}

function drawSide(random: () => number): Side {
  const network = draw(NETWORK_SHARES, random);
  const nat = draw(NAT_SHARES[network], random);
  const isMobile = network === "mobile";
  return {
    network,
    place: {
      nat,
      isUdpBlocked: network === "UDP blocked",
      mapsPorts: random() < MAPS_PORTS_SHARE && network === "home",
      hasIpv6: random() < IPV6_SHARE,
      hasRelay: false,
      delayMs: isMobile ? 20 + 60 * random() : 5 + 45 * random(),
      loss: (isMobile ? 0.02 : 0.01) * random(),
    },
  };
}

function draw<T>(shares: readonly (readonly [T, number])[], random: () => number): T {
  let rest = random();
  for (const [what, share] of shares) {
    if (rest < share) return what;
    rest -= share;
  }
  const last = shares.at(-1);
  if (last === undefined) throw new Error("nothing to draw from");
  return last[0];
}
