// An authenticated peer that means harm with sound and picture, over real DTLS and SRTP, against a real process that records and
// publishes: whatever it sends, the process lives, keeps little, says little, and texts and other tracks go on.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, type TestContext } from "vitest";
import type { MediaOfferMessage } from "../../src/control/media-messages.ts";
import { encodeNack, encodePli, encodeReceiverReport, encodeSenderReport } from "../../src/media/rtcp.ts";
import { encodeRtp } from "../../src/media/rtp.ts";
import { MAX_SSRCS, SrtpReceiver, SrtpSender } from "../../src/media/srtp.ts";
import { RESENT_BYTES_PER_SECOND } from "../../src/media/media-engine.ts";
import { MAX_RESENDS } from "../../src/media/send-stream.ts";
import { nodeMediaCiphers } from "../../src/rtc/media/ciphers.ts";
import type { MediaTransport } from "../../src/session/ports.ts";
import { openMediaSource } from "../../src/store/media/media-files.ts";
import { MaliciousPeer } from "../support/malicious-peer.ts";
import { clipPath, framesOf } from "../support/media-clips.ts";
import { people, type Person, until } from "../support/processes.ts";
import { residentBytes } from "../support/resident-bytes.ts";
import { scaled } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";

/** Of each kind of attack. */
const DATAGRAMS = scaled(2_000, 40_000);
/** As many as the queue of a socket holds. */
const BATCH = 50;
const MIB = 1 << 20;
const PICTURE = { ssrc: 0x1111, payloadType: 96 };
const SOUND = { ssrc: 0x2222, payloadType: 111 };
const SEQUENCES = 2 ** 16;

/** What one attack sends next. */
type Attack = (at: number) => Uint8Array;

const OFFERS: readonly MediaOfferMessage[] = [
  {
    type: "media-offer",
    track: 1,
    kind: "video",
    codecs: [{ name: "vp8", payloadType: PICTURE.payloadType, clockRate: 90_000 }],
    ssrc: PICTURE.ssrc,
    more: true,
  },
  {
    type: "media-offer",
    track: 2,
    kind: "audio",
    codecs: [{ name: "opus", payloadType: SOUND.payloadType, clockRate: 48_000 }],
    ssrc: SOUND.ssrc,
  },
];

/** Somebody with the keys of the line. */
class Attacker {
  readonly peer: MaliciousPeer;
  readonly media: MediaTransport;
  readonly random = seededRandom(1);
  readonly sender: SrtpSender;
  #texts = 0;
  #index = 0;
  readonly #heard: string[] = [];

  constructor(peer: MaliciousPeer) {
    if (peer.media === undefined) throw new Error("the line has no keys for media");
    this.peer = peer;
    this.media = peer.media;
    this.sender = this.newSender();
    for (const { ssrc } of [PICTURE, SOUND]) this.sender.register(ssrc);
    peer.channels.text.onMessage = (data) => this.#heard.push(String(data));
  }

  newSender(): SrtpSender {
    return new SrtpSender(this.media.keys, nodeMediaCiphers);
  }

  number(below: number): number {
    return Math.floor(this.random() * below);
  }

  bytes(most: number): Uint8Array {
    return Uint8Array.from({ length: this.number(most) }, () => this.number(256));
  }

