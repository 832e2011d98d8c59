// One direction of a simulated path: a bottleneck with a queue that drops at its tail, then a wire that delays, loses,
// damages, repeats and reorders. Everything comes from one seed; times are virtual milliseconds.
import { hasChecksum } from "./crc32c.ts";
import type { Ladder } from "./ladder.ts";
import { Packet, type Receiver, Slab } from "./packet.ts";
import type { Task, VirtualTime } from "./virtual-time.ts";

export interface LinkConditions {
  /** Bytes per millisecond, `overheadBytes` included; Infinity: no bottleneck. */
  rate: number;
  /** Propagation, one way. */
  delayMs: number;
  /** What waits for the bottleneck, the datagram being sent included. */
  queueBytes: number;
  /** Drops before the queue what exceeds a bucket that fills with so many bytes per millisecond. */
  policer: { rate: number; burstBytes: number } | undefined;
  /** Probability that the wire loses a datagram. */
  loss: number;
  /** Gilbert-Elliott in time: how long the good and the bad state last on average, and the loss in the bad one. */
  burst: { goodMs: number; badMs: number; loss: number } | undefined;
  /** Some datagrams come up to `extraMs` later and let others pass. */
  reorder: { probability: number; extraMs: number } | undefined;
  duplicate: number;
  /** Probability of one to three flipped bits. Without a checksum the datagram vanishes, as DTLS would have it. */
  corrupt: number;
  /** Up to this much more delay, the order kept. */
  jitterMs: number;
  /** Larger datagrams, `overheadBytes` left out, vanish. */
  mtuBytes: number;
  /** Nothing that leaves the bottleneck at such times arrives. */
  outages: readonly { fromMs: number; toMs: number }[];
  changes: readonly LinkChange[];
  /** DTLS record, UDP and IPv4 headers of each datagram. */
  overheadBytes: number;
}

export interface LinkChange {
  atMs: number;
  rate?: number;
  delayMs?: number;
  mtuBytes?: number;
  loss?: number;
}

export const CLEAN_LINK: LinkConditions = {
  rate: Infinity,
  delayMs: 0,
  queueBytes: Infinity,
  policer: undefined,
  loss: 0,
  burst: undefined,
  reorder: undefined,
  duplicate: 0,
  corrupt: 0,
  jitterMs: 0,
  mtuBytes: Infinity,
  outages: [],
  changes: [],
  overheadBytes: 65,
};

export interface LinkCounts {
  sent: number;
  sentBytes: number;
  delivered: number;
  lost: number;
  queueDrops: number;
  policed: number;
  mtuDrops: number;
  duplicated: number;
  corrupted: number;
  reordered: number;
}

export class Link implements Task {
  readonly name: string;
  readonly counts: LinkCounts = {
    sent: 0,
    sentBytes: 0,
    delivered: 0,
    lost: 0,
    queueDrops: 0,
    policed: 0,
    mtuDrops: 0,
    duplicated: 0,
    corrupted: 0,
    reordered: 0,
  };
  /** What this returns false for goes no further; a test loses with it exactly what it means. */
  filter: ((bytes: Uint8Array) => boolean) | undefined = undefined;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #ladder: Ladder;
  readonly #conditions: LinkConditions;
  readonly #slab = new Slab();
  #queue: Packet[] = [];
  #head = 0;
  #queuedBytes = 0;
  #isBad = false;
  #judgedAtMs = 0;
  #lastArrivalMs = 0;
  #queueIntegral = 0;
  #measuredFromMs = 0;
  #measuredUntilMs = 0;
  #tokens = Infinity;
  #tokensAtMs = 0;

