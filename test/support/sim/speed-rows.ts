// The paths on which speed is judged, and what one association makes of them: how much of what the headers leave of the
// link arrives, the queue that it causes, its first seconds. Virtual time: a seed repeats a run exactly.
import { ETHERNET_PACKET_BYTES, metricsOf, talkOfAssociations } from "./associations.ts";
import { CLEAN_LINK, type LinkChange, type LinkConditions } from "./link.ts";
import { CLEAN_PATH, type PathConditions, type StallConditions, stallNowAndThen } from "./pair.ts";
import { bulk } from "./traffic.ts";

export interface SpeedRow {
  name: string;
  /** Of the way of the data; the way back has the same conditions but for `back`. */
  link: Partial<LinkConditions> & Pick<LinkConditions, "rate" | "delayMs" | "queueBytes">;
  back?: Partial<LinkConditions>;
}

export interface SpeedResult {
  /** What arrived, as a part of what the headers of full packets leave of the link. */
  utilisation: number;
  /** The same of the first three seconds after the association came up, and of the time after them. */
  firstSeconds: number;
  later: number;
  /** Mean waiting time in the link after the first three seconds. */
  queueMs: number;
  /** Packets that the queue dropped, as a part of those sent. */
  dropped: number;
  /** Chunks sent again beyond those that the link lost. */
  needless: number;
  /** Packets from the receiver for each data packet that arrived. */
  sackShare: number;
  timeouts: number;
}

/** Data bytes of a packet of Ethernet size, and its bytes on the wire. */
const FULL_PAYLOAD_BYTES = 1_404;
const FULL_WIRE_BYTES = 1_497;
const FIRST_MS = 3_000;
/** Timers of Node fire up to this late where nothing else keeps the event loop. */
const TIMER_LATENESS_MS = 1.2;

const LONG = { rate: 12_500, delayMs: 25, queueBytes: 600_000 };

/** What a fraction of `loss` comes to in bursts of `packets` on a link of `rate` bytes each millisecond. */
function bursts(loss: number, packets: number, rate: number): LinkConditions["burst"] {
  const badMs = (packets * FULL_WIRE_BYTES) / rate;
  return { badMs, goodMs: badMs * (1 / loss - 1), loss: 1 };
}

/** Time that `packets` take on the link. */
function packetsMs(packets: number, rate: number): number {
  return (packets * FULL_WIRE_BYTES) / rate;
}

export const SPEED_ROWS: readonly SpeedRow[] = [
  { name: "50 ms, 0.1 %", link: { ...LONG, loss: 0.001 } },
  { name: "50 ms, 1 %", link: { ...LONG, loss: 0.01 } },
  { name: "80 ms, 5 %", link: { ...LONG, delayMs: 40, loss: 0.05 } },
  { name: "100 ms, 1 % in bursts of 10", link: { ...LONG, delayMs: 50, burst: bursts(0.01, 10, 12_500) } },
  { name: "50 ms, 60 KB of queue", link: { ...LONG, queueBytes: 60_000 } },
  { name: "10 ms, 8 ms of jitter", link: { rate: 6_250, delayMs: 5, queueBytes: 250_000, loss: 0.002, jitterMs: 8 } },
  {
    name: "20 ms, 1 % late by 1 to 20 packets",
    link: { ...LONG, delayMs: 10, reorder: { probability: 0.01, extraMs: packetsMs(20, 12_500) } },
  },
  {
    name: "50 ms, 5 % late by 1 to 20 packets, 0.1 %",
    link: { ...LONG, loss: 0.001, reorder: { probability: 0.05, extraMs: packetsMs(20, 12_500) } },
  },
  { name: "40 ms, 1 s of queue", link: { rate: 2_500, delayMs: 20, queueBytes: 2_500_000 } },
  { name: "30 ms, 300 Mbit/s, 0.1 %", link: { rate: 37_500, delayMs: 15, queueBytes: 1_000_000, loss: 0.001 } },
  { name: "600 ms, 0.5 %", link: { rate: 6_250, delayMs: 300, queueBytes: 1_000_000, loss: 0.005 } },
  { name: "220 ms, 3 % in bursts of 3", link: { ...LONG, delayMs: 110, burst: bursts(0.03, 3, 12_500) } },
  {
    name: "50 ms, 1 %, 1/50 for acknowledgements",
    link: { ...LONG, loss: 0.01 },
    back: { rate: 250, queueBytes: 60_000 },
  },
];

export interface SpeedOptions {
  seed: number;
  /** Of user data; the run ends when it is sent and received. */
  forMs: number;
  /** Of the sender's event loop: its timers come so late, and what arrives waits. */
  stalls?: StallConditions;
  /** Called at intervals of virtual time, for a look at the sender. */
  onTick?: (nowMs: number, metrics: ReturnType<typeof metricsOf>) => void;
}

