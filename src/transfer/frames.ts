// The frames of `p2p-transfer/1`, encoded and decoded (docs/transfer-protocol.md §3). A message is one or more
// whole frames: type u8, body length u24, body; integers are big-endian. This file checks shapes and ranges of single
// frames only: the engine checks whether a frame may come now.
import { encodeName } from "../lib/byte-names.ts";
import type { LeftOutName } from "../lib/events.ts";
import { ByteReader, ByteWriter, MalformedBytes } from "../lib/bytes.ts";
import { clampTimeUs } from "./attributes.ts";
import type { BlockPlan } from "./kept-blocks.ts";
import { decodeLeftOutReason, encodeLeftOutReason, MAX_TOLD_LEFT_OUT, MAX_TOLD_LEFT_OUT_BYTES } from "./left-out.ts";
import { MAX_BLOCKS, MAX_DETAIL_BYTES, MAX_ENTRIES, MAX_PATH_BYTES } from "./limits.ts";
import { decodeReason, encodeReason, type Reason } from "./reasons.ts";

/** One entry of a manifest, as it is sent. */
export interface Entry {
  type: "file" | "directory" | "symlink";
  /** Relative, `/`-separated; as all names here, with escapes for bytes that are not UTF-8 (lib/byte-names.ts). */
  path: string;
  /** Size in bytes, 0 for entries other than files; a safe integer. */
  bytes: number;
  /** Permission bits, 0 to 0o777. Undefined: the sender's system has none. */
  mode: number | undefined;
  /** Microseconds since 1970, from the year 1 to 9999: an integer, past 2^53 the nearest that a number can be. */
  mtimeUs: number;
  /** Target of a symbolic link, relative to the folder that contains the link; absent for other entries. */
  target?: string;
}

/** The receiver's decision about an entry that it held back in its ACCEPT. */
export type Decision =
  /** Send it. */
  | { kind: "send" }
  /** Do not send it, only its hash. */
  | { kind: "skip" }
  /** Send it unless this is its SHA-256. */
  | { kind: "have"; sha256: Uint8Array }
  /** A part of it exists here: send the hashes of these blocks first. Only to a peer with `CAN_RESUME`. */
  | ({ kind: "resume" } & BlockPlan);

/** How a file ended for the receiver. */
export type ResultStatus = "stored" | "skipped" | "failed";

export type Frame =
  | { type: "hello"; version: number; capabilities: number }
  | { type: "error"; detail: string }
  // Frames of the side that sends the files.
  | { type: "offer"; transfer: number; entries: number; files: number; bytes: number }
  | { type: "entries"; transfer: number; first: number; entries: readonly Entry[] }
  | { type: "data"; transfer: number; index: number; offset: number; chunk: Uint8Array }
  | { type: "file-end"; transfer: number; index: number; sha256: Uint8Array }
  | { type: "file-failed"; transfer: number; index: number; reason: Reason }
  | { type: "sender-cancel"; transfer: number; reason: Reason }
  /** SHA-256 hashes of consecutive blocks of a file, from block `first` on. */
  | { type: "blocks"; transfer: number; index: number; first: number; hashes: Uint8Array }
  /** Entries of the sender's folders that the transfer does not have; before its OFFER. */
  | { type: "left-out"; transfer: number; count: number; told: readonly LeftOutName[] }
  // Frames of the side that receives them.
  | { type: "accept"; transfer: number; limit: number; held: Uint8Array; resuming: number }
  | { type: "decline"; transfer: number; reason: Reason }
  | { type: "decide"; transfer: number; index: number; decision: Decision }
  | { type: "credit"; transfer: number; written: number; limit: number }
  | { type: "result"; transfer: number; index: number; status: ResultStatus; reason: Reason }
  | { type: "done"; transfer: number }
  | { type: "receiver-cancel"; transfer: number; reason: Reason }
  /** The blocks that need not be sent, as a bitmap. */
  | { type: "keep"; transfer: number; index: number; kept: Uint8Array };

