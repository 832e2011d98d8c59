// The burst that a paced sender may send at once: enough that 1 ms timers, which fire late, do not slow it down; few
// enough packets that a shallow queue or the receive buffer of a UDP socket can hold them.

/** Time that one burst covers at the paced rate, in milliseconds. */
const BURST_MS = 2;
const MIN_PACKETS = 4;
const MAX_PACKETS = 64;
const MAX_BYTES = 256 * 1024;

/** Bytes that may leave at once at `rate` (bytes per millisecond, finite); at least four packets. */
export function pacedBurstBytes(rate: number, packetBytes: number): number {
  const most = Math.min(MAX_PACKETS * packetBytes, MAX_BYTES);
  return Math.max(MIN_PACKETS * packetBytes, Math.min(rate * BURST_MS, most));
}
