// SHA-256 (FIPS 180-4) for the pure folders, which have no platform: for short texts, without any claim to speed. What is
// secret or long is hashed by the platform.

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;
const BITS_PER_BYTE = 8;
const PRIMES_NEEDED = 64;
const WORD = 2 ** 32;

/** The first 32 bits of the fractional parts of the roots of the first primes. FIPS 180-4 §4.2.2, §5.3.3. */
const { roots: ROUND_CONSTANTS, squares } = constants();
const INITIAL_STATE = squares.slice(0, 8);

/** @returns the digest as 64 lower-case hex digits */
export function sha256Hex(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil((bytes.length + 1 + LENGTH_BYTES) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor((bytes.length * BITS_PER_BYTE) / WORD));
  view.setUint32(padded.length - 4, (bytes.length * BITS_PER_BYTE) % WORD);
  const state = Uint32Array.from(INITIAL_STATE);
  const schedule = new Uint32Array(PRIMES_NEEDED);
  for (let block = 0; block < padded.length; block += BLOCK_BYTES) compress(state, schedule, view, block);
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

function compress(state: Uint32Array, schedule: Uint32Array, view: DataView, block: number): void {
  for (let at = 0; at < 16; at += 1) schedule[at] = view.getUint32(block + at * 4);
  const word = (at: number): number => schedule[at] ?? 0;
  for (let at = 16; at < PRIMES_NEEDED; at += 1) {
    const s0 = rotated(word(at - 15), 7) ^ rotated(word(at - 15), 18) ^ (word(at - 15) >>> 3);
    const s1 = rotated(word(at - 2), 17) ^ rotated(word(at - 2), 19) ^ (word(at - 2) >>> 10);
    schedule[at] = word(at - 16) + s0 + word(at - 7) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let at = 0; at < PRIMES_NEEDED; at += 1) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const one = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[at] ?? 0) + word(at)) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  for (const [at, value] of [a, b, c, d, e, f, g, h].entries()) state[at] = (state[at] ?? 0) + value;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function constants(): { roots: number[]; squares: number[] } {
  const primes: number[] = [];
  for (let number = 2; primes.length < PRIMES_NEEDED; number += 1) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  const fraction = (root: number): number => Math.floor((root % 1) * WORD);
  return {
    roots: primes.map((prime) => fraction(Math.cbrt(prime))),
    squares: primes.map((prime) => fraction(Math.sqrt(prime))),
  };
}
