// What the page and its worker say to each other. The worker reads, hashes and stores, so that the page stays awake.

/** A request of the page. `key` names one file of one transfer. */
export type WorkerRequest =
  /** A file that will be read; it is told once, as each copy of it is a message to another process of the browser. */
  | { op: "open"; key: string; file: File }
  /** Reads a piece; the SHA-256 of the whole file comes with its end. In order of the offsets, for each key. */
  | { op: "read"; job: number; key: string; offset: number; bytes: number }
  | { op: "hash"; job: number; file: File }
  /** SHA-256 of each block of the first `bytes`. */
  | { op: "blocks"; job: number; file: File; bytes: number; blockBytes: number }
  /** Derives a key with scrypt: r is 8, p is 1. @see SCRYPT_KEY_BYTES */
  | { op: "scrypt"; job: number; passphrase: string; salt: Uint8Array; cost: number }
  /** A file that is read is needed no more. */
  | { op: "forget"; key: string }
  | { op: "write"; key: string; chunk: ArrayBuffer; place: Place }
  /** All bytes were written. */
  | { op: "store"; key: string; sha256: Uint8Array; place: Place }
  | { op: "drop"; key: string }
  /** The rest of a file does not come now: what is here is kept as a part of this name. */
  | { op: "keep"; key: string; part: string }
  /** SHA-256 of each block of a part. */
  | { op: "part-blocks"; job: number; part: string; bytes: number; blockBytes: number }
  /** What is written under this key from now on goes on where the part ends. */
  | { op: "resume"; key: string; part: string }
  | { op: "discard"; part: string };

/** Where a received file goes: the browser's own storage, or a folder that the person chose. */
export type Place =
  | { kind: "browser"; bytes: number }
  | { kind: "folder"; folder: FileSystemDirectoryHandle; segments: readonly string[] };

/** The result of a request. */
export type JobResult =
  | { ok: true; chunk?: ArrayBuffer; sha256?: Uint8Array; hashes?: Uint8Array; key?: Uint8Array }
  | { ok: false; why: "changed" | "unreadable"; detail: string };

/** What became of a received file. */
export type StoreResult =
  | { ok: true; path: string; blob: Blob | undefined }
  | { ok: false; why: "hash-mismatch" | "write-failed" | "full"; detail: string };

/** A report of the worker. */
export type WorkerReport =
  | { report: "done"; job: number; result: JobResult }
  | { report: "written"; key: string; bytes: number }
  | { report: "stored"; key: string; result: StoreResult };
