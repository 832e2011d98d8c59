// Commit, then reveal: two machines agree on one string, everything else ends the comparison; and what somebody in
// the middle can reach, counted over seeded attempts.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  commitmentOf,
  contactProof,
  stringHashOf,
  type VerifiedSession,
  type VerifyMessage,
  Verification,
} from "../../../src/control/verification.ts";
import { leadingBits, STRING_BITS } from "../../../src/control/verify-string.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const fill = (byte: number, bytes = 32): Uint8Array => new Uint8Array(bytes).fill(byte);
const side = (digit: string): { id: string; fingerprint: string } => ({
  id: digit.repeat(32),
  fingerprint: Array.from({ length: 32 }, () => digit.repeat(2)).join(":"),
});

const SIDES = { offer: side("A"), answer: side("B") };
const NONCES = { offer: fill(1), answer: fill(2) };
type Role = VerifiedSession["role"];

function machine(role: Role, sides: Omit<VerifiedSession, "role"> = SIDES): Verification {
  return new Verification({ role, ...sides }, NONCES[role], sha256);
}

/** Carries messages between the two until nobody has one. */
function carry(a: Verification, b: Verification, first: readonly VerifyMessage[]): void {
  let [from, to] = [a, b];
  for (let messages = first; messages.length > 0; [from, to] = [to, from]) {
    messages = messages.flatMap((message) => to.handle(message));
  }
}

function shownPair(
  sides: [Partial<VerifiedSession>, Partial<VerifiedSession>] = [{}, {}],
): [Verification, Verification] {
  const a = machine("offer", { ...SIDES, ...sides[0] });
  const b = machine("answer", { ...SIDES, ...sides[1] });
  carry(a, b, a.start());
  return [a, b];
}

function valueOf({ state }: Verification): number {
  if (state.name !== "shown") throw new Error(`nothing shown but ${state.name}`);
  return state.value;
}

describe("two machines", () => {
  test("show the same string, whoever begins", () => {
    const [a, b] = shownPair();
    const [c, d] = [machine("offer"), machine("answer")];
    carry(d, c, d.start());
    const [e, f] = [machine("offer"), machine("answer")];
    const [ofE, ofF] = [e.start(), f.start()];
    const [fromE, fromF] = [ofF.flatMap((message) => e.handle(message)), ofE.flatMap((message) => f.handle(message))];
    for (const message of fromF) e.handle(message);
    for (const message of fromE) f.handle(message);
    expect(new Set([a, b, c, d, e, f].map((one) => valueOf(one))).size).toBe(1);
    // Another implementation, or a later version of this one, has to come to the same.
    expect(valueOf(a)).toBe(leadingBits(stringHashOf(SIDES, NONCES, sha256), STRING_BITS));
    const binding = Buffer.from(`${"aa".repeat(16)}${"bb".repeat(16)}${"aa".repeat(32)}${"bb".repeat(32)}`, "hex");
    const domain = Buffer.from("p2p verify/1 string\0");
    expect(stringHashOf(SIDES, NONCES, sha256)).toEqual(sha256(Buffer.concat([domain, binding, fill(1), fill(2)])));
  });

  test("agree when both say yes, in either order", () => {
    for (const order of [0, 1]) {
      const pair = shownPair();
      const [first, second] = order === 0 ? pair : [pair[1], pair[0]];
      for (const message of first.answer(true)) second.handle(message);
      expect([first.state.name, second.state.name]).toEqual(["shown", "shown"]);
      for (const message of second.answer(true)) first.handle(message);
      expect([first.state.name, second.state.name]).toEqual(["agreed", "agreed"]);
    }
  });

  test.each([0, 1, 2])("a no counts on both sides, also after %i times yes", (times) => {
    const [a, b] = shownPair();
    if (times > 0) for (const message of a.answer(true)) b.handle(message);
    if (times > 1) for (const message of b.answer(true)) a.handle(message);
    for (const message of b.answer(false)) a.handle(message);
    expect(a.state).toEqual({ name: "refused", by: "peer" });
    expect(b.state).toEqual({ name: "refused", by: "me" });
    expect([...a.answer(true), ...b.answer(true)]).toEqual([]);
  });

  test("reveal nothing before they have the other's commitment", () => {
    const a = machine("offer");
    expect(a.start()).toEqual([{ type: "verify-commit", commitment: expect.any(String) }]);
    expect(a.start()).toEqual([]);
    expect(a.answer(true)).toEqual([]);
  });
});

