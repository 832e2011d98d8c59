// Folders of files for tests: made from a table, read back as a table, so that two of them can be compared.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open, readdir, readlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Path below a folder (`/`-separated, a final `/` for a folder) → content. */
export type Tree = Record<string, Uint8Array | "folder">;

/** Up to this size a file is read at once. */
const SMALL_BYTES = 1 << 20;

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  if (statSync(path).size <= SMALL_BYTES) return hash.update(readFileSync(path)).digest("hex");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Writes `bytes` random bytes. @returns their SHA-256 */
export async function randomFile(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const chunk = 1 << 20;
  const file = await open(path, "w");
  try {
    for (let left = bytes; left > 0; left -= chunk) {
      const piece = randomBytes(Math.min(chunk, left));
      hash.update(piece);
      await file.write(piece);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/** In one turn: thousands of small files through the thread pool take many seconds on a busy machine. */
export function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const target = join(folder, path);
    mkdirSync(content === "folder" ? target : dirname(target), { recursive: true });
    if (content !== "folder") writeFileSync(target, content);
  }
  return Promise.resolve();
}

/** Path → SHA-256, `folder`, or `-> target`: what is below a folder, hidden things included. */
export async function readTree(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1).replaceAll("\\", "/");
    if (entry.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
    else found[name] = entry.isDirectory() ? "folder" : await sha256Of(path);
  }
  return found;
}