/** Label and protocol of the one channel that carries all transfers of both directions. */
export const TRANSFER_LABEL = "p2p-transfer";
export const TRANSFER_PROTOCOL = "p2p-transfer/1";

/** The highest version that this side speaks. */
export const PROTOCOL_VERSION = 1;
/** Capability in HELLO: this side answers the decision `resume`. */
export const CAN_RESUME = 0x1;
/** Capability in HELLO: this side accepts entries that are symbolic links. */
export const CAN_TAKE_SYMLINKS = 0x2;
/** Capability in HELLO: entries may have no mode, and times of any year. */
export const CAN_TAKE_ANY_ATTRIBUTES = 0x4;
/** Capability in HELLO: names in entries may have bytes that are not UTF-8. */
export const CAN_TAKE_BYTE_NAMES = 0x8;
export const SHA256_BYTES = 32;
export const FRAME_HEADER_BYTES = 4;
/** Header and fixed fields of a DATA frame; the chunk follows. */
export const DATA_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 16;
/** Header and fixed fields of a BLOCKS frame; the hashes follow. */
export const BLOCKS_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 12;

const TYPE = {
  hello: 0x01,
  error: 0x02,
  offer: 0x10,
  entries: 0x11,
  data: 0x12,
  "file-end": 0x13,
  "file-failed": 0x14,
  "sender-cancel": 0x15,
  blocks: 0x16,
  accept: 0x20,
  decline: 0x21,
  decide: 0x22,
  credit: 0x23,
  result: 0x24,
  done: 0x25,
  "receiver-cancel": 0x26,
  keep: 0x27,
  // A receiver that does not know this type skips it.
  "left-out": 0x80,
} as const satisfies Record<Frame["type"], number>;

const NAME_BY_TYPE = new Map<number, Frame["type"]>(
  Object.entries(TYPE).map(([name, type]) => [type, name as Frame["type"]]),
);
/** A receiver that does not know a type may skip it from this number on. */
const FIRST_IGNORABLE_TYPE = 0x80;

const ENTRY_TYPES = ["file", "directory", "symlink"] as const;
const RESULT_STATUSES = ["stored", "skipped", "failed"] as const;
const DECISION_KINDS = ["send", "skip", "have", "resume"] as const;
/** Bytes after the kind of a decision. */
const DECISION_BYTES = { send: 0, skip: 0, have: SHA256_BYTES, resume: 16 } as const;
/** Length field and fixed fields of an entry; the path follows, then for a link its target after a length field. */
const ENTRY_FIXED_BYTES = 2 + 1 + 2 + 8 + 8 + 2;
const MAX_MODE = 0o777;
/** The mode on the wire of an entry that has none. */
const NO_MODE = 0xffff;

const encoder = new TextEncoder();

/** Bytes of an entry inside an ENTRIES frame. */
export function entryBytes(entry: Entry): number {
  const targetBytes = entry.target === undefined ? 0 : 2 + encodeName(entry.target).length;
  return ENTRY_FIXED_BYTES + encodeName(entry.path).length + targetBytes;
}

/** Fixed part of an ENTRIES frame, header included. */
export const ENTRIES_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 10;

function writeEntry(w: ByteWriter, entry: Entry): void {
  const path = encodeName(entry.path);
  w.u16(entryBytes(entry) - 2);
  w.u8(ENTRY_TYPES.indexOf(entry.type));
  w.u16(entry.mode ?? NO_MODE);
  w.u64(entry.bytes);
  w.i64(entry.mtimeUs);
  w.u16(path.length);
  w.bytes(path);
  if (entry.target === undefined) return;
  const target = encodeName(entry.target);
  w.u16(target.length);
  w.bytes(target);
}

