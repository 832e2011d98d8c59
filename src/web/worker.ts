// The page's worker: hashes what is sent and received by WebAssembly, and stores what comes. It has no network.
import { createSHA256, type IHasher, scrypt } from "hash-wasm";
import { SCRYPT_BLOCK_SIZE, SCRYPT_KEY_BYTES } from "../trust/age-sealing.ts";
import { areEqual } from "../lib/bytes.ts";
import type { JobResult, Place, StoreResult, WorkerReport, WorkerRequest } from "./worker-protocol.ts";
import { FileReading, hashRange } from "./file-reading.ts";
import { type Content, ReceivedFile } from "./received-file.ts";

interface Reading {
  file: File;
  hasher: IHasher;
  reading: FileReading;
}

interface Receiving {
  /** Rejects where the browser cannot make one, for want of memory. */
  hasher: Promise<IHasher>;
  file: ReceivedFile;
  tail: Promise<unknown>;
}

/** The global of a dedicated worker; the types of pages have only that of windows. */
declare const self: {
  postMessage(message: WorkerReport, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
};

const readings = new Map<string, Promise<Reading>>();
const receivings = new Map<string, Receiving>();
/** Files that ended early, by the name that the page gave them; it bounds them. */
const parts = new Map<string, Receiving>();
/** Hashers are made anew at most so often as many run at a time. */
const freeHashers: IHasher[] = [];
/** Who waits for a hasher that another file has; bounded by the files that are open. */
const hasherWaits: ((hasher: IHasher) => void)[] = [];

function tell(report: WorkerReport, transfer: Transferable[] = []): void {
  self.postMessage(report, transfer);
}

async function takeHasher(): Promise<IHasher> {
  const hasher = freeHashers.pop() ?? (await makeHasher());
  hasher.init();
  return hasher;
}

/** Each hasher takes gigabytes of addresses, and a browser has room for about a hundred: more files than that take turns. */
async function makeHasher(): Promise<IHasher> {
  try {
    return await createSHA256();
  } catch (error) {
    if (readings.size + receivings.size < 2) throw error;
    return await new Promise((resolve) => {
      hasherWaits.push(resolve);
    });
  }
}

function giveBack(hasher: IHasher): void {
  const next = hasherWaits.shift();
  if (next === undefined) freeHashers.push(hasher);
  else next(hasher);
}

function open({ key, file }: Extract<WorkerRequest, { op: "open" }>): void {
  const opened = takeHasher().then((hasher) => ({ hasher, file, reading: new FileReading(file, hasher) }));
  // Whoever reads is told.
  opened.catch(() => {});
  readings.set(key, opened);
}

async function read({ key, offset, bytes }: Extract<WorkerRequest, { op: "read" }>): Promise<JobResult> {
  const opened = await readings.get(key);
  if (opened === undefined) return { ok: false, why: "unreadable", detail: "" };
  const { hasher, file, reading } = opened;
  const chunk = await reading.read(offset, bytes);
  if (offset + bytes < file.size) return { ok: true, chunk };
  void reading.close();
  return { ok: true, chunk, sha256: endReading(key, hasher) };
}

/** A file that was read to its end is forgotten already. */
async function forget(key: string): Promise<void> {
  const opening = readings.get(key);
  readings.delete(key);
  const opened = await opening?.catch(() => undefined);
  await opened?.reading.close();
  if (opened !== undefined) giveBack(opened.hasher);
}

function endReading(key: string, hasher: IHasher): Uint8Array {
  readings.delete(key);
  const digest = hasher.digest("binary");
  giveBack(hasher);
  return digest;
}

async function hash(file: File): Promise<JobResult> {
  const hasher = await takeHasher();
  await hashRange(hasher, file, 0, file.size);
  const sha256 = hasher.digest("binary");
  giveBack(hasher);
  return { ok: true, sha256 };
}

async function blockHashes(file: Content, bytes: number, blockBytes: number): Promise<JobResult> {
  const hasher = await takeHasher();
  const digests: Uint8Array[] = [];
  for (let start = 0; start < bytes; start += blockBytes) {
    hasher.init();
    await hashRange(hasher, file, start, Math.min(start + blockBytes, bytes));
    digests.push(hasher.digest("binary"));
  }
  giveBack(hasher);
  return { ok: true, hashes: new Uint8Array(await new Blob(digests as BlobPart[]).arrayBuffer()) };
}

async function derive({ passphrase, salt, cost }: Extract<WorkerRequest, { op: "scrypt" }>): Promise<JobResult> {
  const key = await scrypt({
    password: passphrase,
    salt,
    costFactor: cost,
    blockSize: SCRYPT_BLOCK_SIZE,
    parallelism: 1,
    hashLength: SCRYPT_KEY_BYTES,
    outputType: "binary",
  });
  return { ok: true, key };
}

async function settle(job: number, work: Promise<JobResult>): Promise<void> {
  const result = await work.catch((error: unknown): JobResult => {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, why: error instanceof RangeError ? "changed" : "unreadable", detail };
  });
  const chunk = result.ok ? result.chunk : undefined;
  tell({ report: "done", job, result }, chunk === undefined ? [] : [chunk]);
}

