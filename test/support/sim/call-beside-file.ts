// A call of 1 Mbit/s beside a file at full speed, over one link in virtual time, with all that the call asks for again.
import { mediaEngines } from "../media-engines.ts";
import { ETHERNET_PACKET_BYTES, talkOfAssociations } from "./associations.ts";
import { CLEAN_LINK, type LinkConditions } from "./link.ts";
import { openTracks, publication, publish, Taker, type TakenFrame } from "./media-call.ts";
import { MediaEnd } from "./media-end.ts";
import { CLEAN_PATH } from "./pair.ts";
import { bulk } from "./traffic.ts";

/** Bytes per millisecond. */
const RATE = 12_500;

/** @param hasCall - without it, the file alone. @returns the frames that arrived, and how many were sent */
export function callBesideFile(
  seed: number,
  seconds: number,
  hasCall = true,
): { frames: TakenFrame[]; sent: number; fileBytes: number } {
  const way: LinkConditions = {
    ...CLEAN_LINK,
    mtuBytes: ETHERNET_PACKET_BYTES,
    rate: RATE,
    delayMs: 25,
    queueBytes: 600_000,
    loss: 0.01,
  };
  const talk = talkOfAssociations({
    seed,
    conditions: { ...CLEAN_PATH, aToB: way, bToA: way, timerLatenessMs: 1.2 },
    both: { maxPacketBytes: ETHERNET_PACKET_BYTES, initialRttMs: 50 },
    aSends: bulk(2 * RATE * seconds * 1_000),
    bufferBytes: 2 ** 22,
  });
  const { simulation, aToB, bToA } = talk.pair;
  simulation.runUntil(() => talk.establishedAtMs !== undefined, 60_000, "established");
  const startMs = simulation.nowMs;
  const published = publication(hasCall ? seconds : 0, seed);
  const taker = new Taker(published);
  const { a, b } = mediaEngines({ seed });
  openTracks(a, b);
  const noteAtA = (bytes: number, nowMs: number): void => talk.pair.a.engine.noteBeside(bytes, nowMs);
  const endA = new MediaEnd({ engine: a, simulation, out: aToB, onEvent: () => {}, onSent: noteAtA });
  const endB = new MediaEnd({
    engine: b,
    simulation,
    out: bToA,
    onEvent: (event, nowMs) => taker.take(event, nowMs - startMs),
    onSent: () => {},
  });
  endA.peer = endB;
  endB.peer = endA;
  const lastMs = publish((atMs, action) => simulation.at(atMs, () => endA.change(action)), published, startMs);
  simulation.runTo(startMs + seconds * 1_000);
  const fileBytes = talk.fromA.receivedBytes;
  simulation.runTo(Math.max(lastMs, startMs + seconds * 1_000) + 1_000);
  return { frames: taker.taken, sent: published.frames.length, fileBytes };
}
