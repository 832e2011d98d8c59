// How long an Opus packet sounds, by its first bytes (RFC 6716 §3.1), and the header of Opus in files (RFC 7845 §5.1).

/** µs of a frame, by the configuration in steps of four or two: SILK, hybrid, CELT. */
const SILK_US = [10_000, 20_000, 40_000, 60_000];
const HYBRID_US = [10_000, 20_000];
const CELT_US = [2_500, 5_000, 10_000, 20_000];
/** Longer packets are not valid (RFC 6716 §3.2.5). */
const MAX_PACKET_US = 120_000;
/** 48 frames of 1,275 bytes, with their sizes (RFC 6716 §3.4). */
const MAX_PACKET_BYTES = 61_440;

function frameUs(config: number): number {
  if (config < 12) return SILK_US[config % 4] ?? 0;
  return (config < 16 ? HYBRID_US[config % 2] : CELT_US[config % 4]) ?? 0;
}

/** @returns µs; undefined for what is no packet */
export function opusDurationUs(packet: Uint8Array): number | undefined {
  const [toc, counts = 0] = packet;
  if (toc === undefined || packet.length > MAX_PACKET_BYTES) return undefined;
  const code = toc & 3;
  if (code === 3 && packet.length < 2) return undefined;
  const frames = code === 3 ? counts & 63 : code === 0 ? 1 : 2;
  const durationUs = frames * frameUs(toc >> 3);
  return durationUs > 0 && durationUs <= MAX_PACKET_US ? durationUs : undefined;
}

const HEAD_RATE = 48_000;

/** What an Opus track begins with. There is no pre-skip: a stream that is recorded has begun before the file does. */
export function opusHead(channels: number): Uint8Array {
  const bytes = new Uint8Array(19);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("OpusHead"));
  bytes[8] = 1; // Version.
  bytes[9] = channels;
  view.setUint32(12, HEAD_RATE, true);
  return bytes;
}
