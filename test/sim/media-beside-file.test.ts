// A call beside a file at full speed, over one link in virtual time: the packets of the call are not late, and the file keeps
// its rate. What is lost and asked for again is the media engine's, and not looked at here.
import { describe, expect, test } from "vitest";
import { ETHERNET_PACKET_BYTES, talkOfAssociations } from "../support/sim/associations.ts";
import { CLEAN_LINK, type LinkConditions } from "../support/sim/link.ts";
import type { Packet } from "../support/sim/packet.ts";
import { CLEAN_PATH } from "../support/sim/pair.ts";
import { bulk } from "../support/sim/traffic.ts";

const FOR_MS = 30_000;
const CALL_PACKET_BYTES = 1_200;
/** Of the call, from being given to the sender until it is there. */
const LATE_MS = 150;

interface Call {
  /** Bytes each millisecond; 0: none. */
  rate: number;
  /** The association does not know of it. */
  isUntold?: boolean;
}

interface Outcome {
  /** Of the packets of the call that arrived, the part that was late. */
  late: number;
  p99Ms: number;
  /** Of the file. */
  bytes: number;
}

function run(link: Partial<LinkConditions> & { rate: number; delayMs: number }, call: Call, seed: number): Outcome {
  const way: LinkConditions = { ...CLEAN_LINK, mtuBytes: ETHERNET_PACKET_BYTES, ...link };
  const talk = talkOfAssociations({
    seed,
    conditions: { ...CLEAN_PATH, aToB: way, bToA: { ...way, loss: 0 }, timerLatenessMs: 1.2 },
    both: { maxPacketBytes: ETHERNET_PACKET_BYTES, initialRttMs: 2 * link.delayMs },
    aSends: bulk(2 * link.rate * FOR_MS),
    bufferBytes: 2 ** 22,
  });
  const { pair, fromA } = talk;
  pair.simulation.runUntil(() => talk.establishedAtMs !== undefined, 60_000, "established");
  const startMs = pair.simulation.nowMs;
  const delays: number[] = [];
  const receiver = { receive: (packet: Packet) => delays.push(pair.simulation.nowMs - packet.sentAtMs) };
  const everyMs = CALL_PACKET_BYTES / call.rate;
  for (let atMs = startMs; call.rate > 0 && atMs < startMs + FOR_MS; atMs += everyMs) {
    pair.a.at(atMs, (association, nowMs) => {
      pair.aToB.send(new Uint8Array(CALL_PACKET_BYTES), receiver);
      if (call.isUntold !== true) association.noteBeside(CALL_PACKET_BYTES, nowMs);
    });
  }
  pair.simulation.runTo(startMs + FOR_MS);
  delays.sort((one, other) => one - other);
  const late = delays.filter((ms) => ms > LATE_MS).length / Math.max(1, delays.length);
  return { late, p99Ms: delays[Math.floor(delays.length * 0.99)] ?? 0, bytes: fromA.receivedBytes };
}

/** The same call that the association is told of, and that it is not. */
function both(link: Parameters<typeof run>[0], rate: number, seed: number): { told: Outcome; untold: Outcome } {
  return { told: run(link, { rate }, seed), untold: run(link, { rate, isUntold: true }, seed) };
}

describe("a call beside a file", () => {
  test("of 1 Mbit/s over 12.5 MB/s, 50 ms of round trip and 1 %: nothing is late, and the file keeps its rate", () => {
    const link = { rate: 12_500, delayMs: 25, queueBytes: 600_000, loss: 0.01 };
    const beside = run(link, { rate: 125 }, 1);
    const alone = run(link, { rate: 0 }, 1);
    expect(beside.late).toBeLessThan(0.01);
    expect(beside.bytes / alone.bytes).toBeGreaterThan(0.85);
  }, 300_000);

  test.each([1, 2, 3])("of 1 Mbit/s over 4 Mbit/s and a deep queue, seed %i", (seed) => {
    const { told, untold } = both({ rate: 500, delayMs: 25, queueBytes: 250_000 }, 125, seed);
    expect(told.late).toBeLessThan(0.005);
    expect(told.p99Ms).toBeLessThan(untold.p99Ms);
    // What the call takes is a quarter.
    expect(told.bytes).toBeGreaterThan(0.9 * untold.bytes);
  });

  test.each([1, 2, 3])("of 250 kbit/s over 1 Mbit/s and a deep queue, seed %i", (seed) => {
    const { told, untold } = both({ rate: 125, delayMs: 25, queueBytes: 125_000 }, 31, seed);
    expect(told.p99Ms).toBeLessThan(untold.p99Ms);
    expect(told.bytes).toBeGreaterThan(0.9 * untold.bytes);
  });
});
