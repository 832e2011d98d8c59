// The folders of one proposal, as a tree of names: each name is stored once, however many paths lead through it. A path
// of 4 KiB may have 255 folders, so storing the whole path of each would grow with the square of the depth.

/** The folder that all paths start in. */
export const ROOT_FOLDER = 0;

export class FolderTree {
  /** Folder numbers by `parent/name`, where the parent is a number. */
  readonly #ids = new Map<string, number>();
  /** The same keys by folder number; the root has none. */
  readonly #keys: string[] = [""];
  readonly #parents: number[] = [ROOT_FOLDER];
  /** Segments of the path that was added last, and its folders: the next path mostly shares its first folders. */
  #lastSegments: readonly string[] = [];
  #lastFolders: number[] = [];

  /** Number of folders without the root. They are numbered 1 to `count`, each higher than its parent. */
  get count(): number {
    return this.#keys.length - 1;
  }

  /**
   * @param segments - safe names
   * @param depth - how many of the segments are folders: all, or all but the last
   * @returns the number of the innermost folder; the root's for a depth of 0
   */
  add(segments: readonly string[], depth: number): number {
    const folders: number[] = [];
    let folder = ROOT_FOLDER;
    let isShared = true;
    for (let at = 0; at < depth; at += 1) {
      const name = segments[at] ?? "";
      isShared &&= this.#lastSegments[at] === name;
      folder = (isShared ? this.#lastFolders[at] : undefined) ?? this.#child(folder, name);
      folders.push(folder);
    }
    this.#lastSegments = segments;
    this.#lastFolders = folders;
    return folder;
  }

  #child(parent: number, name: string): number {
    const key = `${parent}/${name}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const folder = this.#keys.length;
    this.#ids.set(key, folder);
    this.#keys.push(key);
    this.#parents.push(parent);
    return folder;
  }

  /** @param folder - 1 to `count`; the root is its own parent */
  parentOf(folder: number): number {
    return this.#parents[folder] ?? ROOT_FOLDER;
  }

  nameOf(folder: number): string {
    const key = this.#keys[folder] ?? "";
    return key.slice(key.indexOf("/") + 1);
  }

  /** Names from the outermost folder to this one; none for the root. */
  segmentsOf(folder: number): string[] {
    const names: string[] = [];
    for (let at = folder; at !== ROOT_FOLDER; at = this.parentOf(at)) names.push(this.nameOf(at));
    return names.toReversed();
  }

  /** The ancestor of this folder (or the folder itself) that lies directly in the root; the root for the root. */
  outermostOf(folder: number): number {
    let at = folder;
    for (let parent = this.parentOf(at); parent !== ROOT_FOLDER; parent = this.parentOf(at)) at = parent;
    return at;
  }

  /** Releases what only speeds up `add`; call it after the last path. */
  seal(): void {
    this.#ids.clear();
    this.#lastSegments = [];
    this.#lastFolders = [];
  }
}
