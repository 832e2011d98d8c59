// Doors for sound and picture (WHIP) between two sessions of ours: libwebrtc, which knows nothing of p2p, publishes
// at one end, and is recorded at the other, over real sockets.
import { expect, test, type TestContext } from "vitest";
import { createAnswer, createOffer, type PeerOptions } from "../../src/index.ts";
import type { CodecName } from "../../src/lib/codecs.ts";
import type { EncodedFrame, TrackFormat } from "../../src/media/frame.ts";
import { WhipDoor } from "../../src/pairing/doors/whip-door.ts";
import type { MediaSink } from "../../src/session/ports.ts";
import type { MediaSettings } from "../../src/session/session-types.ts";
import { startMediaWrtc } from "../support/foreign/media-stacks.ts";
import { enter, leave } from "../support/media-door-client.ts";
import { until } from "../support/processes.ts";

const TOKEN = "a-token-of-these-tests";
const BIND = ["127.0.0.1"];
const PATIENCE_MS = 90_000;

/** Keeps what comes. */
class MemorySink implements MediaSink {
  readonly accepts: MediaSink["accepts"];
  readonly formats: TrackFormat[] = [];
  readonly frames: EncodedFrame[][] = [];

  constructor(video: readonly CodecName[] = ["vp8", "vp9"]) {
    this.accepts = { audio: ["opus"], video };
  }

  addTrack(format: TrackFormat): number {
    this.frames.push([]);
    return this.formats.push(format) - 1;
  }
  write(index: number, frame: EncodedFrame): Promise<void> {
    this.frames[index]?.push(frame);
    return Promise.resolve();
  }
  close(): Promise<{ bytes: number; path: undefined }> {
    return Promise.resolve({ bytes: 0, path: undefined });
  }
  count(kind: TrackFormat["kind"]): number {
    return this.frames.filter((_, at) => this.formats[at]?.kind === kind).reduce((sum, { length }) => sum + length, 0);
  }
}

const options = (media: MediaSettings): PeerOptions => ({
  network: { bind: BIND },
  session: { mode: "conversation", media },
});

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

async function line(t: TestContext, ann: MediaSettings, bob: MediaSettings): Promise<void> {
  const offer = await createOffer(options(ann));
  t.onTestFinished(() => offer.close());
  const answer = await createAnswer(offer.document, options(bob));
  t.onTestFinished(() => answer.close());
  void drain(offer.events);
  void drain(answer.events);
  await Promise.all([offer.accept(answer.document), answer.session]);
}

async function openWhip(t: TestContext): Promise<WhipDoor> {
  const door = await WhipDoor.open({ port: 0, token: TOKEN, bind: BIND, codecs: {} });
  t.onTestFinished(() => door.close());
  return door;
}

test("a program publishes through the door until it leaves", { timeout: 3 * PATIENCE_MS }, async (t) => {
  const door = await openWhip(t);
  const sink = new MemorySink();
  await line(t, { doors: [door] }, { record: sink });
  const first = startMediaWrtc();
  t.onTestFinished(() => first.close());
  await first.publish({ audio: "", video: "" });
  const session = await enter(first, door.url, TOKEN);
  expect(session).toMatchObject({ status: 201 });
  await until(() => sink.count("video") > 25 && sink.count("audio") > 100, "enough has come", PATIENCE_MS);
  expect(sink.formats.map(({ codec }) => codec).toSorted()).toEqual(["opus", "vp8"]);
  expect(await leave(session.url ?? "", TOKEN)).toBe(200);
  expect(await leave(session.url ?? "", TOKEN)).toBe(404);
});
