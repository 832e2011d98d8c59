// SRTP and SRTCP as werift seals and opens them: another implementation, under keys that it derives itself.
import { describe, expect, test } from "vitest";
import { RtpHeader, SrtcpSession, SrtpSession } from "werift";
import { encodeRtp } from "../../src/media/rtp.ts";
import { SrtpReceiver, SrtpSender } from "../../src/media/srtp.ts";
import { nodeMediaCiphers } from "../../src/rtc/media/ciphers.ts";
import { srtpEnds } from "../support/srtp-keys.ts";

const SSRC = 0x12345678;
const RTCP = Buffer.of(0x81, 206, 0, 2, 0x12, 0x34, 0x56, 0x78, 1, 2, 3, 4);

describe.each([
  ["AEAD_AES_128_GCM", 7],
  ["AES128_CM_HMAC_SHA1_80", 1],
] as const)("%s", (name, profile) => {
  const { a, b } = srtpEnds(name);
  const config = {
    profile,
    keys: {
      localMasterKey: Buffer.from(b.local.key),
      localMasterSalt: Buffer.from(b.local.salt),
      remoteMasterKey: Buffer.from(b.remote.key),
      remoteMasterSalt: Buffer.from(b.remote.salt),
    },
  } as const;

  test("RTP, over a wrap of the sequence number", () => {
    const sender = new SrtpSender(a, nodeMediaCiphers);
    const receiver = new SrtpReceiver(a, nodeMediaCiphers);
    sender.register(SSRC);
    receiver.register(SSRC);
    const werift = new SrtpSession(config);
    for (let index = 65_500; index < 65_600; index += 1) {
      const payload = Buffer.from(`payload ${index}`);
      const sequence = index % 65_536;
      const packet = encodeRtp({ isMarked: true, payloadType: 96, sequence, timestamp: index, ssrc: SSRC, payload });
      expect(Buffer.from(werift.decrypt(Buffer.from(sender.sealRtp(packet, index))))).toEqual(Buffer.from(packet));
      const header = new RtpHeader({
        marker: true,
        payloadType: 96,
        sequenceNumber: sequence,
        timestamp: index,
        ssrc: SSRC,
      });
      const opened = receiver.openRtp(werift.encrypt(payload, header));
      expect(opened).toEqual({ ssrc: SSRC, index, packet });
    }
  });

  test("RTCP", () => {
    const sender = new SrtpSender(a, nodeMediaCiphers);
    const receiver = new SrtpReceiver(a, nodeMediaCiphers);
    const werift = new SrtcpSession(config);
    for (let count = 0; count < 5; count += 1) {
      const sealed = sender.sealRtcp(RTCP);
      expect(werift.decrypt(Buffer.from(sealed ?? []))).toEqual(RTCP);
      expect(receiver.openRtcp(werift.encrypt(RTCP))).toEqual(Uint8Array.from(RTCP));
    }
  });
});
