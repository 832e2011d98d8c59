// Two sides that publish and record over engines of our own, on one clock that the test moves; datagrams take 20 ms and
// may be lost.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { MediaOfferMessage } from "../../../../src/control/media-messages.ts";
import type { CodecName } from "../../../../src/lib/codecs.ts";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import type { SrtpKeyMaterial } from "../../../../src/media/srtp.ts";
import { nodeMediaCiphers } from "../../../../src/rtc/media/ciphers.ts";
import { nodePacketisers } from "../../../../src/rtc/media/packetisers.ts";
import { DRAIN_QUIET_MS, FrameMedia } from "../../../../src/session/media/frame-media.ts";
import type { MediaTransport } from "../../../../src/session/ports.ts";
import type { MediaSettings } from "../../../../src/session/session-types.ts";
import { FakeSink, FakeSource, formatOf } from "../../../support/fake-media.ts";
import { HandClock } from "../../../support/hand-clock.ts";

const DELAY_MS = 20;
const SECRETS = [0, 1].map(() => ({ key: new Uint8Array(randomBytes(16)), salt: new Uint8Array(randomBytes(12)) }));

class Link implements MediaTransport {
  readonly keys: SrtpKeyMaterial;
  readonly maxDatagramBytes = 1_200;
  readonly #clock: HandClock;
  other: Link | undefined;
  sent = 0;
  /** Whether the datagram of this number is lost. */
  loses: (number: number) => boolean = () => false;
  #listener: (datagram: Uint8Array) => void = () => {};

  constructor(clock: HandClock, side: 0 | 1) {
    this.#clock = clock;
    const [local, remote] = side === 0 ? SECRETS : SECRETS.toReversed();
    if (local === undefined || remote === undefined) throw new Error("no keys");
    this.keys = { profile: "AEAD_AES_128_GCM", local, remote };
  }

  send(datagram: Uint8Array): void {
    this.sent += 1;
    if (!this.loses(this.sent)) this.#clock.setTimer(() => this.other?.deliver(datagram), DELAY_MS);
  }

  deliver(datagram: Uint8Array): void {
    this.#listener(datagram);
  }

  onDatagram(listener: (datagram: Uint8Array) => void): void {
    this.#listener = listener;
  }
}

class Side {
  readonly told: string[] = [];
  readonly reported: P2pError[] = [];
  readonly media: FrameMedia;
  readonly link: Link;

  constructor(clock: HandClock, side: 0 | 1, settings: MediaSettings) {
    this.link = new Link(clock, side);
    this.media = new FrameMedia({
      clock,
      transport: this.link,
      port: { ciphers: nodeMediaCiphers, packetisers: nodePacketisers },
      randomBytes: (count) => randomBytes(count),
      settings,
      events: {
        offer: () => undefined,
        onDecided: (track, choice) =>
          this.told.push(`decided ${track} ${typeof choice === "string" ? choice : choice.name}`),
        onArrived: () => {},
        onStreamEnded: () => {},
        onSent: (track) => this.told.push(`sent ${track}`),
        onDrained: (track) => this.told.push(`drained ${track}`),
        onPaused: (track, isPaused) => this.told.push(`${isPaused ? "paused" : "resumed"} ${track}`),
        onFailed: (direction, track, { code }) => this.told.push(`failed ${direction} ${track} ${code}`),
        onRecorded: ({ bytes, path }) => this.told.push(`recorded ${bytes} ${path}`),
        onNotRecorded: (kind, why) => this.told.push(`${kind} not recorded: ${why}`),
        report: (error) => this.reported.push(error),
      },
    });
  }
}

/** What the negotiation would do: offers all of `a` and takes what `b` chooses. */
function agree(a: Side, b: Side): (string | undefined)[] {
  const offers = a.media.wanted.map(
    (wanted, index): MediaOfferMessage => ({ type: "media-offer", track: index + 1, ...wanted }),
  );
  a.media.handleOffered(offers.map(({ track }) => track));
  const choices = b.media.choose(offers);
  for (const [index, offer] of offers.entries()) {
    const choice = choices[index];
    if (choice === undefined || typeof choice === "string") continue;
    b.media.beginReceiving(offer, choice);
  }
  for (const [index, offer] of offers.entries()) {
    const choice = choices[index];
    if (choice === undefined || typeof choice === "string") a.media.endSending(offer.track);
    else a.media.beginSending(offer, choice);
  }
  return choices.map((choice) => (typeof choice === "string" ? choice : choice?.name));
}

