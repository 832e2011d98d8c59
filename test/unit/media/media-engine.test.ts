import { describe, expect, test } from "vitest";
import type { MediaEngineEvent, MediaTrack } from "../../../src/media/engine-types.ts";
import {
  MAX_DATAGRAM_BYTES,
  MAX_TRACKS,
  type MediaEngine,
  RESENT_BYTES_PER_SECOND,
} from "../../../src/media/media-engine.ts";
import { decodeRtcp, encodeNack, encodePli, encodeReceiverReport } from "../../../src/media/rtcp.ts";
import { encodeRtp } from "../../../src/media/rtp.ts";
import { SrtpReceiver, SrtpSender } from "../../../src/media/srtp.ts";
import { nodeMediaCiphers } from "../../../src/rtc/media/ciphers.ts";
import {
  datagramsOf,
  type EngineOptions,
  eventsOf,
  isRtcp,
  mediaEngines,
  pictureTrack,
  soundTrack,
} from "../../support/media-engines.ts";
import { srtpEnds } from "../../support/srtp-keys.ts";

const FRAME_BYTES = 3_000;

function frame(timestampMs: number, isKey = true, bytes = FRAME_BYTES) {
  const contents = Uint8Array.from({ length: bytes }, (_, at) => (at + timestampMs) & 0xff);
  return { bytes: contents, timestampUs: timestampMs * 1_000, durationUs: undefined, isKey };
}

/** Both ends with a picture track of a. */
function ends(options: EngineOptions = {}): { a: MediaEngine; b: MediaEngine } {
  const both = mediaEngines(options);
  expect([both.a.addSendTrack(pictureTrack(1)), both.b.addReceiveTrack(pictureTrack(1))]).toEqual([true, true]);
  return both;
}

/** What a's peer can seal and open itself. */
function peerOfA(): { sender: SrtpSender; receiver: SrtpReceiver } {
  const keys = srtpEnds("AEAD_AES_128_GCM").b;
  return { sender: new SrtpSender(keys, nodeMediaCiphers), receiver: new SrtpReceiver(keys, nodeMediaCiphers) };
}

function framesOf(events: readonly MediaEngineEvent[]) {
  return events.filter((event) => event.type === "frame");
}

/** What control messages these datagrams have for a. */
function messagesFor(receiver: SrtpReceiver, datagrams: readonly Uint8Array[]) {
  return datagrams.filter(isRtcp).flatMap((datagram) => decodeRtcp(receiver.openRtcp(datagram) ?? new Uint8Array(0)));
}

describe("frames", () => {
  test("arrive as they were sent", () => {
    const { a, b } = ends();
    a.sendFrame(1, frame(0), 0);
    for (const datagram of datagramsOf(a)) b.handleDatagram(datagram, 10);
    const { bytes, isKey } = frame(0);
    expect(eventsOf(b)).toEqual([
      { type: "frame", track: 1, frame: { bytes, isKey, timestampUs: 0, durationUs: undefined } },
    ]);
    expect(a.stats("send", 1)).toMatchObject({ packets: 3, frames: 1 });
    expect(b.stats("receive", 1)).toMatchObject({ packets: 3, frames: 1, lost: 0 });
  });

  test("sound leaves before pictures, and reports before both", () => {
    const { a } = ends();
    a.addSendTrack(soundTrack(2));
    a.sendFrame(1, frame(0), 0);
    a.sendFrame(2, frame(0, true, 50), 0);
    const datagrams = datagramsOf(a);
    expect(datagrams.map((datagram) => (isRtcp(datagram) ? "report" : (datagram[1] ?? 0) & 0x7f))).toEqual([
      "report",
      "report",
      111,
      96,
      96,
      96,
    ]);
  });

  test("no datagram is larger than its payload and what stands around it", () => {
    const { a } = ends({ maxPayloadBytes: 500 });
    a.sendFrame(1, frame(0), 0);
    expect(Math.max(...datagramsOf(a).map(({ length }) => length))).toBeLessThanOrEqual(500 + 12 + 16);
  });

  test("one of an unknown track, or too large, is left out", () => {
    const { a } = ends();
    a.sendFrame(2, frame(0), 0);
    a.sendFrame(1, frame(0, true, 3 * 1024 * 1024), 0);
    expect(datagramsOf(a)).toEqual([]);
  });

  test("G.711 says how long a frame is", () => {
    const { a, b } = mediaEngines();
    const track = {
      track: 1,
      ssrc: 5,
      payloadType: 0,
      format: { kind: "audio", codec: "pcmu", clockRate: 8_000 },
    } as const;
    a.addSendTrack(track);
    b.addReceiveTrack(track);
    a.sendFrame(1, frame(0, true, 160), 0);
    for (const datagram of datagramsOf(a)) b.handleDatagram(datagram, 0);
    expect(framesOf(eventsOf(b)).map(({ frame: { durationUs } }) => durationUs)).toEqual([20_000]);
  });
});