function writeDecision(w: ByteWriter, decision: Decision): void {
  w.u8(DECISION_KINDS.indexOf(decision.kind));
  if (decision.kind === "have") w.bytes(decision.sha256);
  if (decision.kind !== "resume") return;
  w.u64(decision.bytes);
  w.u64(decision.blockBytes);
}

type ReceiverBody = Extract<
  Frame,
  {
    type: "accept" | "decide" | "keep" | "credit" | "result" | "done" | "sender-cancel" | "receiver-cancel" | "decline";
  }
>;

function writeBody(w: ByteWriter, frame: Frame): void {
  switch (frame.type) {
    case "hello":
      w.u16(frame.version);
      w.u32(frame.capabilities);
      return;
    case "error":
      w.bytes(encoder.encode(frame.detail));
      return;
    case "offer":
      w.u32(frame.transfer);
      w.u32(frame.entries);
      w.u32(frame.files);
      w.u64(frame.bytes);
      return;
    case "entries":
      w.u32(frame.transfer);
      w.u32(frame.first);
      w.u16(frame.entries.length);
      for (const entry of frame.entries) writeEntry(w, entry);
      return;
    case "data":
      w.u32(frame.transfer);
      w.u32(frame.index);
      w.u64(frame.offset);
      w.bytes(frame.chunk);
      return;
    case "file-end":
      w.u32(frame.transfer);
      w.u32(frame.index);
      w.bytes(frame.sha256);
      return;
    case "file-failed":
      w.u32(frame.transfer);
      w.u32(frame.index);
      w.u8(encodeReason(frame.reason));
      return;
    case "blocks":
      w.u32(frame.transfer);
      w.u32(frame.index);
      w.u32(frame.first);
      w.bytes(frame.hashes);
      return;
    case "left-out":
      w.u32(frame.transfer);
      w.u32(frame.count);
      w.u16(frame.told.length);
      for (const { path, why } of frame.told) {
        const bytes = encoder.encode(path);
        w.u8(encodeLeftOutReason(why));
        w.u16(bytes.length);
        w.bytes(bytes);
      }
      return;
    default:
      writeReceiverBody(w, frame);
  }
}

/** Writes the bodies of the receiver's frames, and of frames with one shape on both sides. */
function writeReceiverBody(w: ByteWriter, frame: ReceiverBody): void {
  switch (frame.type) {
    case "accept":
      w.u32(frame.transfer);
      w.u64(frame.limit);
      w.u16(frame.held.length);
      w.bytes(frame.held);
      if (frame.resuming > 0) w.u32(frame.resuming);
      return;
    case "decide":
      w.u32(frame.transfer);
      w.u32(frame.index);
      writeDecision(w, frame.decision);
      return;
    case "keep":
      w.u32(frame.transfer);
      w.u32(frame.index);
      w.u16(frame.kept.length);
      w.bytes(frame.kept);
      return;
    case "credit":
      w.u32(frame.transfer);
      w.u64(frame.written);
      w.u64(frame.limit);
      return;
    case "result":
      w.u32(frame.transfer);
      w.u32(frame.index);
      w.u8(RESULT_STATUSES.indexOf(frame.status));
      w.u8(encodeReason(frame.reason));
      return;
    case "done":
      w.u32(frame.transfer);
      return;
    case "sender-cancel":
    case "receiver-cancel":
    case "decline":
      w.u32(frame.transfer);
      w.u8(encodeReason(frame.reason));
  }
}

