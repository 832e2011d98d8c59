// Files that a page receives. They go to the worker piece by piece; when one is whole and its SHA-256 agrees, it is put
// on the shelf, from which the person saves it, or it is in the folder that the person chose.
import { P2pError } from "../lib/errors/p2p-error.ts";
import { areEqual, toHex } from "../lib/bytes.ts";
import { formatBytes } from "../lib/format.ts";
import type { FolderSinkOptions, TransferSink } from "../session/ports.ts";
import { SHA256_BYTES } from "../transfer/frames.ts";
import { MAX_RESUMED_FILES } from "../transfer/limits.ts";
import { freePath, safeRelativePath } from "../transfer/names.ts";
import type { ResumableFile } from "../transfer/resume-requests.ts";
import { planBlocks } from "../transfer/kept-blocks.ts";
import type { Compared, Examined, PartOnDisk, Prepared, SinkFailure } from "../transfer/storing.ts";
import { type KeptPart, KeptParts } from "./kept-parts.ts";
import type { PageWorker } from "./page-worker.ts";
import type { Place, StoreResult } from "./worker-protocol.ts";

/**
 * What a page keeps at most without a folder or a private file system: browsers keep blobs in memory or in temporary
 * files, and what they take differs from 0.5 to 2 GB.
 */
export const MAX_SHELF_BYTES = 1_000_000_000;

/** A received file. */
export interface ShelvedFile {
  /** As the page shows it: safe names, `/` between them. */
  path: string;
  bytes: number;
  /** 64 lower-case hex digits. */
  sha256: string;
  /** Undefined: it is in the folder that the person chose. */
  blob: Blob | undefined;
}

/** All that the page has received, and where the next transfer goes. */
export class Shelf {
  readonly files = new Map<string, ShelvedFile>();
  readonly #onShelved: (file: ShelvedFile) => void;
  /** The number given last to each path that was taken: a transfer may bring any number of files of one name. */
  readonly #numbers = new Map<string, number>();
  /** The folder that the person chose for the transfer that is being accepted. */
  folder: FileSystemDirectoryHandle | undefined;
  /** Whether the browser has room that is not memory. */
  hasPrivateFiles = false;
  /** Bytes on the shelf and in parts, and those that accepted transfers still bring. */
  promisedBytes = 0;

  /** What came of files whose line ended. */
  readonly parts: KeptParts;

  /** @param onGivenUp - with the name of a part whose bytes are needed no more */
  constructor(onShelved: (file: ShelvedFile) => void, onGivenUp: (part: string) => void) {
    this.#onShelved = onShelved;
    this.parts = new KeptParts(({ part, bytes }) => {
      this.promisedBytes -= bytes;
      onGivenUp(part);
    });
  }

  /** Bytes that may still come without a folder. */
  get roomBytes(): number {
    return this.hasPrivateFiles ? Number.MAX_SAFE_INTEGER : Math.max(0, MAX_SHELF_BYTES - this.promisedBytes);
  }

  put(file: ShelvedFile): void {
    this.files.set(file.path, file);
    this.#onShelved(file);
  }

  /** The path, or the first like `f (1).ext` that is free. The caller puts a file there. */
  freePath(segments: readonly string[]): string {
    const wanted = segments.join("/");
    const { path, count } = freePath(wanted, (taken) => this.files.has(taken), this.#numbers.get(wanted));
    if (count > 0) this.#numbers.set(wanted, count);
    return path;
  }
}

/** So much of one file goes to the worker also while it is busy with what it was handed before, in bytes. */
const BATCH_BYTES = 512 * 1024;

/** A file from its first bytes until it is stored or given up. */
interface Begun {
  readonly key: string;
  readonly place: Place;
  /** Bytes that are here, those of an earlier part included. */
  bytes: number;
  /** What came while the worker was busy with this file: fewer messages are less work. */
  waiting: Uint8Array[];
  waitingBytes: number;
  /** Bytes that the worker was handed and has not written yet. */
  underWayBytes: number;
}

let lastSink = 0;

export class PageSink implements TransferSink {
  readonly #options: FolderSinkOptions;
  readonly #worker: PageWorker;
  readonly #shelf: Shelf;
  readonly #name: string;
  readonly #begun = new Map<number, Begun>();
  #isWanted: (index: number) => boolean = () => true;
  #isAfresh = false;
  #folder: FileSystemDirectoryHandle | undefined;
  /** Bytes that are promised to this transfer and not on the shelf. */
  #reservedBytes = 0;
  /** Parts of an earlier line that were not begun yet. */
  readonly #resumed = new Map<number, KeptPart>();

  constructor(options: FolderSinkOptions, worker: PageWorker, shelf: Shelf) {
    this.#options = options;
    this.#worker = worker;
    this.#shelf = shelf;
    lastSink += 1;
    this.#name = `r${lastSink}`;
  }

