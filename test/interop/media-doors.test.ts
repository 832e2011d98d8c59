// Doors for sound and picture (WHIP, WHEP) between two sessions of ours: libwebrtc, which knows nothing of p2p, publishes
// at one end, and plays at the other, over real sockets.
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, type TestContext } from "vitest";
import { createAnswer, createOffer, type PeerOptions } from "../../src/index.ts";
import { MAX_VIEWERS, WhepDoor } from "../../src/pairing/doors/whep-door.ts";
import { WhipDoor } from "../../src/pairing/doors/whip-door.ts";
import type { MediaSettings } from "../../src/session/session-types.ts";
import { openTestSource } from "../../src/store/media/test-source.ts";
import { startMediaWrtc } from "../support/foreign/media-stacks.ts";
import { bareDescription, type MediaStack } from "../support/foreign/peer.ts";
import { enter, leave } from "../support/media-door-client.ts";
import { MemorySink } from "../support/memory-sink.ts";
import { until } from "../support/processes.ts";

const TOKEN = "a-token-of-these-tests";
const BIND = ["127.0.0.1"];
const PATIENCE_MS = 90_000;

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

const OPTIONS = { port: 0, token: TOKEN, bind: BIND, codecs: {} };

async function openWhip(t: TestContext, codecs: MediaSettings["codecs"] = {}): Promise<WhipDoor> {
  const door = await WhipDoor.open({ ...OPTIONS, codecs });
  t.onTestFinished(() => door.close());
  return door;
}

async function openWhep(t: TestContext): Promise<WhepDoor> {
  const door = await WhepDoor.open(OPTIONS);
  t.onTestFinished(async () => {
    await door.close();
  });
  return door;
}

async function publisher(t: TestContext): Promise<MediaStack> {
  const program = startMediaWrtc();
  t.onTestFinished(() => program.close());
  await program.publish({ audio: "", video: "" });
  return program;
}

async function viewer(t: TestContext): Promise<MediaStack> {
  const program = startMediaWrtc();
  t.onTestFinished(() => program.close());
  await program.take();
  return program;
}

/** Waits until a program has played so much more than it had. */
async function untilPlayed(program: MediaStack, { video, audio } = { video: 25, audio: 100 }): Promise<void> {
  const before = await program.received();
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = await program.received();
    if (now.video - before.video >= video && now.audio - before.audio >= audio) return;
    if (performance.now() > endMs) throw new Error(`it has played no more than ${JSON.stringify([before, now])}`);
    await pause(100);
  }
}

const isEnough = (sink: MemorySink): boolean =>
  sink.framesOf("video").length > 25 && sink.framesOf("audio").length > 100;

