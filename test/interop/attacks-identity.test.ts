// Who pretends to be the peer: every forged proof ends both sides before anything is delivered, and the same
// forgery is shown to be worth something against bare werift. RFC 8122 §5, RFC 5246 §7.4.
import { afterEach, describe, expect, test, vi } from "vitest";
import type { SessionDescription } from "../../src/exchange/description.ts";
import { loadWerift } from "../../src/rtc/werift.ts";
import { wholeWerift } from "../support/foreign/whole-werift.ts";
import { ManInTheMiddle } from "../support/man-in-the-middle.ts";
import { until } from "../support/processes.ts";
import {
  BarePeer,
  type Certificate,
  GuardedPeer,
  introduce,
  introduceOver,
  newCertificate,
  stolenCertificate,
  talk,
  type TalkingPeer,
} from "../support/talking-peers.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function guarded(): Promise<GuardedPeer> {
  const peer = await GuardedPeer.create();
  closers.push(() => peer.close());
  return peer;
}

async function bare(certificate?: Certificate): Promise<BarePeer> {
  const peer = await BarePeer.create(certificate);
  closers.push(() => peer.close());
  return peer;
}

/** A peer of ours that got hold of this certificate. */
async function guardedWith({ certPem, privateKey, signatureHash }: Certificate): Promise<GuardedPeer> {
  vi.spyOn(loadWerift().CipherContext, "createSelfSignedCertificateWithKey").mockResolvedValueOnce({
    certPem,
    keyPem: privateKey,
    signatureHash,
  });
  return guarded();
}

/** Offerers are DTLS servers here, answerers clients. */
type Role = "server" | "client";
const ROLES: readonly Role[] = ["server", "client"];

async function introduceAs(role: Role, attacker: TalkingPeer, victim: TalkingPeer): Promise<void> {
  if (role === "server") await introduce(attacker, victim);
  else await introduce(victim, attacker);
}

async function expectRefused(victim: GuardedPeer, failed: string): Promise<void> {
  await until(() => victim.ended !== undefined, "the victim has ended");
  expect(victim.ended).toMatchObject({ code: "PEER_NOT_AUTHENTIC", params: { failed } });
  expect(victim.isOpen).toBe(false);
  expect(victim.received).toEqual([]);
}

async function expectTold(attacker: GuardedPeer): Promise<void> {
  await until(() => attacker.ended !== undefined, "the other side has ended");
  expect(attacker.code).toBe("REFUSED_BY_PEER");
}

describe("a stolen certificate: the victim's, with another's private key", () => {
  test.each(ROLES)("as DTLS %s: bare werift takes it for the peer", async (role) => {
    const [attacker, victim] = [await bare(await stolenCertificate()), await bare()];
    await introduceAs(role, attacker, victim);
    await talk(attacker, victim);
  });

  test.each(ROLES)("as DTLS %s: refused", async (role) => {
    const [attacker, victim] = [await bare(await stolenCertificate()), await guarded()];
    await introduceAs(role, attacker, victim);
    await expectRefused(victim, "signature");
    expect(attacker.received).toEqual([]);
  });

  test.each(ROLES)("as DTLS %s: both sides are told", async (role) => {
    const [attacker, victim] = [await guardedWith(await stolenCertificate()), await guarded()];
    await introduceAs(role, attacker, victim);
    await expectRefused(victim, "signature");
    await expectTold(attacker);
  });
});

describe("a Finished over another handshake", () => {
  /** What werift calls the roles inside. */
  const SESSION_TYPES = { client: 1, server: 2 };

  function corruptFinishedOf(role: Role): void {
    const { prototype } = loadWerift().CipherContext;
    type VerifyData = (this: typeof prototype, transcript: Buffer) => Buffer<ArrayBuffer>;
    const verifyData = Object.getOwnPropertyDescriptor(prototype, "verifyData")?.value as VerifyData;
    vi.spyOn(prototype, "verifyData").mockImplementation(function corrupt(this: typeof prototype, transcript) {
      const right = verifyData.call(this, transcript);
      return (this.sessionType as number) === SESSION_TYPES[role] ? right.map((byte) => byte ^ 1) : right;
    } as VerifyData);
  }

  test.each(ROLES)("of the DTLS %s: bare werift does not look at it", async (role) => {
    corruptFinishedOf(role);
    const [attacker, victim] = [await bare(), await bare()];
    await introduceAs(role, attacker, victim);
    await talk(attacker, victim);
  });

  test.each(ROLES)("of the DTLS %s: refused, and both sides are told", async (role) => {
    corruptFinishedOf(role);
    const [attacker, victim] = [await guarded(), await guarded()];
    await introduceAs(role, attacker, victim);
    await expectRefused(victim, "finished");
    await expectTold(attacker);
  });
});

