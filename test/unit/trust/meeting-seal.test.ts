// Place and seal of a meeting on a broker.
import { expect, test } from "vitest";
import { MeetingSeal, sealedBytes } from "../../../src/trust/meeting-seal.ts";

/** The derivation costs a second with the factor that p2p uses. */
const WORK_FACTOR = 4;
const PASSPHRASE = "legal winner thank year wave sausage";
const derive = (passphrase = PASSPHRASE, prefix = "p2p") => MeetingSeal.derive(passphrase, prefix, WORK_FACTOR);
const bytes = (text: string) => new TextEncoder().encode(text);

test("both sides derive the same place, and other passphrases and prefixes another one", async () => {
  const { topic } = await derive();
  // The same by Python's hashlib.scrypt and an HKDF of its hmac.
  expect(topic).toBe("8510b9f3c1eaf3ddf51e4d25eff294a8");
  expect((await derive("  legal winner\u00a0thank  year wave\tsausage ")).topic).toBe(topic);
  expect((await derive("legal winner thank year wave")).topic).not.toBe(topic);
  expect((await derive(PASSPHRASE, "home")).topic).not.toBe(topic);
});

test("what one side seals the other opens, and learns the part of its author", async () => {
  const [here, there] = [await derive(), await derive()];
  const sealed = here.seal("offer", "p2p/x/1", bytes("hello"));
  expect(there.open("p2p/x/1", sealed)).toEqual({ role: "offer", plain: bytes("hello") });
  const answered = there.seal("answer", "p2p/x/2", bytes(""));
  expect(here.open("p2p/x/2", answered)).toEqual({ role: "answer", plain: bytes("") });
});

test("a text is bound to its topic, and a changed one is not opened", async () => {
  const seal = await derive();
  const sealed = seal.seal("offer", "p2p/x/1", bytes("hello"));
  expect(seal.open("p2p/x/2", sealed)).toBeUndefined();
  for (const at of [0, 23, 24, 100, sealed.length - 1]) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(seal.open("p2p/x/1", changed)).toBeUndefined();
  }
  for (const length of [0, 10, 40, sealed.length - 1]) {
    expect(seal.open("p2p/x/1", sealed.subarray(0, length))).toBeUndefined();
  }
  expect((await derive("another passphrase of six words")).open("p2p/x/1", sealed)).toBeUndefined();
});

test("short texts have one length, and no two look alike", async () => {
  const seal = await derive();
  const [one, other] = [seal.seal("offer", "t", bytes("a")), seal.seal("offer", "t", bytes("a".repeat(4_000)))];
  expect(one.length).toBe(other.length);
  expect(one.length).toBe(sealedBytes(1));
  expect(seal.seal("offer", "t", bytes("a"))).not.toEqual(one);
  const long = Buffer.alloc(300_000, "b");
  expect(long.equals(seal.open("t", seal.seal("answer", "t", long))?.plain ?? Buffer.alloc(0))).toBe(true);
});
