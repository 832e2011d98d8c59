// Two sides agree on tracks: every way in which their messages can cross ends with the same picture on both sides, and
// what no correct side says is a violation.
import { describe, expect, test } from "vitest";
import { MediaNegotiation, type MediaEffect, type WantedTrack } from "../../../src/control/media-negotiation.ts";
import type { MediaMessage, MediaOfferMessage } from "../../../src/control/media-messages.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const VP8 = { name: "vp8", payloadType: 96, clockRate: 90_000 };
const VP9 = { name: "vp9", payloadType: 98, clockRate: 90_000 };
const wanted = (ssrc: number): WantedTrack => ({ kind: "video", codecs: [VP8, VP9], ssrc });
const offerOf = (track: number, ssrc = track): MediaOfferMessage => ({
  type: "media-offer",
  track,
  ...wanted(ssrc),
});

function effectsOf(machine: MediaNegotiation): MediaEffect[] {
  const effects: MediaEffect[] = [];
  for (let next = machine.pollEffect(); next !== undefined; next = machine.pollEffect()) effects.push(next);
  return effects;
}

/** One side with the messages that are on their way to the other one. */
class Side {
  readonly machine = new MediaNegotiation();
  readonly sent: MediaMessage[] = [];
  readonly log: MediaEffect[] = [];
  /** Offers that the owner has not answered yet. */
  readonly considered: MediaOfferMessage[] = [];
  readonly draining: number[] = [];

  obey(): void {
    for (const effect of effectsOf(this.machine)) {
      if (effect.effect === "say") this.sent.push(effect.message);
      else this.log.push(effect);
      if (effect.effect === "consider") this.considered.push(...effect.offers);
      if (effect.effect === "drain") this.draining.push(effect.track);
    }
  }

  take(message: MediaMessage | undefined): void {
    if (message !== undefined) this.machine.handle(message);
    this.obey();
  }

  count(effect: MediaEffect["effect"]): number {
    return this.log.filter((one) => one.effect === effect).length;
  }
}

function deliverAll(a: Side, b: Side): void {
  a.obey();
  b.obey();
  while (a.sent.length + b.sent.length > 0) {
    b.take(a.sent.shift());
    a.take(b.sent.shift());
  }
}

function runningPair(): [Side, Side] {
  const [a, b] = [new Side(), new Side()];
  a.machine.offer([wanted(7)]);
  deliverAll(a, b);
  b.machine.answer(1, "vp9");
  deliverAll(a, b);
  return [a, b];
}

