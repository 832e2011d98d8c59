// The room that one transfer needs on the disk of its output folder: bytes that are still to be written, and files that
// are still to be made.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { formatBytes } from "../../lib/format.ts";
import type { SinkFailure } from "../../transfer/storing.ts";
import type { FileSystem } from "../file-system.ts";
import { hasNoInodes } from "../output-probe.ts";

export class DiskRoom {
  readonly #disk: FileSystem;
  /** Disk space that the rest of the transfer needs. */
  #neededBytes = 0;

  constructor(disk: FileSystem) {
    this.#disk = disk;
  }

  /** So many bytes more are to be written. */
  need(bytes: number): void {
    this.#neededBytes += bytes;
  }

  /** So many bytes are written, or will not be. */
  spare(bytes: number): void {
    this.#neededBytes -= bytes;
  }

  /**
   * @param newFiles - count of the files to make; one that replaces another needs no room of its own
   * @returns why the rest of the transfer does not fit; undefined when it does
   */
  async lackFor(newFiles: number, rootPath: string): Promise<SinkFailure | undefined> {
    const { bavail, bsize, files = 0, ffree = 0 } = await this.#disk.statfs(rootPath);
    const freeBytes = bavail * bsize;
    if (this.#neededBytes > freeBytes) return this.#diskFull(rootPath, freeBytes, {});
    // A file system that makes inodes as it needs them reports none at all.
    return files > 0 && newFiles > ffree ? this.#diskFull(rootPath, freeBytes, { lacks: "files" }) : undefined;
  }

  /**
   * The failure of a write for which there was no room, where the disk has said so.
   * @param folder - on that disk
   */
  async failure(errno: "ENOSPC" | "EDQUOT", folder: string): Promise<SinkFailure> {
    const freeBytes = await this.#freeBytes(folder).catch(() => 0);
    const isBegun = true;
    if (errno === "EDQUOT") return this.#diskFull(folder, freeBytes, { isBegun, lacks: "quota" });
    const hasInodes = !(await hasNoInodes(folder, this.#disk));
    return this.#diskFull(folder, freeBytes, hasInodes ? { isBegun } : { isBegun, lacks: "files" });
  }

  async #freeBytes(path: string): Promise<number> {
    const { bavail, bsize } = await this.#disk.statfs(path);
    return bavail * bsize;
  }

  #diskFull(path: string, freeBytes: number, how: { lacks?: "files" | "quota"; isBegun?: true }): SinkFailure {
    const amounts = { needed: formatBytes(Math.max(0, this.#neededBytes)), free: formatBytes(freeBytes) };
    return { ok: false, reason: "disk-full", error: new P2pError("DISK_FULL", { path, ...amounts, ...how }) };
  }
}
