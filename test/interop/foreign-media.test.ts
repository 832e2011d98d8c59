// Sound and picture with libwebrtc, which knows nothing of p2p: it plays what this side publishes, and what it sends is
// recorded here, in either role, over real sockets.
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test, type TestContext } from "vitest";
import { createAnswer, createOffer, type PeerOptions, type Session } from "../../src/index.ts";
import type { MediaSettings } from "../../src/session/session-types.ts";
import { openTestSource } from "../../src/store/media/test-source.ts";
import { startMediaWrtc } from "../support/foreign/media-stacks.ts";
import { type BareDescription, bareDescription, type MediaStack } from "../support/foreign/peer.ts";
import { MemorySink } from "../support/memory-sink.ts";
import { until } from "../support/processes.ts";

/** A second of pictures and two of sound. */
const ENOUGH = { video: 25, audio: 100 };
const PATIENCE_MS = 90_000;

const hasEnough = (sink: MemorySink): boolean =>
  sink.framesOf("video").length >= ENOUGH.video && sink.framesOf("audio").length >= ENOUGH.audio;

const options = (media: MediaSettings): PeerOptions => ({
  network: { bind: ["127.0.0.1"] },
  session: { mode: "conversation", media },
});

/** Connects, and reads the events of our side to the end of the test. */
async function meet(
  t: TestContext,
  foreign: MediaStack,
  media: MediaSettings,
  role: "offer" | "answer",
): Promise<Session> {
  t.onTestFinished(() => foreign.close());
  if (role === "answer") {
    const answer = await createAnswer(JSON.stringify(await foreign.offer()), options(media));
    t.onTestFinished(() => answer.close());
    void drain(answer.events);
    await foreign.accept(JSON.parse(answer.document) as BareDescription);
    return await answer.session;
  }
  const offer = await createOffer(options(media));
  t.onTestFinished(() => offer.close());
  void drain(offer.events);
  return await offer.accept(JSON.stringify(await foreign.answer(bareDescription(offer.document))));
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

async function untilReceived(foreign: MediaStack): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  let got = await foreign.received();
  while (got.video < ENOUGH.video || got.audio < ENOUGH.audio) {
    if (performance.now() > deadlineMs) throw new Error(`it has played no more than ${JSON.stringify(got)}`);
    await pause(100);
    got = await foreign.received();
  }
}

function expectRecorded(sink: MemorySink): void {
  expect(sink.formats.map(({ kind, codec }) => `${kind} ${codec}`).toSorted()).toEqual(["audio opus", "video vp9"]);
  expect(sink.framesOf("video").some(({ isKey }) => isKey)).toBe(true);
  for (const frames of sink.frames) {
    const times = frames.map(({ timestampUs }) => timestampUs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    // Its packets of sound come every 20 ms, so both tracks are on one time line.
    expect(times[0]).toBeLessThan(2_000_000);
  }
}

describe.each(["offer", "answer"] as const)("we make the %s:", { timeout: 2 * PATIENCE_MS }, (role) => {
  test("it plays what we publish", async (t) => {
    const foreign = startMediaWrtc();
    if (role === "answer") await foreign.take();
    await meet(t, foreign, { publish: [openTestSource()] }, role);
    await untilReceived(foreign);
  });

  test("what it sends is recorded", async (t) => {
    const foreign = startMediaWrtc();
    const sink = new MemorySink({ audio: ["opus", "pcmu"], video: ["vp9", "vp8"] });
    await foreign.publish({ audio: "", video: "" });
    await meet(t, foreign, { record: sink }, role);
    await until(() => hasEnough(sink), "enough is recorded", PATIENCE_MS);
    expectRecorded(sink);
  });

  test("both at the same time", async (t) => {
    const foreign = startMediaWrtc();
    const sink = new MemorySink({ audio: ["opus", "pcmu"], video: ["vp9", "vp8"] });
    await foreign.publish({ audio: "", video: "" });
    await meet(t, foreign, { publish: [openTestSource()], record: sink }, role);
    await until(() => hasEnough(sink), "enough is recorded", PATIENCE_MS);
    await untilReceived(foreign);
  });
});
