// The burst that a paced sender may send at once: enough that 1 ms timers, which fire late, do not slow it down; few
// enough packets that a shallow queue or the receive buffer of a UDP socket can hold them.

/** Time that one burst covers at the paced rate, in milliseconds. */
const BURST_MS = 2;
/**
 * A timer that sends one packet costs as much as one that sends ten: it waits for so much of the round trip, at most so
 * long. What it waits for comes on top of the burst, so that it costs no rate when it is late.
 */
const TURN_RTT_PART = 1 / 16;
const MAX_TURN_MS = 1.1;
const MIN_PACKETS = 4;
/** The packet that takes the last of the credit, and a SACK, come on top: 64 packets in all. */
const MAX_PACKETS = 62;
const MAX_BYTES = 256 * 1024;

/** How much of the paced rate a timer waits for, in milliseconds. `rttMs`: the smallest round trip; Infinity: unknown. */
export function pacedTurnMs(rttMs: number): number {
  return rttMs === Number.POSITIVE_INFINITY ? 0 : Math.min(MAX_TURN_MS, rttMs * TURN_RTT_PART);
}

/**
 * Bytes that may leave at once at `rate` (bytes per millisecond, finite); at least four packets.
 * @param turnMs - what a timer waits for
 */
export function pacedBurstBytes(rate: number, packetBytes: number, turnMs: number): number {
  const most = Math.min(MAX_PACKETS * packetBytes, MAX_BYTES);
  return Math.max(MIN_PACKETS * packetBytes, Math.min(rate * (BURST_MS + turnMs), most));
}
