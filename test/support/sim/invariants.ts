// What holds for the numbers of an association at any time, whatever the network does.
import type { AssociationMetrics } from "../../../src/sctp/association-types.ts";

/**
 * @param mostHeldBytes - the receive window, and beyond it one message, without whose end nothing might ever be read
 * @returns what is wrong, if anything
 */
export function findFlaw(metrics: AssociationMetrics, mostHeldBytes: number): string | undefined {
  const { congestion, srttMs, rtoMs, inflightBytes, packetBytes, peerWindowBytes, heldBytes } = metrics;
  const positive = { cwndBytes: congestion.cwndBytes, rtoMs, packetBytes, srttMs: srttMs ?? 1 };
  for (const [name, value] of Object.entries(positive)) {
    if (!(Number.isFinite(value) && value > 0)) return `${name} is ${value}`;
  }
  const natural = { inflightBytes, peerWindowBytes, heldBytes, bandwidth: congestion.bandwidth };
  for (const [name, value] of Object.entries(natural)) {
    if (!(Number.isFinite(value) && value >= 0)) return `${name} is ${value}`;
  }
  const boundless = { pacingRate: congestion.pacingRate, minRttMs: congestion.minRttMs };
  for (const [name, value] of Object.entries(boundless)) if (!(value > 0)) return `${name} is ${value}`;
  if (heldBytes > mostHeldBytes) return `holds ${heldBytes} B, may hold ${mostHeldBytes}`;
  return undefined;
}
