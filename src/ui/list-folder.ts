// What is in a folder, for Tab.
import { readdir } from "node:fs/promises";
import type { FolderEntry } from "./complete.ts";

/** A link counts as what it leads to only when opened; here it is a file. One that cannot be read is empty. */
export async function listFolder(path: string): Promise<FolderEntry[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
  } catch {
    return [];
  }
}
