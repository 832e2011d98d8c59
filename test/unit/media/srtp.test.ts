import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MediaCiphers } from "../../../src/media/ciphers.ts";
import { encodeRtp } from "../../../src/media/rtp.ts";
import { MAX_SSRCS, SrtpReceiver, SrtpSender } from "../../../src/media/srtp.ts";
import { nodeMediaCiphers } from "../../../src/rtc/media/ciphers.ts";
import { SRTP_PROFILES, srtpEnds } from "../../support/srtp-keys.ts";

const SSRC = 0xdeadbeef;
/** A receiver report without blocks, and behind it what is not read here. */
const RTCP = Uint8Array.of(0x80, 201, 0, 1, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4);

function rtp(index: number, ssrc = SSRC): Uint8Array {
  const payload = Uint8Array.of(index & 0xff, 2, 3, 4, 5);
  return encodeRtp({ isMarked: false, payloadType: 96, sequence: index % 65_536, timestamp: 0, ssrc, payload });
}

describe.each(SRTP_PROFILES)("%s", (profile) => {
  const { a, b } = srtpEnds(profile);

  function ends(): { sender: SrtpSender; receiver: SrtpReceiver; seal: (index: number) => Uint8Array } {
    const sender = new SrtpSender(a, nodeMediaCiphers);
    const receiver = new SrtpReceiver(b, nodeMediaCiphers);
    expect([sender.register(SSRC), receiver.register(SSRC)]).toEqual([true, true]);
    return { sender, receiver, seal: (index) => sender.sealRtp(rtp(index), index) };
  }

  test("what one end seals the other opens, once", () => {
    const { receiver, seal } = ends();
    const sealed = seal(5);
    expect(receiver.openRtp(sealed)).toEqual({ ssrc: SSRC, index: 5, packet: rtp(5) });
    expect(receiver.openRtp(sealed)).toBeUndefined();
  });

  test("the header is readable, the payload is not", () => {
    const { seal } = ends();
    const sealed = seal(5);
    expect(sealed.subarray(0, 12)).toEqual(rtp(5).subarray(0, 12));
    expect(Buffer.from(sealed).includes(Buffer.from([2, 3, 4, 5]))).toBe(false);
  });

  test("a header extension stays outside of what is encrypted", () => {
    const { sender, receiver } = ends();
    const packet = Uint8Array.from([
      0x90, 96, 0, 7, 0, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 9,
    ]);
    const sealed = sender.sealRtp(packet, 7);
    expect(sealed.subarray(0, 20)).toEqual(packet.subarray(0, 20));
    expect(receiver.openRtp(sealed)?.packet).toEqual(packet);
  });

  test("a packet with any bit changed is not opened, and the right one still is", () => {
    const { receiver, seal } = ends();
    const sealed = seal(5);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bent = Uint8Array.from(sealed);
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(receiver.openRtp(bent)).toBeUndefined();
    }
    expect(receiver.openRtp(sealed)).toBeDefined();
  });

  test("a packet that is cut off is not opened", () => {
    const { sender, receiver, seal } = ends();
    const sealed = seal(5);
    const rtcp = sender.sealRtcp(RTCP) ?? new Uint8Array(0);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(receiver.openRtp(sealed.subarray(0, length))).toBeUndefined();
    }
    for (let length = 0; length < rtcp.length; length += 1) {
      expect(receiver.openRtcp(rtcp.subarray(0, length))).toBeUndefined();
    }
  });

  test("300 packets that are lost over the wrap cost nothing but themselves", () => {
    const { receiver, seal } = ends();
    for (let index = 65_000; index < 65_400; index += 1) expect(receiver.openRtp(seal(index))?.index).toBe(index);
    for (let index = 65_700; index < 67_000; index += 1) expect(receiver.openRtp(seal(index))?.index).toBe(index);
  });

  test("a late packet from before the wrap is taken, and disturbs nothing", () => {
    const { receiver, seal } = ends();
    const [before, late] = [seal(65_530), seal(65_535)];
    const after = [65_536, 65_540, 65_600].map(seal);
    expect(receiver.openRtp(before)?.index).toBe(65_530);
    expect(after.map((sealed) => receiver.openRtp(sealed)?.index)).toEqual([65_536, 65_540, 65_600]);
    expect(receiver.openRtp(late)?.index).toBe(65_535);
    expect(receiver.openRtp(seal(65_601))?.index).toBe(65_601);
  });

  test("a stream whose first packets before the wrap are lost is taken up", () => {
    const { receiver, seal } = ends();
    seal(65_535);
    expect(receiver.openRtp(seal(65_540))?.index).toBe(65_540);
  });

  test("what is more than 1,024 packets old is not taken", () => {
    const { receiver, seal } = ends();
    const [older, old] = [seal(1), seal(2)];
    expect(receiver.openRtp(seal(1_025))?.index).toBe(1_025);
    expect([receiver.openRtp(older), receiver.openRtp(old)?.index]).toEqual([undefined, 2]);
  });

  test("any order with losses below 2^15 in a row is followed over wraps", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 32_767 }),
        fc.array(fc.integer({ min: 1, max: 32_767 }), { minLength: 1, maxLength: 20 }),
        (start, steps) => {
          const { receiver, seal } = ends();
          let index = start;
          expect(receiver.openRtp(seal(index))?.index).toBe(index);
          for (const step of steps) {
            index += step;
            expect(receiver.openRtp(seal(index))?.index).toBe(index);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("no index is sealed twice, nor one of before", () => {
    const { sender, seal } = ends();
    seal(5);
    for (const index of [5, 4]) expect(() => seal(index)).toThrow("is not sealed after packet 5");
    expect(() => sender.sealRtp(rtp(6), 7)).toThrow(RangeError);
    expect(() => sender.sealRtp(rtp(6, 1), 6)).toThrow("registered");
    expect(sender.register(SSRC)).toBe(false);
  });

  test("only registered SSRCs are opened, and the rest costs no cipher", () => {
    let calls = 0;
    const counting: MediaCiphers = {
      ...nodeMediaCiphers,
      hmacSha1: (...args) => {
        calls += 1;
        return nodeMediaCiphers.hmacSha1(...args);
      },
      gcmOpen: (...args) => {
        calls += 1;
        return nodeMediaCiphers.gcmOpen(...args);
      },
    };
    const sender = new SrtpSender(a, nodeMediaCiphers);
    const receiver = new SrtpReceiver(b, counting);
    for (const ssrc of [1, 2]) sender.register(ssrc);
    receiver.register(2);
    expect(receiver.openRtp(sender.sealRtp(rtp(1, 1), 1))).toBeUndefined();
    expect(calls).toBe(0);
    expect(receiver.openRtp(sender.sealRtp(rtp(1, 2), 1))?.ssrc).toBe(2);
  });

  test("a track that comes back under its SSRC does not take packets of before", () => {
    const { receiver, seal } = ends();
    const sealed = seal(5);
    expect(receiver.openRtp(sealed)?.index).toBe(5);
    receiver.unregister(SSRC);
    const meanwhile = seal(6);
    expect(receiver.openRtp(meanwhile)).toBeUndefined();
    expect(receiver.register(SSRC)).toBe(true);
    expect(receiver.openRtp(sealed)).toBeUndefined();
    expect(receiver.openRtp(meanwhile)?.index).toBe(6);
  });

  test("both ends keep no more SSRCs than MAX_SSRCS", () => {
    const { sender, receiver } = ends();
    for (let ssrc = 1; ssrc < MAX_SSRCS; ssrc += 1) {
      expect([sender.register(ssrc), receiver.register(ssrc)]).toEqual([true, true]);
      receiver.unregister(ssrc);
    }
    expect([sender.register(MAX_SSRCS), receiver.register(MAX_SSRCS)]).toEqual([false, false]);
    expect(receiver.register(1)).toBe(true);
  });

  test("RTCP of any SSRC is opened, once, and not without its tag", () => {
    const { sender, receiver } = ends();
    const [first, second] = [sender.sealRtcp(RTCP), sender.sealRtcp(RTCP)];
    if (first === undefined || second === undefined) throw new Error("not sealed");
    expect(first).not.toEqual(second);
    expect(first.subarray(0, 8)).toEqual(RTCP.subarray(0, 8));
    for (let bit = 0; bit < second.length * 8; bit += 1) {
      const bent = Uint8Array.from(second);
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(receiver.openRtcp(bent)).toBeUndefined();
    }
    expect([receiver.openRtcp(second), receiver.openRtcp(first)]).toEqual([RTCP, RTCP]);
    expect([receiver.openRtcp(second), receiver.openRtcp(first)]).toEqual([undefined, undefined]);
  });

  test("RTCP of more than MAX_SSRCS senders is not opened", () => {
    const { sender, receiver } = ends();
    const openFrom = (ssrc: number): boolean => {
      const packet = Uint8Array.from(RTCP);
      new DataView(packet.buffer).setUint32(4, ssrc);
      return receiver.openRtcp(sender.sealRtcp(packet) ?? packet) !== undefined;
    };
    for (let ssrc = 0; ssrc < MAX_SSRCS; ssrc += 1) expect(openFrom(ssrc)).toBe(true);
    expect([openFrom(MAX_SSRCS), openFrom(0)]).toEqual([false, true]);
  });

  test("keys of another length are refused", () => {
    const short = { ...a, local: { ...a.local, salt: a.local.salt.subarray(1) } };
    expect(() => new SrtpSender(short, nodeMediaCiphers)).toThrow("Keys do not fit");
  });
});