async function pass(clock: HandClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5) {
    for (let count = 0; count < 10; count += 1) await Promise.resolve();
    clock.pass(5);
  }
  for (let count = 0; count < 10; count += 1) await Promise.resolve();
}

function open(publish: FakeSource[], settings: MediaSettings): { clock: HandClock; a: Side; b: Side } {
  const clock = new HandClock();
  const [a, b] = [new Side(clock, 0, { publish }), new Side(clock, 1, settings)];
  a.link.other = b.link;
  b.link.other = a.link;
  return { clock, a, b };
}

const times = (count: number, stepMs: number): number[] => Array.from({ length: count }, (_, index) => index * stepMs);

describe("a source that is published", () => {
  test.each<[string, (number: number) => boolean]>([
    ["over a path that loses nothing", () => false],
    ["over a path that loses a packet in twenty", (number) => number % 20 === 7],
  ])("%s arrives whole, in its time, and ends", async (_what, loses) => {
    const sink = new FakeSink(["vp8", "opus"]);
    // A picture and a sound in turn, 20 ms apart.
    const { clock, a, b } = open([new FakeSource(times(100, 10), undefined, ["vp8", "opus"])], { record: sink });
    a.link.loses = loses;
    expect(agree(a, b)).toEqual(["vp8", "opus"]);
    await pass(clock, 1_100);
    expect(a.told).toEqual(["sent 1", "sent 2"]);
    b.media.drain(1);
    b.media.drain(2);
    await pass(clock, 2 * DRAIN_QUIET_MS);
    expect(b.told.toSorted()).toEqual(["drained 1", "drained 2"]);
    for (const index of [0, 1]) {
      const frames = sink.frames.filter((one) => one.index === index).map(({ frame }) => frame);
      expect(frames.map(({ bytes }) => bytes[5])).toEqual(times(50, 1));
      const steps = frames.slice(1).map((frame, at) => frame.timestampUs - (frames[at]?.timestampUs ?? 0));
      expect(Math.max(...steps.map((step) => Math.abs(step - 20_000)))).toBeLessThan(1_000);
    }
    for (const track of [1, 2]) {
      a.media.endSending(track);
      b.media.endReceiving(track);
    }
    await pass(clock, 5);
    expect(b.told.at(-1)).toMatch(/^recorded \d+ \/x\.webm$/);
    expect([sink.closed, b.media.isRecording]).toEqual([1, false]);
    expect(b.media.stats("receive", 1)).toBeUndefined();
    await a.media.stop();
    await b.media.stop();
    // A report may be on its way.
    await pass(clock, DELAY_MS);
    expect(clock.timerCount).toBe(0);
  });

  test("waits until all tracks are decided, and does not begin where none is taken", async () => {
    const [wanted, unwanted] = [new FakeSource([0, 10]), new FakeSource([0, 10], undefined, ["pcmu"])];
    const { clock, a, b } = open([wanted, unwanted], { record: new FakeSink(["vp8"]) });
    expect(agree(a, b)).toEqual(["vp8", "refuse"]);
    await pass(clock, 50);
    expect([wanted.readCount, unwanted.readCount, unwanted.closed]).toEqual([3, 0, 1]);
    expect(a.told).toEqual(["sent 1"]);
  });

  test("that the peer no longer wants is not read any more", async () => {
    const source = new FakeSource(times(100, 20));
    const { clock, a, b } = open([source], { record: new FakeSink(["vp8"]) });
    agree(a, b);
    await pass(clock, 100);
    a.media.endSending(1);
    await pass(clock, 5);
    const before = source.readCount;
    await pass(clock, 500);
    expect([source.readCount, source.closed, a.told]).toEqual([before, 1, []]);
  });

  test("that fails is told for each of its tracks", async () => {
    const error = new P2pError("SOURCE_CHANGED", { path: "x" });
    const { clock, a, b } = open([new FakeSource([0, 0, 10], error, ["vp8", "opus"])], {
      record: new FakeSink(["vp8", "opus"]),
    });
    agree(a, b);
    await pass(clock, 50);
    expect(a.told).toEqual(["failed send 1 SOURCE_CHANGED", "failed send 2 SOURCE_CHANGED"]);
  });

  test("over a path that carries nothing there is paused, which is told, and goes on by itself", async () => {
    const { clock, a, b } = open([new FakeSource(times(3_000, 20))], { record: new FakeSink(["vp8"]) });
    agree(a, b);
    await pass(clock, 5_000);
    a.link.loses = () => true;
    await pass(clock, 10_000);
    expect(a.told).toEqual(["paused 1"]);
    a.link.loses = () => false;
    await pass(clock, 30_000);
    expect(a.told).toEqual(["paused 1", "resumed 1"]);
    await a.media.stop();
    await b.media.stop();
  });

  test("stands still while the path is interrupted", async () => {
    const source = new FakeSource(times(100, 20));
    const { clock, a, b } = open([source], { record: new FakeSink(["vp8"]) });
    agree(a, b);
    await pass(clock, 100);
    a.media.setReachable(false);
    const before = source.readCount;
    await pass(clock, 500);
    expect(source.readCount).toBe(before);
    a.media.setReachable(true);
    await pass(clock, 100);
    expect(source.readCount).toBe(before + 5);
  });
});