describe("a track", () => {
  test("runs with the codec that the receiver has chosen, until the sender ends it and the receiver has all", () => {
    const [a, b] = runningPair();
    expect(a.log).toEqual([{ effect: "begin-sending", offer: offerOf(1, 7), codec: VP9 }]);
    expect(b.log).toEqual([
      { effect: "consider", offers: [offerOf(1, 7)] },
      { effect: "begin-receiving", offer: offerOf(1, 7), codec: VP9 },
    ]);
    a.machine.endSending(1);
    deliverAll(a, b);
    expect([a.machine.stateOf("send", 1), b.machine.stateOf("receive", 1)]).toEqual(["ending", "draining"]);
    expect(b.log.at(-1)).toEqual({ effect: "drain", track: 1 });
    b.machine.endReceiving(1);
    deliverAll(a, b);
    expect(a.log.at(-1)).toEqual({ effect: "sending-over", offer: offerOf(1, 7), by: "me" });
    expect(b.log.at(-1)).toEqual({ effect: "receiving-over", offer: offerOf(1, 7), by: "peer" });
    expect([a.machine.sendingCount, b.machine.receivingCount]).toEqual([0, 0]);
  });

  test("that nobody wants is refused, and its number is free", () => {
    const [a, b] = [new Side(), new Side()];
    a.machine.offer([wanted(7)]);
    deliverAll(a, b);
    b.machine.answer(1, undefined);
    deliverAll(a, b);
    expect(a.log).toEqual([{ effect: "refused", offer: offerOf(1, 7) }]);
    expect(b.machine.receivingCount).toBe(0);
    expect(a.machine.offer([wanted(8)])).toEqual([1]);
  });

  test("that the receiver ends is over on both sides", () => {
    const [a, b] = runningPair();
    b.machine.endReceiving(1);
    b.obey();
    expect(b.machine.stateOf("receive", 1)).toBe("ending");
    deliverAll(a, b);
    expect(a.log.at(-1)).toEqual({ effect: "sending-over", offer: offerOf(1, 7), by: "peer" });
    expect(b.log.at(-1)).toEqual({ effect: "receiving-over", offer: offerOf(1, 7), by: "me" });
    expect([a.machine.sendingCount, b.machine.receivingCount]).toEqual([0, 0]);
  });

  test("that both sides end at once is over on both", () => {
    const [a, b] = runningPair();
    a.machine.endSending(1);
    b.machine.endReceiving(1);
    deliverAll(a, b);
    expect([a.machine.sendingCount, b.machine.receivingCount]).toEqual([0, 0]);
    expect([a.count("sending-over"), b.count("receiving-over")]).toEqual([1, 1]);
  });

  test("that ends before it is answered never begins", () => {
    const [a, b] = [new Side(), new Side()];
    a.machine.offer([wanted(7)]);
    deliverAll(a, b);
    a.machine.endSending(1);
    deliverAll(a, b);
    b.machine.answer(1, "vp8");
    deliverAll(a, b);
    expect([b.count("begin-receiving"), b.count("violation"), a.count("violation")]).toEqual([0, 0, 0]);
    expect(a.log).toEqual([{ effect: "sending-over", offer: offerOf(1, 7), by: "me" }]);
  });

  test("that was ended while its answer was on the way", () => {
    const [a, b] = [new Side(), new Side()];
    a.machine.offer([wanted(7), wanted(8)]);
    deliverAll(a, b);
    b.machine.answer(1, "vp8");
    b.machine.answer(2, undefined);
    a.machine.endSending(1);
    a.machine.endSending(2);
    deliverAll(a, b);
    expect(b.draining).toEqual([1]);
    b.machine.endReceiving(1);
    deliverAll(a, b);
    expect([a.machine.sendingCount, b.machine.receivingCount]).toEqual([0, 0]);
    expect([a.count("violation"), b.count("violation"), a.count("begin-sending")]).toEqual([0, 0, 0]);
  });

  test("is considered together with those that were offered with it", () => {
    const [a, b] = [new Side(), new Side()];
    expect(a.machine.offer([wanted(7), wanted(8), wanted(9)])).toEqual([1, 2, 3]);
    a.obey();
    b.take(a.sent.shift());
    b.take(a.sent.shift());
    expect(b.log).toEqual([]);
    b.take(a.sent.shift());
    expect(b.considered.map(({ track }) => track)).toEqual([1, 2, 3]);
  });

  test("that was ended before the last of its group came is not considered", () => {
    const [a, b] = [new Side(), new Side()];
    b.take({ ...offerOf(1), more: true });
    b.take({ type: "media-end", track: 1, from: "sender" });
    expect(b.sent).toEqual([{ type: "media-end", track: 1, from: "receiver" }]);
    b.take(offerOf(2));
    expect(b.considered).toEqual([offerOf(2)]);
    expect(a.machine.sendingCount).toBe(0);
  });
});

