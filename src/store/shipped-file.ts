// The files that p2p brings beside its program: in the package they lie in dist, in a single binary they are inside it.
import { readFile } from "node:fs/promises";
import { getAsset, isSea } from "node:sea";

export type ShippedFile = "p2p.html" | "licenses.txt";

/**
 * @param inside - returns the bytes of a file of a single binary; undefined where this program is none
 * @throws Error of the system when this installation does not have it
 */
export async function readShippedFile(
  name: ShippedFile,
  inside: ((name: ShippedFile) => ArrayBuffer) | undefined = isSea() ? getAsset : undefined,
): Promise<Uint8Array> {
  if (inside !== undefined) return new Uint8Array(inside(name));
  // This relative path is right from src/store, build/store and dist/chunks.
  return await readFile(new URL(`../../dist/${name}`, import.meta.url));
}
