// Two transfer engines back to back, with shells that keep files in memory and answer when they are told to.
import { createHash } from "node:crypto";
import { TransferEngine } from "../../src/transfer/engine.ts";
import type { EngineEvent } from "../../src/transfer/engine-events.ts";
import { decodeMessage, type Entry, type Frame } from "../../src/transfer/frames.ts";
import { MAX_MESSAGE_BYTES } from "../../src/transfer/limits.ts";
import { type BlockPlan, planBlocks } from "../../src/transfer/kept-blocks.ts";
import { makeManifest, type Manifest, ManifestReader, type ReceivedManifest } from "../../src/transfer/manifest.ts";
import type { NameRules } from "../../src/transfer/names.ts";
import type { TokenBucket } from "../../src/transfer/token-bucket.ts";

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** The hashes of all blocks of a plan, one after the other. */
export function hashBlocks(content: Uint8Array, { bytes, blockBytes }: BlockPlan): Uint8Array {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes; at += blockBytes) {
    hashes.push(sha256(content.subarray(at, Math.min(bytes, at + blockBytes))));
  }
  return new Uint8Array(Buffer.concat(hashes));
}

/** Bitmap of the blocks whose hashes are the same. */
function sameBlocks(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(a.length / 32 / 8));
  for (let block = 0; block < a.length / 32; block += 1) {
    const [from, to] = [block * 32, block * 32 + 32];
    const isSame = Buffer.from(a.subarray(from, to)).equals(b.subarray(from, to));
    bitmap[block >> 3] = (bitmap[block >> 3] ?? 0) | (Number(isSame) << (block & 7));
  }
  return bitmap;
}

/** A proposal of these entries as its receiver has it. */
export function received(entries: readonly Entry[], rules: NameRules = "posix"): ReceivedManifest {
  const { files, bytes } = makeManifest(entries);
  const reader = new ManifestReader({ entries: entries.length, files, bytes }, rules);
  const problem = reader.add(0, entries);
  if (problem !== undefined) throw new Error(JSON.stringify(problem));
  return reader.take();
}

export function entryOf(path: string, bytes: number): Entry {
  return { type: "file", path, bytes, mode: 0o644, mtimeUs: 0 };
}

export function folderOf(path: string): Entry {
  return { type: "directory", path, bytes: 0, mode: 0o755, mtimeUs: 0 };
}

export function symlinkOf(path: string, target: string): Entry {
  return { type: "symlink", path, bytes: 0, mode: 0o777, mtimeUs: 0, target };
}

/** Path → content. */
export type Contents = Record<string, Uint8Array>;

export function manifestOf(contents: Contents, folders: string[] = []): Manifest {
  const files = Object.entries(contents).map(([path, bytes]) => entryOf(path, bytes.length));
  return makeManifest([...folders.map(folderOf), ...files]);
}

type Name = EngineEvent["type"];

const MAX_STEPS = 100_000;

export class EngineSide {
  readonly engine: TransferEngine;
  /** Everything that the engine said. */
  readonly events: EngineEvent[] = [];
  /** What is read from, by transfer. */
  readonly sources = new Map<number, Contents>();
  readonly #chunks = new Map<string, Uint8Array[]>();
  readonly stored: string[] = [];
  /** Requests of these types wait until they are taken out again. */
  readonly held = new Set<Name>();
  /** Frames that this side sent. */
  readonly sent: Frame[] = [];
  /** What `examine` finds, by index; nothing there: sent. */
  readonly existing = new Map<number, Uint8Array>();
  /** Parts of an earlier session, by transfer and index: what is in them. */
  readonly parts = new Map<string, Uint8Array>();
  #pending: EngineEvent[] = [];
  readonly #manifests = new Map<number, Manifest>();

  /** @param bucket - limits what this side sends */
  constructor(bucket?: TokenBucket) {
    this.engine = new TransferEngine("posix", bucket);
  }

