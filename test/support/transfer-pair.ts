// Two transfer sessions over a memory channel, each with its own temporary folder and the events it emitted.
import { afterEach } from "vitest";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConflictPolicy, ConsentPolicy } from "../../src/session/session-types.ts";
import { TransferSession } from "../../src/session/transfers/transfers.ts";
import type { SessionTransferEvent } from "../../src/session/transfers/untaken-events.ts";
import type { MessageChannel } from "../../src/lib/message-channel.ts";
import { nodeClock, nodeFiles } from "../../src/pairing/node-ports.ts";
import type { OutgoingFiles } from "../../src/paths/bulk-load.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { planSend } from "../../src/store/transfer/send-plan.ts";
import type { FileOutput } from "../../src/store/transfer/stream-sink.ts";
import type { KeepOptions } from "../../src/store/transfer/unfinished-parts.ts";
import { MemoryChannel, type MemoryChannelOptions } from "./memory-channel.ts";

export interface SideOptions {
  consent?: ConsentPolicy;
  conflict?: ConflictPolicy;
  fileSystem?: FileSystem;
  limitBytesPerSecond?: number | undefined;
  fileOutput?: FileOutput;
  maxUntakenBytes?: number;
  maxClosingBytes?: number;
  keep?: KeepOptions;
  /** Default: `in` below the side's folder. */
  outputDir?: string;
}

/** Lets the event loop turn until the condition holds. */
export async function turnsUntil(isMet: () => boolean): Promise<void> {
  while (!isMet()) await new Promise((resolve) => setImmediate(resolve));
}

/** A temporary folder without links in its path. */
export async function makeTempDir(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), "p2p-transfer-")));
}

export async function removeTempDir(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}

/** One session; received files go to `dir/in`. */
export class TransferSide {
  readonly dir: string;
  readonly outputDir: string;
  readonly session: TransferSession;
  readonly events: SessionTransferEvent[] = [];
  /** What the network was told to expect. */
  readonly expected: OutgoingFiles[] = [];
  /** While true the reader of the events takes none. */
  isStopped = false;
  readonly #untaken: (() => void)[] = [];
  #waiters: { isMet: () => boolean; resolve: () => void }[] = [];

  constructor(channel: MessageChannel, dir: string, options: SideOptions = {}) {
    this.dir = dir;
    this.outputDir = options.outputDir ?? join(dir, "in");
    this.session = new TransferSession({
      channel,
      settings: {
        mode: "conversation",
        outputDir: this.outputDir,
        conflict: options.conflict ?? "rename",
        consent: options.consent ?? "accept",
        limitBytesPerSecond: options.limitBytesPerSecond,
        fileOutput: options.fileOutput,
      },
      maxUntakenBytes: options.maxUntakenBytes,
      maxClosingBytes: options.maxClosingBytes,
      events: {
        emit: (event, onTaken) => {
          this.events.push(event);
          if (this.isStopped) this.#untaken.push(onTaken);
          else onTaken();
          this.#check();
        },
        onHeard: () => {},
        onActivity: () => this.#check(),
      },
      expectFiles: (files) => this.expected.push(files),
      clock: nodeClock,
      files: nodeFiles(options.keep, options.fileSystem),
    });
    this.session.start();
  }

  /** The reader takes what it has not, and what comes. */
  resume(): void {
    this.isStopped = false;
    for (const onTaken of this.#untaken.splice(0)) onTaken();
  }

  /** @param paths - below `dir` */
  async send(...paths: string[]): Promise<"done" | "declined" | "failed"> {
    return this.session.send(await planSend(paths.map((path) => join(this.dir, path))));
  }

  of<Name extends SessionTransferEvent["event"]>(name: Name): Extract<SessionTransferEvent, { event: Name }>[] {
    return this.events.filter((event): event is Extract<SessionTransferEvent, { event: Name }> => event.event === name);
  }

  get errorCodes(): string[] {
    return this.of("error").map(({ code }) => code);
  }

  /** Resolves when the condition holds; it is looked at after every event. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ isMet, resolve });
    });
  }

  /** Resolves when no transfer runs or waits for consent. */
  untilIdle(): Promise<void> {
    return this.until(() => Object.values(this.session.activity).every((count) => count === 0));
  }

  #check(): void {
    const met = this.#waiters.filter(({ isMet }) => isMet());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve();
  }
}

export class TransferPair {
  readonly a: TransferSide;
  readonly b: TransferSide;
  readonly channels: [MemoryChannel, MemoryChannel];

  constructor(a: TransferSide, b: TransferSide, channels: [MemoryChannel, MemoryChannel]) {
    this.a = a;
    this.b = b;
    this.channels = channels;
  }

  static async open(
    options: { a?: SideOptions; b?: SideOptions; channel?: MemoryChannelOptions } = {},
  ): Promise<TransferPair> {
    const dirs = [await makeTempDir(), await makeTempDir()] as const;
    // In one turn: what one end sends must find the other listening.
    const channels = MemoryChannel.pair(options.channel);
    const a = new TransferSide(channels[0], dirs[0], options.a);
    const b = new TransferSide(channels[1], dirs[1], options.b);
    return new TransferPair(a, b, channels);
  }

  async close(): Promise<void> {
    await this.a.session.close("ended");
    await this.b.session.close("ended");
    await removeTempDir(this.a.dir);
    await removeTempDir(this.b.dir);
  }
}

/**
 * Opens pairs for the tests of a file; the newest is closed after each test. Call it once, at the top of the file.
 * @returns opens a pair, and gives the newest one
 */
export function pairPerTest(): { open: typeof TransferPair.open; newest: () => TransferPair } {
  let pair: TransferPair | undefined;
  afterEach(() => pair?.close());
  return {
    open: async (...options) => {
      pair = await TransferPair.open(...options);
      return pair;
    },
    newest: () => {
      if (pair === undefined) throw new Error("no pair was opened");
      return pair;
    },
  };
}
