// Lets packets that arrive one by one wait for each other, as a network card does with its interrupts. Waking up for
// each packet costs a process more than the packet itself; what has gathered in the socket meanwhile comes at once.

/** The rate of arrivals is counted over at least so long. */
const WINDOW_MS = 50;
/** Packets in a millisecond: fewer cost little, and more come together anyway. */
const LEAST_RATE = 3;
const MOST_RATE = 12;
/** What a round trip grows by, at most; the socket's buffer holds what arrives meanwhile. */
const HOLD_MS = 1;
/** The holding is a tenth of it at most. */
const LEAST_RTT_MS = 10;

/**
 * As long may it take at most to handle what a turn brought: a thread that is behind must not stand still. It is while its code is
 * not compiled yet, which makes a packet several times dearer, and beside other work.
 */
const MOST_HANDLING_MS = 0.5;

/** Bytes of ours on the way that are a transfer: more than messages and what tells the other side to go on. */
const BULK_BYTES = 16 * 1_024;

/** What a window of arrivals is judged by. */
export interface ArrivalTraits {
  /** The path is a TCP connection, where the system gathers what arrives. */
  isStream: boolean;
  /** The smallest round trip of the path; NaN or infinite: unknown. */
  minRttMs: number;
  /** Bytes of ours that are on the way. Where they are many, our own timers count. */
  inflightBytes: number;
}

/** Decides; somebody else holds the thread. Times are in milliseconds of one monotonic clock. */
export class ArrivalCoalescing {
  #arrivals = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #isWorthwhile = false;

  /**
   * Counts a packet.
   * @param traits - is asked once in each window
   * @returns whether to ask how long to hold the thread, after what has arrived by now is handled
   */
  note(nowMs: number, traits: () => ArrivalTraits): boolean {
    this.#arrivals += 1;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs >= WINDOW_MS) {
      const rate = this.#arrivals / elapsedMs;
      this.#isWorthwhile = rate >= LEAST_RATE && rate <= MOST_RATE && isPatient(traits());
      this.#arrivals = 0;
      this.#sinceMs = nowMs;
    }
    return this.#isWorthwhile;
  }

  /**
   * @param handlingMs - from the turn's first packet until all of them are handled
   * @returns how long to hold the thread now; 0: not at all
   */
  holdMs(handlingMs: number): number {
    return this.#isWorthwhile && handlingMs <= MOST_HANDLING_MS ? HOLD_MS : 0;
  }
}

function isPatient({ isStream, minRttMs, inflightBytes }: ArrivalTraits): boolean {
  return !isStream && Number.isFinite(minRttMs) && minRttMs >= LEAST_RTT_MS && inflightBytes < BULK_BYTES;
}

const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Holds the thread, and with it everything else in this process's event loop; signals wait too. */
export function holdThread(ms: number): void {
  Atomics.wait(cell, 0, 0, ms);
}