describe("a lost packet", () => {
  test("is asked for, and sent again as it was", () => {
    const { a, b } = ends();
    a.sendFrame(1, frame(0), 0);
    const [report, first, second, third] = datagramsOf(a);
    for (const datagram of [report, first, third]) b.handleDatagram(datagram ?? new Uint8Array(0), 10);
    expect(datagramsOf(b)).toEqual([]);
    b.handleTimeout(b.nextDeadlineMs() ?? 0);
    const requests = datagramsOf(b);
    expect(requests.length).toBe(1);
    for (const request of requests) a.handleDatagram(request, 40);
    const again = datagramsOf(a);
    expect(again).toEqual([second]);
    for (const datagram of again) b.handleDatagram(datagram, 60);
    expect(framesOf(eventsOf(b)).length).toBe(1);
    expect(b.stats("receive", 1)).toMatchObject({ retransmitted: 1, lost: 0, droppedFrames: 0 });
  });

  test("at the very begin is noticed, too", () => {
    const { a, b } = ends();
    a.sendFrame(1, frame(0), 0);
    const [report, first, second, third] = datagramsOf(a);
    for (const datagram of [report, second, third]) b.handleDatagram(datagram ?? new Uint8Array(0), 10);
    b.handleTimeout(b.nextDeadlineMs() ?? 0);
    for (const request of datagramsOf(b)) a.handleDatagram(request, 40);
    expect(datagramsOf(a)).toEqual([first]);
    b.handleDatagram(first ?? new Uint8Array(0), 60);
    expect(framesOf(eventsOf(b)).length).toBe(1);
  });

  test("that never comes costs its frame, and a key frame is asked for", () => {
    const { a, b } = ends();
    const asA = new SrtpReceiver(srtpEnds("AEAD_AES_128_GCM").a, nodeMediaCiphers);
    a.sendFrame(1, frame(0), 0);
    const packets = datagramsOf(a).filter((datagram) => !isRtcp(datagram));
    a.sendFrame(1, frame(40, false), 40);
    packets.push(...datagramsOf(a));
    for (const [at, datagram] of packets.entries()) if (at !== 4) b.handleDatagram(datagram, at < 3 ? 10 : 50);
    expect(framesOf(eventsOf(b)).length).toBe(1);
    for (let nowMs = b.nextDeadlineMs() ?? 0; nowMs < 1_500; nowMs = b.nextDeadlineMs() ?? Infinity)
      b.handleTimeout(nowMs);
    expect(framesOf(eventsOf(b))).toEqual([]);
    expect(b.stats("receive", 1)).toMatchObject({ lost: 1, droppedFrames: 1 });
    const types = messagesFor(asA, datagramsOf(b)).map(({ type }) => type);
    expect(types.filter((type) => type === "key-frame-request").length).toBeGreaterThan(0);
    expect(types.filter((type) => type === "nack").length).toBeLessThanOrEqual(10);
  });

  test("at the end of what is sent is sent again on its own", () => {
    const { a } = ends();
    a.sendFrame(1, frame(0, true, 100), 0);
    const [, only] = datagramsOf(a);
    a.handleTimeout(99);
    expect(datagramsOf(a)).toEqual([]);
    a.handleTimeout(100);
    expect(datagramsOf(a)).toEqual([only]);
    a.handleTimeout(220);
    expect(datagramsOf(a).filter((datagram) => !isRtcp(datagram))).toEqual([]);
  });
});

