// Our network side against the stacks that Debian brings: Python's and a browser's.
import { expect, onTestFinished, test } from "vitest";
import type { IceCandidate } from "../../src/exchange/description.ts";
import { aiortc, PythonPeer } from "../support/foreign/aiortc.ts";
import { chromium } from "../support/foreign/chromium.ts";
import { describeForeignStack, ForeignLine } from "../support/foreign/suite.ts";
import { until } from "../support/processes.ts";

for (const kind of [aiortc, chromium]) describeForeignStack(kind);

test.each(["offer", "answer"] as const)("Chromium makes the %s and connects to us over TCP", async (role) => {
  const isListening = (candidate: IceCandidate): boolean => candidate.tcpType === "passive";
  const line = await ForeignLine.open(chromium, role, { ours: isListening, theirs: () => false });
  onTestFinished(() => line.close());
  expect(await line.openChannel("chat").ask("hello")).toBe("echo hello");
  expect(line.pair?.protocol).toBe("tcp");
});

test("a foreign peer that stands still is told as silent, and as heard when it goes on", async () => {
  const foreign = PythonPeer.start();
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
