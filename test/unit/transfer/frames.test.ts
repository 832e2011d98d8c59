import { describe, expect, it } from "vitest";
import {
  BLOCKS_OVERHEAD_BYTES,
  DATA_OVERHEAD_BYTES,
  decodeMessage,
  encodeFrame,
  ENTRIES_OVERHEAD_BYTES,
  type Entry,
  entryBytes,
  type Frame,
  frameBytes,
  isFromSender,
} from "../../../src/transfer/frames.ts";
import { MAX_BLOCKS, MAX_DETAIL_BYTES, MAX_ENTRIES, MAX_PATH_BYTES } from "../../../src/transfer/limits.ts";
import { framesOf, messageOf } from "../../support/frames.ts";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

// docs/transfer-protocol.md §3: these bytes are the protocol.
describe("bytes of each frame", () => {
  const sha256 = new Uint8Array(32).fill(0xab);
  const ab32 = "ab".repeat(32);
  it.each<[Frame, string]>([
    [{ type: "hello", version: 1, capabilities: 2 }, "01 000006 0001 00000002"],
    [{ type: "error", detail: "no" }, "02 000002 6e6f"],
    [
      { type: "proposal", transfer: 1, entries: 3, files: 2, bytes: 2 ** 32 + 5 },
      "10 000014 00000001 00000003 00000002 0000000100000005",
    ],
    [
      {
        type: "entries",
        transfer: 1,
        first: 7,
        entries: [
          { type: "file", path: "ü", bytes: 9, mode: 0o644, mtimeUs: -1 },
          { type: "directory", path: "d", bytes: 0, mode: 0o755, mtimeUs: 1 },
          { type: "symlink", path: "l", bytes: 0, mode: 0o777, mtimeUs: 2, target: "ü" },
        ],
      },
      "11 000057 00000001 00000007 0003" +
        " 0017 00 01a4 0000000000000009 ffffffffffffffff 0002 c3bc" +
        " 0016 01 01ed 0000000000000000 0000000000000001 0001 64" +
        " 001a 02 01ff 0000000000000000 0000000000000002 0001 6c 0002 c3bc",
    ],
    [
      { type: "data", transfer: 1, index: 2, offset: 3, chunk: bytesOf("beef") },
      "12 000012 00000001 00000002 0000000000000003 beef",
    ],
    [{ type: "file-end", transfer: 1, index: 2, sha256 }, `13 000028 00000001 00000002 ${ab32}`],
    [{ type: "file-failed", transfer: 1, index: 2, reason: "source-changed" }, "14 000009 00000001 00000002 08"],
    [{ type: "sender-cancel", transfer: 1, reason: "user" }, "15 000005 00000001 01"],
    [
      { type: "accept", transfer: 1, limit: 256, deferred: bytesOf("05"), resuming: 0 },
      "20 00000f 00000001 0000000000000100 0001 05",
    ],
    [
      { type: "accept", transfer: 1, limit: 256, deferred: bytesOf("05"), resuming: 2 },
      "20 000013 00000001 0000000000000100 0001 05 00000002",
    ],
    [{ type: "decline", transfer: 1, reason: "disk-full" }, "21 000005 00000001 03"],
    [{ type: "decide", transfer: 1, index: 2, decision: { kind: "send" } }, "22 000009 00000001 00000002 00"],
    [{ type: "decide", transfer: 1, index: 2, decision: { kind: "skip" } }, "22 000009 00000001 00000002 01"],
    [
      { type: "decide", transfer: 1, index: 2, decision: { kind: "have", sha256 } },
      `22 000029 00000001 00000002 02 ${ab32}`,
    ],
    [
      { type: "decide", transfer: 1, index: 2, decision: { kind: "resume", bytes: 300_000, blockBytes: 262_144 } },
      "22 000019 00000001 00000002 03 00000000000493e0 0000000000040000",
    ],
    [
      { type: "blocks", transfer: 1, index: 2, first: 3, hashes: sha256 },
      `16 00002c 00000001 00000002 00000003 ${ab32}`,
    ],
    [{ type: "keep", transfer: 1, index: 2, kept: bytesOf("05") }, "27 00000b 00000001 00000002 0001 05"],
    [{ type: "credit", transfer: 1, written: 2, limit: 3 }, "23 000014 00000001 0000000000000002 0000000000000003"],
    [
      { type: "result", transfer: 1, index: 2, status: "failed", reason: "hash-mismatch" },
      "24 00000a 00000001 00000002 02 0a",
    ],
    [{ type: "done", transfer: 1 }, "25 000004 00000001"],
    [{ type: "receiver-cancel", transfer: 1, reason: "closing" }, "26 000005 00000001 07"],
  ])("%o", (frame, hex) => {
    expect(messageOf(frame)).toEqual(bytesOf(hex));
    expect(framesOf(bytesOf(hex))).toEqual([frame]);
  });
});

