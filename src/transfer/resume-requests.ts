// The receiver's half of resuming: which files of one transfer it has in part, the sender's hashes of their blocks as
// they arrive, and the blocks kept after the comparison. Hashes are accepted in order and only as many as requested.
import { SHA256_BYTES } from "./frames.ts";
import { type BlockPlan, blockCount, KeptBlocks, planBlocks } from "./kept-blocks.ts";

/** A file of a proposal that is on this disk in part. */
export interface ResumableFile {
  readonly index: number;
  /** Size of the part; ≥ 1 and at most the size of the file. */
  readonly bytes: number;
}

interface Request {
  readonly plan: BlockPlan;
  readonly hashes: Uint8Array;
  filledBytes: number;
}

export class ResumeRequests {
  readonly #open = new Map<number, Request>();
  readonly #kept = new Map<number, KeptBlocks>();
  #keptBytes = 0;

  constructor(files: readonly ResumableFile[]) {
    for (const { index, bytes } of files) {
      const plan = planBlocks(bytes);
      this.#open.set(index, { plan, hashes: new Uint8Array(blockCount(plan) * SHA256_BYTES), filledBytes: 0 });
    }
  }

  /** Number of files that are not settled. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Bytes kept of all settled files together. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  plans(): [index: number, plan: BlockPlan][] {
    return [...this.#open].map(([index, { plan }]) => [index, plan]);
  }

  /** @returns all hashes of a file once the last have arrived, or the problem with these */
  addHashes(index: number, first: number, hashes: Uint8Array): { all: Uint8Array | undefined } | { problem: string } {
    const request = this.#open.get(index);
    if (request === undefined) return { problem: "hashes of blocks that nobody asked for" };
    if (first * SHA256_BYTES !== request.filledBytes) return { problem: "hashes of blocks out of order" };
    if (hashes.length > request.hashes.length - request.filledBytes) return { problem: "hashes of too many blocks" };
    request.hashes.set(hashes, request.filledBytes);
    request.filledBytes += hashes.length;
    return { all: request.filledBytes === request.hashes.length ? request.hashes : undefined };
  }

  /** @param bitmap - marks equal blocks; @returns the blocks that need not come, undefined if already settled */
  settle(index: number, bitmap: Uint8Array, fileBytes: number): KeptBlocks | undefined {
    const request = this.#open.get(index);
    if (request === undefined) return undefined;
    const kept = new KeptBlocks(request.plan, bitmap, fileBytes);
    this.#open.delete(index);
    this.#kept.set(index, kept);
    this.#keptBytes += kept.keptBytes;
    return kept;
  }

  /** The sender has reported that it cannot send this file. */
  giveUp(index: number): void {
    this.#open.delete(index);
  }

  kept(index: number): KeptBlocks | undefined {
    return this.#kept.get(index);
  }
}
