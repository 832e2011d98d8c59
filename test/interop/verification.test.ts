// Somebody in the middle with real DTLS on both legs: he carried the files and swapped both fingerprints, so nothing
// of the handshakes tells. The comparison of a verification string does.
import { X509Certificate } from "node:crypto";
import { describe, expect, test, type TestContext } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../src/exchange/codec.ts";
import type { SessionDescription } from "../../src/exchange/description.ts";
import {
  createAnswer,
  createOffer,
  type P2pEvent,
  type PeerOptions,
  type Session,
  type VerifyEvent,
} from "../../src/index.ts";
import { fingerprintOf } from "../../src/rtc/certificate.ts";
import { ManInTheMiddle } from "../support/man-in-the-middle.ts";
import { until } from "../support/processes.ts";
import { type Certificate, endpointOf, movedTo, newCertificate } from "../support/talking-peers.ts";
import { GOOD_NETWORK, UdpRelay } from "../support/udp-relay.ts";

const OPTIONS: PeerOptions = { network: { bind: ["127.0.0.1"] } };
const VERIFIED: PeerOptions = { session: { verify: true } };
const REJECTED = { event: "closed", reason: "rejected", exit: 3 };

interface Side {
  session: Session;
  events: P2pEvent[];
}

interface Pair {
  offerer: Side;
  answerer: Side;
}

function follow(t: TestContext, pending: { events: AsyncIterable<P2pEvent>; close(): Promise<void> }): P2pEvent[] {
  t.onTestFinished(() => pending.close());
  const events: P2pEvent[] = [];
  void (async () => {
    for await (const event of pending.events) events.push(event);
  })();
  return events;
}

type Change = (description: SessionDescription) => SessionDescription;

function descriptionIn(document: string): SessionDescription {
  const decoded = decodeExchangeDocument(new TextEncoder().encode(document), "test");
  if (!decoded.ok) throw decoded.error;
  return decoded.document.description;
}

function changed(document: string, change: Change): string {
  const decoded = decodeExchangeDocument(new TextEncoder().encode(document), "test");
  if (!decoded.ok) throw decoded.error;
  const { remarks: _, ...own } = decoded.document;
  return encodeExchangeDocument({ ...own, description: change(own.description) });
}

/** Two of ours whose documents go from hand to hand unchanged, unless `carry` changes them. */
async function connect(
  t: TestContext,
  ofOfferer: PeerOptions,
  ofAnswerer: PeerOptions,
  carry: { offer: (document: string) => string | Promise<string>; answer: (document: string) => string } = {
    offer: (document) => document,
    answer: (document) => document,
  },
): Promise<Pair> {
  const offer = await createOffer({ ...OPTIONS, ...ofOfferer });
  const offerEvents = follow(t, offer);
  const answer = await createAnswer(await carry.offer(offer.document), { ...OPTIONS, ...ofAnswerer });
  const answerEvents = follow(t, answer);
  const [offerer, answerer] = await Promise.all([offer.accept(carry.answer(answer.document)), answer.session]);
  return {
    offerer: { session: offerer, events: offerEvents },
    answerer: { session: answerer, events: answerEvents },
  };
}

/** As `connect`, through somebody who ends DTLS himself and passes on what he decrypts. */
async function connectThrough(t: TestContext, options: PeerOptions): Promise<Pair & { man: ManInTheMiddle }> {
  const [ofOfferer, ofAnswerer] = await Promise.all([newCertificate(), newCertificate()]);
  let relay: UdpRelay | undefined;
  let man: ManInTheMiddle | undefined;
  let bSeenByA = { address: "", port: 0 };
  const pair = await connect(t, options, options, {
    offer: async (document) => {
      const opened = await UdpRelay.open(endpointOf(descriptionIn(document)), undefined, GOOD_NETWORK);
      relay = opened.relay;
      ({ bSeenByA } = opened);
      t.onTestFinished(() => opened.relay.close());
      man = new ManInTheMiddle(opened.relay, { ofOfferer, ofAnswerer });
      return changed(document, (offer) => movedTo(shownAs(ofOfferer)(offer), opened.aSeenByB));
    },
    answer: (document) => {
      relay?.setEnd("b", endpointOf(descriptionIn(document)));
      return changed(document, (answer) => movedTo(shownAs(ofAnswerer)(answer), bSeenByA));
    },
  });
  if (man === undefined) throw new Error("nobody in the middle");
  return { ...pair, man };
}

