// Packets of real stacks (test/vectors/sctp), cut, bent and glued together, at associations in every state: `handle`
// never throws, sending comes to rest, what is held stays bounded. Ten minutes of it in the long run; what it finds
// becomes a vector of its own.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Association } from "../../src/sctp/association.ts";
import { ChunkType } from "../../src/sctp/packet/chunk-types.ts";
import { readU32, writeU32 } from "../../src/sctp/packet/fields.ts";
import { isLong } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { drain, drainEvents, pattern, SctpPair } from "../support/sctp-pair.ts";

const folder = new URL("../vectors/sctp/", import.meta.url);
const corpus = readdirSync(folder).flatMap((name) => {
  const { packets } = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { packets: string[] };
  return packets.map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
});

const ROUNDS = 600;
const LONG_MS = 600_000;
const RECEIVE_WINDOW_BYTES = 262_144;
const MAX_MESSAGE_BYTES = 65_536;
const OPTIONS = { receiveWindowBytes: RECEIVE_WINDOW_BYTES, maxMessageBytes: MAX_MESSAGE_BYTES };

interface Victim {
  side: Association;
  /** Of packets to it. */
  tag: number;
  nowMs: number;
}

type Random = () => number;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

/** An association before, while and after it is established, and while it ends. */
function victimOf(random: Random): Victim {
  const pair = new SctpPair({ a: OPTIONS, b: OPTIONS });
  const state = below(random, 4);
  if (state === 0) {
    pair.a.start(0);
    drain(pair.a, 0);
  } else {
    pair.connect();
    pair.send("a", 1, pattern(20_000));
    pair.send("a", 2, pattern(2_000), { maxRetransmits: 0 });
    pair.send("b", 3, pattern(5_000));
    if (state === 1) pair.isLost = ({ from }) => from === "b";
    pair.run(below(random, 30));
    if (state === 2) pair.a.shutdown(pair.nowMs);
    if (state === 3) pair.a.resetStreams([1, 2]);
  }
  const init = pair.sent.find(({ from, types }) => from === "a" && types.includes(ChunkType.INIT));
  return { side: pair.a, tag: init === undefined ? 0 : readU32(init.bytes, 16), nowMs: pair.nowMs };
}

const SPECIAL = [0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128, 130, 132, 192, 254, 255] as const;

function mutate(packet: Uint8Array, random: Random): Uint8Array {
  let bytes = packet.slice();
  for (let count = below(random, 6); count > 0; count -= 1) {
    const at = 12 + below(random, Math.max(1, bytes.length - 12));
    switch (below(random, 5)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
        break;
      case 1:
        bytes[at] = SPECIAL[below(random, SPECIAL.length)] ?? 0;
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3: {
        // Chunks of another packet behind what is there.
        const other = corpus[below(random, corpus.length)] ?? bytes;
        bytes = Uint8Array.from([...bytes.subarray(0, at & ~3), ...other.subarray(12)]);
        break;
      }
      default:
        writeU32(bytes, at & ~3, below(random, 2) === 0 ? below(random, 2 ** 32) : below(random, 100));
    }
  }
  return bytes.subarray(0, 16_384);
}

/** What would be for the victim: its tag, and a checksum that it takes. */
function addressed(bytes: Uint8Array, tag: number, random: Random): Uint8Array {
  if (bytes.length < 16) return bytes;
  if (random() < 0.95) writeU32(bytes, 4, bytes[12] === ChunkType.INIT ? 0 : tag);
  writeU32(bytes, 0, 0x1388_1388);
  writeU32(bytes, 8, 0);
  return bytes;
}

function attack(seed: number): void {
  const random = seededRandom(seed);
  const { side, tag, nowMs: startMs } = victimOf(random);
  let nowMs = startMs;
  const sent: string[] = [];
  try {
    for (let count = 1 + below(random, 8); count > 0; count -= 1) {
      const packet = addressed(mutate(corpus[below(random, corpus.length)] ?? new Uint8Array(0), random), tag, random);
      sent.push(Buffer.from(packet).toString("hex"));
      side.handle(packet, nowMs);
      settle(side, nowMs);
      nowMs += below(random, 50);
      side.advance(nowMs);
      settle(side, nowMs);
    }
    for (let step = 0; step < 20 && side.nextDeadlineMs() < Number.POSITIVE_INFINITY; step += 1) {
      // What is due now was done just now: time that is asked for is used.
      expect(side.nextDeadlineMs()).toBeGreaterThan(nowMs);
      nowMs = Math.max(nowMs, side.nextDeadlineMs());
      side.advance(nowMs);
      settle(side, nowMs);
    }
  } catch (error) {
    throw new Error(`seed ${seed} with ${sent.join(" ")}`, { cause: error });
  }
}

function settle(side: Association, nowMs: number): void {
  expect(drain(side, nowMs).length).toBeLessThan(400);
  drainEvents(side);
  const metrics = side.metrics();
  if (metrics === undefined) return;
  expect(metrics.heldBytes).toBeLessThanOrEqual(RECEIVE_WINDOW_BYTES + MAX_MESSAGE_BYTES);
  expect(Number.isFinite(metrics.rtoMs) && metrics.congestion.cwndBytes > 0).toBe(true);
}

test(
  "bent packets of real stacks do no harm",
  () => {
    expect(corpus.length).toBeGreaterThan(30);
    const endMs = performance.now() + LONG_MS;
    for (let seed = 1; isLong ? performance.now() < endMs : seed <= ROUNDS; seed += 1) attack(seed);
  },
  2 * LONG_MS,
);