/** Size of a frame in bytes, header included. */
export function frameBytes(frame: Frame): number {
  switch (frame.type) {
    case "hello":
      return FRAME_HEADER_BYTES + 6;
    case "error":
      return FRAME_HEADER_BYTES + encoder.encode(frame.detail).length;
    case "offer":
      return FRAME_HEADER_BYTES + 20;
    case "entries":
      return frame.entries.reduce((sum, entry) => sum + entryBytes(entry), ENTRIES_OVERHEAD_BYTES);
    case "data":
      return DATA_OVERHEAD_BYTES + frame.chunk.length;
    case "file-end":
      return FRAME_HEADER_BYTES + 8 + SHA256_BYTES;
    case "file-failed":
      return FRAME_HEADER_BYTES + 9;
    case "accept":
      return FRAME_HEADER_BYTES + 14 + frame.held.length + (frame.resuming > 0 ? 4 : 0);
    case "decide":
      return FRAME_HEADER_BYTES + 9 + DECISION_BYTES[frame.decision.kind];
    case "blocks":
      return BLOCKS_OVERHEAD_BYTES + frame.hashes.length;
    case "left-out":
      return frame.told.reduce((sum, { path }) => sum + 3 + encoder.encode(path).length, FRAME_HEADER_BYTES + 10);
    case "keep":
      return FRAME_HEADER_BYTES + 10 + frame.kept.length;
    case "credit":
      return FRAME_HEADER_BYTES + 20;
    case "result":
      return FRAME_HEADER_BYTES + 10;
    case "done":
      return FRAME_HEADER_BYTES + 4;
    case "sender-cancel":
    case "receiver-cancel":
    case "decline":
      return FRAME_HEADER_BYTES + 5;
  }
}

/**
 * Writes one frame into a message.
 * @returns bytes written, or 0 when the frame does not fit after `at`
 */
export function encodeFrame(frame: Frame, into: Uint8Array, at: number): number {
  const bytes = frameBytes(frame);
  if (bytes > into.length - at) return 0;
  const w = new ByteWriter(into, at);
  w.u32(TYPE[frame.type] * 0x1000000 + (bytes - FRAME_HEADER_BYTES));
  writeBody(w, frame);
  return bytes;
}

function oneOf<T>(values: readonly T[], index: number, what: string): T {
  const value = values[index];
  if (value === undefined) throw new MalformedBytes(`unknown ${what} ${index}`);
  return value;
}

function readEntry(outer: ByteReader): Entry {
  const r = new ByteReader(outer.bytes(outer.u16()));
  const type = oneOf(ENTRY_TYPES, r.u8(), "entry type");
  const mode = r.u16();
  const bytes = r.u64();
  const mtimeUs = clampTimeUs(r.i64());
  if (mode > MAX_MODE && mode !== NO_MODE) throw new MalformedBytes("a mode has more than permission bits");
  if (type !== "file" && bytes !== 0) throw new MalformedBytes(`a ${type} has a size`);
  const entry: Entry = { type, path: readPath(r), bytes, mode: mode === NO_MODE ? undefined : mode, mtimeUs };
  if (type === "symlink") entry.target = readPath(r);
  return entry;
}

function readPath(r: ByteReader): string {
  const bytes = r.u16();
  if (bytes > MAX_PATH_BYTES) throw new MalformedBytes("a path is too long");
  return r.name(bytes);
}

