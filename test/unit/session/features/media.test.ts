// Sound and picture in a session: what is offered, taken, told and counted, with a backend that carries nothing.
import { describe, expect, test } from "vitest";
import type { MediaMessage, MediaOfferMessage } from "../../../../src/control/media-messages.ts";
import type { HelloMessage } from "../../../../src/control/messages.ts";
import type { DescribedSection } from "../../../../src/control/described-tracks.ts";
import type { ExpectedTrack, WantedTrack } from "../../../../src/control/media-negotiation.ts";
import type { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { P2pError as SomeError } from "../../../../src/lib/errors/p2p-error.ts";
import type { P2pEvent } from "../../../../src/lib/events.ts";
import { END_LIMIT_MS, MediaTracks } from "../../../../src/session/features/media.ts";
import type { MediaBackend, MediaBackendEvents, MediaChoice } from "../../../../src/session/media/media-backend.ts";
import { HandClock } from "../../../support/hand-clock.ts";

const VP8 = { name: "vp8", payloadType: 96, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000 };
const PICTURE: WantedTrack = { kind: "video", codecs: [VP8], ssrc: 7 };
const SOUND: WantedTrack = { kind: "audio", codecs: [OPUS], ssrc: 8 };

/** Notes what it is asked for. */
class FakeBackend implements MediaBackend {
  readonly calls: string[] = [];
  wanted: readonly WantedTrack[] = [];
  isRecording = false;
  takes: readonly string[] = [];
  /** A person decides. */
  isUndecided = false;

  handleOffered(tracks: readonly number[]): void {
    this.calls.push(`offered ${tracks.join()}`);
  }
  choose(offers: readonly MediaOfferMessage[]): MediaChoice[] {
    if (this.isUndecided) return offers.map(() => "later");
    return offers.map(({ codecs }) => codecs.find(({ name }) => this.takes.includes(name)) ?? "refuse");
  }
  beginSending({ track }: MediaOfferMessage): void {
    this.calls.push(`send ${track}`);
  }
  endSending(track: number): void {
    this.calls.push(`sent ${track}`);
  }
  expect(offers: readonly ExpectedTrack[]): void {
    this.calls.push(`expect ${offers.map(({ track }) => track).join()}`);
  }
  beginReceiving({ track }: MediaOfferMessage): void {
    this.calls.push(`receive ${track}`);
  }
  drain(track: number): void {
    this.calls.push(`drain ${track}`);
  }
  endReceiving(track: number): void {
    this.calls.push(`received ${track}`);
  }
  setReachable(isReachable: boolean): void {
    this.calls.push(isReachable ? "reachable" : "unreachable");
  }
  stats(): undefined {
    return undefined;
  }
  async stop(): Promise<void> {
    this.calls.push("stop");
  }
}

class Side {
  readonly backend = new FakeBackend();
  readonly clock = new HandClock();
  readonly sent: MediaMessage[] = [];
  readonly told: P2pEvent[] = [];
  readonly reported: P2pError[] = [];
  readonly refused: string[] = [];
  isHolding = false;
  feature: MediaTracks;
  events: MediaBackendEvents | undefined;

  constructor(setup: {
    publish?: WantedTrack[];
    takes?: string[];
    records?: boolean;
    without?: true;
    foreign?: true;
    doors?: true;
    holding?: true;
    described?: DescribedSection[];
  }) {
    const { publish = [], takes = [], records = false } = setup;
    this.backend.wanted = publish;
    this.backend.takes = takes;
    this.backend.isRecording = records;
    this.feature = new MediaTracks({
      openBackend: (events) => {
        this.events = events;
        return setup.without === true ? undefined : this.backend;
      },
      kindsToPublish: publish.map(({ kind }) => kind),
      hasDoors: setup.doors === true,
      clock: this.clock,
      isForeign: setup.foreign === true,
      described: setup.described,
      isHolding: () => this.isHolding,
      isOpen: () => true,
      send: (message) => this.sent.push(message),
      emit: (event) => this.told.push(event),
      report: (error) => this.reported.push(error),
      refuse: (detail) => this.refused.push(detail),
      look: () => {},
      trace: undefined,
    });
    this.isHolding = setup.holding === true;
    this.feature.start();
  }

  hello(mode: HelloMessage["mode"] = "once", can = true): void {
    this.feature.handleHello({ hello: { type: "hello", mode }, can: () => can });
  }

  /** What was told of tracks: `send video started`. */
  get tracks(): string[] {
    return this.told.flatMap((event) =>
      event.event === "media" ? [`${event.direction} ${event.track} ${event.codec} ${event.state}`] : [],
    );
  }
}

function deliver(a: Side, b: Side): void {
  while (a.sent.length + b.sent.length > 0) {
    for (const message of a.sent.splice(0)) b.feature.handleMessage(message);
    for (const message of b.sent.splice(0)) a.feature.handleMessage(message);
  }
}

function meet(a: Side, b: Side): void {
  a.hello();
  b.hello();
  deliver(a, b);
}

describe("one side publishes and the other records", () => {
  test("from the first offer to the end of both", () => {
    const a = new Side({ publish: [PICTURE, SOUND] });
    const b = new Side({ takes: ["vp8", "opus"], records: true });
    expect(a.feature.activity).toMatchObject({ outgoingMedia: 2 });
    meet(a, b);
    expect(a.backend.calls).toEqual(["offered 1,2", "send 1", "send 2"]);
    expect(b.backend.calls).toEqual(["receive 1", "receive 2"]);
    expect(a.told[0]).toEqual({ event: "peer-recording", on: true });
    expect(a.tracks).toEqual(["send 1 vp8 started", "send 2 opus started"]);
    expect([a.feature.activity.outgoingMedia, b.feature.activity.incomingMedia]).toEqual([2, 2]);

    a.events?.onSent(1);
    a.events?.onSent(2);
    deliver(a, b);
    expect(b.backend.calls.slice(-2)).toEqual(["drain 1", "drain 2"]);
    expect(a.feature.activity.outgoingMedia).toBe(2);
    b.events?.onDrained(1);
    b.events?.onDrained(2);
    b.backend.isRecording = false;
    b.events?.onRecorded({ bytes: 9, path: "x.webm" });
    deliver(a, b);
    expect([a.feature.activity.outgoingMedia, b.feature.activity.incomingMedia]).toEqual([0, 0]);
    expect(a.tracks.slice(2)).toEqual(["send 1 vp8 stopped", "send 2 opus stopped"]);
    expect(b.tracks.slice(2)).toEqual(["receive 1 vp8 stopped", "receive 2 opus stopped"]);
    expect(b.told.at(-1)).toEqual({ event: "recorded", bytes: 9, path: "x.webm" });
    expect(a.told.filter(({ event }) => event === "peer-recording")).toEqual([
      { event: "peer-recording", on: true },
      { event: "peer-recording", on: false },
    ]);
    expect([a.reported, b.reported, a.feature.exit, b.feature.exit]).toEqual([[], [], 0, 0]);
  });

  test("only who publishes something that is taken is told of a recording", () => {
    for (const publish of [[], [SOUND]]) {
      const a = new Side({ publish });
      const b = new Side({ takes: ["vp8"], records: true });
      meet(a, b);
      expect(a.told.filter(({ event }) => event === "peer-recording")).toEqual([]);
    }
  });

  test("and the recording fails: the sender is told, and ends with 7", () => {
    const a = new Side({ publish: [PICTURE] });
    const b = new Side({ takes: ["vp8"], records: true });
    meet(a, b);
    b.events?.onFailed("receive", 1, new SomeError("WRITE_FAILED", { path: "x", reason: "ENOSPC" }));
    deliver(a, b);
    expect(b.tracks.at(-1)).toBe("receive 1 vp8 failed");
    expect(a.tracks.at(-1)).toBe("send 1 vp8 stopped");
    expect(a.backend.calls.at(-1)).toBe("sent 1");
    expect([a.reported.map(({ params }) => params), a.feature.exit]).toEqual([[{ what: "video", why: "stopped" }], 7]);
  });

  test("and the source fails: its error counts, and the track has failed", () => {
    const a = new Side({ publish: [PICTURE] });
    const b = new Side({ takes: ["vp8"], records: true });
    meet(a, b);
    a.events?.onFailed("send", 1, new SomeError("PATH_UNREADABLE", { path: "x", reason: "EIO" }));
    deliver(a, b);
    b.events?.onDrained(1);
    deliver(a, b);
    expect([a.tracks.at(-1), b.tracks.at(-1)]).toEqual(["send 1 vp8 failed", "receive 1 vp8 stopped"]);
    expect([a.reported.map(({ code }) => code), a.feature.exit]).toEqual([["PATH_UNREADABLE"], 8]);
  });

  test("and the receiver never says the end: the sender waits for it no longer than its limit", () => {
    const a = new Side({ publish: [PICTURE] });
    const b = new Side({ takes: ["vp8"], records: true });
    meet(a, b);
    a.events?.onSent(1);
    a.clock.pass(END_LIMIT_MS - 1);
    expect(a.feature.activity.outgoingMedia).toBe(1);
    a.clock.pass(1);
    expect(a.feature.activity.outgoingMedia).toBe(0);
    deliver(a, b);
    b.events?.onDrained(1);
    deliver(a, b);
    expect([a.feature.activity.outgoingMedia, a.refused, b.refused]).toEqual([0, [], []]);
  });
});

describe("what is published", () => {
  test("to nobody who takes it is told in one sentence, and not sent", () => {
    const a = new Side({ publish: [PICTURE, SOUND] });
    const b = new Side({});
    meet(a, b);
    expect(a.backend.calls).toEqual(["offered 1,2", "sent 1", "sent 2"]);
    expect(a.tracks).toEqual(["send 1 vp8 failed", "send 2 opus failed"]);
    expect(a.reported.map(({ params }) => params)).toEqual([{ what: "both", why: "not-recorded" }]);
    expect([a.feature.activity.outgoingMedia, a.feature.exit, b.feature.exit]).toEqual([0, 7, 0]);
    expect(b.told).toEqual([]);
  });

  test("is sent as far as it is taken", () => {
    const a = new Side({ publish: [PICTURE, SOUND] });
    const b = new Side({ takes: ["opus"], records: true });
    meet(a, b);
    expect(a.tracks).toEqual(["send 1 vp8 failed", "send 2 opus started"]);
    expect(a.reported.map(({ params }) => params)).toEqual([{ what: "video", why: "not-recorded" }]);
    expect(a.feature.activity.outgoingMedia).toBe(1);
  });

  test.each<[string, { without?: true }, boolean, string]>([
    ["a peer that knows nothing of media", {}, false, "peer"],
    ["a connection without keys", { without: true }, true, "own-path"],
  ])("to %s is told", (_what, setup, can, why) => {
    const a = new Side({ publish: [SOUND], ...setup });
    a.hello("once", can);
    expect(a.sent).toEqual([]);
    expect(a.reported.map(({ params }) => params)).toEqual([{ what: "audio", why }]);
    expect(a.feature.activity.outgoingMedia).toBe(0);
    expect(a.feature.hello.capability).toBe(setup.without === true ? undefined : "media/1");
  });

  test("to another WebRTC program is told at once", () => {
    const a = new Side({ publish: [SOUND], foreign: true });
    expect(a.reported.map(({ params }) => params)).toEqual([{ what: "audio", why: "peer" }]);
    expect(a.feature.activity.outgoingMedia).toBe(0);
  });

  test.each<[string, DescribedSection[] | undefined]>([
    ["without sound and picture", undefined],
    ["that sends some", []],
  ])("through a door is told at once where the peer is another WebRTC program %s", (_what, described) => {
    const a = new Side({ foreign: true, doors: true, ...(described === undefined ? {} : { described }) });
    expect(a.reported.map(({ params }) => params)).toEqual([{ what: "both", why: "door" }]);
    expect(a.feature.activity.awaitsMedia).toBe(false);
  });

  test("through a door, over a connection without keys, is told", () => {
    const a = new Side({ doors: true, without: true });
    a.hello();
    expect(a.reported.map(({ params }) => params)).toEqual([{ what: "both", why: "own-path" }]);
  });

  test.each([
    ["while it runs", true, ["send 1 vp8 stopped"]],
    ["before it was offered", false, []],
  ])("and the peer leaves %s: not all of it was sent", async (_what, hasMet, tracks) => {
    const a = new Side({ publish: [PICTURE] });
    const b = new Side({ takes: ["vp8"], records: true });
    if (hasMet) meet(a, b);
    a.told.splice(0);
    await a.feature.stop("peer-left");
    expect(a.tracks).toEqual(tracks);
    expect([a.reported.map(({ params }) => params), a.feature.exit]).toEqual([[{ what: "video", why: "left" }], 7]);
    expect(a.backend.calls.at(-1)).toBe("stop");
  });

  test("has failed where the connection is lost", async () => {
    const a = new Side({ publish: [PICTURE] });
    const b = new Side({ takes: ["vp8"], records: true });
    meet(a, b);
    await a.feature.stop("lost");
    await b.feature.stop("lost");
    expect([a.tracks.at(-1), b.tracks.at(-1)]).toEqual(["send 1 vp8 failed", "receive 1 vp8 failed"]);
    // The loss itself is told by the session.
    expect([a.reported, b.reported]).toEqual([[], []]);
  });

  test("waits while the path is interrupted", () => {
    const a = new Side({ publish: [PICTURE] });
    a.feature.handleReachable(false);
    a.feature.handleReachable(true);
    expect(a.backend.calls).toEqual(["unreachable", "reachable"]);
  });
});

describe("before a required comparison is agreed", () => {
  test("nothing is offered", () => {
    const a = new Side({ publish: [PICTURE], records: true });
    a.isHolding = true;
    a.hello();
    expect(a.sent).toEqual([]);
    expect(a.feature.activity.outgoingMedia).toBe(1);
    a.isHolding = false;
    a.feature.handleVerified();
    expect(a.sent.map(({ type }) => type)).toEqual(["media-offer"]);
    a.feature.handleVerified();
    expect(a.sent).toHaveLength(1);
  });

  test("an offer of the peer breaks the protocol", () => {
    const b = new Side({ takes: ["vp8"], records: true });
    b.isHolding = true;
    b.hello();
    expect(b.feature.handleMessage({ type: "media-offer", track: 1, ...PICTURE })).toBe(true);
    expect(b.refused).toHaveLength(1);
    expect(b.sent).toEqual([]);
  });
});

test("a message out of order breaks the protocol", () => {
  const a = new Side({});
  a.hello();
  a.feature.handleMessage({ type: "media-answer", track: 3, codec: "vp8" });
  expect(a.refused).toHaveLength(1);
});

test("a message about tracks to a side without media changes nothing, and others are left to others", () => {
  const a = new Side({ without: true });
  a.hello();
  expect(a.feature.handleMessage({ type: "media-answer", track: 3 })).toBe(true);
  expect(a.feature.handleMessage({ type: "channel-refused", label: "", protocol: "" })).toBe(false);
  expect(a.refused).toEqual([]);
});

describe("a side that records", () => {
  test.each([
    ["waits for a person who may still publish", "conversation" as const, true, true],
    ["does not wait for a program without media", "conversation" as const, false, false],
    ["does not wait for a side that has nothing to send", "once" as const, true, false],
  ])("%s", (_what, mode, can, awaits) => {
    const b = new Side({ takes: ["vp8"], records: true });
    expect(b.feature.activity.awaitsMedia).toBe(true);
    b.hello(mode, can);
    expect(b.feature.activity.awaitsMedia).toBe(awaits);
    b.feature.handleMessage({ type: "media-offer", track: 1, ...PICTURE });
    expect(b.feature.activity.awaitsMedia).toBe(false);
  });

  test("does not wait any more once the session ends", async () => {
    const b = new Side({ records: true });
    b.hello("conversation");
    await b.feature.stop("ended");
    await b.feature.stop("ended");
    expect(b.feature.activity.awaitsMedia).toBe(false);
    expect(b.backend.calls.filter((call) => call === "stop")).toHaveLength(1);
  });
});

test("the status lists the tracks that run", () => {
  const a = new Side({ publish: [PICTURE] });
  const b = new Side({ takes: ["vp8"], records: true });
  expect(a.feature.status()).toEqual([]);
  meet(a, b);
  a.clock.pass(1_500);
  expect(a.feature.status()).toEqual([
    { track: 1, direction: "send", kind: "video", codec: "vp8", sinceMs: 1_500, stats: undefined },
  ]);
});

describe("with another program, whose description agrees on tracks", () => {
  const described: DescribedSection[] = [
    { kind: "video", send: { track: 0, ssrc: 77, payloadType: 120 } },
    { kind: "audio", receive: { ssrc: undefined, codecs: [OPUS] } },
  ];

  test("begins at once and without a word, and knows what comes when it comes", () => {
    const a = new Side({ publish: [PICTURE, SOUND], records: true, foreign: true, described });
    expect(a.backend.calls).toEqual(["offered 1,2", "send 1", "sent 2", "expect 2"]);
    expect(a.tracks).toEqual(["send 1 vp8 started", "send 2 opus failed"]);
    expect(a.feature.activity).toMatchObject({ outgoingMedia: 1, incomingMedia: 1, awaitsMedia: false });
    expect(a.reported.map(({ code }) => code)).toEqual(["MEDIA_DECLINED"]);

    a.events?.onArrived(2, "opus");
    expect(a.backend.calls.at(-1)).toBe("receive 2");
    a.events?.onStreamEnded(2);
    expect(a.backend.calls.at(-1)).toBe("drain 2");
    a.events?.onDrained(2);
    a.events?.onSent(1);
    expect(a.tracks.slice(2)).toEqual(["receive 2 opus started", "receive 2 opus stopped", "send 1 vp8 stopped"]);
    expect(a.feature.activity).toMatchObject({ outgoingMedia: 0, incomingMedia: 0 });
    expect(a.sent).toEqual([]);
  });

  test("expects what comes also where nothing is published", () => {
    const a = new Side({ records: true, foreign: true, described });
    expect(a.backend.calls).toEqual(["offered ", "expect 2"]);
    expect(a.feature.activity).toMatchObject({ outgoingMedia: 0, incomingMedia: 1 });
  });

  test("does nothing before the string was compared", () => {
    const a = new Side({ publish: [PICTURE], foreign: true, described, holding: true });
    expect(a.backend.calls).toEqual([]);
    a.isHolding = false;
    a.feature.handleVerified();
    expect(a.backend.calls).toContain("send 1");
  });
});

describe("a person who decides meanwhile", () => {
  test("takes a track, or does not", () => {
    const a = new Side({ publish: [PICTURE, SOUND] });
    const b = new Side({});
    b.backend.isUndecided = true;
    meet(a, b);
    expect(a.backend.calls).toEqual(["offered 1,2"]);
    b.events?.onDecided(1, VP8);
    b.events?.onDecided(2, "refuse");
    deliver(a, b);
    expect(a.tracks).toEqual(["send 1 vp8 started", "send 2 opus failed"]);
    // Who has enough of it ends it.
    b.events?.onDrained(1);
    deliver(a, b);
    expect([a.tracks.at(-1), b.tracks.at(-1)]).toEqual(["send 1 vp8 stopped", "receive 1 vp8 stopped"]);
    expect(a.feature.exit).toBe(7);
  });

  test("is no longer asked for a track that has ended", () => {
    const a = new Side({ publish: [PICTURE] });
    const b = new Side({});
    b.backend.isUndecided = true;
    meet(a, b);
    a.events?.onSent(1);
    deliver(a, b);
    expect(b.backend.calls).toEqual(["received 1"]);
    b.events?.onDecided(1, VP8);
    deliver(a, b);
    expect([b.tracks, a.tracks, a.feature.activity.outgoingMedia]).toEqual([[], [], 0]);
  });

  test("publishes more at any time, and nothing has failed if nobody takes it", () => {
    const a = new Side({});
    const b = new Side({ takes: ["vp8"] });
    expect(a.events?.offer([PICTURE])).toBeUndefined();
    meet(a, b);
    expect(a.events?.offer([PICTURE, SOUND])).toEqual([1, 2]);
    deliver(a, b);
    expect(a.tracks).toEqual(["send 1 vp8 started", "send 2 opus failed"]);
    const many = Array.from({ length: 8 }, (_, index) => ({ ...PICTURE, ssrc: 100 + index }));
    expect(a.events?.offer(many)).toBeUndefined();
    b.events?.onDrained(1);
    deliver(a, b);
    expect([a.reported, a.feature.exit, a.feature.activity.outgoingMedia]).toEqual([[], 0, 0]);
  });

  test("cannot publish to a program without media", () => {
    const a = new Side({});
    a.hello("conversation", false);
    expect(a.events?.offer([PICTURE])).toBeUndefined();
  });
});
