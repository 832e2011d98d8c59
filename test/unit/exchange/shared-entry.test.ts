import { describe, expect, test } from "vitest";
import {
  decodeEntry,
  encodeEntry,
  entryName,
  type EntryId,
  MAX_ENTRY_BYTES,
  parseEntryName,
  type SharedEntry,
} from "../../../src/exchange/shared-entry.ts";
import { MAX_DOCUMENT_BYTES } from "../../../src/exchange/limits.ts";
import { HOUR_MS, NOW_MS } from "./fixtures.ts";

const SLOT = "0123456789abcdef0123456789abcdef";
const BY = "0123456789abcdef";
const ENTRY: SharedEntry = {
  kind: "answer",
  slot: SLOT,
  by: BY,
  revision: 2,
  createdAtMs: NOW_MS,
  expiresAtMs: NOW_MS + HOUR_MS,
  document: 'a "text"\nof two lines',
};
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a name", () => {
  const ids: EntryId[] = [
    { kind: "offer", slot: SLOT },
    { kind: "claim", slot: SLOT },
    { kind: "answer", slot: SLOT, by: BY },
  ];

  test.each(ids)("of $kind is read as it was made", (id) => {
    expect(parseEntryName(entryName(id))).toEqual({ ...id, isCopy: false });
  });

  test.each([
    "offer.sync-conflict-20260301-080000-ABCDEF7.json",
    "offer (Ann's conflicted copy 2026-03-01).json",
    "offer (conflicted copy 2026-03-01 080000).json",
    "offer-ANNS-PC.json",
    "offer 2.json",
    "offer (1).json",
    "offer.Conflict.json",
    "offer (SFConflict ann@example.org 2026-03-01-08-00-00).json",
  ])("as sync services make it is a copy: %s", (rest) => {
    expect(parseEntryName(`p2p-${SLOT}-${rest}`)).toEqual({ kind: "offer", slot: SLOT, isCopy: true });
  });

  test("of a copy of an answer tells whose it is", () => {
    const name = `p2p-${SLOT}-answer-${BY}.sync-conflict-20260301-080000-ABCDEF7.json`;
    expect(parseEntryName(name)).toEqual({ kind: "answer", slot: SLOT, by: BY, isCopy: true });
  });

  test.each([
    "LocaltionJson.json",
    `p2p-${SLOT}-offer`,
    `p2p-${SLOT}-offers.json`,
    `p2p-${SLOT}-offer.json.txt`,
    `p2p-${SLOT}-answer.json`,
    `p2p-${SLOT}0-offer.json`,
    `p2p-${SLOT.toUpperCase()}-offer.json`,
    `.p2p-${SLOT}-offer.json`,
    `Copy of p2p-${SLOT}-offer.json`,
  ])("of something else is none: %s", (name) => {
    expect(parseEntryName(name)).toBeUndefined();
  });
});

describe("an entry", () => {
  test("is read as it was written", () => {
    expect(decodeEntry(bytesOf(encodeEntry(ENTRY)))).toEqual(ENTRY);
  });

  test("for one person says so by the version, which tells programs that know only the other one to pass it over", () => {
    const text = encodeEntry({ ...ENTRY, isForOne: true });
    expect(JSON.parse(text)).toMatchObject({ p2pShared: 2 });
    expect(decodeEntry(bytesOf(text))).toEqual({ ...ENTRY, isForOne: true });
    expect(JSON.parse(encodeEntry(ENTRY))).toMatchObject({ p2pShared: 1 });
  });

  test("that was cut anywhere is none", () => {
    const bytes = bytesOf(encodeEntry(ENTRY).trimEnd());
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeEntry(bytes.slice(0, length))).toBeUndefined();
  });

  test("with a part that has not arrived is none", () => {
    const bytes = bytesOf(encodeEntry(ENTRY));
    expect(decodeEntry(bytes.fill(0, bytes.length - 20, bytes.length - 10))).toBeUndefined();
  });

  test("of the longest document fits", () => {
    const text = encodeEntry({ ...ENTRY, document: "\u0001".repeat(MAX_DOCUMENT_BYTES) });
    expect(bytesOf(text).length).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
  });

  test.each([
    ["another format", { p2pShared: 3 }],
    ["another kind", { kind: "ready" }],
    ["a slot that is none", { slot: "../x" }],
    ["nobody", { by: 7 }],
    ["half a revision", { revision: 0.5 }],
    ["a revision below none", { revision: -1 }],
    ["no time", { createdAt: "today" }],
    ["no expiry", { expiresAt: undefined }],
    ["no text", { document: {} }],
  ])("of %s is none", (_, change) => {
    const value = JSON.parse(encodeEntry(ENTRY)) as Record<string, unknown>;
    expect(decodeEntry(bytesOf(JSON.stringify({ ...value, ...change })))).toBeUndefined();
  });

  test.each(["null", "[]", '"x"', "7"])("is an object: %s", (text) => {
    expect(decodeEntry(bytesOf(text))).toBeUndefined();
  });
});