test("two profiles of H.264 have payload types of their own, since a browser has all tracks in one bundle", () => {
  const sources = ["42e01f", "640028", "42e01f"].map((profile) => {
    const source = new FakeSource(times(1, 10), undefined, ["h264"]);
    return Object.assign(source, { tracks: [{ ...formatOf("h264"), profile }] });
  });
  const { media } = new Side(new HandClock(), 0, { publish: sources });
  expect(media.wanted.flatMap(({ codecs }) => codecs.map(({ payloadType }) => payloadType))).toEqual([102, 103, 102]);
});

describe("what comes", () => {
  const offerOf = (kind: "audio" | "video", ...codecs: { name: string; clockRate?: number }[]): MediaOfferMessage => ({
    type: "media-offer",
    track: 1,
    kind,
    ssrc: 7,
    codecs: codecs.map(({ name, clockRate = 90_000 }, index) => ({ name, clockRate, payloadType: 96 + index })),
  });
  const chosenBy = (settings: MediaSettings, offer: MediaOfferMessage): string | undefined => {
    const [choice] = new Side(new HandClock(), 0, settings).media.choose([offer]);
    return typeof choice === "string" ? choice : choice?.name;
  };
  const holding = (...codecs: CodecName[]): MediaSettings => ({ record: new FakeSink(codecs) });

  test.each<[string, MediaSettings, MediaOfferMessage, string]>([
    ["what the sink holds best", holding("vp9", "vp8"), offerOf("video", { name: "vp8" }, { name: "vp9" }), "vp9"],
    [
      "what this side prefers",
      { ...holding("vp9", "vp8"), codecs: { video: ["av1", "vp8"] } },
      offerOf("video", { name: "vp9" }, { name: "vp8" }),
      "vp8",
    ],
    ["nothing where the sink holds none", holding("h264", "opus"), offerOf("video", { name: "vp8" }), "refuse"],
    ["nothing where nobody records", {}, offerOf("video", { name: "vp8" }), "refuse"],
    ["nothing of a later program", holding("vp8"), offerOf("video", { name: "constructor" }), "refuse"],
    ["nothing with another clock", holding("vp8"), offerOf("video", { name: "vp8", clockRate: 1 }), "refuse"],
    ["nothing under another kind", holding("vp8"), offerOf("audio", { name: "vp8" }), "refuse"],
    ["for a door what the door takes", { forward: [new FakeSink(["vp8"])] }, offerOf("video", { name: "vp8" }), "vp8"],
  ])("is taken as %s", (_what, settings, offer, codec) => {
    expect(chosenBy(settings, offer)).toBe(codec);
  });

  const picture = offerOf("video", { name: "vp8" });
  const laterSound = { ...offerOf("audio", { name: "opus", clockRate: 48_000 }), track: 2 };

  test("later than the first tracks is taken once one more file is open", async () => {
    const recordNext = async (): Promise<FakeSink> => new FakeSink(["vp8", "opus"]);
    const { media, told } = new Side(new HandClock(), 0, { ...holding("vp8", "opus"), recordNext });
    expect(media.choose([picture])).toEqual(picture.codecs);
    expect(media.choose([laterSound])).toEqual(["later"]);
    await expect.poll(() => told, { timeout: 60_000 }).toEqual(["decided 2 opus"]);
    await media.stop();
  });

  test("later is still passed on where no file can be opened, and an end meanwhile is no matter", async () => {
    const full = new P2pError("DISK_FULL", { needed: "1", free: "0", path: "x" });
    const recordNext = (): Promise<FakeSink> => Promise.reject(full);
    const settings = { ...holding("vp8", "opus"), recordNext, forward: [new FakeSink(["opus"])] };
    const { media, told, reported } = new Side(new HandClock(), 0, settings);
    media.choose([picture]);
    expect(media.choose([laterSound, { ...picture, track: 3 }, { ...picture, track: 4 }])).toEqual([
      "later",
      "later",
      "later",
    ]);
    media.endReceiving(4);
    await expect.poll(() => told, { timeout: 60_000 }).toEqual(["decided 2 opus", "decided 3 refuse"]);
    expect(reported).toEqual([full]);
    await media.stop();
  });

  test("that is not recorded is told, with the reason", () => {
    const { media, told } = new Side(new HandClock(), 0, holding("vp8"));
    expect(media.choose([picture, laterSound])).toEqual([picture.codecs[0], "refuse"]);
    expect(media.choose([picture])).toEqual(["refuse"]);
    expect(told).toEqual(["audio not recorded: codec", "video not recorded: stdout"]);
    const { media: other, told: toldThere } = new Side(new HandClock(), 0, {});
    expect(other.choose([picture])).toEqual(["refuse"]);
    expect(toldThere).toEqual([]);
  });

  test("is taken of one group as far as there is room, one for the other where one has less", () => {
    const offers = [1, 2, 3].map((track) => ({ ...offerOf("video", { name: "vp8" }), track }));
    const taken = (settings: MediaSettings): boolean[] =>
      new Side(new HandClock(), 0, settings).media.choose(offers).map((choice) => choice !== "refuse");
    expect(taken({ forward: [new FakeSink(["vp8"], 1)] })).toEqual([true, false, false]);
    expect(taken({ record: new FakeSink(["vp8"], 2), forward: [new FakeSink(["vp8"], 1)] })).toEqual([
      true,
      true,
      false,
    ]);
    expect(taken({ forward: [new FakeSink(["vp8"], 1), new FakeSink(["opus"], 2)] })).toEqual([true, false, false]);
  });

  test("goes to the recording and to a door, as far as each holds it", async () => {
    const [record, door] = [new FakeSink(["vp8", "opus"]), new FakeSink(["opus"])];
    const source = new FakeSource(times(20, 10), undefined, ["vp8", "opus"]);
    const { clock, a, b } = open([source], { record, forward: [door] });
    expect(b.media.isRecording).toBe(true);
    agree(a, b);
    await pass(clock, 1_500);
    expect([record.frames.length, door.frames.length]).toEqual([20, 10]);
    await b.media.stop();
    expect([record.closed, door.closed, b.told]).toEqual([1, 1, [expect.stringMatching(/^recorded/)]]);
  });

  test("that cannot be written ends its tracks, and the error is told once", async () => {
    const record = new FakeSink(["vp8"]);
    record.failsWith = new P2pError("DISK_FULL", { needed: "1", free: "0", path: "x" });
    const { clock, a, b } = open([new FakeSource(times(20, 10))], { record });
    agree(a, b);
    await pass(clock, 1_000);
    expect(b.told).toEqual(["failed receive 1 DISK_FULL"]);
    expect([b.reported, b.media.isRecording, record.closed]).toEqual([[record.failsWith], false, 1]);
    await b.media.stop();
    expect(b.told).toHaveLength(1);
  });

  test("is asked for no longer than a second of silence where no goodbye comes", async () => {
    const source = new FakeSource([0, 10]);
    source.hold(1);
    const { clock, a, b } = open([source], { record: new FakeSink(["vp8"]) });
    agree(a, b);
    await pass(clock, 50);
    a.link.loses = () => true;
    b.media.drain(1);
    await pass(clock, DRAIN_QUIET_MS - 20);
    expect(b.told).toEqual([]);
    await pass(clock, 100 + DRAIN_QUIET_MS);
    expect(b.told).toEqual(["drained 1"]);
  });

  test("of nothing is told as nothing when the session ends", async () => {
    const { b } = open([], { record: new FakeSink(["vp8"]) });
    await b.media.stop();
    expect(b.told).toEqual(["recorded 0 undefined"]);
  });
});
