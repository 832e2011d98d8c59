// Lists a folder for Tab; the only disk access of completion.
import { readdir } from "node:fs/promises";
import type { FolderEntry } from "./complete.ts";

/** Lists a folder for Tab. A link is resolved only when opened; here it counts as a file. */
export async function listFolder(path: string): Promise<FolderEntry[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
  } catch {
    return [];
  }
}
