// The file of `--trace`: a line of JSON for each change of state. It never holds the connection up: lines that the disk
// does not take in time are dropped and counted, and the last line says how many there were.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { Trace, TraceValue } from "../lib/trace.ts";
import { systemPath, systemReason } from "./file-system.ts";
import { NO_FOLLOW, NON_BLOCKING } from "./open-flags.ts";
import { kindOf, OddFileError } from "./regular-file.ts";

const OWNER_ONLY = 0o600;
/** A link is not followed: in a folder that others may write to, it could lead to any file of this user. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | NO_FOLLOW | NON_BLOCKING;
/** Limit of the lines that wait for the disk; further ones are dropped. */
export const MAX_WAITING_TRACE_BYTES = 1_048_576;
/** Limit of the file, some hours of a busy connection. The last line comes on top. */
export const MAX_TRACE_FILE_BYTES = 67_108_864;

/** Time, as the file needs it; tests substitute their own. */
export interface TraceClock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** The date and the time of day. */
  today(): Date;
}

/** The part of an open file that is written to. */
export type TraceHandle = Pick<FileHandle, "write" | "close">;

const REAL_CLOCK: TraceClock = { nowMs: () => performance.now(), today: () => new Date() };

export class TraceFile {
  readonly #path: string;
  readonly #handle: TraceHandle;
  readonly #clock: TraceClock;
  readonly #onFailed: (error: P2pError) => void;
  readonly #startMs: number;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #fileBytes = 0;
  #lines = 0;
  #droppedLines = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;

  /**
   * Writes the first line. Use `open`, unless the handle is not that of a file.
   * @param onFailed - called at most once, with WRITE_FAILED: nothing more can be written
   */
  constructor(path: string, handle: TraceHandle, onFailed: (error: P2pError) => void, clock: TraceClock = REAL_CLOCK) {
    this.#path = path;
    this.#handle = handle;
    this.#onFailed = onFailed;
    this.#clock = clock;
    this.#startMs = clock.nowMs();
    const data = {
      file_schema: "p2p-trace/1",
      time_format: "relative_to_epoch",
      clock_type: "monotonic",
      wall_clock_time: clock.today().toISOString(),
    };
    this.#push(lineOf({ time: 0, name: "trace:begin", data }));
  }

  /**
   * Opens the file with mode 0600, and empties it if it was there.
   * @param onFailed - called at most once, with WRITE_FAILED: nothing more can be written
   * @throws P2pError WRITE_FAILED: it cannot be opened, is no regular file, belongs to another user, or has other names
   */
  static async open(path: string, onFailed: (error: P2pError) => void): Promise<TraceFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(systemPath(path), FLAGS, OWNER_ONLY);
      await takeOver(handle);
      return new TraceFile(path, handle, onFailed);
    } catch (cause) {
      await handle?.close();
      const isLink = (cause as NodeJS.ErrnoException).code === "ELOOP";
      const reason = systemReason(isLink ? new OddFileError("link") : cause);
      throw new P2pError("WRITE_FAILED", { path, reason }, { cause });
    }
  }

  /** Takes one change of state; see `Trace`. */
  readonly trace: Trace = (name, data) => {
    if (this.#isClosed) return;
    this.#append(name, data);
  };

  /** Milliseconds since the first line, to the microsecond. */
  get #timeMs(): number {
    return Math.round((this.#clock.nowMs() - this.#startMs) * 1_000) / 1_000;
  }

  #append(name: string, data: Readonly<Record<string, TraceValue>>): void {
    const line = lineOf({ time: this.#timeMs, name, data });
    const isTooMuch = this.#waitingBytes + line.length > MAX_WAITING_TRACE_BYTES;
    if (this.#hasFailed || isTooMuch || this.#fileBytes + line.length > MAX_TRACE_FILE_BYTES) {
      this.#droppedLines += 1;
      return;
    }
    this.#push(line);
  }

  #push(line: string): void {
    this.#lines += 1;
    this.#fileBytes += line.length;
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    // The rest of the turn shares one write.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#hasFailed) {
      const bytes = Buffer.from(this.#waiting.join(""), "latin1");
      const lines = this.#waiting.length;
      this.#waiting = [];
      try {
        await this.#writeAll(bytes);
      } catch (cause) {
        this.#hasFailed = true;
        this.#droppedLines += lines;
        this.#onFailed(new P2pError("WRITE_FAILED", { path: this.#path, reason: systemReason(cause) }, { cause }));
      }
      this.#waitingBytes -= bytes.length;
    }
    this.#writing = undefined;
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
  }

  /** Writes the last line and closes the file. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing;
    const data = { lines: this.#lines + 1, dropped_lines: this.#droppedLines };
    this.#push(lineOf({ time: this.#timeMs, name: "trace:end", data }));
    await this.#writing;
    await this.#handle.close().catch(() => {});
  }
}

/** Makes a line of ASCII, so that its length is its bytes: names and values are this program's own. */
function lineOf(line: { time: number; name: string; data: Readonly<Record<string, TraceValue>> }): string {
  return `${JSON.stringify(line)}\n`;
}

/** @throws OddFileError and system errors: the file is not one that may be overwritten */
async function takeOver(handle: FileHandle): Promise<void> {
  const stats = await handle.stat();
  const kind = kindOf(stats);
  if (kind !== undefined) throw new OddFileError(kind);
  if (process.getuid !== undefined && stats.uid !== process.getuid()) throw new OddFileError("foreign");
  if (stats.nlink > 1) throw new OddFileError("link");
  await handle.truncate(0);
  await handle.chmod(OWNER_ONLY);
}
