// One file as it is received, in the worker: into a folder that the person chose, into the browser's private file
// system where it gives one, else into blobs. Nothing here throws but `write`'s failures, which `finish` tells.
import { numberedName } from "../transfer/names.ts";
import type { Place, StoreResult } from "./worker-protocol.ts";

/** Parts of a blob are handed to the browser in pieces of this size: it may put them on its disk. */
const BLOB_PIECE_BYTES = 8 * 1024 * 1024;
/** Smaller files go into blobs: they are faster. */
const PRIVATE_FROM_BYTES = 32 * 1024 * 1024;
/** Names that are tried before a file in a chosen folder cannot be stored. */
const MAX_NAMES_TRIED = 1_000;

/** Bytes that can be read in pieces, as those of a Blob. */
export interface Content {
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

interface Target {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  /** What was written; undefined where it cannot be read before it is finished. */
  content(): Content | undefined;
  finish(): Promise<{ path: string; blob: Blob | undefined }>;
  remove(): Promise<void> | void;
}

export class ReceivedFile {
  readonly #target: Promise<Target>;
  #failure: unknown;

  constructor(place: Place) {
    this.#target = place.kind === "folder" ? openInFolder(place) : openInBrowser(place.bytes);
    this.#target.catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** After a failure bytes are dropped. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await (await this.#target).write(bytes);
    } catch (error) {
      this.#failure = error;
    }
  }

