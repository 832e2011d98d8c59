// Reads SCTP packets for tests, apart from the engine's own codec: what a ladder shows, and what peer models change.
// RFC 9260 §3.

export const ChunkType = { DATA: 0, INIT: 1, INIT_ACK: 2, SACK: 3, COOKIE_ECHO: 10 } as const;

const NAMES: Record<number, string> = {
  0: "DATA",
  1: "INIT",
  2: "INIT-ACK",
  3: "SACK",
  4: "HEARTBEAT",
  5: "HEARTBEAT-ACK",
  6: "ABORT",
  7: "SHUTDOWN",
  8: "SHUTDOWN-ACK",
  9: "ERROR",
  10: "COOKIE-ECHO",
  11: "COOKIE-ACK",
  14: "SHUTDOWN-COMPLETE",
  64: "I-DATA",
  130: "RE-CONFIG",
  132: "PAD",
  192: "FORWARD-TSN",
  194: "I-FORWARD-TSN",
};

const HEADER_BYTES = 12;
const MOST_CHUNKS = 400;

export interface Chunk {
  type: number;
  flags: number;
  /** The chunk with its header, padding left out. */
  bytes: Uint8Array;
  view: DataView;
}

/** The chunks as far as the packet makes sense. */
export function chunksOf(packet: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let offset = HEADER_BYTES; offset + 4 <= packet.length && chunks.length < MOST_CHUNKS; ) {
    const header = new DataView(packet.buffer, packet.byteOffset + offset);
    const length = header.getUint16(2);
    if (length < 4 || offset + length > packet.length) break;
    const bytes = packet.subarray(offset, offset + length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    chunks.push({ type: header.getUint8(0), flags: header.getUint8(1), bytes, view });
    offset += (length + 3) & ~3;
  }
  return chunks;
}

export function chunkName(type: number): string {
  return NAMES[type] ?? `chunk ${type}`;
}

/** Whether the packet has a chunk of this type. */
export function hasChunk(packet: Uint8Array, type: number): boolean {
  return chunksOf(packet).some((chunk) => chunk.type === type);
}

/** A packet with the header of `packet` and these chunks; the checksum is the caller's. */
export function assemble(packet: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = chunks.reduce((sum, chunk) => sum + ((chunk.length + 3) & ~3), HEADER_BYTES);
  const made = new Uint8Array(bytes);
  made.set(packet.subarray(0, HEADER_BYTES));
  let offset = HEADER_BYTES;
  for (const chunk of chunks) {
    made.set(chunk, offset);
    offset += (chunk.length + 3) & ~3;
  }
  return made;
}

/** One line about a packet. */
export function describePacket(packet: Uint8Array): string {
  if (packet.length < HEADER_BYTES) return "no SCTP packet";
  return chunksOf(packet).map(describeChunk).join("; ");
}

function describeChunk(chunk: Chunk): string {
  const { type, flags, view } = chunk;
  const name = chunkName(type);
  const u32 = (offset: number) => (view.byteLength >= offset + 4 ? view.getUint32(offset) : NaN);
  const u16 = (offset: number) => (view.byteLength >= offset + 2 ? view.getUint16(offset) : NaN);
  switch (type) {
    case ChunkType.DATA: {
      const letters = ["E", "B", "U", "I"].filter((_, bit) => flags & (1 << bit)).join("");
      const size = view.byteLength - 16;
      return `${name} tsn=${u32(4)} sid=${u16(8)} ssn=${u16(10)} ppid=${u32(12)} ${letters} ${size} B`;
    }
    case ChunkType.INIT:
    case ChunkType.INIT_ACK:
      return `${name} tag=${u32(4).toString(16)} rwnd=${u32(8)} os=${u16(12)} mis=${u16(14)} tsn=${u32(16)}`;
    case ChunkType.SACK:
      return `${name} cum=${u32(4)} rwnd=${u32(8)}${describeGaps(view, u16(12), u16(14))}`;
    case 192:
      return `${name} cum=${u32(4)}`;
    default:
      return `${name}${flags === 0 ? "" : ` flags=${flags}`} ${view.byteLength} B`;
  }
}

const SHOWN_GAPS = 8;

function describeGaps(view: DataView, gapCount: number, duplicateCount: number): string {
  const gaps: string[] = [];
  for (let gap = 0; gap < gapCount && 20 + 4 * gap <= view.byteLength; gap += 1) {
    gaps.push(`${view.getUint16(16 + 4 * gap)}-${view.getUint16(18 + 4 * gap)}`);
  }
  const shown = gaps.slice(0, SHOWN_GAPS).join(",");
  const rest = gaps.length > SHOWN_GAPS ? ` of ${gaps.length}` : "";
  return `${gapCount === 0 ? "" : ` gaps=${shown}${rest}`}${duplicateCount === 0 ? "" : ` dups=${duplicateCount}`}`;
}
