// The sender's half of resuming: how many files of one transfer the receiver has in part, the hashes of their blocks
// on the way to it, and which blocks it keeps. Nothing else of the transfer moves before all of them are settled.
import { BLOCKS_OVERHEAD_BYTES, encodeFrame, SHA256_BYTES } from "./frames.ts";
import { type BlockPlan, blockCount, KeptBlocks } from "./kept-blocks.ts";
import { MAX_RESUMED_FILES } from "./limits.ts";

interface Answer {
  readonly index: number;
  readonly hashes: Uint8Array;
  sentBlocks: number;
}

export class ResumeAnswers {
  /** Number of files that were announced in the ACCEPT and are not settled. */
  #openCount = 0;
  /** Number of files that were announced and are not yet decided. */
  #undecidedCount = 0;
  /** Plans of the files that are decided and not settled. */
  readonly #plans = new Map<number, BlockPlan>();
  /** Hashes that are computed and not all sent. */
  readonly #queue: Answer[] = [];
  /** Files whose hashes are all sent, so that their KEEP may come. */
  readonly #answered = new Set<number>();
  #keptBytes = 0;

  /** @param count - from the ACCEPT; @returns the problem with it */
  announce(count: number): string | undefined {
    if (count > MAX_RESUMED_FILES) return "an ACCEPT that resumes too many files";
    this.#openCount = count;
    this.#undecidedCount = count;
    return undefined;
  }

  get isSettled(): boolean {
    return this.#openCount === 0;
  }

  /** Bytes kept of all settled files together. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Files whose hashes wait for the channel. */
  get waitingCount(): number {
    return this.#queue.length;
  }

  /** @returns false when no more files were announced */
  decide(index: number, plan: BlockPlan): boolean {
    if (this.#undecidedCount === 0) return false;
    this.#undecidedCount -= 1;
    this.#plans.set(index, plan);
    return true;
  }

  plan(index: number): BlockPlan | undefined {
    return this.#plans.get(index);
  }

  answer(index: number, hashes: Uint8Array): void {
    this.#queue.push({ index, hashes, sentBlocks: 0 });
  }

  /** The file cannot be read: its FILE-FAILED settles it. */
  giveUp(index: number): void {
    if (this.#plans.delete(index)) this.#openCount -= 1;
  }

  /** @returns the blocks that need not be sent, or undefined when no KEEP may come for this file */
  keep(index: number, bitmap: Uint8Array, fileBytes: number): KeptBlocks | undefined {
    const plan = this.#plans.get(index);
    if (plan === undefined || !this.#answered.delete(index)) return undefined;
    this.#plans.delete(index);
    this.#openCount -= 1;
    const kept = new KeptBlocks(plan, bitmap.slice(), fileBytes);
    this.#keptBytes += kept.keptBytes;
    return kept;
  }

  /** @returns the new end of the message */
  writeFrames(transfer: number, into: Uint8Array, start: number): number {
    let at = start;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const { index, hashes, sentBlocks: first } = next;
      const count = hashes.length / SHA256_BYTES;
      const room = Math.floor((into.length - at - BLOCKS_OVERHEAD_BYTES) / SHA256_BYTES);
      const last = Math.min(count, first + room);
      if (last <= first) return at;
      const piece = hashes.subarray(first * SHA256_BYTES, last * SHA256_BYTES);
      at += encodeFrame({ type: "blocks", transfer, index, first, hashes: piece }, into, at);
      next.sentBlocks = last;
      if (last < count) return at;
      this.#answered.add(index);
      this.#queue.shift();
    }
    return at;
  }
}

/** Returns whether the shell's hashes are those of a plan; if not, the caller has made a mistake. */
export function areHashesOf(plan: BlockPlan, hashes: Uint8Array): boolean {
  return hashes.length === blockCount(plan) * SHA256_BYTES;
}
