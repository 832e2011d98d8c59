// The frames of `p2p-transfer/1` as one table: number, sender, fields and limits of each (docs/transfer-protocol.md §3).
// A message is one or more whole frames: type u8, body length u24, body; integers are big-endian. This file checks
// shapes and ranges of single frames only: the engine checks whether a frame may come now.
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

/** The receiver's decision about an entry that it deferred in its ACCEPT. */
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
/** Type and length of a frame. */
const FRAME_HEADER_BYTES = 4;
/** Header and fixed fields of a DATA frame; the chunk follows. */
export const DATA_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 16;
/** Header and fixed fields of a BLOCKS frame; the hashes follow. */
export const BLOCKS_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 12;
/** The count before the entries of an ENTRIES frame. */
const ENTRY_COUNT_BYTES = 2;
/** Header and fixed fields of an ENTRIES frame; the entries follow. */
export const ENTRIES_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 8 + ENTRY_COUNT_BYTES;

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

// The codecs of fields.

/** One field of a frame. Fields follow each other without padding. */
interface Field<T> {
  /** Size of the encoded value. */
  bytes(value: T): number;
  write(w: ByteWriter, value: T): void;
  /** @throws MalformedBytes when the field is cut off or exceeds its limit */
  read(r: ByteReader): T;
}

const u16: Field<number> = { bytes: () => 2, write: (w, value) => w.u16(value), read: (r) => r.u16() };
const u32: Field<number> = { bytes: () => 4, write: (w, value) => w.u32(value), read: (r) => r.u32() };
const u64: Field<number> = { bytes: () => 8, write: (w, value) => w.u64(value), read: (r) => r.u64() };

/** A u32 at the end of a frame that older programs do not send: absent for 0. */
const u32OrAbsent: Field<number> = {
  bytes: (value) => (value > 0 ? 4 : 0),
  write: (w, value) => {
    if (value > 0) w.u32(value);
  },
  read: (r) => (r.left >= 4 ? r.u32() : 0),
};

const reason: Field<Reason> = {
  bytes: () => 1,
  write: (w, value) => w.u8(encodeReason(value)),
  read: (r) => decodeReason(r.u8()),
};

const status: Field<ResultStatus> = {
  bytes: () => 1,
  write: (w, value) => w.u8(RESULT_STATUSES.indexOf(value)),
  read: (r) => oneOf(RESULT_STATUSES, r.u8(), "result"),
};

const sha256: Field<Uint8Array> = {
  bytes: () => SHA256_BYTES,
  write: (w, value) => w.bytes(value),
  read: (r) => r.bytes(SHA256_BYTES),
};

/** All bytes up to the end of the body, as a view of the message. */
const restOfBody: Field<Uint8Array> = {
  bytes: (value) => value.length,
  write: (w, value) => w.bytes(value),
  read: (r) => r.bytes(r.left),
};

/** SHA-256 hashes up to the end of the body, at least one. */
const hashesToEnd: Field<Uint8Array> = {
  ...restOfBody,
  read: (r) => {
    if (r.left === 0 || r.left % SHA256_BYTES !== 0) throw new MalformedBytes("hashes of blocks are cut off");
    return r.bytes(r.left);
  },
};

/** Text up to the end of the body. What exceeds the limit is left out by the reader. */
function textToEnd(maxBytes: number): Field<string> {
  return {
    bytes: (value) => encoder.encode(value).length,
    write: (w, value) => w.bytes(encoder.encode(value)),
    read: (r) => {
      const bytes = r.bytes(r.left);
      return new ByteReader(bytes).text(cutAt(bytes, maxBytes));
    },
  };
}

/** How many of the bytes are whole characters of UTF-8 within the limit. */
function cutAt(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length <= maxBytes) return bytes.length;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}

