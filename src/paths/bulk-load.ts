// Whether much is sent over a path as short as those of a LAN, or is about to be: there the kernel's TCP carries more than
// our packets over UDP, each of which costs both computers the same work for a tenth of the bytes. Rates are judged over
// half a second.

/** A rate from here on is bulk: below it a LAN is filled over UDP as well. Bytes per second. */
export const BULK_RATE = 15_000_000;
/** The longest shortest round trip of a short path, in milliseconds. Longer ones lose what TCP does not recover quickly. */
export const SHORT_RTT_MS = 1.5;
/** Files of fewer bytes are over before a move to another path would gain anything. */
export const LEAST_BULK_BYTES = 15_000_000;
/**
 * The longest round trip, in milliseconds, to a neighbour to whom files leave over TCP from their first byte on. Computers that
 * begin to work answer a LAN's checks so late; a tunnel to another town takes longer.
 */
export const NEIGHBOUR_RTT_MS = 8;
/** The shortest time over which a rate is judged, in milliseconds. */
export const RATE_WINDOW_MS = 500;

/** What has been carried since the association began. */
export interface PathLoad {
  /** Acknowledged by the peer. */
  readonly deliveredBytes: number;
  /** The shortest round trip of data lately, or that of the last check; infinity: none was measured. */
  readonly minRttMs: number;
  /** Datagrams of sound and picture that left or came; absent: none. */
  readonly callDatagrams?: number;
}

/** The files that leave now, all together. */
export interface OutgoingFiles {
  readonly bytes: number;
  /** The most that the user lets them have, bytes per second; infinity: all. */
  readonly rate: number;
}

export class BulkLoad {
  #deliveredBytes = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #rate = 0;
  #busyMs = Number.NEGATIVE_INFINITY;
  #isShort = false;
  #minRttMs = Number.POSITIVE_INFINITY;
  #isExpected = false;

  /** Files leave from now on; with 0 bytes, none do. */
  expect({ bytes, rate }: OutgoingFiles): void {
    this.#isExpected = bytes >= LEAST_BULK_BYTES && rate >= BULK_RATE;
  }

  /** Tells what was carried until now; where no window has ended, nothing changes. @returns whether one has ended */
  note({ deliveredBytes, minRttMs }: PathLoad, nowMs: number): boolean {
    this.#minRttMs = minRttMs;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < RATE_WINDOW_MS) return false;
    this.#rate = (Math.max(0, deliveredBytes - this.#deliveredBytes) * 1_000) / elapsedMs;
    this.#deliveredBytes = deliveredBytes;
    this.#sinceMs = nowMs;
    this.#isShort = minRttMs <= SHORT_RTT_MS;
    if (this.#isBulk) this.#busyMs = nowMs;
    return true;
  }

  /** The rate of the last window, in bytes per second. */
  get rate(): number {
    return this.#rate;
  }

  /** When a window last was bulk; minus infinity: none was. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** The last window was bulk, over a short path. */
  get isBulkNearby(): boolean {
    return this.#isShort && this.#isBulk;
  }

  /** Files leave that are bulk, as soon as they may, over a path that is short if it leads to a neighbour. */
  get isBulkExpected(): boolean {
    return this.#isExpected && this.#minRttMs <= NEIGHBOUR_RTT_MS;
  }

  get #isBulk(): boolean {
    return this.#rate >= BULK_RATE;
  }
}
