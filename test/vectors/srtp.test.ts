// The vectors of RFC 3711, appendix B, and of RFC 7714, sections 16.1 and 17.1, for the profiles that we have.
import { describe, expect, test } from "vitest";
import { deriveKeys, type SessionKeys, SrtpTransform } from "../../src/media/srtp-transform.ts";
import { nodeMediaCiphers } from "../../src/rtc/media/ciphers.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString("hex");
const NO_KEYS: SessionKeys = { cipherKey: hex(""), authKey: hex(""), salt: hex("") };

describe("RFC 3711", () => {
  test("B.2: the key stream of AES in counter mode", () => {
    const keys = {
      cipherKey: hex("2B7E151628AED2A6ABF7158809CF4F3C"),
      authKey: new Uint8Array(20),
      salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
    };
    const transform = new SrtpTransform("AES128_CM_HMAC_SHA1_80", keys, NO_KEYS, nodeMediaCiphers);
    // SSRC, rollover counter and sequence number are 0; zeros are sealed into the key stream itself.
    const packet = new Uint8Array(12 + 0xff02 * 16);
    packet[0] = 0x80;
    const stream = transform.sealRtp(packet, 12, { ssrc: 0, index: 0 }).subarray(12);
    const block = (at: number): string | undefined => text(stream.subarray(at * 16, at * 16 + 16));
    expect([0x0000, 0x0001, 0x0002, 0xfeff, 0xff00, 0xff01].map(block)).toEqual([
      "e03ead0935c95e80e166b16dd92b4eb4",
      "d23513162b02d0f72a43a2fe4a5f97ab",
      "41e95b3bb0a2e8dd477901e4fca894c0",
      "ec8cdf7398607cb0f2d21675ea9ea1e4",
      "362b7c3c6773516318a077d7fc5073ae",
      "6a2cc3787889374fbeb4c81b17ba6c44",
    ]);
  });

  test("B.3: session keys", () => {
    const master = { key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6") };
    const keys = deriveKeys("AES128_CM_HMAC_SHA1_80", master, "rtp", nodeMediaCiphers);
    expect(text(keys.cipherKey)).toBe("c61e7a93744f39ee10734afe3ff7a087");
    expect(text(keys.salt)).toBe("30cbbc08863d8c85d49db34a9ae1");
    // The vector is of 94 bytes, for a longer key than that of HMAC-SHA1.
    expect(text(keys.authKey)).toBe("cebe321f6ff7716b6fd4ab49af256a156d38baa4");
  });
});

describe("RFC 7714", () => {
  const keys: SessionKeys = {
    cipherKey: hex("000102030405060708090a0b0c0d0e0f"),
    authKey: hex(""),
    salt: hex("517569642070726f2071756f"),
  };
  const transform = new SrtpTransform("AEAD_AES_128_GCM", keys, keys, nodeMediaCiphers);

  test("16.1: an RTP packet", () => {
    const packet = hex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
      61727465 73207472 6573`);
    const sealed = hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
      51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`);
    const id = { ssrc: 0x5501a0b2, index: 0xf17b };
    expect(text(transform.sealRtp(packet, 12, id))).toBe(text(sealed));
    expect(text(transform.openRtp(sealed, 12, id))).toBe(text(packet));
  });

  test("17.1: an RTCP packet", () => {
    const packet = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
      deadbeef deadbeef deadbeef`);
    const sealed = hex(`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
      4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`);
    const id = { ssrc: 0x4d617273, index: 0x5d4 };
    expect(text(transform.sealRtcp(packet, id))).toBe(text(sealed));
    expect(transform.rtcpId(sealed)).toEqual(id);
    expect(text(transform.openRtcp(sealed, id))).toBe(text(packet));
  });
});