export function measureSpeed(row: SpeedRow, { seed, forMs, stalls, onTick }: SpeedOptions): SpeedResult {
  const aToB: LinkConditions = { ...CLEAN_LINK, mtuBytes: ETHERNET_PACKET_BYTES, ...row.link };
  const conditions: PathConditions = {
    ...CLEAN_PATH,
    aToB,
    bToA: { ...aToB, ...row.back },
    timerLatenessMs: TIMER_LATENESS_MS,
  };
  const ceiling = (aToB.rate * FULL_PAYLOAD_BYTES) / FULL_WIRE_BYTES;
  const both = { maxPacketBytes: ETHERNET_PACKET_BYTES, initialRttMs: 2 * aToB.delayMs };
  const talk = talkOfAssociations({ seed, conditions, both, aSends: bulk(2 * ceiling * forMs), bufferBytes: 2 ** 22 });
  const { pair, fromA } = talk;
  pair.simulation.runUntil(() => talk.establishedAtMs !== undefined, 60_000, "established");
  const startMs = talk.establishedAtMs ?? 0;
  if (onTick !== undefined) {
    for (let atMs = startMs; atMs < startMs + forMs; atMs += 50) {
      pair.simulation.at(atMs, () => {
        onTick(atMs, metricsOf(pair.a.engine));
      });
    }
  }
  if (stalls !== undefined) stallNowAndThen(pair.simulation, pair.a, stalls);
  pair.simulation.runTo(startMs + FIRST_MS);
  const firstBytes = fromA.receivedBytes;
  pair.aToB.restartQueueMeasure();
  pair.simulation.runTo(startMs + forMs);
  const metrics = metricsOf(pair.a.engine);
  const { counts } = pair.aToB;
  const lost = counts.lost + counts.queueDrops + counts.mtuDrops + pair.b.bufferDrops;
  return {
    utilisation: fromA.receivedBytes / (ceiling * forMs),
    firstSeconds: firstBytes / (ceiling * FIRST_MS),
    later: (fromA.receivedBytes - firstBytes) / (ceiling * (forMs - FIRST_MS)),
    queueMs: pair.aToB.meanQueueMs,
    dropped: counts.queueDrops / counts.sent,
    needless: (metrics.chunksRetransmitted - lost) / counts.sent,
    sackShare: pair.bToA.counts.sent / counts.delivered,
    timeouts: metrics.timeouts,
  };
}

export interface StepRow {
  name: string;
  link: SpeedRow["link"];
  /** Of both directions, at `STEP_AT_MS`. */
  change: Omit<LinkChange, "atMs">;
}

export interface StepResult {
  /** What arrives from `RECOVERY_MS` after the step on, as a part of what the headers of full packets leave of the link. */
  recovered: number;
  /** Mean waiting time in the link in that time. */
  queueMs: number;
}

const STEP_AT_MS = 6_000;
const RECOVERY_MS = 3_000;
const AFTER_STEP_MS = 3_000;

/** Links that change while a transfer runs. */
export const STEP_ROWS: readonly StepRow[] = [
  { name: "25 to 5 MB/s", link: { ...LONG, rate: 25_000 }, change: { rate: 5_000 } },
  { name: "5 to 25 MB/s", link: { ...LONG, rate: 5_000 }, change: { rate: 25_000 } },
  { name: "5 to 12.5 MB/s", link: { ...LONG, rate: 5_000 }, change: { rate: 12_500 } },
  { name: "12.5 to 5 MB/s", link: LONG, change: { rate: 5_000 } },
  { name: "50 to 150 ms", link: LONG, change: { delayMs: 75 } },
  { name: "150 to 30 ms", link: { ...LONG, delayMs: 75 }, change: { delayMs: 15 } },
];

export function measureStep({ link, change }: StepRow, seed: number): StepResult {
  const changed: LinkConditions = {
    ...CLEAN_LINK,
    mtuBytes: ETHERNET_PACKET_BYTES,
    ...link,
    changes: [{ atMs: STEP_AT_MS, ...change }],
  };
  const conditions = { ...CLEAN_PATH, aToB: changed, bToA: changed, timerLatenessMs: TIMER_LATENESS_MS };
  const both = { maxPacketBytes: ETHERNET_PACKET_BYTES, initialRttMs: 2 * link.delayMs };
  const talk = talkOfAssociations({ seed, conditions, both, aSends: bulk(300_000_000), bufferBytes: 2 ** 22 });
  const { pair, fromA } = talk;
  pair.simulation.runTo(STEP_AT_MS + RECOVERY_MS);
  const beforeBytes = fromA.receivedBytes;
  pair.aToB.restartQueueMeasure();
  pair.simulation.runTo(STEP_AT_MS + RECOVERY_MS + AFTER_STEP_MS);
  const ceiling = ((change.rate ?? link.rate) * FULL_PAYLOAD_BYTES) / FULL_WIRE_BYTES;
  return {
    recovered: (fromA.receivedBytes - beforeBytes) / (ceiling * AFTER_STEP_MS),
    queueMs: pair.aToB.meanQueueMs,
  };
}
