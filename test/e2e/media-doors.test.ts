// `--whip` between real processes: what libwebrtc, which knows nothing of p2p, publishes at one end is recorded at the
// other; where the door is, and what has to be known there, is told to nobody else.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openMediaSource } from "../../src/store/media/media-files.ts";
import { startMediaWrtc } from "../support/foreign/media-stacks.ts";
import { enter, leave } from "../support/media-door-client.ts";
import { connect, exits, people, until } from "../support/processes.ts";
import { framesOf } from "../support/media-clips.ts";

const PATIENCE_MS = 90_000;
/** A second and more. */
const ENOUGH_BYTES = 20_000;

test("a program publishes at one end, and is recorded at the other", { timeout: 4 * PATIENCE_MS }, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = await connect(
    { ann, bob },
    ["--json", "--whip", "0", "--trace", "trace.json"],
    ["--json", "--record", "got.webm"],
  );
  const { url, token } = await pair.ann.event("door");
  const program = startMediaWrtc();
  t.onTestFinished(() => program.close());
  await program.publish({ audio: "", video: "" });
  const session = await enter(program, url, token);
  expect(session.status).toBe(201);
  const started = (running: typeof pair.ann): Promise<unknown> =>
    running.event("media", ({ codec, state }) => codec === "vp8" && state === "started");
  await Promise.all([started(pair.ann), started(pair.bob)]);
  const recorded = join(bob.dir, "got.webm");
  await until(() => statSync(recorded).size > ENOUGH_BYTES, "enough is recorded", PATIENCE_MS);
  expect(await leave(session.url ?? "", token)).toBe(200);
  await pair.bob.event("media", ({ codec, state }) => codec === "vp8" && state === "stopped");
  // Another program may come, until somebody ends it.
  pair.ann.signal("SIGINT");
  expect(await exits(pair)).toEqual([130, 0]);
  const source = await openMediaSource(recorded);
  const frames = await framesOf(source);
  expect(source.tracks.map(({ codec }) => codec).toSorted()).toEqual(["opus", "vp8"]);
  expect(Math.min(...frames.map(({ length }) => length))).toBeGreaterThan(0);
  expect(readFileSync(join(ann.dir, "trace.json"), "utf8")).not.toContain(token);
});
