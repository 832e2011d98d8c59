// Tracks that come through doors: offered in every codec, begun in the one that the peer takes, and over for both sides.
import { expect, test } from "vitest";
import { PayloadTypes } from "../../../../src/lib/payload-types.ts";
import type { OfferedCodec } from "../../../../src/control/media-messages.ts";
import type { WantedTrack } from "../../../../src/control/media-negotiation.ts";
import type { EncodedFrame, TrackFormat } from "../../../../src/media/frame.ts";
import { DECIDE_LIMIT_MS, DoorTracks, MAX_DOOR_TRACKS } from "../../../../src/session/media/door-tracks.ts";
import type { DoorOffer, OfferThroughDoor } from "../../../../src/session/ports.ts";
import { HandClock } from "../../../support/hand-clock.ts";

const FORMATS: readonly TrackFormat[] = [
  { kind: "video", codec: "vp8", clockRate: 90_000 },
  { kind: "video", codec: "h264", clockRate: 90_000, profile: "42e01f" },
];
const FRAME: EncodedFrame = { bytes: Uint8Array.of(1), timestampUs: 0, durationUs: undefined, isKey: true };
const SOUND: readonly TrackFormat[] = [{ kind: "audio", codec: "opus", clockRate: 48_000, channels: 2 }];

function setUp(isThere = true) {
  let isOpen = isThere;
  const clock = new HandClock();
  const told: string[] = [];
  const wanted: WantedTrack[] = [];
  let offerThrough: OfferThroughDoor | undefined;
  let closeCount = 0;
  const door = {
    open: (offer: OfferThroughDoor) => {
      offerThrough = offer;
    },
    close: () => {
      closeCount += 1;
      return Promise.resolve();
    },
  };
  let source = 0;
  const tracks = new DoorTracks([door], {
    clock,
    offer: (more) => {
      if (!isOpen) return undefined;
      wanted.push(...more);
      return more.map((_, at) => at + 1);
    },
    newSource: () => (source += 1),
    dropSource: (ssrc) => told.push(`drop ${ssrc}`),
    payloadTypes: new PayloadTypes(),
    send: (track) => told.push(`send ${track}`),
    end: (track) => told.push(`end ${track}`),
  });
  const offerOf = (formats: readonly TrackFormat[]): DoorOffer => ({
    formats,
    onKeyFrameWanted: () => told.push(`key ${formats[0]?.kind}`),
    onOver: () => told.push(`over ${formats[0]?.kind}`),
  });
  const offer = (...formats: (readonly TrackFormat[])[]) => offerThrough?.(formats.map(offerOf));
  const arrive = (): void => {
    isOpen = true;
  };
  return { clock, told, wanted, tracks, offer, arrive, closeCount: () => closeCount };
}

const codec = (name: string): OfferedCodec => ({ name, payloadType: 1, clockRate: 90_000 });

test("each track is offered in all its codecs, and comes in the one that the peer takes", async () => {
  const { told, wanted, tracks, offer } = setUp();
  const offered = offer(SOUND, FORMATS);
  expect(wanted.map(({ kind, codecs, ssrc }) => [kind, codecs.map(({ name }) => name), ssrc])).toEqual([
    ["audio", ["opus"], 1],
    ["video", ["vp8", "h264"], 2],
  ]);
  expect(wanted[1]?.codecs[1]).toEqual({ name: "h264", payloadType: 102, clockRate: 90_000, profile: "42e01f" });
  tracks.finish(1);
  expect(tracks.begin(2, codec("h264"))?.codec).toBe("h264");
  const taken = await offered;
  if (taken === undefined || taken === "not-now") throw new Error("it was not taken");
  expect(taken.map((track) => track?.format.codec)).toEqual([undefined, "h264"]);
  expect(told).toEqual(["over audio"]);
  taken[1]?.write(FRAME);
  tracks.wantKeyFrame(2);
  tracks.wantKeyFrame(7);
  taken[1]?.end();
  taken[1]?.end();
  taken[1]?.write(FRAME);
  expect(taken[1]?.isOver).toBe(true);
  expect(told).toEqual(["over audio", "send 2", "key video", "end 2"]);
  // The peer has all of it: whoever has ended it needs not be told.
  tracks.finish(2);
  expect(tracks.has(2)).toBe(false);
  expect(told).toHaveLength(4);
});

test("a peer that ends a track is told to its program", async () => {
  const { told, tracks, offer } = setUp();
  const offered = offer(FORMATS);
  tracks.begin(1, codec("vp8"));
  await offered;
  tracks.finish(1);
  expect(told).toEqual(["over video"]);
});

test("a peer that has not decided for a while may still take the first codec, and only that", async () => {
  const { clock, told, tracks, offer } = setUp();
  const offered = offer(FORMATS);
  clock.pass(DECIDE_LIMIT_MS);
  const taken = await offered;
  if (taken === undefined || taken === "not-now") throw new Error("it was not taken");
  const [track] = taken;
  expect([track?.format.codec, track?.isOver]).toEqual(["vp8", false]);
  track?.write(FRAME);
  expect(told).toEqual([]);
  tracks.begin(1, codec("h264"));
  track?.write(FRAME);
  expect(told).toEqual(["end 1", "over video"]);
});

test("one that decides late for that codec gets it", async () => {
  const { clock, told, tracks, offer } = setUp();
  const offered = offer(FORMATS);
  clock.pass(DECIDE_LIMIT_MS);
  const taken = await offered;
  tracks.begin(1, codec("vp8"));
  if (taken === undefined || taken === "not-now") throw new Error("it was not taken");
  taken[0]?.write(FRAME);
  expect(told).toEqual(["send 1"]);
});

test("while nobody can take anything, nothing is taken, and a program may try for hours", async () => {
  const { offer, told } = setUp(false);
  for (let count = 1; count <= 2 * MAX_DOOR_TRACKS; count += 1) {
    expect(await offer(FORMATS)).toBe("not-now");
    expect(told.splice(0)).toEqual([`drop ${count}`]);
  }
});

test("what was tried before somebody came is not counted", async () => {
  const setup = setUp(false);
  for (let count = 0; count < MAX_DOOR_TRACKS; count += 1) await setup.offer(FORMATS);
  setup.arrive();
  const offered = setup.offer(FORMATS);
  setup.tracks.begin(1, codec("vp8"));
  expect(await offered).toMatchObject([{ isOver: false }]);
});

test("a session has a limit of them", async () => {
  const { tracks, offer } = setUp();
  for (let count = 0; count < MAX_DOOR_TRACKS; count += 1) {
    const offered = offer(FORMATS);
    tracks.finish(1);
    expect(await offered).toEqual([undefined]);
  }
  expect(await offer(FORMATS)).toBe("not-now");
});

test("at the end of the session every program is told, and the doors are closed", async () => {
  const { told, tracks, offer, closeCount } = setUp();
  const offered = offer(FORMATS);
  await tracks.stop();
  expect(await offered).toEqual([undefined]);
  expect([told, closeCount()]).toEqual([["over video"], 1]);
});
