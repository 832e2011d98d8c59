// Whether much is sent over a path as short as those of a LAN: there the kernel's TCP carries more than our packets over
// UDP, each of which costs both computers the same work for a tenth of the bytes. Rates are judged over half a second.

/** A rate from here on is bulk: below it a LAN is filled over UDP as well. Bytes per second. */
export const BULK_RATE = 15_000_000;
/** The longest shortest round trip of a short path, in milliseconds. Longer ones lose what TCP does not recover quickly. */
export const SHORT_RTT_MS = 1.5;
/** The shortest time over which a rate is judged, in milliseconds. */
export const RATE_WINDOW_MS = 500;

/** What has been carried since the association began. */
export interface PathLoad {
  /** Acknowledged by the peer. */
  readonly deliveredBytes: number;
  /** The shortest round trip of data lately; infinity: none was measured. */
  readonly minRttMs: number;
}

export class BulkLoad {
  #deliveredBytes = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #rate = 0;
  #busyMs = Number.NEGATIVE_INFINITY;
  #isShort = false;

  /** Tells what was carried until now; where no window has ended, nothing changes. @returns whether one has ended */
  note({ deliveredBytes, minRttMs }: PathLoad, nowMs: number): boolean {
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < RATE_WINDOW_MS) return false;
    this.#rate = (Math.max(0, deliveredBytes - this.#deliveredBytes) * 1_000) / elapsedMs;
    this.#deliveredBytes = deliveredBytes;
    this.#sinceMs = nowMs;
    this.#isShort = minRttMs <= SHORT_RTT_MS;
    if (this.#rate >= BULK_RATE) this.#busyMs = nowMs;
    return true;
  }

  /** Of the last window, bytes per second. */
  get rate(): number {
    return this.#rate;
  }

  /** When a window last was bulk; minus infinity: none was. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** The last window was bulk, over a short path. */
  get isBulkNearby(): boolean {
    return this.#isShort && this.#rate >= BULK_RATE;
  }
}
