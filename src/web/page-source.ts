// Files that a page sends: what a person has chosen or dropped, read and hashed by the worker.
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { SendPlan, SourceFailure, SpooledFile, TransferSource } from "../session/ports.ts";
import type { BlockPlan } from "../transfer/kept-blocks.ts";
import { MAX_ENTRIES } from "../transfer/limits.ts";
import { makeManifest } from "../transfer/manifest.ts";
import { freePath } from "../transfer/names.ts";
import type { PageWorker } from "./page-worker.ts";
import type { JobResult } from "./worker-protocol.ts";

const MICROSECONDS = 1_000;

/** A file with its place in what is sent: relative, `/` between segments. */
export interface ChosenFile {
  path: string;
  file: File;
}

/** What is sent in one go. */
export class Selection implements SpooledFile {
  readonly name: string;
  readonly bytes: number;
  readonly files: readonly ChosenFile[];

  constructor(files: readonly ChosenFile[]) {
    this.files = files;
    this.name = files[0]?.path.split("/")[0] ?? "";
    this.bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

/** Plans of a page, with the files behind the entries. */
export interface PagePlan extends SendPlan {
  readonly files: readonly File[];
}

/** @throws P2pError PATH_UNREADABLE when there is more than one transfer can have */
export function planOf(selections: readonly (string | SpooledFile)[]): PagePlan {
  const chosen = selections.flatMap((selection) => (selection instanceof Selection ? selection.files : []));
  if (chosen.length > MAX_ENTRIES) {
    throw new P2pError("PATH_UNREADABLE", { path: chosen[0]?.path ?? "", reason: `more than ${MAX_ENTRIES} files` });
  }
  const taken = new Set<string>();
  const entries = chosen.map(({ path, file }) => {
    const { path: free } = freePath(path, (one) => taken.has(one));
    taken.add(free);
    const mtimeUs = file.lastModified * MICROSECONDS;
    return { type: "file" as const, path: free, bytes: file.size, mode: undefined, mtimeUs };
  });
  return {
    manifest: makeManifest(entries),
    names: [...new Set(entries.map(({ path }) => path.split("/")[0] ?? path))],
    problems: [],
    leftOut: { count: 0, told: [] },
    localPath: (index) => entries[index]?.path ?? "",
    files: chosen.map(({ file }) => file),
  };
}

let lastSource = 0;

export class PageSource implements TransferSource {
  readonly #plan: PagePlan;
  readonly #worker: PageWorker;
  readonly #name: string;
  /** Files that the worker holds open. */
  readonly #open = new Set<number>();

  constructor(plan: PagePlan, worker: PageWorker) {
    this.#plan = plan;
    this.#worker = worker;
    lastSource += 1;
    this.#name = `s${lastSource}`;
  }

  async read(index: number, offset: number, bytes: number): ReturnType<TransferSource["read"]> {
    const key = this.#keyOf(index);
    if (!this.#open.has(index)) {
      this.#open.add(index);
      this.#worker.tell({ op: "open", key, file: this.#file(index) });
    }
    const result = await this.#worker.run({ op: "read", key, offset, bytes });
    if (!result.ok || result.chunk === undefined) return this.#failure(index, result);
    if (result.sha256 !== undefined) this.#open.delete(index);
    return { ok: true, chunk: new Uint8Array(result.chunk), sha256: result.sha256 };
  }

  async hash(index: number): ReturnType<TransferSource["hash"]> {
    const result = await this.#worker.run({ op: "hash", file: this.#file(index) });
    if (!result.ok || result.sha256 === undefined) return this.#failure(index, result);
    return { ok: true, sha256: result.sha256 };
  }

  async blocks(index: number, plan: BlockPlan): ReturnType<TransferSource["blocks"]> {
    const result = await this.#worker.run({ op: "blocks", file: this.#file(index), ...plan });
    if (!result.ok || result.hashes === undefined) return this.#failure(index, result);
    return { ok: true, hashes: result.hashes };
  }

  recycle(): void {}

  closeFile(index: number): void {
    if (this.#open.delete(index)) this.#worker.tell({ op: "forget", key: this.#keyOf(index) });
  }

  async close(): Promise<void> {
    for (const index of this.#open) this.closeFile(index);
    await Promise.resolve();
  }

  #keyOf(index: number): string {
    return `${this.#name}.${index}`;
  }

  #file(index: number): File {
    const file = this.#plan.files[index];
    if (file === undefined) throw new RangeError(`Cannot read entry ${index}: it is no file of the plan`);
    return file;
  }

  #failure(index: number, result: JobResult): SourceFailure {
    const path = this.#plan.localPath(index);
    const isChanged = !result.ok && result.why === "changed";
    if (isChanged) return { ok: false, reason: "source-changed", error: new P2pError("SOURCE_CHANGED", { path }) };
    const reason = result.ok ? "" : result.detail;
    return { ok: false, reason: "unreadable", error: new P2pError("PATH_UNREADABLE", { path, reason }) };
  }
}
