// The sparse handle: does not write zeros to the disk, because unwritten ranges of a file read as zeros and take no
// space. The received bytes contain the zeros of the sender's holes, so a sparse file arrives sparse again.
import type { DiskHandle } from "../file-system.ts";

/** All-zero pieces of this size or more are skipped: smaller holes hardly save a block. */
const MIN_HOLE_BYTES = 4096;
/** A file up to this size is written as it is. */
const MIN_FILE_BYTES = 64 * 1024;
/** No received piece is larger than this. */
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Wraps the handle of a file so that `writev` at increasing positions skips zeros behind its end; a flush gives the file
 * the length of everything written.
 * @param fileBytes - how large the file will be
 * @param presentBytes - how large it is: what is there may be no zeros, so it is written over
 */
export function sparseHandle(handle: DiskHandle, fileBytes: number, presentBytes: number): DiskHandle {
  return fileBytes > MIN_FILE_BYTES ? new SparseHandle(handle, presentBytes) : handle;
}

/** Gives the file the length of everything written, which a flush would do too. */
export async function giveLength(handle: DiskHandle): Promise<void> {
  if (handle instanceof SparseHandle) await handle.giveLength();
}

class SparseHandle implements DiskHandle {
  readonly #handle: DiskHandle;
  /** Length of the file on the disk. */
  #fileBytes: number;
  /** Length of the file from the writer's point of view. */
  #writtenBytes: number;

  constructor(handle: DiskHandle, presentBytes: number) {
    this.#handle = handle;
    this.#fileBytes = presentBytes;
    this.#writtenBytes = presentBytes;
  }

  get fd(): number {
    return this.#handle.fd;
  }

  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    return this.#handle.read(into, offset, length, position);
  }

  async write(from: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    const written = await this.#handle.write(from, offset, length, position);
    this.#note(position + written.bytesWritten);
    return written;
  }

  async writev(parts: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }> {
    let bytes = 0;
    for (const run of runsOf(parts)) {
      const at = position + bytes;
      if (run.isHole && at >= this.#fileBytes) {
        this.#writtenBytes = Math.max(this.#writtenBytes, at + run.bytes);
        bytes += run.bytes;
        continue;
      }
      const { bytesWritten } = await this.#handle.writev(run.parts, at);
      this.#note(at + bytesWritten);
      bytes += bytesWritten;
      if (bytesWritten < run.bytes) break;
    }
    return { bytesWritten: bytes };
  }

  #note(end: number): void {
    this.#fileBytes = Math.max(this.#fileBytes, end);
    this.#writtenBytes = Math.max(this.#writtenBytes, end);
  }

  async giveLength(): Promise<void> {
    const end = this.#writtenBytes;
    // Writing the last zero gives the file its length. A truncate could cut off a concurrent write.
    if (this.#fileBytes < end) await this.write(ZEROS, 0, 1, end - 1);
  }

  async sync(): Promise<void> {
    await this.giveLength();
    await this.#handle.sync();
  }

  async truncate(bytes: number): Promise<void> {
    await this.#handle.truncate(bytes);
    this.#fileBytes = bytes;
    this.#writtenBytes = bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

interface Run {
  readonly isHole: boolean;
  readonly parts: Uint8Array[];
  bytes: number;
}

/** Groups adjacent parts into runs that are written and runs that are skipped. */
function runsOf(parts: readonly Uint8Array[]): Run[] {
  const runs: Run[] = [];
  for (const part of parts) {
    const isHole = isZero(part);
    const last = runs.at(-1);
    if (last?.isHole === isHole) {
      last.parts.push(part);
      last.bytes += part.length;
    } else {
      runs.push({ isHole, parts: [part], bytes: part.length });
    }
  }
  return runs;
}

function isZero(part: Uint8Array): boolean {
  if (part.length < MIN_HOLE_BYTES || part[0] !== 0 || part.length > ZEROS.length) return false;
  return ZEROS.subarray(0, part.length).equals(part);
}