  /** What is written from now on is dropped, and `finish` tells this. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** @returns what was written so far, for as long as nothing more is written; undefined where nobody can tell */
  async content(): Promise<Content | undefined> {
    if (this.#failure !== undefined) return undefined;
    try {
      return (await this.#target).content();
    } catch {
      return undefined;
    }
  }

  async finish(): Promise<StoreResult> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      return { ok: true, ...(await (await this.#target).finish()) };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
      await this.remove();
      return { ok: false, why: isFull ? "full" : "write-failed", detail };
    }
  }

  async remove(): Promise<void> {
    try {
      await (await this.#target).remove();
    } catch {
      // What could not be opened is not there.
    }
  }
}

async function openInBrowser(bytes: number): Promise<Target> {
  if (bytes < PRIVATE_FROM_BYTES) return new BlobTarget();
  try {
    return await PrivateTarget.open();
  } catch {
    // A page from the disk has no private file system in Chromium.
    return new BlobTarget();
  }
}

class BlobTarget implements Target {
  readonly #pieces: Blob[] = [];
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  write(bytes: Uint8Array<ArrayBuffer>): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= BLOB_PIECE_BYTES) this.#cut();
  }

  #cut(): void {
    this.#pieces.push(new Blob(this.#parts));
    this.#parts = [];
    this.#bytes = 0;
  }

  content(): Blob {
    return new Blob([...this.#pieces, ...this.#parts]);
  }

  async finish(): Promise<{ path: string; blob: Blob }> {
    this.#cut();
    const blob = new Blob(this.#pieces);
    // A browser that could not keep the bytes says so only when they are read.
    await blob.slice(Math.max(0, blob.size - 1)).arrayBuffer();
    return { path: "", blob };
  }

  remove(): void {
    this.#pieces.length = 0;
    this.#parts = [];
  }
}

/** Files of this page in the private file system; the rest of an earlier page is removed. */
const PREFIX = "p2p-";

/** What the worker uses of FileSystemSyncAccessHandle, which the types of pages lack. */
interface SyncAccess {
  read(bytes: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

class PrivateTarget implements Target {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #handle: FileSystemFileHandle;
  readonly #access: SyncAccess;
  #at = 0;

  private constructor(folder: FileSystemDirectoryHandle, handle: FileSystemFileHandle, access: SyncAccess) {
    this.#folder = folder;
    this.#handle = handle;
    this.#access = access;
  }

  static async open(): Promise<PrivateTarget> {
    const folder = await ownFolder();
    const handle = await folder.getFileHandle(crypto.randomUUID(), { create: true });
    const opener = handle as unknown as { createSyncAccessHandle(): Promise<SyncAccess> };
    return new PrivateTarget(folder, handle, await opener.createSyncAccessHandle());
  }

  /** @throws QuotaExceededError when the browser has no room, which some browsers say by writing less */
  write(bytes: Uint8Array<ArrayBuffer>): void {
    for (let done = 0; done < bytes.length; ) {
      const count = this.#access.write(bytes.subarray(done), { at: this.#at });
      if (count <= 0) throw new DOMException("no room is left", "QuotaExceededError");
      done += count;
      this.#at += count;
    }
  }

  content(): Content {
    const read = (start: number, end: number): ArrayBuffer => {
      const bytes = new Uint8Array(end - start);
      const count = this.#access.read(bytes, { at: start });
      return bytes.buffer.slice(0, count);
    };
    // Other reading would wait until it is closed.
    return { slice: (start, end) => ({ arrayBuffer: () => Promise.resolve(read(start, end)) }) };
  }

  async finish(): Promise<{ path: string; blob: Blob }> {
    this.#access.flush();
    this.#access.close();
    return { path: "", blob: await this.#handle.getFile() };
  }

  async remove(): Promise<void> {
    this.#access.close();
    await this.#folder.removeEntry(this.#handle.name);
  }
}

let ownFolderPromise: Promise<FileSystemDirectoryHandle> | undefined;

/** The folder of this page. A lock tells other pages that it is in use; those of pages that are gone are removed. */
function ownFolder(): Promise<FileSystemDirectoryHandle> {
  ownFolderPromise ??= (async () => {
    const root = await navigator.storage.getDirectory();
    const name = `${PREFIX}${crypto.randomUUID()}`;
    void navigator.locks.request(name, () => new Promise(() => {}));
    const { held = [] } = await navigator.locks.query();
    const inUse = new Set(held.map(({ name: lock }) => lock));
    for await (const old of root.keys()) {
      if (old.startsWith(PREFIX) && old !== name && !inUse.has(old)) {
        await root.removeEntry(old, { recursive: true }).catch(() => {});
      }
    }
    return await root.getDirectoryHandle(name, { create: true });
  })();
  return ownFolderPromise;
}

/** Writes into a hidden file of the browser, which takes its name when it is complete. */
async function openInFolder({ folder, segments }: Extract<Place, { kind: "folder" }>): Promise<Target> {
  let inside = folder;
  for (const segment of segments.slice(0, -1)) inside = await inside.getDirectoryHandle(segment, { create: true });
  const handle = await takeName(inside, segments.at(-1) ?? "file");
  const { name } = handle;
  const writable = await handle.createWritable();
  const path = [folder.name, ...segments.slice(0, -1), name].join("/");
  return {
    write: (bytes) => writable.write(bytes),
    // The browser shows the bytes when the file is closed.
    content: () => undefined,
    finish: async () => {
      await writable.close();
      return { path, blob: undefined };
    },
    remove: async () => {
      await writable.abort().catch(() => {});
      await inside.removeEntry(name).catch(() => {});
    },
  };
}

/** Names are taken one after another, so that two files of one name that come together get two names. */
let naming: Promise<unknown> = Promise.resolve();

/** Creates the first of `f.ext`, `f (1).ext` and so on that is free. @throws RangeError when too many are taken */
function takeName(folder: FileSystemDirectoryHandle, wanted: string): Promise<FileSystemFileHandle> {
  const taken = naming.then(async () => {
    for (let count = 0; count < MAX_NAMES_TRIED; count += 1) {
      const name = numberedName(wanted, count);
      if (!(await exists(folder, name))) return await folder.getFileHandle(name, { create: true });
    }
    throw new RangeError(`${MAX_NAMES_TRIED} names like it are taken`);
  });
  naming = taken.catch(() => {});
  return taken;
}

async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    // A folder of that name is in the way as well.
    return error instanceof DOMException && error.name === "TypeMismatchError";
  }
}
