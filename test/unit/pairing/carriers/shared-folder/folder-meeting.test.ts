// Slots and sealed entries of two people in a shared folder.
import { expect, test } from "vitest";
import { entryName } from "../../../../../src/exchange/shared-entry.ts";
import { FolderMeeting } from "../../../../../src/pairing/carriers/shared-folder/folder-meeting.ts";
import type { MeetingRole } from "../../../../../src/trust/meeting-seal.ts";
import { NOW_MS } from "../../../exchange/fixtures.ts";
import { meetingsOfTwo } from "../meetings-of-two.ts";

const DAY_MS = 86_400_000;

async function sides(
  roles: readonly [MeetingRole, MeetingRole] = ["offer", "answer"],
): Promise<{ ann: FolderMeeting; bob: FolderMeeting; time: { annMs: number; bobMs: number } }> {
  const [anns, bobs] = await meetingsOfTwo();
  const time = { annMs: NOW_MS, bobMs: NOW_MS };
  const ann = new FolderMeeting(anns, roles[0], () => time.annMs);
  return { ann, bob: new FolderMeeting(bobs, roles[1], () => time.bobMs), time };
}

test.each([
  [0, true],
  [DAY_MS, true],
  [-DAY_MS, true],
  [2 * DAY_MS, false],
  [-2 * DAY_MS, false],
])("a slot is found by the other side alone, by a clock that differs by %d ms: %s", async (differenceMs, isFound) => {
  const { ann, bob, time } = await sides();
  const slot = ann.newSlot();
  expect(slot).toMatch(/^[0-9a-f]{32}$/);
  expect(ann.newSlot()).not.toBe(slot);
  time.bobMs += differenceMs;
  expect(bob.isTheirs(slot)).toBe(isFound);
  expect(ann.isTheirs(slot)).toBe(false);
  expect(bob.isTheirs("0".repeat(32))).toBe(false);
});

test("a document is opened by the other side, in its entry and in its part", async () => {
  const { ann, bob, time } = await sides();
  const slot = ann.newSlot();
  const offerId = { kind: "offer", slot } as const;
  const sealed = ann.seal(offerId, "the offer");
  time.bobMs += DAY_MS;
  bob.enter(slot);
  const open = (side: FolderMeeting, name: string, text: string): string | undefined => {
    const opened = side.open(name, text);
    return opened && new TextDecoder().decode(opened);
  };
  expect(open(bob, entryName(offerId), sealed)).toBe("the offer");
  expect(open(bob, entryName({ kind: "offer", slot: "0".repeat(32) }), sealed)).toBeUndefined();
  expect(open(ann, entryName(offerId), sealed)).toBeUndefined();
  expect(open(bob, entryName(offerId), "no base64, or nothing that was sealed")).toBeUndefined();
  expect(open(bob, entryName(offerId), "")).toBeUndefined();
  const answerId = { kind: "answer", slot, by: "0123456789abcdef" } as const;
  expect(open(ann, entryName(answerId), bob.seal(answerId, "the answer"))).toBe("the answer");
});

test("what is an answer inside is no offer", async () => {
  const { ann, bob } = await sides(["answer", "answer"]);
  const slot = ann.newSlot();
  bob.enter(slot);
  const id = { kind: "offer", slot } as const;
  expect(bob.open(entryName(id), ann.seal(id, "an answer"))).toBeUndefined();
});

test("the slot of an offer is of its day", async () => {
  const { ann, bob, time } = await sides();
  ann.newSlot();
  expect(ann.isDayOver).toBe(false);
  time.annMs += DAY_MS;
  expect(ann.isDayOver).toBe(true);
  ann.newSlot();
  expect(ann.isDayOver).toBe(false);
  expect(bob.contact.name).toBe("Ann");
  expect(() => bob.seal({ kind: "claim", slot: "0".repeat(32) }, "")).toThrow(TypeError);
});
