// A session whose platform is the test's: all time that it takes is that of the clock it was given.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeControl } from "../../../src/control/messages.ts";
import { nodePorts } from "../../../src/pairing/node-ports.ts";
import { MemoryChannel } from "../../support/memory-channel.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { openSide } from "../../support/session-pair.ts";

const HOUR_MS = 3_600_000;

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "p2p-ports-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("an hour of a session, its silence and its end take no time of ours and leave no timer", async () => {
  const clock = new HandClock();
  const [text, control, transfer] = [MemoryChannel.pair(), MemoryChannel.pair(), MemoryChannel.pair()];
  const channels = { text: text[0], control: control[0], transfer: transfer[0] };
  const peer = openSide(folder, 0, channels, { mode: "conversation", ports: { ...nodePorts({}), clock } });
  const say = (message: Parameters<typeof encodeControl>[0]): void => control[0].onMessage(encodeControl(message));
  say({ type: "hello", mode: "conversation", verify: "possible", recovers: false });
  for (let passedMs = 0; passedMs < HOUR_MS; passedMs += 10_000) {
    say({ type: "pong", number: 1 });
    clock.pass(10_000);
  }
  expect(peer.codes()).toEqual([]);
  expect(peer.session.status().sinceMs).toBe(HOUR_MS);
  clock.pass(14_000);
  expect(await peer.session.ended).toEqual({ event: "closed", reason: "lost", exit: 3 });
  expect(peer.codes()).toEqual(["CONNECTION_LOST"]);
  clock.pass(0);
  expect(clock.timerCount).toBe(0);
});
