// The secret of two people who keep each other, and what comes of it for each day.
import { createHash, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ContactMeeting, sharedSecret } from "../../../src/trust/contact-meeting.ts";
import { generateOwnKey, type OwnKey } from "../../../src/trust/signing.ts";

const NOW_MS = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const PKCS8 = "302e020100300506032b657004220420";

/** @param seed - 64 hex digits, the secret key of RFC 8032 */
function keyOf(seed: string): OwnKey {
  const der = Buffer.from(PKCS8 + seed, "hex");
  const { x = "" } = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" })).export({
    format: "jwk",
  });
  return { publicKey: Buffer.from(x, "base64url").toString("hex"), privateKey: der.toString("base64") };
}

/** Keys of RFC 8032 §7.1, tests 1 and 2. */
const ANN = keyOf("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
const BOB = keyOf("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
const EVE = keyOf("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");

async function meeting(own: OwnKey, theirs: OwnKey): Promise<ContactMeeting> {
  const made = await ContactMeeting.derive(own, { publicKey: theirs.publicKey, name: "x" });
  if (made === undefined) throw new TypeError("no meeting");
  return made;
}

describe("the secret of two long-term keys", () => {
  test("is the one of RFC 7748's ladder over converted keys", async () => {
    // The same by a ladder in Python, with the other side's secret key.
    const expected = "5166f24a6918368e2af831a4affadd97af0ac326bdf143596c045967cc00230e";
    expect(Buffer.from((await sharedSecret(ANN, BOB.publicKey)) ?? []).toString("hex")).toBe(expected);
    expect(Buffer.from((await sharedSecret(BOB, ANN.publicKey)) ?? []).toString("hex")).toBe(expected);
  });

  test("is what Node's X25519 makes of converted keys", async () => {
    for (let run = 0; run < 20; run += 1) {
      const [own, theirs] = [generateOwnKey(), generateOwnKey()];
      const secret = Buffer.from((await sharedSecret(own, theirs.publicKey)) ?? []);
      expect(secret.toString("hex")).toBe(nodeSecret(own, theirs.publicKey).toString("hex"));
    }
  });

  test.each([
    ["one of few points", "00".repeat(32)],
    ["one of few points with a sign", `01${"00".repeat(30)}80`],
    ["no point of the curve", `02${"00".repeat(31)}`],
    ["our own", ANN.publicKey],
  ])("there is none for a key that is %s", async (_what, key) => {
    expect(await sharedSecret(ANN, key)).toBeUndefined();
    expect(await ContactMeeting.derive(ANN, { publicKey: key, name: "x" })).toBeUndefined();
  });
});

describe("a day", () => {
  test("has the place and the marks that docs/security.md says", async () => {
    const [today] = (await meeting(ANN, BOB)).daysAt(NOW_MS, "p2p");
    // The same by an HKDF and an HMAC in Python.
    expect(today.seal.topic).toBe("cfc0c377351ab7f5f588725e3e013467");
    expect(today.ownMark("0123456789abcdef")).toBe("08a7f11fbf3a2b2a");
  });

  test("is the same on both sides, and another one tomorrow, for other people and under another prefix", async () => {
    const [anns, bobs, eves] = [await meeting(ANN, BOB), await meeting(BOB, ANN), await meeting(ANN, EVE)];
    const topics = (of: ContactMeeting, atMs: number, prefix = "p2p"): string[] =>
      of.daysAt(atMs, prefix).map(({ seal }) => seal.topic);
    expect(topics(anns, NOW_MS)).toEqual(topics(bobs, NOW_MS));
    const [today, yesterday, tomorrow] = topics(anns, NOW_MS);
    expect(new Set([today, yesterday, tomorrow]).size).toBe(3);
    expect(topics(bobs, NOW_MS + 12 * HOUR_MS)).toEqual([tomorrow, today, expect.any(String)]);
    expect(topics(bobs, NOW_MS + 12 * HOUR_MS - 1)).toEqual([today, yesterday, tomorrow]);
    for (const others of [topics(eves, NOW_MS), topics(anns, NOW_MS, "home"), topics(anns, NOW_MS + 72 * HOUR_MS)]) {
      expect(others.some((topic) => [today, yesterday, tomorrow].includes(topic))).toBe(false);
    }
  });

  test("has marks that say who made them", async () => {
    const [[anns], [bobs], [eves]] = [
      (await meeting(ANN, BOB)).daysAt(NOW_MS),
      (await meeting(BOB, ANN)).daysAt(NOW_MS),
      (await meeting(EVE, ANN)).daysAt(NOW_MS),
    ];
    const mark = anns.ownMark("00".repeat(8));
    expect(mark).toMatch(/^[0-9a-f]{16}$/);
    expect(bobs.isTheirMark("00".repeat(8), mark)).toBe(true);
    expect(bobs.isTheirMark("01".repeat(8), mark)).toBe(false);
    expect(anns.isTheirMark("00".repeat(8), mark)).toBe(false);
    expect(eves.isTheirMark("00".repeat(8), mark)).toBe(false);
  });

  test("has seals that the other side alone opens, each for its author and its place", async () => {
    const [anns, annsYesterday] = (await meeting(ANN, BOB)).daysAt(NOW_MS);
    const [bobs] = (await meeting(BOB, ANN)).daysAt(NOW_MS);
    const plain = new TextEncoder().encode("hello");
    const sealed = anns.seal.seal("offer", "place", plain);
    expect(bobs.seal.open("place", sealed)).toEqual({ role: "offer", plain });
    expect(bobs.seal.open("another place", sealed)).toBeUndefined();
    // What comes back is not taken for the other side's.
    expect(anns.seal.open("place", sealed)).toBeUndefined();
    expect(bobs.seal.open("place", annsYesterday?.seal.seal("offer", "place", plain) ?? plain)).toBeUndefined();
    const [eves] = (await meeting(EVE, ANN)).daysAt(NOW_MS);
    expect(eves.seal.open("place", sealed)).toBeUndefined();
  });
});

const P = 2n ** 255n - 19n;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [square, rest] = [base % P, exponent]; rest > 0n; square = (square * square) % P, rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % P;
  }
  return result;
}

/** X25519 by Node, of keys that are converted here: u = (1 + y) / (1 − y), and the first half of the seed's SHA-512. */
function nodeSecret({ privateKey }: OwnKey, theirs: string): Buffer {
  const seed = Buffer.from(privateKey, "base64").subarray(-32);
  const scalar = createHash("sha512").update(seed).digest().subarray(0, 32);
  const der = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), scalar]);
  const y = BigInt(`0x${Buffer.from(theirs, "hex").reverse().toString("hex")}`) & (2n ** 255n - 1n);
  const u = ((1n + y) * power(P + 1n - y, P - 2n)) % P;
  const x = Buffer.from(u.toString(16).padStart(64, "0"), "hex").reverse().toString("base64url");
  return diffieHellman({
    privateKey: createPrivateKey({ key: der, format: "der", type: "pkcs8" }),
    publicKey: createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" }),
  });
}
