// A call while its line moves between two pairs of addresses and back: what left on the old one comes late, behind what left on
// the new one, or not at all. Each side moves by itself.
import { describe, expect, test } from "vitest";
import { mediaEngines } from "../support/media-engines.ts";
import { CLEAN_LINK, type LinkConditions } from "../support/sim/link.ts";
import {
  longestGap,
  openTracks,
  PICTURE_TRACK,
  publication,
  publish,
  SOUND_TRACK,
  Taker,
} from "../support/sim/media-call.ts";
import { MediaEnd } from "../support/sim/media-end.ts";
import type { Packet, Receiver } from "../support/sim/packet.ts";
import { Simulation } from "../support/sim/simulation.ts";

const SECONDS = 17;
/** Of the side that sends the call; the other one moves a while later. */
const MOVE_MS = 5_000;
const LATER_MS = 700;
const MAX_GAP_MS = 400;

type Kind = "udp" | "tcp";

interface Ways {
  udp: Partial<LinkConditions>;
  tcp: Partial<LinkConditions>;
}

/** Both ways from one end to the other; the line moves between them every 5 s. */
function movingLine(simulation: Simulation, name: string, ways: Ways, offsetMs: number) {
  const links = {
    udp: simulation.link(`${name} udp`, { ...CLEAN_LINK, ...ways.udp }),
    tcp: simulation.link(`${name} tcp`, { ...CLEAN_LINK, ...ways.tcp }),
  };
  const counts = { udp: 0, tcp: 0, overtaken: 0 };
  let newestMs = 0;
  return {
    counts,
    send(bytes: Uint8Array, to: Receiver): void {
      const kind: Kind = Math.floor((simulation.nowMs + MOVE_MS - offsetMs) / MOVE_MS) % 2 === 0 ? "tcp" : "udp";
      counts[kind] += 1;
      const receive = (packet: Packet): void => {
        if (packet.sentAtMs < newestMs) counts.overtaken += 1;
        newestMs = Math.max(newestMs, packet.sentAtMs);
        to.receive(packet);
      };
      links[kind].send(bytes, { receive });
    },
  };
}

function runMovingCall(seed: number, ways: Ways) {
  const simulation = new Simulation(seed, ways);
  const published = publication(SECONDS, seed);
  const taker = new Taker(published);
  const { a, b } = mediaEngines({ seed });
  openTracks(a, b);
  const [there, back] = [movingLine(simulation, "a→b", ways, 0), movingLine(simulation, "b→a", ways, LATER_MS)];
  const onSent = (): void => {};
  const endA = new MediaEnd({ engine: a, simulation, out: there, onEvent: () => {}, onSent });
  const endB = new MediaEnd({
    engine: b,
    simulation,
    out: back,
    onEvent: (event, nowMs) => taker.take(event, nowMs),
    onSent,
  });
  [endA.peer, endB.peer] = [endB, endA];
  const endMs = publish((atMs, action) => simulation.at(atMs, () => endA.change(action)), published);
  simulation.runTo(endMs + 3_000);
  return { published, taker, receiver: b, counts: there.counts };
}

/** When a side leaves UDP that has died: as test/sim/call-moves.test.ts has it. */
const NOTICED_MS = 1_400;
/** As `publication` has them. */
const KEY_FRAMES_MS = 2_000;

test.each([1, 2])(
  "a call whose UDP dies has sound as soon as it has moved, and a picture from the next key frame (seed %s)",
  (seed) => {
    const { taker } = runMovingCall(seed, {
      udp: { delayMs: 25, outages: [{ fromMs: MOVE_MS - NOTICED_MS, toMs: MOVE_MS + LATER_MS }] },
      tcp: { delayMs: 30 },
    });
    const gapOf = (track: number): number => longestGap(taker.of(track)).takenMs;
    expect(gapOf(SOUND_TRACK)).toBeLessThanOrEqual(NOTICED_MS + MAX_GAP_MS);
    expect(gapOf(PICTURE_TRACK)).toBeLessThanOrEqual(NOTICED_MS + KEY_FRAMES_MS + MAX_GAP_MS);
  },
);

describe.each<[string, number, Ways]>([
  ["from 40 ms to 2 ms", 1, { udp: { delayMs: 40 }, tcp: { delayMs: 2 } }],
  ["where 300 ms wait in the TCP connection", 1, { udp: { delayMs: 25 }, tcp: { delayMs: 325 } }],
  ["where UDP loses 2 %", 0, { udp: { delayMs: 25, loss: 0.02 }, tcp: { delayMs: 30 } }],
  [
    "where UDP loses what was under way",
    0,
    {
      udp: {
        delayMs: 40,
        outages: [0, 10].map((at) => ({ fromMs: at * 1_000 + 4_900, toMs: at * 1_000 + 5_000 })),
      },
      tcp: { delayMs: 30 },
    },
  ],
])("a call over a line that moves between UDP and TCP, %s", (_, leastOvertaken, ways) => {
  test.each([1, 2])("goes on: every frame arrives, none long after the one before (seed %s)", (seed) => {
    const { published, taker, receiver, counts } = runMovingCall(seed, ways);
    expect(Math.min(counts.udp, counts.tcp)).toBeGreaterThan(500);
    expect(counts.overtaken).toBeGreaterThanOrEqual(leastOvertaken);
    for (const track of [SOUND_TRACK, PICTURE_TRACK]) {
      const frames = taker.of(track);
      expect(frames.length).toBe(published.frames.filter((frame) => frame.track === track).length);
      const { takenMs, lineMs } = longestGap(frames);
      expect(takenMs).toBeLessThanOrEqual(MAX_GAP_MS);
      expect(lineMs).toBeLessThanOrEqual(MAX_GAP_MS);
    }
    expect(receiver.stats("receive", PICTURE_TRACK)).toMatchObject({ droppedFrames: 0 });
  });
});
