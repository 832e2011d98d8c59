// A resumed part: a part of an earlier session, locked and open. Its blocks are hashed while the sender hashes its own,
// then compared, and identical blocks are kept. It trusts neither the journal nor the file's size.
import { createHash, type Hash } from "node:crypto";
import { areEqual } from "../../lib/bytes.ts";
import { SHA256_BYTES } from "../../transfer/frames.ts";
import { type BlockPlan, blockCount, KeptBlocks, planBlocks } from "../../transfer/kept-blocks.ts";
import type { DiskHandle } from "../file-system.ts";
import type { PartPlace } from "./part-journal.ts";
import type { Resumable } from "./resumable-parts.ts";
import type { FoundPart } from "./unfinished-parts.ts";

/** Larger blocks are hashed in pieces. */
const READ_BYTES = 1024 * 1024;

interface OwnHashes {
  readonly blocks: Uint8Array;
  /** Hash of all blocks together, which later bytes continue. */
  readonly whole: Hash;
}

export class ResumedPart {
  readonly place: PartPlace;
  readonly found: FoundPart;
  /** The file had another size or time when the part was started. */
  readonly hasChanged: boolean;
  readonly plan: BlockPlan;
  readonly handle: DiskHandle;
  /** Size of the part, which may be larger than the file is now. */
  readonly partBytes: number;
  readonly #fileBytes: number;
  #own: Promise<OwnHashes | undefined> | undefined;
  #kept: KeptBlocks | undefined;
  #whole: Hash | undefined;
  #isClosed = false;

  /** @param handle - open for reading and writing; this object owns it from now on */
  constructor({ found, hasChanged }: Pick<Resumable, "found" | "hasChanged">, handle: DiskHandle, fileBytes: number) {
    const partBytes = found.part?.bytes ?? 0;
    this.place = found.place;
    this.found = found;
    this.hasChanged = hasChanged;
    this.handle = handle;
    this.partBytes = partBytes;
    this.#fileBytes = fileBytes;
    this.plan = planBlocks(Math.min(partBytes, fileBytes));
  }

  /** Hashes the blocks; call it once. @returns when it has finished; it never rejects */
  async hash(): Promise<void> {
    this.#own = this.#hashBlocks().catch(() => undefined);
    await this.#own;
  }

  async #hashBlocks(): Promise<OwnHashes | undefined> {
    const { bytes, blockBytes } = this.plan;
    const blocks = new Uint8Array(blockCount(this.plan) * SHA256_BYTES);
    const whole = createHash("sha256");
    const buffer = new Uint8Array(Math.min(READ_BYTES, bytes));
    for (let start = 0, at = 0; start < bytes; start += blockBytes, at += SHA256_BYTES) {
      const end = Math.min(start + blockBytes, bytes);
      const block = createHash("sha256");
      for (let position = start; position < end; ) {
        if (this.#isClosed) return undefined;
        const { bytesRead } = await this.handle.read(buffer, 0, Math.min(buffer.length, end - position), position);
        if (bytesRead === 0) return undefined;
        const piece = buffer.subarray(0, bytesRead);
        block.update(piece);
        whole.update(piece);
        position += bytesRead;
      }
      blocks.set(block.digest(), at);
    }
    return { blocks, whole };
  }

  /**
   * @param hashes - the sender's hashes, 32 bytes for each block of the plan; call `hash` first
   * @returns bitmap of the identical blocks; no bit is set when this disk cannot read the part
   */
  async compare(hashes: Uint8Array): Promise<Uint8Array> {
    const count = blockCount(this.plan);
    const bitmap = new Uint8Array(Math.ceil(count / 8));
    const own = await this.#own;
    let same = 0;
    for (let block = 0; own !== undefined && block < count; block += 1) {
      const [from, to] = [block * SHA256_BYTES, (block + 1) * SHA256_BYTES];
      if (!areEqual(own.blocks.subarray(from, to), hashes.subarray(from, to))) continue;
      bitmap[block >> 3] = (bitmap[block >> 3] ?? 0) | (1 << (block & 7));
      same += 1;
    }
    this.#kept = new KeptBlocks(this.plan, bitmap, this.#fileBytes);
    if (same === 0) this.#whole = createHash("sha256");
    else if (same === count) this.#whole = own?.whole;
    return bitmap;
  }

  /** The number of bytes that both sides have in common; 0 before `compare`. */
  get keptBytes(): number {
    return this.#kept?.keptBytes ?? 0;
  }

  /** SHA-256 of everything before the first byte that will arrive; undefined when bytes fill gaps. */
  get wholeHash(): Hash | undefined {
    return this.#whole;
  }

  /** Abandons the part before it was started. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#own;
    await this.handle.close().catch(() => {});
  }
}
