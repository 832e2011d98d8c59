// Files and folders that a person picks or drops, with their places below what was chosen.
import { MAX_ENTRIES } from "../transfer/limits.ts";
import type { ChosenFile } from "./page-source.ts";

/** The files of a file or folder picker. */
export function pickedFiles({ files }: HTMLInputElement): ChosenFile[] {
  return [...(files ?? [])].map((file) => ({
    path: file.webkitRelativePath === "" ? file.name : file.webkitRelativePath,
    file,
  }));
}

/** What was dropped: files, and the files of folders however deep. Empty folders are left out: browsers tell no more. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<ChosenFile[]> {
  // Entries are there only in this turn.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...files].map((file) => ({ path: file.name, file }));
  const found: ChosenFile[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: ChosenFile[]): Promise<void> {
  // One more than may be sent, so that the plan refuses them.
  if (found.length > MAX_ENTRIES) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await collect(each, found);
  }
}
