// The bytes of what is published: a file, which is read wherever it is asked for, or stdin, which is read once from its
// start.
import { type FileHandle, open } from "node:fs/promises";
import { joinBytes } from "../../lib/bytes.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { errnoOf, systemPath, systemReason } from "../file-system.ts";
import { READ_FLAGS } from "../open-flags.ts";
import { kindOf, OddFileError } from "../regular-file.ts";

const BLOCK_BYTES = 65_536;

export interface MediaInput {
  /** The first bytes, as many as were asked for or as there are. */
  readonly start: Uint8Array;
  /** Everything from the start; once. */
  stream(): AsyncIterable<Uint8Array>;
  /** Absent: it can only be read once. */
  readonly random?: {
    readonly bytes: number;
    /** @returns fewer bytes than asked for only where the file has become shorter */
    read(from: number, to: number): Promise<Uint8Array>;
  };
  close(): Promise<void>;
}

/**
 * Opens a regular file.
 * @param startBytes - how many bytes of its start are wanted
 * @throws P2pError PATH_MISSING, PATH_UNREADABLE
 */
export async function openFileInput(path: string, startBytes: number): Promise<MediaInput> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(systemPath(path), READ_FLAGS);
    const stats = await handle.stat();
    const odd = kindOf(stats);
    if (odd !== undefined) throw new OddFileError(odd);
    return fileInput(handle, stats.size, await readAt(handle, 0, startBytes));
  } catch (cause) {
    await handle?.close().catch(() => {});
    if (errnoOf(cause) === "ENOENT") throw new P2pError("PATH_MISSING", { path }, { cause });
    throw new P2pError("PATH_UNREADABLE", { path, reason: systemReason(cause) }, { cause });
  }
}

function fileInput(handle: FileHandle, bytes: number, start: Uint8Array): MediaInput {
  return {
    start,
    random: { bytes, read: (from, to) => readAt(handle, from, to - from) },
    async *stream() {
      for (let at = 0; ; ) {
        const block = await readAt(handle, at, BLOCK_BYTES);
        if (block.length === 0) return;
        yield block;
        at += block.length;
      }
    },
    close: () => handle.close(),
  };
}

async function readAt(handle: FileHandle, position: number, bytes: number): Promise<Uint8Array> {
  const into = new Uint8Array(bytes);
  let length = 0;
  while (length < bytes) {
    const { bytesRead } = await handle.read(into, length, bytes - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return into.subarray(0, length);
}

/**
 * Reads the start of a stream, and no more until it is asked for.
 * @throws P2pError PATH_UNREADABLE
 */
export async function openStreamInput(stream: AsyncIterable<Uint8Array>, startBytes: number): Promise<MediaInput> {
  const chunks = stream[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    try {
      return await chunks.next();
    } catch (cause) {
      throw new P2pError("PATH_UNREADABLE", { path: "-", reason: systemReason(cause) }, { cause });
    }
  };
  let start: Uint8Array = new Uint8Array();
  while (start.length < startBytes) {
    const { done = false, value } = await next();
    if (done || value === undefined) break;
    start = joinBytes([start, value]);
  }
  return {
    start,
    async *stream() {
      yield start;
      for (;;) {
        const { done = false, value } = await next();
        if (done || value === undefined) return;
        yield value;
      }
    },
    close: async () => {
      await chunks.return?.();
    },
  };
}
