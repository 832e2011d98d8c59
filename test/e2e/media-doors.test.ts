// `--whip` between real processes: what libwebrtc, which knows nothing of p2p, publishes at one end is recorded at the
// other, or passed on as RTP; where the door is, and what has to be known there, is told to nobody else.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import { decodeRtp } from "../../src/media/rtp.ts";
import { openMediaSource } from "../../src/store/media/media-files.ts";
import { startMediaWrtc } from "../support/foreign/media-stacks.ts";
import { enter, leave } from "../support/media-door-client.ts";
import { connect, exits, people, until } from "../support/processes.ts";
import { framesOf } from "../support/media-clips.ts";
import { rtpPort } from "../support/rtp-programs.ts";

const PATIENCE_MS = 90_000;
/** A second and more. */
const ENOUGH_BYTES = 20_000;

/** A program publishes at a door, until it leaves. */
async function publishAt(t: TestContext, { url, token }: { url: string; token: string }): Promise<() => Promise<void>> {
  const program = startMediaWrtc();
  t.onTestFinished(() => program.close());
  await program.publish({ audio: "", video: "" });
  const session = await enter(program, url, token);
  expect(session.status).toBe(201);
  return async () => {
    expect(await leave(session.url ?? "", token)).toBe(200);
    await program.close();
  };
}

test("a program publishes at one end, and is recorded at the other", { timeout: 4 * PATIENCE_MS }, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = await connect(
    { ann, bob },
    ["--json", "--whip", "0", "--trace", "trace.json"],
    ["--json", "--record", "got.webm"],
  );
  const door = await pair.ann.event("door");
  const depart = await publishAt(t, door);
  const started = (running: typeof pair.ann): Promise<unknown> =>
    running.event("media", ({ codec, state }) => codec === "vp8" && state === "started");
  await Promise.all([started(pair.ann), started(pair.bob)]);
  const recorded = join(bob.dir, "got.webm");
  await until(() => statSync(recorded).size > ENOUGH_BYTES, "enough is recorded", PATIENCE_MS);
  await depart();
  await pair.bob.event("media", ({ codec, state }) => codec === "vp8" && state === "stopped");
  // Another program may come, until somebody ends it.
  pair.ann.signal("SIGINT");
  expect(await exits(pair)).toEqual([130, 0]);
  const source = await openMediaSource(recorded);
  const frames = await framesOf(source);
  expect(source.tracks.map(({ codec }) => codec).toSorted()).toEqual(["opus", "vp8"]);
  expect(Math.min(...frames.map(({ length }) => length))).toBeGreaterThan(0);
  expect(readFileSync(join(ann.dir, "trace.json"), "utf8")).not.toContain(door.token);
});

test("--rtp-out alone waits for who publishes later, and for the next one", { timeout: 6 * PATIENCE_MS }, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const port = await rtpPort();
  const player = createSocket("udp4").bind(port, "127.0.0.1");
  await once(player, "listening");
  t.onTestFinished(() => void player.close());
  const packets: { ssrc: number; payloadType: number }[] = [];
  player.on("message", (datagram) => {
    const packet = decodeRtp(datagram);
    if (packet !== undefined) packets.push(packet);
  });
  const place = `video=127.0.0.1:${port}/vp8`;
  const pair = await connect({ ann, bob }, ["--json", "--whip", "0"], ["--json", "--no-chat", "--rtp-out", place]);
  const door = await pair.ann.event("door");
  for (let time = 1; time <= 2; time += 1) {
    const depart = await publishAt(t, door);
    const before = packets.length;
    await pair.bob.until(() => packets.length > before + 20, "pictures come as RTP", PATIENCE_MS);
    await depart();
    const isOver = (): boolean => pair.bob.eventsOf("media").filter(({ state }) => state === "stopped").length >= time;
    await pair.bob.until(isOver, "that one is over", PATIENCE_MS);
  }
  // A player that reads the description goes on with the next one.
  expect(new Set(packets.map(({ ssrc, payloadType }) => `${ssrc} ${payloadType}`)).size).toBe(1);
  pair.ann.signal("SIGINT");
  expect(await exits(pair)).toEqual([130, 0]);
});