  async survey(): Promise<PartOnDisk[]> {
    const found = this.#findParts().map(([index, { bytes, fileBytes, mtimeUs }]) => {
      const entry = this.#options.manifest.entries[index];
      return { index, bytes, hasChanged: entry?.bytes !== fileBytes || entry.mtimeUs !== mtimeUs };
    });
    return await Promise.resolve(found);
  }

  #findParts(): [index: number, part: KeptPart][] {
    if (!this.#options.canResume) return [];
    const found: [number, KeptPart][] = [];
    for (const [index, { type, path, bytes }] of this.#options.manifest.entries.entries()) {
      const part = type === "file" && this.#isWanted(index) ? this.#shelf.parts.find(path, bytes) : undefined;
      if (part !== undefined) found.push([index, part]);
      if (found.length === MAX_RESUMED_FILES) break;
    }
    return found;
  }

  restrict(isWanted: (index: number) => boolean): void {
    this.#isWanted = isWanted;
  }

  startAfresh(): void {
    this.#isAfresh = true;
  }

  async prepare(): Promise<Prepared | SinkFailure> {
    const { entries } = this.#options.manifest;
    this.#folder = this.#shelf.folder;
    const wanted = [...entries.keys()].filter((index) => this.#isWanted(index));
    const bytes = wanted.reduce((sum, index) => sum + (entries[index]?.bytes ?? 0), 0);
    // A folder gets its files whole.
    const found = this.#folder === undefined ? this.#findParts() : [];
    if (this.#isAfresh) for (const [, { path }] of found) this.#shelf.parts.giveUp(path);
    const parts = this.#isAfresh ? [] : found;
    const room = parts.reduce((sum, [, part]) => sum + part.bytes, this.#shelf.roomBytes);
    if (this.#folder === undefined && bytes > room) {
      const amounts = { needed: formatBytes(bytes), free: formatBytes(room) };
      const error = new P2pError("DISK_FULL", { ...amounts, path: entries[0]?.path ?? "" });
      return await Promise.resolve({ ok: false, reason: "disk-full", error });
    }
    for (const [index, part] of parts) this.#takePart(index, part);
    if (this.#folder === undefined) this.#reserve(bytes);
    const deferred = wanted.filter((index) => !this.#resumed.has(index) && this.#same(index) !== undefined);
    const resumable = parts.map(([index, part]): ResumableFile => ({ index, bytes: part.bytes }));
    return await Promise.resolve({ ok: true, deferred, resumable });
  }

  #takePart(index: number, part: KeptPart): void {
    this.#shelf.parts.take(part);
    this.#shelf.promisedBytes -= part.bytes;
    this.#resumed.set(index, part);
  }

  #reserve(bytes: number): void {
    this.#reservedBytes = bytes;
    this.#shelf.promisedBytes += bytes;
  }

  /** A file of that name and size that is here already. */
  #same(index: number): { path: string; bytes: number; sha256: string } | undefined {
    const entry = this.#options.manifest.entries[index];
    if (entry?.type !== "file") return undefined;
    const there = this.#shelf.files.get(this.#segments(index).join("/"));
    return there?.bytes === entry.bytes ? there : undefined;
  }

  async examine(index: number): Promise<Examined | undefined> {
    const same = this.#same(index);
    if (same === undefined) return await Promise.resolve(undefined);
    const sha256 = Uint8Array.from(same.sha256.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    return { decision: { kind: "have", sha256 }, path: same.path, bytes: same.bytes, sha256 };
  }

  /** A part goes on when all of it is as the sender has it; otherwise the file comes anew. */
  async compare(index: number, hashes: Uint8Array): Promise<Compared> {
    const part = this.#resumed.get(index);
    if (part === undefined) return { kept: new Uint8Array(), keptBytes: 0, ofBytes: 0 };
    const result = await this.#worker.run({ op: "part-blocks", part: part.part, ...planBlocks(part.bytes) });
    // The transfer may be over by now, and the part kept again.
    if (!this.#resumed.delete(index)) return { kept: new Uint8Array(), keptBytes: 0, ofBytes: part.bytes };
    if (!result.ok || result.hashes === undefined || !areEqual(result.hashes, hashes)) {
      this.#worker.tell({ op: "discard", part: part.part });
      return { kept: new Uint8Array(), keptBytes: 0, ofBytes: part.bytes };
    }
    const begun = this.#begin(index);
    this.#worker.tell({ op: "resume", key: begun.key, part: part.part });
    begun.bytes = part.bytes;
    const blocks = hashes.length / SHA256_BYTES;
    const kept = new Uint8Array(Math.ceil(blocks / 8)).fill(0xff);
    return { kept, keptBytes: part.bytes, ofBytes: part.bytes };
  }

  #segments(index: number): readonly string[] {
    const path = this.#options.manifest.entries[index]?.path ?? "";
    const safe = safeRelativePath(path, "windows");
    return safe.ok ? safe.segments : ["file"];
  }

  #begin(index: number): Begun {
    const existing = this.#begun.get(index);
    if (existing !== undefined) return existing;
    const key = `${this.#name}.${index}`;
    const bytes = this.#options.manifest.entries[index]?.bytes ?? 0;
    const place: Place =
      this.#folder === undefined
        ? { kind: "browser", bytes }
        : { kind: "folder", folder: this.#folder, segments: this.#segments(index) };
    const begun: Begun = { key, place, bytes: 0, waiting: [], waitingBytes: 0, underWayBytes: 0 };
    this.#begun.set(index, begun);
    this.#worker.listen(key, {
      onWritten: (written) => {
        begun.underWayBytes -= written;
        this.#options.events.onWritten(written);
        if (begun.underWayBytes === 0) this.#handOver(begun);
      },
      onStored: (result) => this.#handleStored(index, result),
    });
    return begun;
  }

  write(index: number, chunk: Uint8Array): void {
    const begun = this.#begin(index);
    // The chunk is a part of a message that holds other frames too.
    begun.waiting.push(chunk.slice());
    begun.waitingBytes += chunk.length;
    begun.bytes += chunk.length;
    if (begun.underWayBytes === 0 || begun.waitingBytes >= BATCH_BYTES) this.#handOver(begun);
  }

  /** Gives the worker what waits. */
  #handOver(begun: Begun): void {
    const { key, place, waiting, waitingBytes } = begun;
    if (waitingBytes === 0) return;
    begun.underWayBytes += waitingBytes;
    begun.waiting = [];
    begun.waitingBytes = 0;
    this.#worker.tell({ op: "write", key, place, chunk: joined(waiting, waitingBytes) });
  }

  store(index: number, sha256: Uint8Array): void {
    this.#hashes.set(index, toHex(sha256));
    const begun = this.#begin(index);
    this.#handOver(begun);
    this.#worker.tell({ op: "store", key: begun.key, place: begun.place, sha256 });
  }

  readonly #hashes = new Map<number, string>();

  #handleStored(index: number, result: StoreResult): void {
    this.#begun.delete(index);
    const { path: wanted = "", bytes = 0 } = this.#options.manifest.entries[index] ?? {};
    const sha256 = this.#hashes.get(index) ?? "";
    this.#hashes.delete(index);
    if (result.ok) {
      const path = result.blob === undefined ? result.path : this.#shelf.freePath(this.#segments(index));
      if (result.blob !== undefined) this.#reservedBytes -= bytes;
      this.#shelf.parts.giveUp(wanted);
      this.#shelf.put({ path, bytes, sha256, blob: result.blob });
      this.#options.events.onStored(index, { ok: true, path });
      return;
    }
    this.#options.events.onStored(index, failureOf(result, wanted, bytes));
  }

  drop(index: number): void {
    const begun = this.#begun.get(index);
    this.#begun.delete(index);
    if (begun !== undefined) this.#leave(index, begun, "keep");
  }

  async finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    this.#release();
    return await Promise.resolve([]);
  }

  async abort(fate: "keep" | "remove"): Promise<void> {
    this.#release();
    for (const [index, part] of this.#resumed) {
      this.#resumed.delete(index);
      if (fate === "keep") this.#keep(part);
      else this.#worker.tell({ op: "discard", part: part.part });
    }
    for (const [index, begun] of this.#begun) {
      this.#worker.ignore(begun.key);
      this.#leave(index, begun, fate);
    }
    this.#begun.clear();
    if (fate === "remove") this.#shelf.parts.giveUpNamed(`${this.#name}.`);
    await Promise.resolve();
  }

  /** A begun file does not get its end. */
  #leave(index: number, begun: Begun, fate: "keep" | "remove"): void {
    const { key, bytes } = begun;
    // Bytes that are dropped are counted by the worker too.
    this.#handOver(begun);
    const entry = this.#options.manifest.entries[index];
    // What is stored now is whole, or does not have its hash; and a folder shows no part.
    const isPart = this.#folder === undefined && !this.#hashes.has(index) && bytes > 0;
    if (fate === "remove" || !isPart || entry === undefined) {
      this.#worker.tell({ op: "drop", key });
      return;
    }
    this.#worker.tell({ op: "keep", key, part: key });
    this.#keep({ part: key, path: entry.path, fileBytes: entry.bytes, mtimeUs: entry.mtimeUs, bytes });
  }

  #keep(part: KeptPart): void {
    this.#shelf.promisedBytes += part.bytes;
    this.#shelf.parts.put(part);
  }

  /** Nothing more comes for this transfer. */
  #release(): void {
    this.#shelf.promisedBytes -= this.#reservedBytes;
    this.#reservedBytes = 0;
  }
}

/** One buffer of its own with all chunks; each of them has its own too. */
function joined(chunks: readonly Uint8Array[], byteCount: number): ArrayBuffer {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first.buffer as ArrayBuffer;
  const all = new Uint8Array(byteCount);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all.buffer;
}

function failureOf(result: Extract<StoreResult, { ok: false }>, path: string, bytes: number): SinkFailure {
  switch (result.why) {
    case "hash-mismatch":
      return { ok: false, reason: "hash-mismatch", error: new P2pError("HASH_MISMATCH", { path }) };
    case "full": {
      const error = new P2pError("DISK_FULL", { needed: formatBytes(bytes), free: formatBytes(0), path });
      return { ok: false, reason: "disk-full", error };
    }
    case "write-failed": {
      const error = new P2pError("WRITE_FAILED", { path, reason: result.detail, place: "output" });
      return { ok: false, reason: "write-failed", error };
    }
  }
}