function readBody(type: Frame["type"], r: ByteReader): Frame {
  switch (type) {
    case "hello":
      return { type, version: r.u16(), capabilities: r.u32() };
    case "error":
      return { type, detail: r.text(Math.min(r.left, MAX_DETAIL_BYTES)) };
    case "offer":
      return { type, transfer: r.u32(), entries: r.u32(), files: r.u32(), bytes: r.u64() };
    case "entries": {
      const transfer = r.u32();
      const first = r.u32();
      return { type, transfer, first, entries: Array.from({ length: r.u16() }, () => readEntry(r)) };
    }
    case "data":
      return { type, transfer: r.u32(), index: r.u32(), offset: r.u64(), chunk: r.bytes(r.left) };
    case "file-end":
      return { type, transfer: r.u32(), index: r.u32(), sha256: r.bytes(SHA256_BYTES) };
    case "file-failed":
      return { type, transfer: r.u32(), index: r.u32(), reason: decodeReason(r.u8()) };
    case "accept": {
      const transfer = r.u32();
      const limit = r.u64();
      const heldBytes = r.u16();
      if (heldBytes > Math.ceil(MAX_ENTRIES / 8)) throw new MalformedBytes("a bitmap is too long");
      const held = r.bytes(heldBytes);
      return { type, transfer, limit, held, resuming: r.left >= 4 ? r.u32() : 0 };
    }
    case "decide": {
      const transfer = r.u32();
      const index = r.u32();
      return { type, transfer, index, decision: readDecision(r) };
    }
    case "credit":
      return { type, transfer: r.u32(), written: r.u64(), limit: r.u64() };
    case "result": {
      const transfer = r.u32();
      const index = r.u32();
      const status = oneOf(RESULT_STATUSES, r.u8(), "result");
      return { type, transfer, index, status, reason: decodeReason(r.u8()) };
    }
    case "done":
      return { type, transfer: r.u32() };
    case "blocks": {
      const transfer = r.u32();
      const index = r.u32();
      const first = r.u32();
      if (r.left === 0 || r.left % SHA256_BYTES !== 0) throw new MalformedBytes("hashes of blocks are cut off");
      return { type, transfer, index, first, hashes: r.bytes(r.left) };
    }
    case "left-out":
      return { type, transfer: r.u32(), count: r.u32(), told: readLeftOut(r) };
    case "keep": {
      const transfer = r.u32();
      const index = r.u32();
      const keptBytes = r.u16();
      if (keptBytes > MAX_BLOCKS / 8) throw new MalformedBytes("a bitmap is too long");
      return { type, transfer, index, kept: r.bytes(keptBytes) };
    }
    case "sender-cancel":
    case "receiver-cancel":
    case "decline":
      return { type, transfer: r.u32(), reason: decodeReason(r.u8()) };
  }
}

function readLeftOut(r: ByteReader): LeftOutName[] {
  const told: LeftOutName[] = [];
  let bytes = 0;
  for (let left = r.u16(); left > 0; left -= 1) {
    const why = decodeLeftOutReason(r.u8());
    const pathBytes = r.u16();
    bytes += pathBytes;
    if (told.length === MAX_TOLD_LEFT_OUT || bytes > MAX_TOLD_LEFT_OUT_BYTES) {
      throw new MalformedBytes("too many names of what is left out");
    }
    told.push({ path: r.text(pathBytes), why });
  }
  return told;
}

function readDecision(r: ByteReader): Decision {
  const kind = oneOf(DECISION_KINDS, r.u8(), "decision");
  switch (kind) {
    case "have":
      return { kind, sha256: r.bytes(SHA256_BYTES) };
    case "resume":
      return { kind, bytes: r.u64(), blockBytes: r.u64() };
    default:
      return { kind };
  }
}

export type DecodedMessage = { ok: true; frames: Frame[] } | { ok: false; problem: string };

/**
 * Decodes a message. Never throws. Chunks, hashes and bitmaps are views of `message`.
 * Bytes after the fields that this version knows are ignored in every frame and entry, and so are whole
 * frames of the types 0x80 to 0xff; other unknown types are a problem.
 */
export function decodeMessage(message: Uint8Array): DecodedMessage {
  const frames: Frame[] = [];
  try {
    const r = new ByteReader(message);
    while (r.left > 0) {
      const head = r.u32();
      const body = new ByteReader(r.bytes(head % 0x1000000));
      const typeCode = Math.floor(head / 0x1000000);
      const type = NAME_BY_TYPE.get(typeCode);
      if (type !== undefined) frames.push(readBody(type, body));
      else if (typeCode < FIRST_IGNORABLE_TYPE) throw new MalformedBytes(`unknown frame type ${typeCode}`);
    }
    return { ok: true, frames };
  } catch (error) {
    if (error instanceof MalformedBytes) return { ok: false, problem: error.message };
    throw error;
  }
}