describe("the string changes with", () => {
  const other = side("C");
  test.each<[string, Partial<Omit<VerifiedSession, "role">>]>([
    ["the offer's id", { offer: { ...SIDES.offer, id: other.id } }],
    ["the answer's id", { answer: { ...SIDES.answer, id: other.id } }],
    ["the offer's fingerprint", { offer: { ...SIDES.offer, fingerprint: other.fingerprint } }],
    ["the answer's fingerprint", { answer: { ...SIDES.answer, fingerprint: other.fingerprint } }],
    ["the parts", { offer: SIDES.answer, answer: SIDES.offer }],
  ])("%s", (_name, change) => {
    const sides = { ...SIDES, ...change };
    expect(stringHashOf(sides, NONCES, sha256)).not.toEqual(stringHashOf(SIDES, NONCES, sha256));
    expect(commitmentOf(sides, "offer", NONCES.offer, sha256)).not.toEqual(
      commitmentOf(SIDES, "offer", NONCES.offer, sha256),
    );
    // And two sides that see the session differently do not even come to show one: the nonce fits no commitment.
    const [a, b] = shownPair([{}, change]);
    expect([a.state.name, b.state.name]).toEqual(["failed", "failed"]);
  });

  test.each(["offer", "answer"] as const)("the nonce of the %s", (role) => {
    const nonces = { ...NONCES, [role]: fill(3) };
    expect(stringHashOf(SIDES, nonces, sha256)).not.toEqual(stringHashOf(SIDES, NONCES, sha256));
  });
});

test("a long-term key is proved for one session and one role", () => {
  const proof = contactProof(SIDES, "offer");
  const binding = Buffer.from(`${"aa".repeat(16)}${"bb".repeat(16)}${"aa".repeat(32)}${"bb".repeat(32)}`, "hex");
  expect(Buffer.from(proof)).toEqual(Buffer.concat([Buffer.from("p2p contact/1\0\u0001"), binding]));
  expect(contactProof(SIDES, "answer")).not.toEqual(proof);
  expect(contactProof({ ...SIDES, answer: { ...SIDES.answer, id: "cc".repeat(16) } }, "offer")).not.toEqual(proof);
});

describe("what a peer must not do", () => {
  const commit = (nonce = NONCES.answer, role: Role = "answer"): VerifyMessage => ({
    type: "verify-commit",
    commitment: hex(commitmentOf(SIDES, role, nonce, sha256)),
  });
  const reveal = (nonce = NONCES.answer): VerifyMessage => ({ type: "verify-reveal", nonce: hex(nonce) });
  const yes: VerifyMessage = { type: "verify-answer", same: true };

  test.each<[string, VerifyMessage[], "order" | "forged"]>([
    ["reveal what was not committed to", [commit(), reveal(fill(9))], "forged"],
    ["commit to the nonce in the other side's name", [commit(NONCES.answer, "offer"), reveal()], "forged"],
    ["reveal first", [reveal()], "order"],
    ["answer first", [yes], "order"],
    ["answer before the nonce", [commit(), yes], "order"],
    ["commit twice", [commit(), commit(fill(9))], "order"],
    ["begin again after the string", [commit(), reveal(), commit(fill(9)), reveal(fill(9))], "order"],
    ["reveal twice", [commit(), reveal(), reveal()], "order"],
    ["answer twice", [commit(), reveal(), yes, yes], "order"],
  ])("%s", (_name, messages, fault) => {
    const a = machine("offer");
    for (const message of messages) a.handle(message);
    expect(a.state).toEqual({ name: "failed", fault });
    // There is no way back.
    expect([...a.start(), ...a.answer(true), ...a.handle(commit())]).toEqual([]);
  });

  test("send this side's own messages back", () => {
    const a = machine("offer");
    const sent = a.start();
    for (const message of sent) sent.push(...a.handle(message));
    expect(a.state).toEqual({ name: "failed", fault: "forged" });
  });

  test("change what has failed or was refused", () => {
    const forged = machine("offer");
    for (const message of [commit(), reveal(fill(9)), commit(), yes]) forged.handle(message);
    expect(forged.state).toEqual({ name: "failed", fault: "forged" });
    const [a] = shownPair();
    a.answer(false);
    for (const message of [commit(), reveal(), yes, { ...yes, same: false }]) expect(a.handle(message)).toEqual([]);
    expect(a.state).toEqual({ name: "refused", by: "me" });
  });

  test("say no before there is anything to compare, no more than our person may", () => {
    const a = machine("offer");
    expect([a.answer(false), a.state]).toEqual([[], { name: "idle" }]);
    a.handle({ ...yes, same: false });
    expect(a.state).toEqual({ name: "failed", fault: "order" });
    const b = machine("offer");
    b.handle(commit());
    expect([b.answer(false), b.state.name]).toEqual([[], "revealed"]);
  });

  test("answer again after agreeing", () => {
    const [a, b] = shownPair();
    for (const message of a.answer(true)) b.handle(message);
    for (const message of b.answer(true)) a.handle(message);
    expect(a.answer(true)).toEqual([]);
    a.handle(yes);
    expect(a.state).toEqual({ name: "failed", fault: "order" });
  });
});

test.each([
  ["id", { ...SIDES.offer, id: "A".repeat(31) }],
  ["fingerprint", { ...SIDES.offer, fingerprint: "AA" }],
  ["hex", { ...SIDES.offer, id: "x".repeat(32) }],
  ["first digit", { ...SIDES.offer, id: `x${"a".repeat(31)}` }],
  ["last digit", { ...SIDES.offer, id: `${"a".repeat(31)}x` }],
])("a wrong %s is a mistake of the caller", (_name, offer) => {
  expect(() => machine("offer", { ...SIDES, offer })).toThrow(RangeError);
  expect(() => new Verification({ role: "offer", ...SIDES }, fill(1, 31), sha256)).toThrow(RangeError);
});

