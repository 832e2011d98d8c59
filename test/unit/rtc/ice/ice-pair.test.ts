// A candidate pair of werift, as the path machine sees it.
import { expect, test } from "vitest";
import { IcePair } from "../../../../src/rtc/ice/ice-pair.ts";
import { PairState, type WeriftPair } from "../../../../src/rtc/werift.ts";

function pairOf(state: number) {
  const inside = {
    state,
    priority: 42,
    remoteNominated: false,
    protocol: {},
    updateState(next: number) {
      this.state = next;
    },
  };
  return { inside, pair: new IcePair(inside as unknown as WeriftPair) };
}

test.each([
  [PairState.FROZEN, "waiting"],
  [PairState.WAITING, "waiting"],
  [PairState.IN_PROGRESS, "in-progress"],
  [PairState.SUCCEEDED, "succeeded"],
  [PairState.FAILED, "failed"],
] as const)("state %i is %s", (state, name) => {
  const { pair } = pairOf(state);
  expect(pair.state).toBe(name);
  expect(pair.isBeingChecked).toBe(name === "in-progress");
});

test("what the machine writes, werift has", () => {
  const { pair, inside } = pairOf(PairState.WAITING);
  pair.state = "succeeded";
  pair.isNamed = true;
  expect(inside).toMatchObject({ state: PairState.SUCCEEDED, remoteNominated: true });
  expect(pair).toMatchObject({ state: "succeeded", isNamed: true, priority: 42, transport: "udp" });
});