/** A length in bytes, then a bitmap of at most so many bits. */
function bitmap(maxBits: number): Field<Uint8Array> {
  return {
    bytes: (value) => 2 + value.length,
    write: (w, value) => {
      w.u16(value.length);
      w.bytes(value);
    },
    read: (r) => {
      const bytes = r.u16();
      if (bytes > Math.ceil(maxBits / 8)) throw new MalformedBytes("a bitmap is too long");
      return r.bytes(bytes);
    },
  };
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

/** Bytes of an entry inside an ENTRIES frame. */
export function entryBytes(entry: Entry): number {
  const targetBytes = entry.target === undefined ? 0 : 2 + encodeName(entry.target).length;
  return ENTRY_FIXED_BYTES + encodeName(entry.path).length + targetBytes;
}

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

const entries: Field<readonly Entry[]> = {
  bytes: (value) => value.reduce((sum, entry) => sum + entryBytes(entry), ENTRY_COUNT_BYTES),
  write: (w, value) => {
    w.u16(value.length);
    for (const entry of value) writeEntry(w, entry);
  },
  read: (r) => Array.from({ length: r.u16() }, () => readEntry(r)),
};

const decision: Field<Decision> = {
  bytes: ({ kind }) => 1 + DECISION_BYTES[kind],
  write: (w, value) => {
    w.u8(DECISION_KINDS.indexOf(value.kind));
    if (value.kind === "have") w.bytes(value.sha256);
    if (value.kind !== "resume") return;
    w.u64(value.bytes);
    w.u64(value.blockBytes);
  },
  read: (r) => {
    const kind = oneOf(DECISION_KINDS, r.u8(), "decision");
    switch (kind) {
      case "have":
        return { kind, sha256: r.bytes(SHA256_BYTES) };
      case "resume":
        return { kind, bytes: r.u64(), blockBytes: r.u64() };
      default:
        return { kind };
    }
  },
};

const leftOutNames: Field<readonly LeftOutName[]> = {
  bytes: (value) => value.reduce((sum, { path }) => sum + 3 + encoder.encode(path).length, 2),
  write: (w, value) => {
    w.u16(value.length);
    for (const { path, why } of value) {
      const bytes = encoder.encode(path);
      w.u8(encodeLeftOutReason(why));
      w.u16(bytes.length);
      w.bytes(bytes);
    }
  },
  read: readLeftOut,
};

// The table.

/** Who sends a frame: the side that sends the files, the side that receives them, or both. */
type FrameSide = "sender" | "receiver" | "both";

/** The fields of a frame in the order of its body, each with its codec. */
type Fields = Record<string, Field<unknown>>;

interface FrameRow<S extends FrameSide, F extends Fields> {
  code: number;
  from: S;
  fields: F;
}

function frame<S extends FrameSide, F extends Fields>(code: number, from: S, fields: F): FrameRow<S, F> {
  return { code, from, fields };
}

/** Every frame, in the order of docs/transfer-protocol.md §3. A new frame is a row here and one there. */
export const FRAMES = {
  hello: frame(0x01, "both", { version: u16, capabilities: u32 }),
  error: frame(0x02, "both", { detail: textToEnd(MAX_DETAIL_BYTES) }),
  proposal: frame(0x10, "sender", { transfer: u32, entries: u32, files: u32, bytes: u64 }),
  entries: frame(0x11, "sender", { transfer: u32, first: u32, entries }),
  data: frame(0x12, "sender", { transfer: u32, index: u32, offset: u64, chunk: restOfBody }),
  "file-end": frame(0x13, "sender", { transfer: u32, index: u32, sha256 }),
  "file-failed": frame(0x14, "sender", { transfer: u32, index: u32, reason }),
  "sender-cancel": frame(0x15, "sender", { transfer: u32, reason }),
  /** SHA-256 hashes of consecutive blocks of a file, from block `first` on. */
  blocks: frame(0x16, "sender", { transfer: u32, index: u32, first: u32, hashes: hashesToEnd }),
  /** Entries of the sender's folders that the transfer does not have; before its PROPOSAL. */
  "left-out": frame(0x80, "sender", { transfer: u32, count: u32, told: leftOutNames }),
  accept: frame(0x20, "receiver", { transfer: u32, limit: u64, deferred: bitmap(MAX_ENTRIES), resuming: u32OrAbsent }),
  decline: frame(0x21, "receiver", { transfer: u32, reason }),
  decide: frame(0x22, "receiver", { transfer: u32, index: u32, decision }),
  credit: frame(0x23, "receiver", { transfer: u32, written: u64, limit: u64 }),
  result: frame(0x24, "receiver", { transfer: u32, index: u32, status, reason }),
  done: frame(0x25, "receiver", { transfer: u32 }),
  "receiver-cancel": frame(0x26, "receiver", { transfer: u32, reason }),
  /** The blocks that need not be sent, as a bitmap. */
  keep: frame(0x27, "receiver", { transfer: u32, index: u32, kept: bitmap(MAX_BLOCKS) }),
} as const;

type FrameType = keyof typeof FRAMES;
type ValuesOf<F> = { [Key in keyof F]: F[Key] extends Field<infer T> ? T : never };
type FrameOf<Type extends FrameType> = { [T in Type]: { type: T } & ValuesOf<(typeof FRAMES)[T]["fields"]> }[Type];
type TypesFrom<S extends FrameSide> = { [T in FrameType]: (typeof FRAMES)[T]["from"] extends S ? T : never }[FrameType];

/** A decoded frame: its type, and the fields of its row in the table. */
export type Frame = FrameOf<FrameType>;
/** Frames of the side that sends the files. */
export type SenderFrame = FrameOf<TypesFrom<"sender">>;
/** Frames of the side that receives them. */
export type ReceiverFrame = FrameOf<TypesFrom<"receiver">>;

/** Returns whether the table has the frame among those of the side that sends the files. */
export function isFromSender(value: SenderFrame | ReceiverFrame): value is SenderFrame {
  return FRAMES[value.type].from === "sender";
}

/** A row as encoder and decoder walk it: they cannot know the type of each value, the table does. */
interface Layout {
  type: FrameType;
  code: number;
  fields: readonly (readonly [key: string, field: Field<unknown>])[];
}

const LAYOUTS = Object.fromEntries(
  Object.entries(FRAMES).map(([type, { code, fields }]) => [type, { type, code, fields: Object.entries(fields) }]),
) as unknown as Record<FrameType, Layout>;

const LAYOUT_BY_CODE = new Map<number, Layout>(Object.values(LAYOUTS).map((layout) => [layout.code, layout]));
/** A receiver that does not know a type may skip it from this number on. */
const FIRST_IGNORABLE_TYPE = 0x80;

/** Size of a frame in bytes, header included. */
export function frameBytes(value: Frame): number {
  const values = value as unknown as Record<string, unknown>;
  let bytes = FRAME_HEADER_BYTES;
  for (const [key, field] of LAYOUTS[value.type].fields) bytes += field.bytes(values[key]);
  return bytes;
}

/**
 * Writes one frame into a message.
 * @returns bytes written, or 0 when the frame does not fit after `at`
 */
export function encodeFrame(value: Frame, into: Uint8Array, at: number): number {
  const bytes = frameBytes(value);
  if (bytes > into.length - at) return 0;
  const { code, fields } = LAYOUTS[value.type];
  const values = value as unknown as Record<string, unknown>;
  const w = new ByteWriter(into, at);
  w.u32(code * 0x1000000 + (bytes - FRAME_HEADER_BYTES));
  for (const [key, field] of fields) field.write(w, values[key]);
  return bytes;
}

function readFrame({ type, fields }: Layout, r: ByteReader): Frame {
  const values: Record<string, unknown> = { type };
  for (const [key, field] of fields) values[key] = field.read(r);
  return values as unknown as Frame;
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
      const code = Math.floor(head / 0x1000000);
      const layout = LAYOUT_BY_CODE.get(code);
      if (layout !== undefined) frames.push(readFrame(layout, body));
      else if (code < FIRST_IGNORABLE_TYPE) throw new MalformedBytes(`unknown frame type ${code}`);
    }
    return { ok: true, frames };
  } catch (error) {
    if (error instanceof MalformedBytes) return { ok: false, problem: error.message };
    throw error;
  }
}
