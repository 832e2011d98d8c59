// A disk in memory that forgets what was not flushed. Until then a crash may keep any part of it: of the bytes of a
// file some pages and not others, of the changes of a folder the first few. Flushing a file says nothing about its
// name, as POSIX has it. It stands still at a given operation, and is then taken up as it is after the crash.
import type { Stats } from "node:fs";
import { constants } from "node:fs";
import type { DiskHandle, FileSystem } from "../../src/store/file-system.ts";
import type { PartLocks } from "../../src/store/transfer/unfinished-parts.ts";
import { systemError } from "./fake-disk.ts";

const PAGE_BYTES = 4096;

interface File {
  readonly kind: "file";
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  content: Uint8Array;
  durable: Uint8Array;
}

interface Folder {
  readonly kind: "folder";
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  entries: Map<string, Node>;
  durable: Map<string, Node>;
  /** Since the last flush, in order. */
  changes: ((entries: Map<string, Node>) => void)[];
}

type Node = File | Folder;

/** The answer of a disk that stands still. Each call gets its own, because one for all would keep all who wait for it. */
function never(): Promise<never> {
  return new Promise(() => {});
}

/** What a call does to the disk. */
export type DiskCall = "look" | "change" | "flush";

export class CrashDisk {
  #nextIno = 1;
  readonly #root: Folder = this.#newFolder();
  readonly #open = new Map<number, Node>();
  #nextFd = 1_000;
  /** Operations that change something or make it durable, so far. */
  operations = 0;
  /** Stands still for good before this one. */
  stopAt = Number.POSITIVE_INFINITY;
  /** Called before each call, which waits for what it returns; what it throws is the answer of the call. */
  beforeCall: (call: DiskCall, name: string) => Promise<void> | undefined = () => undefined;
  /** All files together may grow to this size. */
  roomBytes = Number.POSITIVE_INFINITY;

  get hasStopped(): boolean {
    return this.operations >= this.stopAt;
  }