describe("somebody in the middle, who has to commit before he sees", () => {
  const ATTEMPTS = 10_000;
  /** Of each leg: what one victim takes for the other side. */
  const LEGS = {
    toOffer: { offer: SIDES.offer, answer: { id: SIDES.answer.id, fingerprint: hex(fill(0xe1)) } },
    toAnswer: { offer: { id: SIDES.offer.id, fingerprint: hex(fill(0xe2)) }, answer: SIDES.answer },
  };

  function nonceFrom(random: () => number): Uint8Array {
    return Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
  }

  /** One attempt with real machines. @returns what the two victims show, as whole hashes */
  function attempt(random: () => number): [Uint8Array, Uint8Array] {
    const nonces = { offer: nonceFrom(random), answer: nonceFrom(random) };
    const a = new Verification({ role: "offer", ...LEGS.toOffer }, nonces.offer, sha256);
    const b = new Verification({ role: "answer", ...LEGS.toAnswer }, nonces.answer, sha256);
    // He runs the leg to the offer to its end, and knows its string before he commits on the other.
    const towardA = nonceFrom(random);
    a.start();
    a.handle({ type: "verify-commit", commitment: hex(commitmentOf(LEGS.toOffer, "answer", towardA, sha256)) });
    a.handle({ type: "verify-reveal", nonce: hex(towardA) });
    const towardB = nonceFrom(random);
    b.start();
    b.handle({ type: "verify-commit", commitment: hex(commitmentOf(LEGS.toAnswer, "offer", towardB, sha256)) });
    b.handle({ type: "verify-reveal", nonce: hex(towardB) });
    const ofA = stringHashOf(LEGS.toOffer, { offer: nonces.offer, answer: towardA }, sha256);
    const ofB = stringHashOf(LEGS.toAnswer, { offer: towardB, answer: nonces.answer }, sha256);
    expect([valueOf(a), valueOf(b)]).toEqual([leadingBits(ofA, STRING_BITS), leadingBits(ofB, STRING_BITS)]);
    return [ofA, ofB];
  }

  test(`matches in none of ${ATTEMPTS} attempts at full length, and at 12 bits once in 4,096`, () => {
    const random = seededRandom(20_260_301);
    const windowBits = 12;
    const windows = Math.floor(256 / windowBits);
    let atFullLength = 0;
    let atTwelve = 0;
    let inWindows = 0;
    for (let round = 0; round < ATTEMPTS; round += 1) {
      const [ofA, ofB] = attempt(random);
      if (leadingBits(ofA, STRING_BITS) === leadingBits(ofB, STRING_BITS)) atFullLength += 1;
      if (leadingBits(ofA, windowBits) === leadingBits(ofB, windowBits)) atTwelve += 1;
      // All of the hash is as good as its beginning: 21 times as many pairs of 12 bits make the rate a sharp one.
      const [bitsOfA, bitsOfB] = [bitsOf(ofA), bitsOf(ofB)];
      for (let at = 0; at < windows; at += 1) {
        const [from, to] = [at * windowBits, (at + 1) * windowBits];
        if (bitsOfA.slice(from, to) === bitsOfB.slice(from, to)) inWindows += 1;
      }
    }
    expect(atFullLength).toBe(0);
    expectRate(atTwelve, ATTEMPTS, 2 ** -windowBits);
    expectRate(inWindows, ATTEMPTS * windows, 2 ** -windowBits);
    expect(inWindows).toBeGreaterThan(0);
    // Seconds of work, and more where others work beside it.
  }, 60_000);

  test("would find a match at 12 bits at once if he saw the nonce before he committed", () => {
    const random = seededRandom(7);
    const wanted = leadingBits(attempt(random)[0], 12);
    const nonce = nonceFrom(random);
    let tries = 0;
    const grind = (): number => {
      const towardB = nonceFrom(random);
      return leadingBits(stringHashOf(LEGS.toAnswer, { offer: towardB, answer: nonce }, sha256), 12);
    };
    do tries += 1;
    while (grind() !== wanted && tries < 100_000);
    expect(tries).toBeLessThan(100_000);
  });

  test("cannot pass the two commitments on either: they are bound to what each side sees", () => {
    const a = new Verification({ role: "offer", ...LEGS.toOffer }, NONCES.offer, sha256);
    const b = new Verification({ role: "answer", ...LEGS.toAnswer }, NONCES.answer, sha256);
    carry(a, b, a.start());
    expect([a.state, b.state]).toEqual([
      { name: "failed", fault: "forged" },
      { name: "failed", fault: "forged" },
    ]);
  });
});

function bitsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

/** Within three standard deviations of a binomial count. */
function expectRate(count: number, of: number, rate: number): void {
  const sigma = Math.sqrt(of * rate * (1 - rate));
  expect(Math.abs(count - of * rate)).toBeLessThanOrEqual(3 * sigma);
}
