// Files that p2p makes and may therefore replace: they are known by a mark near their beginning.
import { readRegularFile } from "./regular-file.ts";

/** Far more than any file of ours with a mark has. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Whether nothing has a name, or a file with our mark within its first bytes has it. */
export async function isFreeOrMarked(path: string, mark: string, withinBytes: number): Promise<boolean> {
  try {
    const { bytes } = await readRegularFile(path, { maxBytes: MAX_BYTES });
    return new TextDecoder().decode(bytes.subarray(0, withinBytes)).includes(mark);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