describe("what the peer may make us do", () => {
  function flooded(parts: (ssrc: number, sequences: readonly number[]) => Uint8Array, seconds: number) {
    const { a } = ends();
    const { sender, receiver } = peerOfA();
    receiver.register(pictureTrack(1).ssrc);
    let sequences: number[] = [];
    let bytes = 0;
    let asked = 0;
    for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 10) {
      a.sendFrame(1, frame(nowMs), nowMs);
      for (const datagram of datagramsOf(a)) {
        const opened = receiver.openRtp(datagram);
        if (opened !== undefined) sequences.push(opened.index % 65_536);
      }
      sequences = sequences.slice(-600);
      const compound = Buffer.concat([encodeReceiverReport(1, []), parts(pictureTrack(1).ssrc, sequences)]);
      const sealed = sender.sealRtcp(compound);
      if (sealed === undefined) throw new Error("not sealed");
      a.handleDatagram(sealed, nowMs);
      asked += sequences.length;
      bytes += datagramsOf(a).reduce((sum, { length }) => sum + length, 0);
    }
    return { a, bytes, asked };
  }

  test("NACKs of everything are answered by RESENT_BYTES_PER_SECOND at most", () => {
    const { bytes, asked } = flooded((ssrc, sequences) => encodeNack(1, ssrc, sequences), 4);
    expect(asked).toBeGreaterThan(100_000);
    expect(bytes).toBeGreaterThan(RESENT_BYTES_PER_SECOND);
    expect(bytes).toBeLessThanOrEqual(5 * RESENT_BYTES_PER_SECOND);
  });

  test("one packet is sent again ten times at most, and not again before it can have arrived", () => {
    const { a } = ends();
    const { sender, receiver } = peerOfA();
    receiver.register(pictureTrack(1).ssrc);
    a.sendFrame(1, frame(0, true, 10), 0);
    const sequence = datagramsOf(a)
      .map((datagram) => receiver.openRtp(datagram)?.index ?? 0)
      .find((index) => index > 0);
    const counts: number[] = [];
    for (let nowMs = 1; nowMs < 90; nowMs += 1) {
      const nack = Buffer.concat([encodeReceiverReport(1, []), encodeNack(1, pictureTrack(1).ssrc, [sequence ?? 0])]);
      a.handleDatagram(sender.sealRtcp(nack) ?? nack, nowMs);
      if (datagramsOf(a).length > 0) counts.push(nowMs);
    }
    expect(counts).toEqual([15, 30, 45, 60, 75]);
    for (let nowMs = 100; nowMs < 1_900; nowMs += 20) {
      const nack = Buffer.concat([encodeReceiverReport(1, []), encodeNack(1, pictureTrack(1).ssrc, [sequence ?? 0])]);
      a.handleDatagram(sender.sealRtcp(nack) ?? nack, nowMs);
      if (datagramsOf(a).length > 0) counts.push(nowMs);
    }
    expect(counts.length).toBe(10);
  });

  test("key frames are wanted twice a second at most", () => {
    const { a } = flooded((ssrc) => encodePli(1, ssrc), 4);
    const wanted = eventsOf(a).filter(({ type }) => type === "key-frame-wanted");
    expect(wanted.length).toBe(8);
  });
});

describe("reports", () => {
  test("go both ways, and tell round trip, loss and jitter", () => {
    const { a, b } = ends();
    const underWay: { atMs: number; to: MediaEngine; datagram: Uint8Array }[] = [];
    for (let nowMs = 0; nowMs < 3_000; nowMs += 10) {
      if (nowMs % 40 === 0) a.sendFrame(1, frame(nowMs, nowMs === 0, 100), nowMs);
      for (const { to, datagram } of underWay.filter(({ atMs }) => atMs === nowMs)) to.handleDatagram(datagram, nowMs);
      for (const engine of [a, b]) engine.handleTimeout(nowMs);
      for (const datagram of datagramsOf(a)) underWay.push({ atMs: nowMs + 30, to: b, datagram });
      for (const datagram of datagramsOf(b)) underWay.push({ atMs: nowMs + 30, to: a, datagram });
    }
    expect(a.stats("send", 1)).toMatchObject({ lost: 0, jitterMs: 0 });
    expect(a.stats("send", 1)?.rttMs).toBeCloseTo(60, 0);
  });

  test("tell a peer that sends pictures how much it may send, and one that sends sound nothing", () => {
    const rembs = (track: MediaTrack): number => {
      const { a, b } = mediaEngines();
      a.addSendTrack(track);
      b.addReceiveTrack(track);
      const asA = new SrtpReceiver(srtpEnds("AEAD_AES_128_GCM").a, nodeMediaCiphers);
      let count = 0;
      for (let nowMs = 0; nowMs < 5_000; nowMs += 20) {
        a.sendFrame(track.track, frame(nowMs), nowMs);
        for (const datagram of datagramsOf(a)) b.handleDatagram(datagram, nowMs);
        b.handleTimeout(nowMs);
        for (const datagram of datagramsOf(b)) {
          if (Buffer.from(asA.openRtcp(datagram) ?? []).includes("REMB")) count += 1;
        }
      }
      return count;
    };
    expect(rembs(soundTrack(1))).toBe(0);
    expect(rembs(pictureTrack(1))).toBeGreaterThanOrEqual(2);
  });

  test("a side that does nothing says nothing, and has no deadline", () => {
    const { a, b } = ends();
    expect([a.nextDeadlineMs(), b.nextDeadlineMs()]).toEqual([undefined, undefined]);
    a.handleTimeout(10_000);
    expect(datagramsOf(a)).toEqual([]);
  });
});

