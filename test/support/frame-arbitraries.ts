// Arbitrary frames of the transfer protocol, for property tests.
import fc from "fast-check";
import type { Entry, Frame } from "../../src/transfer/frames.ts";
import type { Reason } from "../../src/transfer/reasons.ts";

const u8 = fc.nat(0xff);
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.maxSafeNat();
const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const index = u32;
const transfer = u32;

export const reasons: readonly Reason[] = [
  "user",
  "policy",
  "disk-full",
  "write-failed",
  "limit",
  "unsafe-path",
  "closing",
  "source-changed",
  "unreadable",
  "hash-mismatch",
  "abandoned",
  "other",
];
const reason = fc.constantFrom(...reasons);

const anyEntry: fc.Arbitrary<Entry> = fc
  .record({
    type: fc.constantFrom("file", "directory", "symlink"),
    path: fc.string({ unit: "grapheme", maxLength: 60 }),
    bytes: u64,
    mode: fc.option(fc.nat(0o777), { nil: undefined }),
    mtimeUs: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-62_135_596_800_000_000, 253_402_300_799_999_968)),
    target: fc.string({ unit: "grapheme", maxLength: 60 }),
  })
  .map(({ target, ...entry }): Entry => {
    if (entry.type === "file") return { ...entry, type: "file" };
    if (entry.type === "directory") return { ...entry, type: "directory", bytes: 0 };
    return { ...entry, type: "symlink", bytes: 0, target };
  });

const anyDecision = fc.oneof(
  fc.constantFrom({ kind: "send" } as const, { kind: "skip" } as const),
  fc.record({ kind: fc.constant("have" as const), sha256 }),
  fc.record({ kind: fc.constant("resume" as const), bytes: u64, blockBytes: u64 }),
);

export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant("hello" as const), version: fc.nat(0xffff), capabilities: u32 }),
  fc.record({ type: fc.constant("error" as const), detail: fc.string({ unit: "grapheme", maxLength: 40 }) }),
  fc.record({ type: fc.constant("proposal" as const), transfer, entries: u32, files: u32, bytes: u64 }),
  fc.record({
    type: fc.constant("entries" as const),
    transfer,
    first: index,
    entries: fc.array(anyEntry, { maxLength: 8 }),
  }),
  fc.record({
    type: fc.constant("data" as const),
    transfer,
    index,
    offset: u64,
    chunk: fc.uint8Array({ maxLength: 64 }),
  }),
  fc.record({ type: fc.constant("file-end" as const), transfer, index, sha256 }),
  fc.record({ type: fc.constant("file-failed" as const), transfer, index, reason }),
  fc.record({
    type: fc.constantFrom("sender-cancel" as const, "receiver-cancel" as const, "decline" as const),
    transfer,
    reason,
  }),
  fc.record({
    type: fc.constant("accept" as const),
    transfer,
    limit: u64,
    deferred: fc.uint8Array({ maxLength: 40 }),
    resuming: fc.oneof(fc.constant(0), u32),
  }),
  fc.record({ type: fc.constant("blocks" as const), transfer, index, first: u32, hashes: sha256 }),
  fc.record({ type: fc.constant("keep" as const), transfer, index, kept: fc.uint8Array({ maxLength: 4 }) }),
  fc.record({ type: fc.constant("decide" as const), transfer, index, decision: anyDecision }),
  fc.record({ type: fc.constant("credit" as const), transfer, written: u64, limit: u64 }),
  fc.record({
    type: fc.constant("result" as const),
    transfer,
    index,
    status: fc.constantFrom("stored" as const, "skipped" as const, "failed" as const),
    reason,
  }),
  fc.record({ type: fc.constant("done" as const), transfer }),
);

/** Frames whose numbers are small, so that many of them concern something that exists. */
export const plausibleFrame: fc.Arbitrary<Frame> = anyFrame.chain((frame) =>
  fc
    .record({
      transfer: fc.integer({ min: 1, max: 3 }),
      index: fc.nat(4),
      first: fc.nat(2),
      small: fc.nat(40),
      size: u8,
    })
    .map(({ transfer: id, index: at, first, small }): Frame => {
      switch (frame.type) {
        case "hello":
        case "error":
          return frame;
        case "proposal":
          return { ...frame, transfer: id, entries: small % 5, files: small % 4, bytes: small };
        case "entries":
          return { ...frame, transfer: id, first };
        case "data":
          return { ...frame, transfer: id, index: at, offset: small };
        case "credit":
          return { ...frame, transfer: id, written: small, limit: small + 10 };
        case "accept":
          return { ...frame, transfer: id, limit: small, resuming: small % 3 };
        case "blocks":
          return { ...frame, transfer: id, index: at, first: first % 2 };
        case "decide": {
          const { decision } = frame;
          const isResume = decision.kind === "resume";
          const wanted = isResume ? { ...decision, bytes: 1 + (small % 20), blockBytes: 262_144 } : decision;
          return { ...frame, transfer: id, index: at, decision: wanted };
        }
        case "file-end":
        case "file-failed":
        case "result":
        case "keep":
          return { ...frame, transfer: id, index: at };
        default:
          return { ...frame, transfer: id };
      }
    }),
);
