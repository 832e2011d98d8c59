// Finds out whether a folder takes a new file that holds something, and leaves none there.
import type { DiskHandle, FileSystem } from "./file-system.ts";
import { NEW_FILE_FLAGS } from "./open-flags.ts";

const OWNER_ONLY = 0o600;
/** One block of every common file system, so that a full one has no room for it. */
const PROBE_BYTES = 4096;

/**
 * Makes, writes and removes a file.
 * @param path - of a file that is not there; a process that is killed between two calls may leave it
 * @throws the system's error
 */
export async function probeFile(path: string, fs: FileSystem): Promise<void> {
  const handle = await fs.open(path, NEW_FILE_FLAGS, OWNER_ONLY);
  try {
    // It has no name any more when anything ends this process.
    await fs.unlink(path);
    await writeBlock(handle);
  } finally {
    await handle.close().catch(() => {});
  }
}

async function writeBlock(handle: DiskHandle): Promise<void> {
  const block = new Uint8Array(PROBE_BYTES);
  for (let at = 0; at < block.length; ) at += (await handle.write(block, at, block.length - at, at)).bytesWritten;
}