describe("tracks", () => {
  test("an end is told behind the last frame, once", () => {
    const { a, b } = ends();
    a.sendFrame(1, frame(0, true, 100), 0);
    a.endTrack(1, 10);
    for (const datagram of datagramsOf(a)) b.handleDatagram(datagram, 30);
    const events: MediaEngineEvent[] = eventsOf(b);
    for (let nowMs = 30; nowMs < 2_000; nowMs += 10) {
      b.handleTimeout(nowMs);
      events.push(...eventsOf(b));
    }
    expect(events.map(({ type }) => type)).toEqual(["frame", "ended"]);
  });

  test("an end waits for what is still missing", () => {
    const { a, b } = ends();
    a.sendFrame(1, frame(0), 0);
    a.endTrack(1, 10);
    const datagrams = datagramsOf(a);
    // The third packet is there twice: once more at the end of the track.
    const packets = datagrams.filter((datagram) => !isRtcp(datagram));
    const lost = packets.at(-2);
    for (const datagram of datagrams) if (datagram !== lost) b.handleDatagram(datagram, 30);
    b.handleTimeout(100);
    expect(eventsOf(b)).toEqual([]);
    b.handleDatagram(lost ?? new Uint8Array(0), 120);
    b.handleTimeout(130);
    expect(eventsOf(b).map(({ type }) => type)).toEqual(["frame", "ended"]);
  });

  test("one that is removed neither sends nor takes", () => {
    const { a, b } = ends();
    a.sendFrame(1, frame(0), 0);
    const datagrams = datagramsOf(a);
    b.removeTrack("receive", 1);
    a.removeTrack("send", 1);
    for (const datagram of datagrams) b.handleDatagram(datagram, 10);
    a.sendFrame(1, frame(40), 40);
    expect([eventsOf(b), datagramsOf(a), b.stats("receive", 1), a.stats("send", 1)]).toEqual([
      [],
      [],
      undefined,
      undefined,
    ]);
  });

  test("an SSRC that has sent does not send for another track: its key stream is used up", () => {
    const { a } = ends();
    a.removeTrack("send", 1);
    expect(a.addSendTrack(pictureTrack(1))).toBe(false);
    expect(a.addSendTrack(pictureTrack(1, 77))).toBe(true);
  });

  test("there are MAX_TRACKS of each direction at most", () => {
    const { a, b } = mediaEngines();
    const added = Array.from({ length: MAX_TRACKS + 1 }, (_, track) => [
      a.addSendTrack(pictureTrack(track)),
      b.addReceiveTrack(pictureTrack(track)),
    ]);
    expect(added.filter(([isSent, isTaken]) => isSent && isTaken).length).toBe(MAX_TRACKS);
    expect(added.at(-1)).toEqual([false, false]);
  });

  test("two codecs of one SSRC are two tracks, told apart by payload type", () => {
    const { b } = mediaEngines();
    expect(b.addReceiveTrack(pictureTrack(1, 7))).toBe(true);
    expect(b.addReceiveTrack({ ...pictureTrack(2, 7), payloadType: 98 })).toBe(true);
    expect(b.addReceiveTrack({ ...pictureTrack(3, 7), payloadType: 98 })).toBe(false);
    const sender = new SrtpSender(srtpEnds("AEAD_AES_128_GCM").a, nodeMediaCiphers);
    sender.register(7);
    for (const [index, payloadType] of [96, 98, 99, 98].entries()) {
      const packet = { isMarked: true, payloadType, sequence: index, timestamp: index * 3_000, ssrc: 7 };
      b.handleDatagram(sender.sealRtp(encodeRtp({ ...packet, payload: Uint8Array.of(1, index) }), index), index * 33);
    }
    expect(framesOf(eventsOf(b)).map(({ track }) => track)).toEqual([1, 2, 2]);
  });

  test("a track without SSRC takes that of the first authentic packet of its payload type", () => {
    const { b } = mediaEngines();
    b.addReceiveTrack({ ...pictureTrack(1), ssrc: undefined });
    b.addReceiveTrack({ ...soundTrack(2), ssrc: undefined });
    const keys = srtpEnds("AEAD_AES_128_GCM");
    const [right, wrong] = [new SrtpSender(keys.a, nodeMediaCiphers), new SrtpSender(keys.b, nodeMediaCiphers)];
    const seal = (sender: SrtpSender, ssrc: number, payloadType: number): Uint8Array => {
      sender.register(ssrc);
      const packet = { isMarked: true, payloadType, sequence: 5, timestamp: 0, ssrc, payload: Uint8Array.of(1, 5) };
      return sender.sealRtp(encodeRtp(packet), 5);
    };
    b.handleDatagram(seal(wrong, 31, 96), 0);
    b.handleDatagram(seal(right, 32, 99), 0);
    expect(eventsOf(b)).toEqual([]);
    b.handleDatagram(seal(right, 33, 96), 0);
    b.handleDatagram(seal(right, 34, 96), 0);
    b.handleDatagram(seal(right, 35, 111), 0);
    expect(framesOf(eventsOf(b)).map(({ track }) => track)).toEqual([1, 2]);
  });

  test("a track without SSRC is not guessed where two could be meant", () => {
    const { a, b } = mediaEngines();
    for (const track of [1, 2]) b.addReceiveTrack({ ...pictureTrack(track), ssrc: undefined });
    a.addSendTrack(pictureTrack(1));
    a.sendFrame(1, frame(0), 0);
    for (const datagram of datagramsOf(a)) b.handleDatagram(datagram, 10);
    expect(eventsOf(b)).toEqual([]);
  });
});

