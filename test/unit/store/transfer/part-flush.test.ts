// A large file is flushed beside the writing, so that little is left to wait for at its end; a flush that fails then
// fails the file, whatever the last one says.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileSink } from "../../../../src/store/transfer/file-sink.ts";
import type { Stored } from "../../../../src/transfer/storing.ts";
import type { FileSystem } from "../../../../src/store/file-system.ts";
import { entryOf, received, sha256 } from "../../../support/engine-pair.ts";
import { systemError, withHandles } from "../../../support/fake-disk.ts";
import { turnsUntil } from "../../../support/transfer-pair.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 70 * MIB;
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-flush-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function store(fileSystem: FileSystem): Promise<Stored> {
  let stored: Stored | undefined;
  let writtenBytes = 0;
  const sink = new FileSink({
    outputDir: dir,
    conflict: "rename",
    rules: "posix",
    manifest: received([entryOf("large", FILE_BYTES)]),
    events: {
      onWritten: (bytes) => {
        writtenBytes += bytes;
      },
      onStored: (_, result) => {
        stored = result;
      },
      onLost: () => {},
    },
    fileSystem,
  });
  await sink.prepare();
  const chunk = Buffer.alloc(MIB, 7);
  for (let sent = 0; sent < FILE_BYTES; sent += MIB) {
    sink.write(0, chunk, sent);
    await turnsUntil(() => writtenBytes === sent + MIB);
  }
  sink.store(0, sha256(Buffer.alloc(FILE_BYTES, 7)));
  await turnsUntil(() => stored !== undefined);
  return stored ?? { ok: false, reason: "write-failed", error: systemError("EIO") as never };
}

/** Counts the flushes of the part itself; the given ones fail. */
function counting(failing: readonly number[]): { fileSystem: FileSystem; flushes: () => number } {
  let count = 0;
  const fileSystem = withHandles((handle, path) => {
    if (!path.endsWith(".part")) return;
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      count += 1;
      if (failing.includes(count)) throw systemError("EIO");
      await sync();
    };
  });
  return { fileSystem, flushes: () => count };
}

test("beside the writing and once more at its end", async () => {
  const { fileSystem, flushes } = counting([]);
  expect((await store(fileSystem)).ok).toBe(true);
  expect(flushes()).toBeGreaterThanOrEqual(2);
});

test("a flush beside the writing that failed fails the file", async () => {
  const { fileSystem } = counting([1]);
  const stored = await store(fileSystem);
  expect(stored.ok === false && stored.error.code).toBe("WRITE_FAILED");
});
