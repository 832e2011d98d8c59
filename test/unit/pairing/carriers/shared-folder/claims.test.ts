// The rules of claims, without a folder: which offer is claimed, when it is left, and when a claim is lifted.
import { describe, expect, test } from "vitest";
import type { EntryHead } from "../../../../../src/exchange/shared-entry.ts";
import {
  claimOn,
  ClaimWatch,
  type Entry,
  OfferChoice,
} from "../../../../../src/pairing/carriers/shared-folder/claims.ts";
import type { FoundEntry } from "../../../../../src/store/exchange/shared-place.ts";

const NOW_MS = 1_000_000;
const US = "us";
const THEM = "them";

function offer(slot: string, head: Partial<EntryHead> = {}): Entry {
  return {
    name: `p2p-${slot}-offer.json`,
    id: { kind: "offer", slot, isCopy: false },
    head: { kind: "offer", slot, by: THEM, revision: 1, createdAtMs: 0, expiresAtMs: 2 * NOW_MS, ...head },
  };
}

function claim(slot: string, by: string, isCopy = false): FoundEntry {
  const head = { kind: "claim" as const, slot, by, revision: 0, createdAtMs: 0, expiresAtMs: 2 * NOW_MS };
  return { name: `p2p-${slot}-claim.json`, id: { kind: "claim", slot, isCopy }, head };
}

const choice = (isForUs: (slot: string) => boolean = () => true): OfferChoice => new OfferChoice(US, isForUs);

function slotsOf(offers: OfferChoice, found: readonly FoundEntry[]): string[] {
  const entries = found.filter((entry): entry is Entry => entry.head !== undefined);
  return offers.free(entries, found, NOW_MS).map(({ id }) => id.slot);
}

describe("the offers that are free", () => {
  test("the oldest comes first, one that has expired by our clock last, and one with a claim not at all", () => {
    const found = [
      offer("a", { createdAtMs: 3, expiresAtMs: NOW_MS - 1 }),
      offer("b", { createdAtMs: 2 }),
      offer("c", { createdAtMs: 1 }),
      offer("d"),
      claim("d", THEM),
      offer("e", { createdAtMs: 4 }),
      claim("e", THEM, true),
    ];
    expect(slotsOf(choice(), found)).toEqual(["c", "b", "e", "a"]);
  });

  test("one that was tried comes after the others, one that was refused only with a newer revision", () => {
    const offers = choice();
    offers.claim("a", 0, 0);
    const refused = offers.claim("b", 0, 0);
    offers.refuse(refused, 1);
    expect(slotsOf(offers, [offer("a"), offer("b"), offer("c", { createdAtMs: 9 })])).toEqual(["c", "a"]);
    expect(slotsOf(offers, [offer("b", { revision: 2 })])).toEqual(["b"]);
  });

  test("one that is for somebody else is none", () => {
    expect(
      slotsOf(
        choice((slot) => slot === "b"),
        [offer("a"), offer("b")],
      ),
    ).toEqual(["b"]);
  });
});

describe("the offer that was claimed", () => {
  const alone = { offer: offer("a"), claim: claim("a", US), isOtherFree: false };

  test("is held as long as it lies there with our claim", () => {
    const offers = choice();
    const claimed = offers.claim("a", 0, 0);
    expect(offers.claimed).toBe(claimed);
    expect(offers.judge(claimed, alone, 10_000_000)).toBe("held");
    expect(offers.judge(claimed, { ...alone, claim: undefined }, 10_000_000)).toBe("unclaimed");
    offers.leave();
    expect(offers.claimed).toBeUndefined();
  });

  test.each([
    ["is gone", { ...alone, offer: undefined }],
    ["is another's", { ...alone, claim: claim("a", THEM) }],
  ])("is left when it %s for 5 s, and not when it comes back", (_, there) => {
    const offers = choice();
    const claimed = offers.claim("a", 0, 0);
    expect(offers.judge(claimed, there, 1_000)).toBe("held");
    expect(offers.judge(claimed, alone, 5_000)).toBe("held");
    expect(offers.judge(claimed, there, 6_000)).toBe("held");
    expect(offers.judge(claimed, there, 10_999)).toBe("held");
    expect(offers.judge(claimed, there, 11_000)).toBe("lost");
  });

  test("is left for a free one after a minute, and each time it is tried again after twice as long, up to 16", () => {
    const offers = choice();
    const there = { ...alone, isOtherFree: true };
    const patience = [60_000, 120_000, 240_000, 480_000, 960_000, 960_000];
    for (const ms of patience) {
      const claimed = offers.claim("a", 0, 1_000);
      expect(offers.judge(claimed, there, ms + 999)).toBe("held");
      expect(offers.judge(claimed, there, ms + 1_000)).toBe("lost");
      expect(offers.judge(claimed, alone, ms + 1_000)).toBe("held");
    }
  });

  test("is left at once when it cannot serve", () => {
    const offers = choice();
    const claimed = offers.claim("a", 0, 0);
    offers.refuse(claimed, 1);
    expect(offers.judge(claimed, alone, 0)).toBe("lost");
  });
});

describe("the claim on our offer", () => {
  test("is found among what lies there, and a copy of it is none", () => {
    expect(claimOn([claim("b", THEM), claim("a", THEM, true)], "a")).toBeUndefined();
    expect(claimOn([offer("a"), claim("a", THEM)], "a")).toEqual(claim("a", THEM));
  });

  test("is lifted after a minute of one run without a connection", () => {
    const watch = new ClaimWatch();
    expect(watch.handleSeen(claim("a", THEM), 0)).toBe(false);
    expect(watch.isClaimed).toBe(true);
    expect(watch.handleSeen(claim("a", "another"), 30_000)).toBe(false);
    expect(watch.handleSeen(claim("a", "another"), 89_999)).toBe(false);
    expect(watch.handleSeen(claim("a", "another"), 90_000)).toBe(true);
    expect(watch.isClaimed).toBe(false);
  });

  test("that went away and came again has its time anew", () => {
    const watch = new ClaimWatch();
    watch.handleSeen(claim("a", THEM), 0);
    expect(watch.handleSeen(undefined, 30_000)).toBe(false);
    expect(watch.isClaimed).toBe(false);
    expect(watch.handleSeen(claim("a", THEM), 31_000)).toBe(false);
    expect(watch.handleSeen(claim("a", THEM), 90_999)).toBe(false);
    expect(watch.handleSeen(claim("a", THEM), 91_000)).toBe(true);
  });
});
