// G.711: µ-law and A-law, a byte a sample, 8,000 a second. ITU-T G.711.

/** Samples a second, and so bytes. */
export const G711_RATE = 8_000;
/** Silence in each law: the smallest step above zero. */
export const SILENCE = { pcmu: 0xff, pcma: 0xd5 } as const;

const BIAS = 0x84;
const CLIP = 32_635;

/** The µ-law byte of a sample of 16 bits. */
export function muLawOf(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}