  #newFolder(): Folder {
    return {
      kind: "folder",
      ino: this.#nextIno++,
      mode: 0o755,
      mtimeMs: 0,
      entries: new Map(),
      durable: new Map(),
      changes: [],
    };
  }

  #newFile(mode: number): File {
    const [content, durable] = [new Uint8Array(), new Uint8Array()];
    return { kind: "file", ino: this.#nextIno++, mode, mtimeMs: 0, content, durable };
  }

  /** The same disk after a crash. The old one is not to be used any more. */
  crash(random: () => number): CrashDisk {
    const disk = new CrashDisk();
    const seen = new Map<Node, Node>();
    const survive = (node: Node): Node => {
      const known = seen.get(node);
      if (known !== undefined) return known;
      if (node.kind === "file") {
        const content = survivingBytes(node, random);
        const file: File = { ...node, ino: disk.#nextIno++, content, durable: content };
        seen.set(node, file);
        return file;
      }
      const folder = disk.#newFolder();
      seen.set(node, folder);
      fill(folder, node);
      return folder;
    };
    const fill = (folder: Folder, from: Folder): void => {
      const entries = new Map(from.durable);
      const kept = Math.floor(random() * (from.changes.length + 1));
      for (const change of from.changes.slice(0, kept)) change(entries);
      for (const [name, node] of entries) folder.entries.set(name, survive(node));
      folder.durable = new Map(folder.entries);
    };
    fill(disk.#root, this.#root);
    return disk;
  }

  /** Path → content of what a crash certainly keeps: the names and the bytes that were flushed. */
  durableFiles(): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    const walk = (folder: Folder, path: string): void => {
      for (const [name, node] of folder.durable) {
        if (node.kind === "file") found.set(`${path}/${name}`, node.durable);
        else walk(node, `${path}/${name}`);
      }
    };
    walk(this.#root, "");
    return found;
  }

  /** Path → content of all files, hidden ones too. */
  files(): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    const walk = (folder: Folder, path: string): void => {
      for (const [name, node] of folder.entries) {
        if (node.kind === "file") found.set(`${path}/${name}`, node.content);
        else walk(node, `${path}/${name}`);
      }
    };
    walk(this.#root, "");
    return found;
  }

  /** Puts a file there, durably, in folders that are made. */
  put(path: string, content: Uint8Array): void {
    let folder = this.#root;
    const parts = path.split("/").slice(1);
    for (const name of parts.slice(0, -1)) {
      const next = folder.entries.get(name) ?? this.#newFolder();
      folder.entries.set(name, next);
      folder.durable.set(name, next);
      folder = next as Folder;
    }
    const file: File = { ...this.#newFile(0o644), content, durable: content };
    folder.entries.set(parts.at(-1) ?? "", file);
    folder.durable.set(parts.at(-1) ?? "", file);
  }

  #find(path: string): Node {
    let node: Node = this.#root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      if (node.kind !== "folder") throw systemError("ENOTDIR");
      const next: Node | undefined = node.entries.get(name);
      if (next === undefined) throw systemError("ENOENT");
      node = next;
    }
    return node;
  }

  #parent(path: string): { folder: Folder; name: string } {
    const at = path.lastIndexOf("/");
    const folder = this.#find(path.slice(0, at));
    if (folder.kind !== "folder") throw systemError("ENOTDIR");
    return { folder, name: path.slice(at + 1) };
  }

  get #freeBytes(): number {
    if (this.roomBytes === Number.POSITIVE_INFINITY) return 1e12;
    const sizes = new Map<Node, number>();
    const add = (folder: Folder): void => {
      for (const node of folder.entries.values()) {
        if (node.kind === "folder") add(node);
        else sizes.set(node, node.content.length);
      }
    };
    add(this.#root);
    return Math.max(
      0,
      [...sizes.values()].reduce((room, bytes) => room - bytes, this.roomBytes),
    );
  }

  #change(folder: Folder, change: (entries: Map<string, Node>) => void): void {
    change(folder.entries);
    folder.changes.push(change);
  }

  #stats(node: Node): Stats {
    let links = 0;
    const count = (folder: Folder): void => {
      for (const child of folder.entries.values()) {
        if (child === node) links += 1;
        if (child.kind === "folder") count(child);
      }
    };
    count(this.#root);
    return {
      dev: 1,
      ino: node.ino,
      mode: node.mode,
      mtimeMs: node.mtimeMs,
      nlink: links,
      uid: process.getuid?.() ?? 0,
      size: node.kind === "file" ? node.content.length : 0,
      isFile: () => node.kind === "file",
      isDirectory: () => node.kind === "folder",
      isSymbolicLink: () => false,
    } as unknown as Stats;
  }

  /** Counts an operation that changes something. A disk that stands still never answers. */
  async #operate<T>(name: string, work: () => T): Promise<T> {
    if (this.hasStopped) return never();
    const waiting = this.beforeCall(name === "sync" ? "flush" : "change", name);
    if (waiting !== undefined) await waiting;
    // It may have stopped while the call was on its way.
    if (this.hasStopped) return never();
    this.operations += 1;
    return work();
  }

  async #look<T>(name: string, work: () => T): Promise<T> {
    const waiting = this.beforeCall("look", name);
    if (waiting !== undefined) await waiting;
    return this.hasStopped ? never() : work();
  }

  #fd(fd: number): Node {
    const node = this.#open.get(fd);
    if (node === undefined) throw systemError("EBADF");
    return node;
  }

  #file(fd: number): File {
    const node = this.#fd(fd);
    if (node.kind !== "file") throw systemError("EISDIR");
    return node;
  }

  #handle(node: Node): DiskHandle {
    const fd = this.#nextFd;
    this.#nextFd += 1;
    this.#open.set(fd, node);
    const write = (bytes: Uint8Array, position: number): void => {
      const file = this.#file(fd);
      const growth = position + bytes.length - file.content.length;
      if (growth > 0 && growth > this.#freeBytes) throw systemError("ENOSPC");
      const content = new Uint8Array(Math.max(file.content.length, position + bytes.length));
      content.set(file.content);
      content.set(bytes, position);
      file.content = content;
    };
    return {
      fd,
      read: (into, offset, length, position) =>
        this.#look("read", () => {
          const bytes = this.#file(fd).content.subarray(position, position + length);
          into.set(bytes, offset);
          return { bytesRead: bytes.length };
        }),
      write: (from, offset, length, position) =>
        this.#operate("write", () => {
          write(from.subarray(offset, offset + length), position);
          return { bytesWritten: length };
        }),
      writev: (parts, position) =>
        this.#operate("writev", () => {
          const bytes = Buffer.concat(parts);
          write(bytes, position);
          return { bytesWritten: bytes.length };
        }),
      sync: () =>
        this.#operate("sync", () => {
          if (node.kind === "file") {
            node.durable = node.content.slice();
          } else {
            node.durable = new Map(node.entries);
            node.changes = [];
          }
        }),
      truncate: (bytes) =>
        this.#operate("truncate", () => {
          const file = this.#file(fd);
          file.content = file.content.slice(0, bytes);
        }),
      close: () =>
        this.#look("close", () => {
          this.#open.delete(fd);
        }),
    };
  }

  /** The disk as the store sees it; what it does not need of late is not there. */
  fileSystem(): FileSystem {
    const port: Partial<FileSystem> = {
      hasModes: true,
      umask: () => 0o022,
      access: (path) =>
        this.#look("access", () => {
          this.#find(path);
        }),
      chmod: (path, mode) =>
        this.#operate("chmod", () => {
          this.#find(path).mode = mode;
        }),
      utimes: (path, _atime, mtime) =>
        this.#operate("utimes", () => {
          this.#find(path).mtimeMs = Number(mtime) * 1_000;
        }),
      lstat: (path) => this.#look("lstat", () => this.#stats(this.#find(path))),
      stat: (path) => this.#look("stat", () => this.#stats(this.#find(path))),
      realpath: (path) =>
        this.#look("realpath", () => {
          this.#find(path);
          return path;
        }),
      statfs: () => this.#look("statfs", () => ({ bavail: this.#freeBytes, bsize: 1 })),
      readdir: (path) =>
        this.#look("readdir", () => {
          const folder = this.#find(path);
          if (folder.kind !== "folder") throw systemError("ENOTDIR");
          return [...folder.entries.keys()];
        }),
      mkdir: (path, options) =>
        this.#operate("mkdir", () => {
          const { folder, name } = this.#parent(path);
          if (folder.entries.has(name)) {
            if (options.recursive === true) return undefined;
            throw systemError("EEXIST");
          }
          const made = this.#newFolder();
          this.#change(folder, (entries) => entries.set(name, made));
          return path;
        }),
      open: (path, flags, mode) => this.#openPath(path, flags, mode ?? 0o666),
      link: (from, to) =>
        this.#operate("link", () => {
          const node = this.#find(from);
          const { folder, name } = this.#parent(to);
          if (folder.entries.has(name)) throw systemError("EEXIST");
          this.#change(folder, (entries) => entries.set(name, node));
        }),
      rename: (from, to) =>
        this.#operate("rename", () => {
          const node = this.#find(from);
          const { folder, name } = this.#parent(to);
          const { name: before } = this.#parent(from);
          this.#change(folder, (entries) => {
            entries.delete(before);
            entries.set(name, node);
          });
        }),
      unlink: (path) =>
        this.#operate("unlink", () => {
          const { folder, name } = this.#parent(path);
          if (!folder.entries.has(name)) throw systemError("ENOENT");
          this.#change(folder, (entries) => entries.delete(name));
        }),
      fchmodSync: (fd, mode) => {
        this.#fd(fd).mode = mode;
      },
      fstatSync: (fd) => this.#stats(this.#fd(fd)),
      futimesSync: (fd, _atime, mtime) => {
        this.#fd(fd).mtimeMs = Number(mtime) * 1_000;
      },
      lstatSync: (path) => this.#stats(this.#find(path)),
      pathOfOpen: () => undefined,
    };
    return port as FileSystem;
  }

  #openPath(path: string, flags: number, mode: number): Promise<DiskHandle> {
    if ((flags & constants.O_CREAT) === 0) return this.#look("open", () => this.#handle(this.#find(path)));
    return this.#operate("open", () => {
      const { folder, name } = this.#parent(path);
      if (folder.entries.has(name)) throw systemError("EEXIST");
      const file = this.#newFile(mode);
      this.#change(folder, (entries) => entries.set(name, file));
      return this.#handle(file);
    });
  }
}

/** What was flushed, with some of the pages that were written since; the size is the old or the new one. */
function survivingBytes({ content, durable }: File, random: () => number): Uint8Array {
  if (content === durable) return durable;
  const size = random() < 0.5 ? durable.length : content.length;
  const bytes = new Uint8Array(size);
  bytes.set(durable.subarray(0, size));
  for (let at = 0; at < size; at += PAGE_BYTES) {
    const isWritten = random() < 0.5;
    if (isWritten) bytes.set(content.subarray(at, Math.min(at + PAGE_BYTES, size)), at);
  }
  return bytes;
}

/** Locks that go with the machine. */
export function memoryLocks(): PartLocks {
  const held = new Set<string>();
  return {
    acquire: async (path) => {
      if (held.has(path)) return undefined;
      held.add(path);
      return { release: async () => void held.delete(path) };
    },
  };
}