test("no more than eight tracks are offered at a time", () => {
  const machine = new MediaNegotiation();
  expect(machine.offer(Array.from({ length: 8 }, (_, index) => wanted(index + 1)))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(() => machine.offer([wanted(9)])).toThrow(RangeError);
});

test("an end that comes again from this side's own user changes nothing", () => {
  const [a, b] = runningPair();
  a.machine.endSending(1);
  a.machine.endSending(1);
  a.machine.endSending(5);
  b.machine.endReceiving(5);
  a.obey();
  expect(a.sent).toEqual([{ type: "media-end", track: 1, from: "sender" }]);
});

test("a codec that was not offered cannot be taken", () => {
  const [a, b] = [new Side(), new Side()];
  a.machine.offer([wanted(7)]);
  deliverAll(a, b);
  expect(() => b.machine.answer(1, "opus")).toThrow(RangeError);
});

test("that it records is told once for each change", () => {
  const side = new Side();
  for (const on of [true, true, false, false, true]) side.take({ type: "media-recording", on });
  expect(side.log.map((effect) => effect.effect === "peer-recording" && effect.on)).toEqual([true, false, true]);
});

describe("a violation is", () => {
  test.each<[string, MediaMessage[]]>([
    ["an offer of an open track", [offerOf(1, 7), offerOf(1, 8)]],
    ["a second track of one source", [offerOf(1, 7), offerOf(2, 7)]],
    ["an answer to nothing", [{ type: "media-answer", track: 1, codec: "vp8" }]],
    ["a refusal of nothing", [{ type: "media-answer", track: 1 }]],
    ["a receiver's end of nothing", [{ type: "media-end", track: 1, from: "receiver" }]],
  ])("%s", (_what, messages) => {
    const side = new Side();
    for (const message of messages) side.take(message);
    expect(side.count("violation")).toBe(1);
  });

  test.each<[string, MediaMessage[]]>([
    ["an answer with a codec that was not offered", [{ type: "media-answer", track: 1, codec: "av1" }]],
    [
      "a second answer",
      [
        { type: "media-answer", track: 1, codec: "vp8" },
        { type: "media-answer", track: 1, codec: "vp8" },
      ],
    ],
    ["the end of a track that was not taken", [{ type: "media-end", track: 1, from: "receiver" }]],
  ])("%s to an offer of ours", (_what, messages) => {
    const side = new Side();
    side.machine.offer([wanted(7)]);
    for (const message of messages) side.take(message);
    expect(side.count("violation")).toBe(1);
  });

  test("an end of an unknown track is none: it crosses an answer", () => {
    const side = new Side();
    side.take({ type: "media-end", track: 1, from: "sender" });
    expect(side.log).toEqual([]);
  });
});

/** What the owners of both sides may do at any time. */
function step(a: Side, b: Side, random: () => number, nextSource: () => number): void {
  const at = (count: number): number => Math.floor(random() * count);
  const [one, other] = random() < 0.5 ? [a, b] : [b, a];
  switch (at(6)) {
    case 0:
      if (one.machine.sendingCount < 7) {
        one.machine.offer(random() < 0.5 ? [wanted(nextSource())] : [wanted(nextSource()), wanted(nextSource())]);
      }
      break;
    case 1:
      one.machine.endSending(1 + at(8));
      break;
    case 2: {
      const offer = one.considered.shift();
      if (offer !== undefined) one.machine.answer(offer.track, random() < 0.3 ? undefined : "vp8");
      break;
    }
    case 3: {
      const track = one.draining.shift();
      if (track !== undefined) one.machine.endReceiving(track);
      break;
    }
    case 4:
      if (random() < 0.3) one.machine.endReceiving(1 + at(8));
      break;
    case 5:
      one.take(other.sent.shift());
      break;
  }
  one.obey();
}

test("whatever crosses, both sides agree in the end, and nobody breaks a rule", () => {
  for (let seed = 0; seed < 400; seed += 1) {
    const random = seededRandom(seed);
    const [a, b] = [new Side(), new Side()];
    let source = 0;
    for (let count = 0; count < 250; count += 1) step(a, b, random, () => (source += 1));
    // Then each ends what it sends, answers what it was offered, and has all that was under way.
    for (let round = 0; round < 20; round += 1) {
      for (const side of [a, b]) {
        for (let track = 1; track <= 8; track += 1) side.machine.endSending(track);
        for (const { track } of side.considered.splice(0)) side.machine.answer(track, "vp9");
        for (const track of side.draining.splice(0)) side.machine.endReceiving(track);
      }
      deliverAll(a, b);
    }
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(one.count("violation"), `seed ${seed}`).toBe(0);
      expect([one.machine.sendingCount, one.machine.receivingCount], `seed ${seed}`).toEqual([0, 0]);
      // A track that began has an end, told once.
      expect(one.count("receiving-over"), `seed ${seed}`).toBe(one.count("begin-receiving"));
      expect(one.count("begin-sending"), `seed ${seed}`).toBeLessThanOrEqual(other.count("begin-receiving"));
    }
  }
});
