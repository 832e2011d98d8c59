// What became of many pairs, as the two tables of docs/networks.md.
import { type DrawnPair, type Means, meet, NETWORK_SHARES, type Network, type Outcome } from "./population.ts";

/** The rows of the first table. */
export const MEANS = {
  "STUN only": { hasPortMapping: false, hasIpv6: false, relays: 0 },
  "and port mapping": { hasPortMapping: true, hasIpv6: false, relays: 0 },
  "and IPv6": { hasPortMapping: false, hasIpv6: true, relays: 0 },
  "and both, as `p2p` does": { hasPortMapping: true, hasIpv6: true, relays: 0 },
  "and a relay of the offering side": { hasPortMapping: true, hasIpv6: true, relays: 1 },
  "and a relay of each side": { hasPortMapping: true, hasIpv6: true, relays: 2 },
} as const satisfies Record<string, Means>;
export type MeansName = keyof typeof MEANS;

/** What became of one pair by each means. */
export type Outcomes = Readonly<Partial<Record<MeansName, Outcome>>>;

export function meetByAll(pair: DrawnPair, names: readonly MeansName[]): Outcomes {
  return Object.fromEntries(names.map((name) => [name, meet(pair, MEANS[name])]));
}

/** In per cent of the outcomes, 0 to 100. */
export function share(outcomes: readonly Outcome[], isCounted: (outcome: Outcome) => boolean): number {
  return outcomes.length === 0 ? 0 : (100 * outcomes.filter(isCounted).length) / outcomes.length;
}

export const isConnected = (outcome: Outcome): boolean => outcome.isConnected;

/** All that there is of one means. */
export function outcomesOf(all: readonly Outcomes[], name: MeansName): Outcome[] {
  return all.flatMap((one) => one[name] ?? []);
}

/** The table of means, a line of Markdown each. */
export function tableOfMeans(all: readonly Outcomes[]): string[] {
  const rows = (Object.keys(MEANS) as MeansName[]).map((name) => {
    const outcomes = outcomesOf(all, name);
    const connected = outcomes.filter(isConnected);
    const ms = quantiles(connected.map((outcome) => outcome.ms));
    const packets = quantiles(connected.map((outcome) => outcome.packets));
    return [
      name,
      share(outcomes, isConnected).toFixed(1),
      share(outcomes, ({ isRelayed }) => isRelayed).toFixed(1),
      share(outcomes, ({ isTcp }) => isTcp).toFixed(1),
      ...ms.map((value) => (value / 1_000).toFixed(2)),
      ...packets.map(String),
    ];
  });
  return markdown(
    ["with", "connected %", "by a relay %", "over TCP %", "s, median", "s, 95 %", "packets, median", "packets, 95 %"],
    rows,
  );
}

/** The table of kinds of pairs, a line of Markdown each. */
export function tableOfKinds(all: readonly Outcomes[]): string[] {
  const shown = ["STUN only", "and both, as `p2p` does", "and a relay of the offering side"] as const;
  const networks = NETWORK_SHARES.map(([network]) => network);
  const rows: string[][] = [];
  for (const [at, one] of networks.entries()) {
    for (const other of networks.slice(at)) {
      const ofKind = all.filter((outcomes) => isBetween(outcomes, one, other));
      const byDefault = outcomesOf(ofKind, shown[1]).filter(isConnected);
      const ms = byDefault.length === 0 ? ["", ""] : quantiles(byDefault.map((outcome) => outcome.ms)).map(seconds);
      rows.push([
        `${one} and ${one === other ? "the same" : other}`,
        ((100 * ofKind.length) / all.length).toFixed(1),
        ...shown.map((name) => share(outcomesOf(ofKind, name), isConnected).toFixed(1)),
        ...ms,
      ]);
    }
  }
  return markdown(
    ["sides", "of pairs %", "STUN only %", "and both %", "and a relay %", "s with both, median", "s with both, 95 %"],
    rows,
  );
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(2);

function isBetween(outcomes: Outcomes, one: Network, other: Network): boolean {
  const [a, b] = Object.values(outcomes)[0]?.networks ?? [];
  return (a === one && b === other) || (a === other && b === one);
}

/** Median, and what 95 % stay below. */
function quantiles(values: readonly number[]): [median: number, most: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return [at(0.5), at(0.95)];
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
