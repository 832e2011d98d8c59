// When a socket or a relay that is out of date may be dropped.
import { expect, test } from "vitest";
import { type CandidateUser, mayDrop, type Purpose } from "../../../../src/rtc/ice/candidate-user.ts";
import type { WeriftProtocol } from "../../../../src/rtc/werift.ts";

const socket = {} as WeriftProtocol;

test.each<[Purpose, isInUse: boolean, may: boolean]>([
  ["file", false, true],
  ["file", true, true],
  ["search", false, true],
  ["search", true, true],
  ["spare", false, true],
  ["spare", true, false],
  ["nothing", false, false],
  ["nothing", true, false],
])("for %s, in use: %s → %s", (purpose, isInUse, may) => {
  const user: CandidateUser = {
    adopt: () => {},
    forget: () => {},
    purpose: () => purpose,
    isInUse: () => isInUse,
    onLook: () => {},
    onCandidatesChanged: () => {},
  };
  expect(mayDrop(user, socket)).toBe(may);
});
