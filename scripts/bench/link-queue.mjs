// @ts-check
// One direction of an emulated link: a queue with a rate, a length, a delay and random loss; the caller supplies the
// time. It handles only datagrams, and counts their fates.

/**
 * @typedef {object} LinkConditions
 * @property {number} [bytesPerSecond] - of each direction, UDP and IPv4 headers counted; default: no limit
 * @property {number} [queueBytes] - what may wait in each direction; more is dropped; default: no limit
 * @property {number} [delayMs] - one way; default 0
 * @property {number} [loss] - probability, 0 … 1, each way; default 0
 * @property {number} [mtuBytes] - longer packets are dropped, headers counted; default: no limit
 *
 * @typedef {object} LinkQueueReport - since the last mark
 * @property {number} packets - forwarded
 * @property {number} bytes - forwarded, headers counted
 * @property {number} lost - at random
 * @property {number} dropped - because the queue was full
 * @property {number} oversized - longer than the link takes
 * @property {number} queueMs - time average of the waiting time
 * @property {number} laterQueueMs - the same from 3 s after the mark
 */

const HEADER_BYTES = 28;
/** Period in which a sender may still be searching for its rate. */
const START_UP_MS = 3_000;
/** Number of delivered entries at which the arrays are cut, so that this happens only now and then. */
const COMPACT_AT = 4_096;

/**
 * A small seeded generator (mulberry32): 0 ≤ x < 1.
 * @param {number} seed
 */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The area below a waiting time that falls by one millisecond each millisecond until it is 0.
 * @param {number} waitingMs - at the beginning
 * @param {number} elapsedMs
 */
function waitingArea(waitingMs, elapsedMs) {
  const fallingMs = Math.min(waitingMs, elapsedMs);
  return waitingMs * fallingMs - fallingMs ** 2 / 2;
}

/** One direction of a link. The time at which a datagram leaves is known as soon as it arrives. */
export class LinkQueue {
  /** @type {Buffer[]} */
  #datagrams = [];
  /** @type {number[]} */
  #dueMs = [];
  #head = 0;
  /** When the last byte of the queue will be on the wire. */
  #freeAtMs = 0;
  #markedMs = 0;
  #settledMs = 0;
  #area = 0;
  #laterArea = 0;
  #counts = { packets: 0, bytes: 0, lost: 0, dropped: 0, oversized: 0 };
  #conditions;
  #bytesPerMs;
  #random;
  #deliver;

  /**
   * @param {LinkConditions} conditions
   * @param {number} seed
   * @param {(datagram: Buffer) => void} deliver
   */
  constructor(conditions, seed, deliver) {
    const { bytesPerSecond = Infinity, queueBytes = Infinity, delayMs = 0, loss = 0, mtuBytes = Infinity } = conditions;
    this.#conditions = { queueBytes, delayMs, loss, mtuBytes };
    this.#bytesPerMs = bytesPerSecond / 1_000;
    this.#random = seededRandom(seed);
    this.#deliver = deliver;
  }

  /**
   * @param {Buffer} datagram
   * @param {number} nowMs
   */
  accept(datagram, nowMs) {
    this.#settle(nowMs);
    const { queueBytes, delayMs, loss, mtuBytes } = this.#conditions;
    const bytes = datagram.length + HEADER_BYTES;
    const waitingMs = Math.max(0, this.#freeAtMs - nowMs);
    const waitingBytes = waitingMs === 0 ? 0 : waitingMs * this.#bytesPerMs;
    if (bytes > mtuBytes) this.#counts.oversized += 1;
    else if (loss > 0 && this.#random() < loss) this.#counts.lost += 1;
    else if (waitingBytes + bytes > queueBytes) this.#counts.dropped += 1;
    else {
      this.#counts.packets += 1;
      this.#counts.bytes += bytes;
      this.#freeAtMs = nowMs + waitingMs + bytes / this.#bytesPerMs;
      this.#datagrams.push(datagram);
      this.#dueMs.push(this.#freeAtMs + delayMs);
    }
  }

  /** @param {number} nowMs */
  drain(nowMs) {
    for (; this.nextDueMs() <= nowMs; this.#head += 1)
      this.#deliver(/** @type {Buffer} */ (this.#datagrams[this.#head]));
    if (this.#head < COMPACT_AT && this.#head < this.#datagrams.length) return;
    this.#datagrams.splice(0, this.#head);
    this.#dueMs.splice(0, this.#head);
    this.#head = 0;
  }

  nextDueMs() {
    return this.#dueMs[this.#head] ?? Infinity;
  }

  /** @param {number} nowMs */
  #settle(nowMs) {
    const waitingMs = Math.max(0, this.#freeAtMs - this.#settledMs);
    this.#area += waitingArea(waitingMs, nowMs - this.#settledMs);
    const skippedMs = Math.max(0, this.#markedMs + START_UP_MS - this.#settledMs);
    const laterMs = nowMs - this.#settledMs - skippedMs;
    if (laterMs > 0) this.#laterArea += waitingArea(Math.max(0, waitingMs - skippedMs), laterMs);
    this.#settledMs = nowMs;
  }

  /** Resets the counters. @param {number} nowMs */
  mark(nowMs) {
    this.#markedMs = nowMs;
    this.#settledMs = nowMs;
    this.#area = 0;
    this.#laterArea = 0;
    this.#counts = { packets: 0, bytes: 0, lost: 0, dropped: 0, oversized: 0 };
  }

  /**
   * @param {number} nowMs
   * @returns {LinkQueueReport}
   */
  report(nowMs) {
    this.#settle(nowMs);
    const elapsedMs = nowMs - this.#markedMs;
    const average = (/** @type {number} */ area, /** @type {number} */ ms) => (ms > 0 ? area / ms : 0);
    return {
      ...this.#counts,
      queueMs: average(this.#area, elapsedMs),
      laterQueueMs: average(this.#laterArea, elapsedMs - START_UP_MS),
    };
  }
}
