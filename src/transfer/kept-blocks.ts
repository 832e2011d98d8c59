// Kept blocks: which bytes of a file the receiver has from an earlier session, in blocks, and which have to be sent.
// Both sides compute offsets with this code, so that they agree on each. No plan of the peer is trusted before
// `isPlanFor`.
import { MAX_BLOCKS, MIN_BLOCK_BYTES } from "./limits.ts";

/** The first bytes of a file, cut into blocks to compare. The last block is the remainder. */
export interface BlockPlan {
  /** Number of bytes from the start of the file; ≥ 1. */
  readonly bytes: number;
  /** A power of two, ≥ MIN_BLOCK_BYTES. */
  readonly blockBytes: number;
}

/** @param bytes - ≥ 1 */
export function planBlocks(bytes: number): BlockPlan {
  let blockBytes = MIN_BLOCK_BYTES;
  while (bytes > blockBytes * MAX_BLOCKS) blockBytes *= 2;
  return { bytes, blockBytes };
}

/** The number of blocks of a plan; the last one may be short. */
export function blockCount({ bytes, blockBytes }: BlockPlan): number {
  return Math.ceil(bytes / blockBytes);
}

/** Returns whether a plan of the peer is one that `planBlocks` makes for a file of this size. */
export function isPlanFor(plan: BlockPlan, fileBytes: number): boolean {
  return plan.bytes > 0 && plan.bytes <= fileBytes && plan.blockBytes === planBlocks(plan.bytes).blockBytes;
}

export class KeptBlocks {
  readonly plan: BlockPlan;
  /** Bit `i % 8` of byte `i / 8`: block `i` exists and is correct. Missing bytes are 0. */
  readonly bitmap: Uint8Array;
  readonly #fileBytes: number;

  /** @param bitmap - bits after the last block are ignored */
  constructor(plan: BlockPlan, bitmap: Uint8Array, fileBytes: number) {
    this.plan = plan;
    this.bitmap = bitmap;
    this.#fileBytes = fileBytes;
  }

  #isKept(block: number): boolean {
    return ((this.bitmap[block >> 3] ?? 0) & (1 << (block & 7))) !== 0;
  }

  /** Bytes that need not be sent. */
  get keptBytes(): number {
    const { bytes, blockBytes } = this.plan;
    let kept = 0;
    for (let block = 0; block < blockCount(this.plan); block += 1) {
      if (this.#isKept(block)) kept += Math.min(blockBytes, bytes - block * blockBytes);
    }
    return kept;
  }

  /** The first offset ≥ `offset` that has to be sent; the size of the file when there is none. */
  nextWanted(offset: number): number {
    const { bytes, blockBytes } = this.plan;
    for (let at = offset; at < bytes; at = (Math.floor(at / blockBytes) + 1) * blockBytes) {
      if (!this.#isKept(Math.floor(at / blockBytes))) return at;
    }
    return offset < bytes ? bytes : Math.min(offset, this.#fileBytes);
  }

  /** The end of the run of bytes to send, from an offset in it; > `offset` unless that is the size. */
  wantedEnd(offset: number): number {
    const { bytes, blockBytes } = this.plan;
    for (let at = offset; at < bytes; at = (Math.floor(at / blockBytes) + 1) * blockBytes) {
      if (this.#isKept(Math.floor(at / blockBytes))) return at;
    }
    return this.#fileBytes;
  }
}