function shownAs({ certPem }: Certificate): Change {
  const fingerprint = fingerprintOf(new X509Certificate(certPem).raw);
  return (description) => ({ ...description, fingerprints: [fingerprint] });
}

async function shown({ events }: Side): Promise<VerifyEvent> {
  const find = (): VerifyEvent | undefined =>
    events.find((event): event is VerifyEvent => event.event === "verify" && event.state === "shown");
  await until(() => find() !== undefined, "a string is shown");
  return find() as VerifyEvent;
}

function statesOf({ events }: Side): string[] {
  return events.flatMap((event) => (event.event === "verify" ? [event.state] : []));
}

function codesOf({ events }: Side): string[] {
  return events.flatMap((event) => (event.event === "error" ? [event.code] : []));
}

describe("nobody in the middle", () => {
  test("both show the same string, and a yes of both lets everything pass", async (t) => {
    const { offerer, answerer } = await connect(t, VERIFIED, {});
    const sent = offerer.session.sendMessage("hi");
    const [mine, theirs] = await Promise.all([shown(offerer), shown(answerer)]);
    expect(mine).toEqual(theirs);
    expect(offerer.session.confirmVerification(theirs.words)).toBe(true);
    expect(answerer.session.confirmVerification(mine.digits)).toBe(true);
    await sent;
    expect([statesOf(offerer), statesOf(answerer)]).toEqual([
      ["shown", "agreed"],
      ["shown", "agreed"],
    ]);
  });

  test("each session has another string", async (t) => {
    const first = await connect(t, VERIFIED, {});
    const second = await connect(t, VERIFIED, {});
    expect(await shown(first.offerer)).not.toEqual(await shown(second.offerer));
  });
});

describe("a carrier who swaps both fingerprints and ends DTLS himself", () => {
  test("reads everything where nobody compares", async (t) => {
    const { offerer, answerer, man } = await connectThrough(t, {});
    await offerer.session.sendMessage("for Bob alone");
    await until(
      () => answerer.events.some((event) => event.event === "message" && event.text === "for Bob alone"),
      "the message has come",
    );
    expect(man.heard.some((plaintext) => plaintext.includes("for Bob alone"))).toBe(true);
  });

  test("is found out by --verify when he passes the comparison on", async (t) => {
    const { offerer, answerer, man } = await connectThrough(t, VERIFIED);
    const lost = [offerer, answerer].map(({ session }) => session.sendMessage("for Bob alone"));
    for (const sent of lost) sent.catch(() => {});
    expect(await Promise.all([offerer.session.ended, answerer.session.ended])).toEqual([REJECTED, REJECTED]);
    expect([codesOf(offerer), codesOf(answerer)]).toEqual([["VERIFY_FAILED"], ["VERIFY_FAILED"]]);
    expect([...statesOf(offerer), ...statesOf(answerer)]).toEqual([]);
    expect(man.heard.some((plaintext) => plaintext.includes("for Bob alone"))).toBe(false);
    expect((await Promise.allSettled(lost)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("and shows two different strings when he takes part in it on both legs", async (t) => {
    // Two whole peers of his own: an answer for Ann, and an offer for Bob.
    const towardAnn = await connect(t, VERIFIED, {});
    const towardBob = await connect(t, {}, VERIFIED);
    const [ann, bob] = [towardAnn.offerer, towardBob.answerer];
    const secret = ann.session.sendMessage("for Bob alone");
    secret.catch(() => {});
    const [ofAnn, ofBob] = await Promise.all([shown(ann), shown(bob)]);
    expect(await shown(towardAnn.answerer)).toEqual(ofAnn);
    expect(await shown(towardBob.offerer)).toEqual(ofBob);
    expect(ofAnn.digits).not.toBe(ofBob.digits);
    expect(ofAnn.words).not.toBe(ofBob.words);
    // He says yes on both legs; Ann and Bob tell each other what they read.
    for (const man of [towardAnn.answerer, towardBob.offerer]) man.session.confirmVerification(true);
    ann.session.confirmVerification(ofBob.digits);
    bob.session.confirmVerification(ofAnn.words);
    expect(await Promise.all([ann.session.ended, bob.session.ended])).toEqual([REJECTED, REJECTED]);
    expect(towardAnn.answerer.events.some(({ event }) => event === "message")).toBe(false);
    await expect(secret).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });
});