  /** A sealed packet of the picture: with any payload, and numbers that go on by `step`. */
  picture(step: number, change: (packet: Uint8Array) => Uint8Array = (packet) => packet): Uint8Array {
    this.#index += step;
    const [isMarked, timestamp] = [this.random() < 0.3, this.number(2 ** 32)];
    const packet = encodeRtp({
      ...PICTURE,
      isMarked,
      timestamp,
      sequence: this.#index % SEQUENCES,
      payload: this.bytes(1_100),
    });
    return this.sender.sealRtp(change(packet), this.#index);
  }

  rtcp(...parts: readonly Uint8Array[]): Uint8Array {
    return this.sender.sealRtcp(Buffer.concat(parts)) ?? new Uint8Array(0);
  }

  async flood(attack: Attack): Promise<void> {
    for (let at = 0; at < DATAGRAMS; at += 1) {
      this.media.send(attack(at));
      if (at % BATCH === BATCH - 1) await pause(1);
    }
  }

  /** Texts pass both ways: what was sent before them has been taken. */
  async expectTexts(what: string): Promise<void> {
    this.#texts += 1;
    const [theirs, ours] = [`${what} ${this.#texts}`, `answer ${this.#texts}`];
    this.peer.channels.text.send(theirs);
    await this.peer.victim.prints(theirs);
    this.peer.victim.type(`${ours}\n`);
    await this.peer.victim.until(() => this.#heard.includes(ours), `a text goes out after ${what}`);
  }
}

async function attack(t: TestContext, args: readonly string[]): Promise<{ attacker: Attacker; victim: Person }> {
  const { victim } = await people(t, "victim");
  const attacker = new Attacker(await MaliciousPeer.connect(t, victim, args));
  return { attacker, victim };
}

/** Makes a packet longer by what stands between its header and its payload. */
function withInside(packet: Uint8Array, first: number, inside: Uint8Array): Uint8Array {
  const changed = Buffer.concat([packet.subarray(0, 12), inside, packet.subarray(12)]).subarray(0, 1_180);
  changed[0] = first;
  return changed;
}

const attacks: Readonly<Record<string, (by: Attacker) => Attack>> = {
  "bytes that are not authentic": (by) => () => Uint8Array.from([128 + by.number(64), ...by.bytes(1_150)]),
  "authentic packets of anything": (by) => () => by.picture(1 + by.number(3)),
  "jumps of numbers and times": (by) => () => by.picture(1 + by.number(5_000)),
  "header extensions and sources": (by) => (at) => {
    const count = at % 16;
    const words = by.number(60);
    const extension = Uint8Array.of(...(at % 2 === 0 ? [0xbe, 0xde] : [0x10, by.number(16)]), 0, words);
    const inside = Buffer.concat([new Uint8Array(count * 4), extension, Buffer.alloc(words * 4, by.number(256))]);
    return by.picture(1, (packet) => withInside(packet, 0x90 | count, inside));
  },
  "padding that says too much": (by) => () =>
    by.picture(1, (packet) => {
      packet[0] = 0xa0;
      return packet;
    }),
  "packets in any order": (by) => {
    const held: Uint8Array[] = [];
    return () => {
      while (held.length < 1_000) held.push(by.picture(1));
      return held.splice(by.number(held.length), 1)[0] ?? new Uint8Array(0);
    };
  },
  "a storm of sources": (by) => {
    let [sender, count] = [by.newSender(), 0];
    return (at) => {
      if (count === MAX_SSRCS) [sender, count] = [by.newSender(), 0];
      count += 1;
      const ssrc = 0x10_0000 + at;
      sender.register(ssrc);
      return sender.sealRtp(
        encodeRtp({ isMarked: true, payloadType: 96, sequence: 1, timestamp: at, ssrc, payload: by.bytes(1_100) }),
        1,
      );
    };
  },
  "RTCP of anything": (by) => () => {
    const types = [200, 201, 202, 204, 205, 206, 207];
    const parts = Array.from({ length: 1 + by.number(4) }, () => {
      const words = by.number(20);
      const type = types[by.number(types.length)] ?? 200;
      return Buffer.from([0x80 | by.number(32), type, 0, words, ...Buffer.alloc(words * 4, by.number(256))]);
    });
    return by.rtcp(encodeReceiverReport(SOUND.ssrc, []), ...parts);
  },
  "sender reports of any time": (by) => () =>
    by.rtcp(
      encodeSenderReport({
        ssrc: PICTURE.ssrc,
        ntpSeconds: by.number(2 ** 32),
        ntpFraction: by.number(2 ** 32),
        rtpTimestamp: by.number(2 ** 32),
        packets: 0,
        bytes: 0,
        reports: [],
      }),
    ),
};

test("a peer with a hostile picture costs little, and its sound is recorded", async (t) => {
  const { attacker, victim } = await attack(t, ["-y", "--chat", "--record", "got.webm"]);
  const { peer, media, sender } = attacker;
  for (const each of OFFERS) peer.tell(each);
  await until(() => peer.told.filter(({ type }) => type === "media-answer").length === 2, "both tracks are wanted");
  const source = await openMediaSource(clipPath("vp8-opus.webm"));
  const at = source.tracks.findIndex(({ codec }) => codec === "opus");
  const sounds = (await framesOf(source))[at] ?? [];
  let sent = 0;
  /** A few packets of honest sound, in time. Each goes twice, as a datagram may be lost. */
  const speak = (): void => {
    for (const { bytes } of sounds.slice(sent, sent + 4)) {
      const index = (SOUND.ssrc % 2 ** 15) + sent;
      const packet = { ...SOUND, isMarked: false, sequence: index % SEQUENCES, timestamp: sent * 960, payload: bytes };
      const sealed = sender.sealRtp(encodeRtp(packet), index);
      for (const datagram of [sealed, sealed]) media.send(datagram);
      sent += 1;
    }
  };
  speak();
  await attacker.expectTexts("before");
  const before = residentBytes(peer.victim.pid);
  for (const [name, begin] of Object.entries(attacks)) {
    await attacker.flood(begin(attacker));
    await attacker.expectTexts(name);
    speak();
  }
  await attacker.expectTexts("after all");
  expect(residentBytes(peer.victim.pid) - before).toBeLessThan(128 * MIB);
  for (const track of [1, 2]) peer.tell({ type: "media-end", track, from: "sender" });
  await until(() => peer.told.filter(({ type }) => type === "media-end").length === 2, "both tracks have ended");
  await peer.victim.says(/recorded .*got\.webm/);
  peer.victim.signal("SIGINT");
  expect(await peer.victim.exit()).toBe(130);
  expect(peer.victim.stderr).not.toMatch(/INTERNAL|TypeError|RangeError|\bat .*\.[jt]s:/);
  const recording = await openMediaSource(join(victim.dir, "got.webm"));
  const track = recording.tracks.findIndex(({ codec }) => codec === "opus");
  const texts = ((await framesOf(recording))[track] ?? []).map(({ bytes }) => Buffer.from(bytes).toString("base64"));
  expect(texts).toEqual(sounds.slice(0, sent).map(({ bytes }) => Buffer.from(bytes).toString("base64")));
});

test("a peer that asks for everything again, and for key frames, gets little", async (t) => {
  const { attacker } = await attack(t, ["-y", "--chat", "--publish", "test:"]);
  const { peer, media } = attacker;
  await until(() => peer.told.filter(({ type }) => type === "media-offer").length === 2, "it has two tracks");
  const offers = peer.told.filter((message): message is MediaOfferMessage => message.type === "media-offer");
  const receiver = new SrtpReceiver(media.keys, nodeMediaCiphers);
  for (const { ssrc } of offers) receiver.register(ssrc);
  /** By stream and number: how often each packet came. */
  const came = new Map<string, number>();
  let again = 0;
  media.onDatagram((datagram) => {
    // Of RTCP nothing counts here.
    if (((datagram[1] ?? 0) & 0x7f) >= 64 && ((datagram[1] ?? 0) & 0x7f) < 96) return;
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    const key = `${view.getUint32(8)} ${view.getUint16(2)}`;
    if (came.has(key)) again += datagram.length;
    came.set(key, (came.get(key) ?? 0) + 1);
  });
  for (const { track, codecs } of offers) peer.tell({ type: "media-answer", track, codec: codecs[0]?.name ?? "" });
  await until(() => came.size > 10, "it publishes");
  const sinceMs = performance.now();
  const all = Array.from({ length: 300 }, (_, index) => index);
  await attacker.flood((at) => {
    const { ssrc } = offers[at % 2] ?? { ssrc: 0 };
    // The latest packets, from the number on with which its streams begin.
    const count = [...came.keys()].filter((key) => key.startsWith(`${ssrc} `)).length;
    const latest = (ssrc % 2 ** 15) + Math.max(0, count - 300);
    const numbers = all.map((index) => (latest + index) % SEQUENCES);
    const parts = [encodeReceiverReport(1, []), encodeNack(1, ssrc, numbers), encodePli(1, ssrc)];
    return attacker.rtcp(...parts);
  });
  await attacker.expectTexts("requests");
  const seconds = (performance.now() - sinceMs) / 1_000;
  expect(again).toBeGreaterThan(0);
  // And once at the end of a burst, without having been asked for.
  expect(Math.max(...came.values())).toBeLessThanOrEqual(1 + MAX_RESENDS + 1);
  expect(again).toBeLessThan(RESENT_BYTES_PER_SECOND * (seconds + 2));
  peer.victim.signal("SIGINT");
  expect(await peer.victim.exit()).toBe(130);
});