test("a program publishes through the door until it leaves", { timeout: 3 * PATIENCE_MS }, async (t) => {
  const door = await openWhip(t);
  const sink = new MemorySink({ audio: ["opus"], video: ["vp8", "vp9"] });
  await line(t, { doors: [door] }, { record: sink });
  const program = await publisher(t);
  const session = await enter(program, door.url, TOKEN);
  expect(session).toMatchObject({ status: 201 });
  await until(() => isEnough(sink), "enough has come", PATIENCE_MS);
  expect(sink.formats.map(({ codec }) => codec).toSorted()).toEqual(["opus", "vp8"]);
  for (const frames of sink.frames) {
    const times = frames.map(({ timestampUs }) => timestampUs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  }
  const another = await publisher(t);
  expect(await enter(another, door.url, TOKEN)).toMatchObject({ status: 409 });
  expect(await leave(session.url ?? "", TOKEN)).toBe(200);
  expect(await leave(session.url ?? "", TOKEN)).toBe(404);
});

test("its codec is the one that the other side takes", { timeout: 3 * PATIENCE_MS }, async (t) => {
  const door = await openWhip(t, { video: ["vp8"] });
  const sink = new MemorySink({ audio: ["opus"], video: ["vp9"] });
  await line(t, { doors: [door] }, { record: sink });
  expect(await enter(await publisher(t), door.url, TOKEN)).toMatchObject({ status: 201 });
  await until(() => isEnough(sink), "enough has come", PATIENCE_MS);
  expect(sink.formats.map(({ codec }) => codec).toSorted()).toEqual(["opus", "vp9"]);
});

test("what comes over the line is played by programs that come in its middle", {
  timeout: 3 * PATIENCE_MS,
}, async (t) => {
  const door = await openWhep(t);
  await line(t, { publish: [openTestSource()] }, { forward: [door] });
  const viewers: MediaStack[] = [];
  for (let count = 0; count < MAX_VIEWERS; count += 1) {
    const program = await viewer(t);
    expect(await enter(program, door.url, TOKEN)).toMatchObject({ status: 201 });
    viewers.push(program);
  }
  for (const program of viewers) await untilPlayed(program);
  const late = await fetch(door.url, {
    method: "POST",
    headers: { "content-type": "application/sdp", authorization: `Bearer ${TOKEN}` },
    body: (await (await viewer(t)).offer()).sdp,
  });
  expect(late.status).toBe(503);
});

test("from door to door, while one program publishes after another", { timeout: 5 * PATIENCE_MS }, async (t) => {
  const [whip, whep] = [await openWhip(t), await openWhep(t)];
  await line(t, { doors: [whip] }, { forward: [whep] });
  const first = await enter(await publisher(t), whip.url, TOKEN);
  const watching = await viewer(t);
  const session = await enter(watching, whep.url, TOKEN);
  expect([first.status, session.status]).toEqual([201, 201]);
  await untilPlayed(watching);
  expect(await leave(first.url ?? "", TOKEN)).toBe(200);
  expect(await enter(await publisher(t), whip.url, TOKEN)).toMatchObject({ status: 201 });
  await untilPlayed(watching);
  expect(await leave(session.url ?? "", TOKEN)).toBe(200);
});

test("what no door can take is told", { timeout: PATIENCE_MS }, async (t) => {
  const [whip, whep] = [await openWhip(t), await openWhep(t)];
  await line(t, { doors: [whip], publish: [openTestSource()] }, { forward: [whep] });
  const [taking, sending] = [await viewer(t), await publisher(t)];
  // Once it is played, both sides of the line are there.
  expect(await enter(await viewer(t), whep.url, TOKEN)).toMatchObject({ status: 201 });
  expect(await enter({ ...taking, offer: () => taking.offer() }, whip.url, TOKEN)).toMatchObject({ status: 422 });
  const wrong = { ...sending, offer: () => Promise.resolve({ type: "offer", sdp: "v=0\r\n" }) };
  expect(await enter(wrong, whep.url, TOKEN)).toMatchObject({ status: 422 });
  const cut = await sending.offer();
  const without = {
    ...sending,
    offer: () => Promise.resolve({ ...cut, sdp: cut.sdp.replaceAll(/a=ice-pwd.*\r\n/g, "") }),
  };
  expect(await enter(without, whip.url, TOKEN)).toMatchObject({ status: 400 });
});

test("towards a program that is not p2p, nothing that comes to the door gets there, and that is told", {
  timeout: 2 * PATIENCE_MS,
}, async (t) => {
  const door = await openWhip(t);
  const foreign = await publisher(t);
  const sink = new MemorySink({ audio: ["opus"], video: ["vp8"] });
  const offer = await createOffer(options({ doors: [door], record: sink }));
  t.onTestFinished(() => offer.close());
  const errors: string[] = [];
  const listening = (async () => {
    for await (const event of offer.events) if (event.event === "error") errors.push(event.message);
  })();
  await offer.accept(JSON.stringify(await foreign.answer(bareDescription(offer.document))));
  await until(() => isEnough(sink), "enough has come from there", PATIENCE_MS);
  expect(errors).toEqual([expect.stringContaining("--whip")]);
  const { sdp } = await (await publisher(t)).offer();
  const headers = { "content-type": "application/sdp", authorization: `Bearer ${TOKEN}` };
  expect((await fetch(door.url, { method: "POST", headers, body: sdp })).status).toBe(503);
  await offer.close();
  await listening;
});