  /** @param key - `transfer/index` */
  written(key: string): Buffer {
    return Buffer.concat(this.#chunks.get(key) ?? []);
  }

  propose(contents: Contents, folders: string[] = []): number {
    const manifest = manifestOf(contents, folders);
    const transfer = this.engine.propose(manifest) ?? 0;
    this.#manifests.set(transfer, manifest);
    this.sources.set(transfer, contents);
    return transfer;
  }

  of<T extends Name>(type: T): Extract<EngineEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type);
  }

  /** Answers what may be answered. @returns whether anything was */
  answer(): boolean {
    for (let event = this.engine.pollEvent(); event !== undefined; event = this.engine.pollEvent()) {
      this.events.push(event);
      this.#pending.push(event);
    }
    const now = this.#pending.filter(({ type }) => !this.held.has(type));
    this.#pending = this.#pending.filter(({ type }) => this.held.has(type));
    for (const event of now) this.#answer(event);
    return now.length > 0;
  }

  #content(transfer: number, index: number): Uint8Array {
    const path = this.#manifests.get(transfer)?.entries[index]?.path ?? "";
    return this.sources.get(transfer)?.[path] ?? new Uint8Array();
  }

  #answer(event: EngineEvent): void {
    const { engine } = this;
    switch (event.type) {
      case "read": {
        const content = this.#content(event.transfer, event.index);
        const end = event.offset + event.bytes;
        const hash = end === content.length ? sha256(content) : undefined;
        engine.handleRead(event.transfer, event.index, {
          ok: true,
          chunk: content.subarray(event.offset, end),
          sha256: hash,
        });
        return;
      }
      case "hash":
        engine.handleHash(event.transfer, event.index, {
          ok: true,
          sha256: sha256(this.#content(event.transfer, event.index)),
        });
        return;
      case "examine": {
        const there = this.existing.get(event.index);
        const decision =
          there === undefined ? ({ kind: "send" } as const) : ({ kind: "have", sha256: sha256(there) } as const);
        engine.handleExamined(event.transfer, event.index, decision);
        return;
      }
      case "hash-blocks": {
        const content = this.#content(event.transfer, event.index);
        engine.handleBlocks(event.transfer, event.index, { ok: true, hashes: hashBlocks(content, event.plan) });
        return;
      }
      case "compare": {
        const part = this.parts.get(`${event.transfer}/${event.index}`) ?? new Uint8Array();
        const own = hashBlocks(part, planBlocks(part.length));
        engine.handleCompared(event.transfer, event.index, sameBlocks(own, event.hashes));
        return;
      }
      case "write": {
        const key = `${event.transfer}/${event.index}`;
        const part = this.parts.get(key);
        if (part !== undefined) {
          const whole = new Uint8Array(Math.max(part.length, event.offset + event.chunk.length));
          whole.set(part);
          whole.set(event.chunk, event.offset);
          this.parts.set(key, whole);
          engine.handleWritten(event.transfer, event.chunk.length);
          return;
        }
        this.#chunks.set(key, this.#chunks.get(key) ?? []);
        this.#chunks.get(key)?.push(event.chunk);
        engine.handleWritten(event.transfer, event.chunk.length);
        return;
      }
      case "store": {
        const key = `${event.transfer}/${event.index}`;
        const isRight = Buffer.from(sha256(this.parts.get(key) ?? this.written(key))).equals(event.sha256);
        if (isRight) this.stored.push(key);
        engine.handleStored(
          event.transfer,
          event.index,
          isRight ? { ok: true } : { ok: false, reason: "hash-mismatch" },
        );
        return;
      }
      case "finish":
        engine.handleFinished(event.transfer, []);
        return;
      default:
    }
  }
}

export class EnginePair {
  readonly a: EngineSide;
  readonly b = new EngineSide();
  nowMs = 0;
  readonly #message = new Uint8Array(MAX_MESSAGE_BYTES);

  /** @param bucketOfA - limits what `a` sends */
  constructor(bucketOfA?: TokenBucket) {
    this.a = new EngineSide(bucketOfA);
  }

  /** Carries messages and answers requests until nothing moves. */
  run(): void {
    for (let step = 0; step < MAX_STEPS; step += 1) if (!this.step()) return;
    throw new Error("the engines do not come to rest");
  }

  /** One message each way and what it asks for. @returns whether anything moved */
  step(): boolean {
    // In this order: polling for a message may make requests.
    return [this.carry(this.a, this.b), this.carry(this.b, this.a), this.a.answer(), this.b.answer()].includes(true);
  }

  /** Carries one message. @returns whether there was one */
  carry(from: EngineSide, to: EngineSide): boolean {
    const bytes = from.engine.pollTransmit(this.#message, this.nowMs);
    if (bytes === 0) return false;
    const message = this.#message.slice(0, bytes);
    const decoded = decodeMessage(message);
    if (decoded.ok) from.sent.push(...decoded.frames);
    to.engine.handle(message);
    return true;
  }
}
