// The real file system with one thing made to go wrong.
import { type DiskHandle, type FileSystem, nodeFileSystem } from "../../src/store/file-system.ts";
import { withResolvers } from "./with-resolvers.ts";

/** An error as the system throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code });
}

/** A file system whose handles are changed by `change` when they are opened. */
export function withHandles(change: (handle: DiskHandle, path: string) => void): FileSystem {
  return {
    ...nodeFileSystem,
    open: async (path, flags, mode) => {
      const handle = await nodeFileSystem.open(path, flags, mode);
      change(handle, String(path));
      return handle;
    },
  };
}

/** Calls `before` with the byte count of every gathered write. */
function beforeWrites(before: (bytes: number) => void | Promise<void>): FileSystem {
  return withHandles((handle) => {
    const writev = handle.writev.bind(handle);
    handle.writev = async (buffers, position) => {
      await before(buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0));
      return writev(buffers, position);
    };
  });
}

/** A file system that has this much room. */
export function withFreeBytes(bytes: number): FileSystem {
  const statfs = (async () => ({ bavail: bytes, bsize: 1 })) as unknown as FileSystem["statfs"];
  return { ...nodeFileSystem, statfs };
}

/** A disk on which `bytes` can be written, then no more. */
export function withRoomFor(bytes: number): FileSystem {
  let left = bytes;
  return beforeWrites((written) => {
    left -= written;
    if (left < 0) throw systemError("ENOSPC");
  });
}

/** A disk that writes nothing until it is let go. `held` resolves when the first write waits. */
export function stoppedDisk(): { fileSystem: FileSystem; held: Promise<void>; letGo: () => void } {
  const { promise, resolve } = withResolvers<void>();
  const { promise: held, resolve: hold } = withResolvers<void>();
  const fileSystem = beforeWrites(() => {
    hold();
    return promise;
  });
  return { fileSystem, held, letGo: () => resolve() };
}
