// Who has to go when more connect than there are places.
import { describe, expect, test } from "vitest";
import { MAX_STRANGERS, type Stranger, StrangerRoom } from "../../../../src/rtc/ice/stranger-room.ts";

type Guest = Stranger & { isGone: boolean };

function guest(address: string): Guest {
  const one: Guest = {
    address,
    isGone: false,
    destroy: () => {
      one.isGone = true;
    },
  };
  return one;
}

/** So many come, one after the other, from these addresses by turns. */
function crowd(room: StrangerRoom, count: number, addressOf: (index: number) => string): Guest[] {
  return Array.from({ length: count }, (_, index) => {
    const one = guest(addressOf(index));
    room.admit(one);
    return one;
  });
}

function admitted(room: StrangerRoom, address: string): Guest {
  const one = guest(address);
  room.admit(one);
  return one;
}

describe("StrangerRoom", () => {
  test("never has more than its places, and ends whoever has to go", () => {
    const room = new StrangerRoom();
    const all = crowd(room, 10 * MAX_STRANGERS, (index) => `192.0.2.${index % 250}`);
    expect(room.size).toBe(MAX_STRANGERS);
    expect(all.filter(({ isGone }) => !isGone)).toHaveLength(MAX_STRANGERS);
  });

  test.each<[what: string, of: string, crowds: (index: number) => string]>([
    ["one address", "198.51.100.7", () => "192.0.2.1"],
    ["eight of its own network", "192.0.2.99", (index) => `192.0.2.${(index % 8) + 1}`],
    ["many of another network", "198.51.100.7", (index) => `192.0.2.${index % 250}`],
    ["a whole /64", "2a00:1::1", (index) => `2001:db8:0:1::${index.toString(16)}`],
    ["a whole /48", "2a00:1::1", (index) => `2001:db8:0:${index.toString(16)}::1`],
    ["forms of one IPv4 address", "198.51.100.7", (index) => `2002:808:808:${index.toString(16)}::1`],
  ])("keeps a single one against a crowd from %s", (_, of, crowds) => {
    const room = new StrangerRoom();
    crowd(room, 2 * MAX_STRANGERS, crowds);
    const single = admitted(room, of);
    crowd(room, 5_000, crowds);
    expect(single.isGone).toBe(false);
  });

  test("lets the oldest go of those who are alike", () => {
    const room = new StrangerRoom();
    const all = crowd(room, MAX_STRANGERS + 3, () => "192.0.2.1");
    expect(all.map(({ isGone }) => isGone)).toEqual(all.map((_, index) => index < 3));
  });

  test("keeps those whom the peer's file names, however many others are alike", () => {
    const room = new StrangerRoom();
    room.expect(["192.0.2.1", "2001:db8::1"]);
    const expected = crowd(room, 40, (index) => (index % 2 === 0 ? "192.0.2.1" : "2001:db8:0:0::1"));
    crowd(room, 1_000, (index) => `10.${index % 256}.${Math.floor(index / 256)}.1`);
    expect(expected.filter(({ isGone }) => isGone)).toEqual([]);
    room.expect([]);
    crowd(room, 1_000, (index) => `10.${index % 256}.${Math.floor(index / 256)}.1`);
    expect(expected.every(({ isGone }) => isGone)).toBe(true);
  });

  test("gives the place of whoever is released to another", () => {
    const room = new StrangerRoom();
    const all = crowd(room, MAX_STRANGERS, () => "192.0.2.1");
    for (const one of all) room.release(one);
    expect(room.size).toBe(0);
    crowd(room, MAX_STRANGERS, () => "192.0.2.1");
    expect(all.some(({ isGone }) => isGone)).toBe(false);
  });
});
