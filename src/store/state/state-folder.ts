// A folder of the state directory: nobody but its owner looks into it. The directory above is made like that too, but it
// may be one that the person chose, and is left as it is when it was there before.
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { systemReason } from "../file-system.ts";

const OWNER_ONLY = 0o700;

/**
 * Makes it when it is not there, with mode 0700 in any case.
 * @returns its path
 * @throws P2pError WRITE_FAILED
 */
export async function openStateFolder(stateDir: string, name: string): Promise<string> {
  const path = join(stateDir, name);
  try {
    await mkdir(path, { recursive: true, mode: OWNER_ONLY });
    await chmod(path, OWNER_ONLY);
    return path;
  } catch (cause) {
    throw new P2pError("WRITE_FAILED", { path, reason: systemReason(cause) }, { cause });
  }
}