function receivingOf(key: string, place: Place): Receiving {
  const existing = receivings.get(key);
  if (existing !== undefined) return existing;
  const made: Receiving = { hasher: takeHasher(), file: new ReceivedFile(place), tail: Promise.resolve() };
  made.hasher.catch((error: unknown) => made.file.fail(error));
  receivings.set(key, made);
  return made;
}

function write({ key, chunk, place }: Extract<WorkerRequest, { op: "write" }>): void {
  const receiving = receivingOf(key, place);
  const bytes = new Uint8Array(chunk);
  receiving.tail = receiving.tail.then(async () => {
    (await receiving.hasher.catch(() => undefined))?.update(bytes);
    await receiving.file.write(bytes);
    tell({ report: "written", key, bytes: bytes.length });
  });
}

async function store({ key, sha256, place }: Extract<WorkerRequest, { op: "store" }>): Promise<void> {
  const receiving = receivingOf(key, place);
  await receiving.tail;
  // It was dropped meanwhile, and `giveUp` gives its hasher back.
  if (receivings.get(key) !== receiving) return;
  receivings.delete(key);
  const digest = await endHash(receiving);
  let result: StoreResult;
  // Without a hash the file has failed, which `finish` tells.
  if (digest === undefined || areEqual(digest, sha256)) result = await receiving.file.finish();
  else {
    await receiving.file.remove();
    result = { ok: false, why: "hash-mismatch", detail: "" };
  }
  tell({ report: "stored", key, result });
}

/** @returns undefined where there was no hasher */
async function endHash({ hasher: made }: Receiving): Promise<Uint8Array | undefined> {
  const hasher = await made.catch(() => undefined);
  if (hasher === undefined) return undefined;
  const digest = hasher.digest("binary");
  giveBack(hasher);
  return digest;
}

async function giveUp(map: Map<string, Receiving>, name: string): Promise<void> {
  const receiving = map.get(name);
  if (receiving === undefined) return;
  map.delete(name);
  await receiving.tail;
  await endHash(receiving);
  await receiving.file.remove();
}

/** Moves a file from one map to the other. */
function move(from: Map<string, Receiving>, name: string, to: Map<string, Receiving>, newName: string): void {
  const receiving = from.get(name);
  if (receiving === undefined) return;
  from.delete(name);
  to.set(newName, receiving);
}

async function partBlocks({
  part,
  bytes,
  blockBytes,
}: Extract<WorkerRequest, { op: "part-blocks" }>): Promise<JobResult> {
  const receiving = parts.get(part);
  await receiving?.tail;
  const content = await receiving?.file.content();
  if (content === undefined) return { ok: false, why: "unreadable", detail: "" };
  return await blockHashes(content, bytes, blockBytes);
}

function handle(request: WorkerRequest): void {
  switch (request.op) {
    case "open":
      open(request);
      return;
    case "read":
      void settle(request.job, read(request));
      return;
    case "hash":
      void settle(request.job, hash(request.file));
      return;
    case "blocks":
      void settle(request.job, blockHashes(request.file, request.bytes, request.blockBytes));
      return;
    case "scrypt":
      void settle(request.job, derive(request));
      return;
    case "forget":
      void forget(request.key);
      return;
    case "write":
      write(request);
      return;
    case "store":
      void store(request);
      return;
    case "drop":
      void giveUp(receivings, request.key);
      return;
    case "keep":
      move(receivings, request.key, parts, request.part);
      return;
    case "part-blocks":
      void settle(request.job, partBlocks(request));
      return;
    case "resume":
      move(parts, request.part, receivings, request.key);
      return;
    case "discard":
      void giveUp(parts, request.part);
      return;
  }
}

self.onmessage = ({ data }: MessageEvent<WorkerRequest>) => handle(data);