describe("the limits of what a peer may send (docs/transfer-protocol.md §9)", () => {
  const isTaken = (frame: Frame): boolean => {
    const message = new Uint8Array(frameBytes(frame));
    expect(encodeFrame(frame, message, 0)).toBe(message.length);
    return decodeMessage(message).ok;
  };
  const entryOf = (changes: Partial<Entry>): Frame => ({
    type: "entries",
    transfer: 1,
    first: 0,
    entries: [{ type: "file", path: "a", bytes: 0, mode: 0, mtimeUs: 0, ...changes }],
  });
  const accept = (bytes: number): Frame => ({
    type: "accept",
    transfer: 1,
    limit: 0,
    deferred: new Uint8Array(bytes),
    resuming: 0,
  });
  const keep = (bytes: number): Frame => ({ type: "keep", transfer: 1, index: 0, kept: new Uint8Array(bytes) });
  const blocks = (bytes: number): Frame => ({
    type: "blocks",
    transfer: 1,
    index: 0,
    first: 0,
    hashes: new Uint8Array(bytes),
  });
  const toldNames = (count: number, bytes: number): Frame => ({
    type: "left-out",
    transfer: 1,
    count,
    told: Array.from({ length: count }, () => ({ path: "x".repeat(bytes), why: "name" as const })),
  });

  it.each<[string, Frame, Frame]>([
    ["a path", entryOf({ path: "x".repeat(MAX_PATH_BYTES) }), entryOf({ path: "x".repeat(MAX_PATH_BYTES + 1) })],
    [
      "the target of a link",
      entryOf({ type: "symlink", target: "x".repeat(MAX_PATH_BYTES) }),
      entryOf({ type: "symlink", target: "x".repeat(MAX_PATH_BYTES + 1) }),
    ],
    ["a mode", entryOf({ mode: 0o777 }), entryOf({ mode: 0o1000 })],
    ["the entries that are deferred", accept(MAX_ENTRIES / 8), accept(MAX_ENTRIES / 8 + 1)],
    ["the blocks that are kept", keep(MAX_BLOCKS / 8), keep(MAX_BLOCKS / 8 + 1)],
    ["the hashes of blocks", blocks(64), blocks(65)],
    ["at least one hash", blocks(32), blocks(0)],
    ["the number of names that are left out", toldNames(100, 0), toldNames(101, 0)],
    ["the bytes of names that are left out", toldNames(4, 4_096), toldNames(5, 4_096)],
  ])("%s", (_what, most, tooMuch) => {
    expect([isTaken(most), isTaken(tooMuch)]).toEqual([true, false]);
  });

  it("an entry may have no mode", () => {
    const message = messageOf(entryOf({ mode: undefined }));
    expect(framesOf(message)).toEqual([entryOf({ mode: undefined })]);
  });

  it("what is too long of a detail is left out, by whole characters", () => {
    const detailOf = (detail: string): unknown => {
      const frame: Frame = { type: "error", detail };
      const message = new Uint8Array(frameBytes(frame));
      encodeFrame(frame, message, 0);
      return framesOf(message)[0];
    };
    const fitting = "x".repeat(MAX_DETAIL_BYTES);
    expect(detailOf(fitting)).toEqual({ type: "error", detail: fitting });
    expect(detailOf(`${fitting}y`)).toEqual({ type: "error", detail: fitting });
    for (const char of ["é", "数", "👍"]) {
      const before = "x".repeat(MAX_DETAIL_BYTES - 1);
      expect(detailOf(`${before}${char}`)).toEqual({ type: "error", detail: before });
      expect(detailOf(char.repeat(MAX_DETAIL_BYTES))).toEqual({
        type: "error",
        detail: char.repeat(Math.floor(MAX_DETAIL_BYTES / Buffer.byteLength(char))),
      });
    }
  });
});