describe("a fingerprint that was swapped in the file", () => {
  function swapped(description: SessionDescription): SessionDescription {
    const fingerprints = description.fingerprints.map(({ algorithm, value }) => ({
      algorithm,
      value: (value.startsWith("0") ? "1" : "0") + value.slice(1),
    }));
    return { ...description, fingerprints };
  }

  test("in the offer: the answering side refuses, the offering side is told", async () => {
    const [offerer, answerer] = [await guarded(), await guarded()];
    await offerer.accept(await answerer.answer(swapped(await offerer.offer())));
    await expectRefused(answerer, "fingerprint");
    await expectTold(offerer);
  });

  test("in the answer: the offering side refuses, the answering side is told", async () => {
    const [offerer, answerer] = [await guarded(), await guarded()];
    await offerer.accept(swapped(await answerer.answer(await offerer.offer())));
    await expectRefused(offerer, "fingerprint");
    await expectTold(answerer);
  });
});

describe("a man in the middle who passes STUN on untouched", () => {
  /** Runs a handshake of its own with each side. */
  async function between(
    offerer: TalkingPeer,
    answerer: TalkingPeer,
    certificates: { ofOfferer: Certificate; ofAnswerer: Certificate },
  ): Promise<ManInTheMiddle> {
    let man: ManInTheMiddle | undefined;
    const relay = await introduceOver(offerer, answerer, (opened) => {
      man = new ManInTheMiddle(opened, certificates);
    });
    closers.push(() => relay.close());
    if (man === undefined) throw new Error("nobody in the middle");
    return man;
  }

  /** The certificate as it crosses the wire, with the man's own key. */
  async function copied({ certPem, signatureHash }: Certificate): Promise<Certificate> {
    const { RTCCertificate } = wholeWerift();
    return new RTCCertificate((await newCertificate()).privateKey, certPem, signatureHash);
  }

  test("with copies of both certificates: bare werift talks to him, and he reads everything", async () => {
    const [ofOfferer, ofAnswerer] = [await newCertificate(), await newCertificate()];
    const [offerer, answerer] = [await bare(ofOfferer), await bare(ofAnswerer)];
    const man = await between(offerer, answerer, {
      ofOfferer: await copied(ofOfferer),
      ofAnswerer: await copied(ofAnswerer),
    });
    await talk(offerer, answerer);
    expect(man.heard.some((plaintext) => plaintext.includes(offerer.received[0] ?? "nothing"))).toBe(true);
  });

  test("with copies of both certificates: both sides refuse", async () => {
    const [ofOfferer, ofAnswerer] = [await newCertificate(), await newCertificate()];
    const [offerer, answerer] = [await guardedWith(ofOfferer), await guardedWith(ofAnswerer)];
    const man = await between(offerer, answerer, {
      ofOfferer: await copied(ofOfferer),
      ofAnswerer: await copied(ofAnswerer),
    });
    await Promise.all([expectRefused(offerer, "signature"), expectRefused(answerer, "signature")]);
    expect(man.heard).toEqual([]);
  });

  test("with a certificate of his own: both sides refuse", async () => {
    const own = await newCertificate();
    const [offerer, answerer] = [await guarded(), await guarded()];
    const man = await between(offerer, answerer, { ofOfferer: own, ofAnswerer: own });
    await Promise.all([expectRefused(offerer, "fingerprint"), expectRefused(answerer, "fingerprint")]);
    expect(man.heard).toEqual([]);
  });
});