  constructor(name: string, conditions: LinkConditions, time: VirtualTime, random: () => number, ladder: Ladder) {
    this.name = name;
    this.#conditions = { ...conditions };
    this.#time = time;
    this.#random = random;
    this.#ladder = ladder;
    for (const change of conditions.changes) {
      const { atMs, ...values } = change;
      const run = () => {
        Object.assign(this.#conditions, values);
        ladder.note(time.nowMs, `${name} becomes ${JSON.stringify(values)}`);
      };
      time.schedule(atMs, { run });
    }
  }

  /** Copies `bytes`. */
  send(bytes: Uint8Array, to: Receiver): void {
    const nowMs = this.#time.nowMs;
    const packet = new Packet(this.#slab.copy(bytes), this.name, nowMs, to);
    this.#ladder.add(packet);
    this.counts.sent += 1;
    this.counts.sentBytes += bytes.length;
    const { mtuBytes, queueBytes, rate, overheadBytes } = this.#conditions;
    const size = bytes.length + overheadBytes;
    if (this.filter?.(packet.bytes) === false) packet.fate = "filtered";
    else if (bytes.length > mtuBytes) {
      packet.fate = "mtu-drop";
      this.counts.mtuDrops += 1;
    } else if (!this.#passesPolicer(size)) {
      packet.fate = "policed";
      this.counts.policed += 1;
    } else if (this.#queuedBytes > 0 && this.#queuedBytes + size > queueBytes) {
      packet.fate = "queue-drop";
      this.counts.queueDrops += 1;
    } else if (rate === Infinity && this.#queuedBytes === 0) this.#carry(packet);
    else {
      this.#measure();
      const isIdle = this.#queuedBytes === 0;
      this.#queue.push(packet);
      this.#queuedBytes += size;
      if (isIdle) this.#time.schedule(nowMs + size / rate, this);
    }
  }

  /** The bottleneck has sent the datagram at the head of its queue. */
  run(): void {
    const packet = this.#queue[this.#head];
    if (packet === undefined) return;
    this.#measure();
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const { overheadBytes, rate } = this.#conditions;
    this.#queuedBytes -= packet.bytes.length + overheadBytes;
    const next = this.#queue[this.#head];
    if (next !== undefined) this.#time.schedule(this.#time.nowMs + (next.bytes.length + overheadBytes) / rate, this);
    this.#carry(packet);
  }

  /** Time average of the delay that a datagram finds in the queue, since the start or `restartQueueMeasure`. */
  get meanQueueMs(): number {
    this.#measure();
    const spanMs = this.#measuredUntilMs - this.#measuredFromMs;
    return spanMs === 0 ? 0 : this.#queueIntegral / spanMs;
  }

  restartQueueMeasure(): void {
    this.#measuredFromMs = this.#time.nowMs;
    this.#measuredUntilMs = this.#time.nowMs;
    this.#queueIntegral = 0;
  }

  #passesPolicer(size: number): boolean {
    const { policer } = this.#conditions;
    if (policer === undefined) return true;
    const earned = (this.#time.nowMs - this.#tokensAtMs) * policer.rate;
    this.#tokens = Math.min(policer.burstBytes, this.#tokens + earned);
    this.#tokensAtMs = this.#time.nowMs;
    if (this.#tokens < size) return false;
    this.#tokens -= size;
    return true;
  }

  #measure(): void {
    const nowMs = this.#time.nowMs;
    const { rate } = this.#conditions;
    if (rate !== Infinity) this.#queueIntegral += (this.#queuedBytes / rate) * (nowMs - this.#measuredUntilMs);
    this.#measuredUntilMs = nowMs;
  }

  #carry(packet: Packet): void {
    const { loss, corrupt, duplicate, outages } = this.#conditions;
    const nowMs = this.#time.nowMs;
    if (outages.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs)) packet.fate = "outage";
    else if (this.#isInBurst()) packet.fate = "burst-lost";
    else if (this.#chance(loss)) packet.fate = "lost";
    if (packet.fate !== "under way") {
      this.counts.lost += 1;
      return;
    }
    if (this.#chance(corrupt)) {
      packet.fate = "corrupted";
      this.counts.corrupted += 1;
      if (!hasChecksum(packet.bytes)) return;
      this.#damage(packet.bytes);
    }
    this.counts.delivered += 1;
    this.#time.schedule(this.#arrivalMs(), packet);
    if (this.#chance(duplicate)) {
      packet.copies += 1;
      this.counts.duplicated += 1;
      this.#time.schedule(this.#arrivalMs(), packet);
    }
  }

  #arrivalMs(): number {
    const { delayMs, jitterMs, reorder } = this.#conditions;
    const arrivalMs = this.#time.nowMs + delayMs + (jitterMs === 0 ? 0 : jitterMs * this.#random());
    if (reorder !== undefined && this.#chance(reorder.probability)) {
      this.counts.reordered += 1;
      return arrivalMs + reorder.extraMs * this.#random();
    }
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs);
    return this.#lastArrivalMs;
  }

  #isInBurst(): boolean {
    const { burst } = this.#conditions;
    if (burst === undefined) return false;
    const { goodMs, badMs, loss } = burst;
    const nowMs = this.#time.nowMs;
    const badShare = badMs / (goodMs + badMs);
    const memory = Math.exp(-(1 / goodMs + 1 / badMs) * (nowMs - this.#judgedAtMs));
    this.#isBad = this.#chance(badShare + ((this.#isBad ? 1 : 0) - badShare) * memory);
    this.#judgedAtMs = nowMs;
    return this.#isBad && this.#chance(loss);
  }

  #damage(bytes: Uint8Array): void {
    const flips = 1 + Math.floor(3 * this.#random());
    for (let flip = 0; flip < flips; flip += 1) {
      const index = Math.floor(bytes.length * this.#random());
      bytes[index] = (bytes[index] ?? 0) ^ (1 << Math.floor(8 * this.#random()));
    }
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.#random() < probability;
  }
}
