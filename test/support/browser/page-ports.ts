// The ports of a session in a page: a page's clock and randomness, SHA-256 in JavaScript, because that of a page is
// asynchronous, and files that are kept in memory.
import { sha256 } from "@noble/hashes/sha2.js";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import type {
  Clock,
  FilePort,
  FolderSinkOptions,
  SendPlan,
  SessionPorts,
  SourceFailure,
  TransferSink,
  TransferSource,
} from "../../../src/session/ports.ts";
import { makeManifest } from "../../../src/transfer/manifest.ts";
import type { SinkFailure } from "../../../src/transfer/storing.ts";

/** Files by name. */
export type PageFiles = Map<string, Uint8Array>;

const clock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  nextTurn: (callback) => {
    const timer = setTimeout(callback, 0);
    return () => clearTimeout(timer);
  },
};

/** @param files - what can be sent from here, and where received files go */
export function pagePorts(files: PageFiles): SessionPorts {
  const filePort: FilePort = {
    rules: "posix",
    plan: (paths) => Promise.resolve(planOf(files, paths.map(String))),
    openSource: (plan) => new PageSource(plan, files),
    openFolder: (options) => new PageSink(options, files),
    openStream: () => {
      throw new TypeError("a page has no stream for files");
    },
  };
  return {
    clock,
    files: filePort,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    sha256: (bytes) => sha256(bytes),
  };
}

function planOf(files: PageFiles, names: readonly string[]): SendPlan {
  const entries = names.map((path) => {
    const bytes = files.get(path)?.length;
    if (bytes === undefined) throw new P2pError("PATH_MISSING", { path });
    return { type: "file" as const, path, bytes, mode: 0o644, mtimeUs: 0 };
  });
  return {
    manifest: makeManifest(entries),
    names,
    problems: [],
    leftOut: { count: 0, told: [] },
    localPath: (index) => names[index] ?? "",
  };
}

class PageSource implements TransferSource {
  readonly #plan: SendPlan;
  readonly #files: PageFiles;

  constructor(plan: SendPlan, files: PageFiles) {
    this.#plan = plan;
    this.#files = files;
  }

  #contentOf(index: number): Uint8Array {
    return this.#files.get(this.#plan.localPath(index)) ?? new Uint8Array();
  }

  read(index: number, offset: number, bytes: number): ReturnType<TransferSource["read"]> {
    const content = this.#contentOf(index);
    const end = Math.min(content.length, offset + bytes);
    const hash = end === content.length ? sha256(content) : undefined;
    return Promise.resolve({ ok: true, chunk: content.slice(offset, end), sha256: hash });
  }

  hash(index: number): ReturnType<TransferSource["hash"]> {
    return Promise.resolve({ ok: true, sha256: sha256(this.#contentOf(index)) });
  }

  /** The sink of a page has no parts to compare. */
  blocks(index: number): Promise<SourceFailure> {
    const error = new P2pError("PATH_MISSING", { path: this.#plan.localPath(index) });
    return Promise.resolve({ ok: false, reason: "unreadable", error });
  }

  recycle(): void {}

  closeFile(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class PageSink implements TransferSink {
  readonly #options: FolderSinkOptions;
  readonly #files: PageFiles;
  readonly #begun = new Map<number, Uint8Array>();

  constructor(options: FolderSinkOptions, files: PageFiles) {
    this.#options = options;
    this.#files = files;
  }

  survey(): Promise<[]> {
    return Promise.resolve([]);
  }

  restrict(): void {}

  startAfresh(): void {}

  prepare(): ReturnType<TransferSink["prepare"]> {
    return Promise.resolve({ ok: true, deferred: [], resumable: [] });
  }

  compare(): ReturnType<TransferSink["compare"]> {
    return Promise.resolve({ kept: new Uint8Array(), keptBytes: 0, ofBytes: 0 });
  }

  examine(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  #contentOf(index: number): Uint8Array {
    const content = this.#begun.get(index) ?? new Uint8Array(this.#options.manifest.entries[index]?.bytes ?? 0);
    this.#begun.set(index, content);
    return content;
  }

  write(index: number, chunk: Uint8Array, offset: number): void {
    this.#contentOf(index).set(chunk, offset);
    this.#options.events.onWritten(chunk.length);
  }

  store(index: number, hash: Uint8Array): void {
    const path = this.#options.manifest.entries[index]?.path ?? "";
    const content = this.#contentOf(index);
    if (String(sha256(content)) === String(hash)) {
      this.#files.set(path, content);
      this.#options.events.onStored(index, { ok: true, path });
      return;
    }
    const error = new P2pError("HASH_MISMATCH", { path });
    this.#options.events.onStored(index, { ok: false, reason: "hash-mismatch", error });
  }

  drop(index: number): void {
    this.#begun.delete(index);
  }

  finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    return Promise.resolve([]);
  }

  abort(): Promise<void> {
    this.#begun.clear();
    return Promise.resolve();
  }
}
