// A network that carries nothing for a while: both sides hear of it, and hear of its end. RFC 7675.
import { expect, onTestFinished, test } from "vitest";
import { until } from "../support/processes.ts";
import { GuardedPeer, introduceOver, talk } from "../support/talking-peers.ts";

test("silence is told to both sides, and so is its end; the line goes on", async () => {
  const [offerer, answerer] = await Promise.all([GuardedPeer.create(), GuardedPeer.create()]);
  const relay = await introduceOver(offerer, answerer);
  onTestFinished(async () => {
    await Promise.all([offerer.close(), answerer.close()]);
    relay.close();
  });
  await talk(offerer, answerer);
  relay.onDatagram = () => false;
  const both = [offerer, answerer];
  await until(() => both.every(({ reachability }) => reachability.length === 1), "both hear of the silence");
  expect(both.map(({ reachability }) => reachability)).toEqual([[false], [false]]);
  relay.onDatagram = () => true;
  await until(() => both.every(({ reachability }) => reachability.length === 2), "both hear of its end");
  expect(both.map(({ reachability }) => reachability)).toEqual([
    [false, true],
    [false, true],
  ]);
  await talk(offerer, answerer);
  expect(both.map(({ ended }) => ended)).toEqual([undefined, undefined]);
});
