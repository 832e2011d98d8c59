// Our network side against the stacks that Debian brings.
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { IceCandidate } from "../../src/exchange/description.ts";
import { chromium } from "../support/foreign/chromium.ts";
import { firefox } from "../support/foreign/firefox.ts";
import { buildPion } from "../support/foreign/pion.ts";
import { aiortc, gstreamer, startAiortc } from "../support/foreign/python.ts";
import { bareWerift, nodeDatachannel, wrtc, wrtc2018 } from "../support/foreign/stacks.ts";
import { describeForeignStack, ForeignLine } from "../support/foreign/suite.ts";
import { until } from "../support/processes.ts";
import { isLong } from "../support/scale.ts";

/** Other programs give up within seconds to two minutes: ours must be there all the time, and so must they be kept. */
const CARRY_MS = 120_000;

const { pion, remove } = await buildPion();
afterAll(remove);

for (const kind of [aiortc, gstreamer, chromium, firefox, pion]) describeForeignStack(kind);

test.each(["offer", "answer"] as const)("Chromium makes the %s and connects to us over TCP", async (role) => {
  const isListening = (candidate: IceCandidate): boolean => candidate.tcpType === "passive";
  const line = await ForeignLine.open(chromium, role, { ours: isListening, theirs: () => false });
  onTestFinished(() => line.close());
  expect(await line.openChannel("chat").ask("hello")).toBe("echo hello");
  expect(line.pair?.protocol).toBe("tcp");
});

test("a foreign peer that stands still is told as silent, and as heard when it goes on", async () => {
  const foreign = startAiortc();
  const line = await ForeignLine.open({ ...aiortc, start: () => Promise.resolve(foreign) }, "answer");
  onTestFinished(() => line.close());
  const chat = line.openChannel("chat");
  expect(await chat.ask("before")).toBe("echo before");
  foreign.signal("SIGSTOP");
  await until(() => line.reachability.length > 0, "its silence is told");
  foreign.signal("SIGCONT");
  await until(() => line.reachability.length > 1, "its return is told");
  expect(line.reachability).toEqual([false, true]);
  expect(await chat.ask("after")).toBe("echo after");
});

// Libwebrtc doubles the time between two hellos up to a minute, so that its side may need as long again.
describe.concurrent("an answer that travels for a while", () => {
  const always = [
    ["libwebrtc", "answer", wrtc],
    ["libwebrtc", "offer", wrtc],
    ["Chromium", "answer", chromium],
    ["Chromium", "offer", chromium],
  ] as const;
  // Firefox, Pion and libdatachannel give up where it is their answer that travels.
  const more = [
    ["aiortc", "answer", aiortc],
    ["aiortc", "offer", aiortc],
    ["Firefox", "offer", firefox],
    ["GStreamer", "answer", gstreamer],
    ["GStreamer", "offer", gstreamer],
    ["libwebrtc of about 2018", "answer", wrtc2018],
    ["libwebrtc of about 2018", "offer", wrtc2018],
    ["Pion", "offer", pion],
    ["libdatachannel", "offer", nodeDatachannel],
    ["werift", "answer", bareWerift],
    ["werift", "offer", bareWerift],
  ] as const;
  const cases = [...always, ...(isLong ? more : [])];

  test.for(cases)("%s as the side that makes the %s", { timeout: CARRY_MS + 150_000 }, async ([, role, kind], t) => {
    const line = await ForeignLine.open(kind, role, { carryMs: CARRY_MS });
    t.onTestFinished(() => line.close());
    const chat = line.openChannel("chat");
    t.expect(await chat.ask("late")).toBe("echo late");
  });
});