test("sound and picture are put together by reports, though one of them arrives late", () => {
  const { a, b } = mediaEngines();
  for (const track of [soundTrack(1), pictureTrack(2)]) {
    a.addSendTrack(track);
    b.addReceiveTrack(track);
  }
  const late: { atMs: number; datagram: Uint8Array }[] = [];
  const times: { track: number; offsetMs: number }[] = [];
  for (let nowMs = 0; nowMs < 4_000; nowMs += 20) {
    a.sendFrame(1, frame(nowMs, true, 50), nowMs);
    if (nowMs % 40 === 0) a.sendFrame(2, frame(nowMs, true, 50), nowMs);
    a.handleTimeout(nowMs);
    for (const datagram of datagramsOf(a)) {
      const isPicture = !isRtcp(datagram) && ((datagram[1] ?? 0) & 0x7f) === 96;
      late.push({ atMs: nowMs + (isPicture ? 300 : 20), datagram });
    }
    for (const { datagram } of late.filter(({ atMs }) => atMs === nowMs)) b.handleDatagram(datagram, nowMs);
    for (const { track, frame: taken } of framesOf(eventsOf(b))) {
      const offsetMs = Math.round(taken.timestampUs / 1_000 - (taken.bytes[0] ?? 0));
      times.push({ track, offsetMs: ((offsetMs % 256) + 256) % 256 });
    }
  }
  expect(times.filter(({ track }) => track === 2).length).toBeGreaterThan(80);
  expect(new Set(times.map(({ offsetMs }) => offsetMs)).size).toBe(1);
});

test("datagrams that are no RTP, too short or too long do nothing", () => {
  const { b } = ends();
  for (const length of [0, 1, 11, 12, 100, MAX_DATAGRAM_BYTES, MAX_DATAGRAM_BYTES + 1, 65_535]) {
    const datagram = new Uint8Array(length).fill(0x80);
    b.handleDatagram(datagram, 0);
    if (length > 1) datagram[1] = 200;
    b.handleDatagram(datagram, 0);
  }
  expect([datagramsOf(b), eventsOf(b), b.nextDeadlineMs()]).toEqual([[], [], undefined]);
});

test("the name in reports is the one that was given", () => {
  const { a } = ends({ cname: "a-name" });
  a.sendFrame(1, frame(0, true, 10), 0);
  const opened = new SrtpReceiver(srtpEnds("AEAD_AES_128_GCM").b, nodeMediaCiphers);
  const texts = datagramsOf(a)
    .filter(isRtcp)
    .map((datagram) => Buffer.from(opened.openRtcp(datagram) ?? []).toString("latin1"));
  expect(texts.join()).toContain("a-name");
});