it("a frame is of the side that the table says", () => {
  const isSender = (type: Frame["type"]): boolean => isFromSender({ type } as Parameters<typeof isFromSender>[0]);
  expect([isSender("proposal"), isSender("left-out"), isSender("accept"), isSender("keep")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

it("what is added to chunks, hashes and entries is as long as the constants say", () => {
  const one: Entry = { type: "symlink", path: "数", bytes: 0, mode: 1, mtimeUs: 1, target: "ü" };
  const none = new Uint8Array(0);
  expect(frameBytes({ type: "data", transfer: 1, index: 1, offset: 1, chunk: none })).toBe(DATA_OVERHEAD_BYTES);
  expect(frameBytes({ type: "blocks", transfer: 1, index: 1, first: 1, hashes: none })).toBe(BLOCKS_OVERHEAD_BYTES);
  expect(frameBytes({ type: "entries", transfer: 1, first: 1, entries: [one, one] })).toBe(
    ENTRIES_OVERHEAD_BYTES + 2 * entryBytes(one),
  );
  expect(entryBytes(one)).toBe(23 + 3 + 2 + 2);
});

describe("encoding", () => {
  it("writes nothing where a frame does not fit", () => {
    const message = new Uint8Array(9);
    expect(encodeFrame({ type: "hello", version: 1, capabilities: 0 }, message, 0)).toBe(0);
    expect(message).toEqual(new Uint8Array(9));
    expect(encodeFrame({ type: "done", transfer: 1 }, message, 1)).toBe(8);
  });
});

describe("decoding", () => {
  function problemOf(hex: string): string {
    const decoded = decodeMessage(bytesOf(hex));
    return decoded.ok ? "none" : decoded.problem;
  }

  it("keeps nothing of a detail that is too long and has no first character", () => {
    expect(framesOf(bytesOf(`02 000258 ${"80".repeat(600)}`))).toEqual([{ type: "error", detail: "" }]);
  });

  it("takes several frames out of a message, and none out of an empty one", () => {
    expect(framesOf(bytesOf("25 000004 00000001 25 000004 00000002"))).toEqual([
      { type: "done", transfer: 1 },
      { type: "done", transfer: 2 },
    ]);
    expect(framesOf(new Uint8Array())).toEqual([]);
  });

  it("passes over what a later version may add: ignorable frames, longer frames, longer entries", () => {
    expect(framesOf(bytesOf("ff 000003 010203 25 000006 00000001 ffff"))).toEqual([{ type: "done", transfer: 1 }]);
    const [frame] = framesOf(
      bytesOf("11 000024 00000001 00000000 0001 0018 00 01a4 0000000000000009 0000000000000000 0001 61 ffff"),
    );
    expect(frame).toMatchObject({ entries: [{ path: "a" }] });
  });

  it.each([
    ["an unknown type that must be known", "7f 000000", "unknown frame type 127"],
    ["a cut header", "25 0000", "a field is cut off"],
    ["a body longer than the message", "25 000005 00000001", "a field is cut off"],
    ["a body shorter than its fields", "25 000003 000001", "a field is cut off"],
    ["a size past 2^53-1", "10 000014 00000001 00000001 00000001 0020000000000000", "a number is larger than 2^53-1"],
    ["an unknown decision", "22 000009 00000001 00000002 04", "unknown decision 4"],
    ["an unknown result", "24 00000a 00000001 00000002 03 00", "unknown result 3"],
    [
      "an unknown entry type",
      "11 000022 00000001 00000000 0001 0016 03 01a4 0000000000000009 0000000000000000 0001 61",
      "unknown entry type 3",
    ],
    [
      "a link with a size",
      "11 000022 00000001 00000000 0001 0016 02 01a4 0000000000000009 0000000000000000 0001 61",
      "a symlink has a size",
    ],
    [
      "a link to nowhere",
      "11 000022 00000001 00000000 0001 0016 02 01a4 0000000000000000 0000000000000000 0001 61",
      "a field is cut off",
    ],
    [
      "a directory with a size",
      "11 000022 00000001 00000000 0001 0016 01 01a4 0000000000000009 0000000000000000 0001 61",
      "a directory has a size",
    ],
    [
      "more than permission bits",
      "11 000022 00000001 00000000 0001 0016 00 0fff 0000000000000009 0000000000000000 0001 61",
      "a mode has more than permission bits",
    ],
    ["a detail that is not UTF-8", "02 000001 ff", "a text is not UTF-8"],
    [
      "a name of what is left out that is not UTF-8",
      "80 00000e 00000001 00000001 0001 01 0001 ff",
      "a text is not UTF-8",
    ],
    [
      "more names of what is left out than may be told",
      `80 000139 00000001 00000065 0065 ${"010000".repeat(101)}`,
      "too many names of what is left out",
    ],
    [
      "longer names of what is left out than may be told",
      `80 00400e 00000001 00000001 0001 01 4001 ${"61".repeat(0x4001)}`,
      "too many names of what is left out",
    ],
    [
      "a path longer than its entry",
      "11 000022 00000001 00000000 0001 0016 00 01a4 0000000000000009 0000000000000000 0002 61",
      "a field is cut off",
    ],
  ])("names %s", (_, hex, problem) => {
    expect(problemOf(hex)).toBe(problem);
  });

  it("reads an unknown reason as `other`", () => {
    expect(framesOf(bytesOf("21 000005 00000001 63"))).toEqual([{ type: "decline", transfer: 1, reason: "other" }]);
  });
});
