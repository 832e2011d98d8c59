// The licenses of p2p and of the packages in its bundle, as the build has put them together.
import { P2pError } from "../lib/errors/p2p-error.ts";
import { systemReason } from "./file-system.ts";
import { readShippedFile } from "./shipped-file.ts";

/** @returns UTF-8 text @throws P2pError LICENSES_MISSING when this installation has none */
export async function readLicenses(): Promise<Uint8Array> {
  try {
    return await readShippedFile("licenses.txt");
  } catch (cause) {
    throw new P2pError("LICENSES_MISSING", { reason: systemReason(cause) }, { cause });
  }
}
