// What Tab chooses from: the one look at the disk that completing takes.
import { readdir } from "node:fs/promises";
import type { FolderEntry } from "./complete.ts";

/** For Tab. A link counts as what it leads to only when opened; here it is a file. */
export async function listFolder(path: string): Promise<FolderEntry[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
  } catch {
    return [];
  }
}
