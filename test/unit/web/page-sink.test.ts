// What the page promises to keep, and under which names, without its worker.
import { describe, expect, test, vi } from "vitest";
import type { FolderSinkOptions } from "../../../src/session/ports.ts";
import { makeManifest } from "../../../src/transfer/manifest.ts";
import { MAX_SHELF_BYTES, PageSink, Shelf } from "../../../src/web/page-sink.ts";
import type { PageWorker, StoreEvents } from "../../../src/web/page-worker.ts";
import type { WorkerRequest } from "../../../src/web/worker-protocol.ts";

const HALF = MAX_SHELF_BYTES / 2;

const newShelf = (): Shelf =>
  new Shelf(
    () => {},
    () => {},
  );

interface Opened {
  sink: PageSink;
  stores: StoreEvents[];
  /** Requests to the worker. */
  told: WorkerRequest[];
}

/** @param hashes - of the blocks of every part */
function sinkOf(shelf: Shelf, paths: readonly string[], hashes = new Uint8Array(32)): Opened {
  const entries = paths.map((path) => ({
    type: "file" as const,
    path,
    bytes: HALF,
    mode: undefined,
    mtimeUs: 0,
  }));
  const stores: StoreEvents[] = [];
  const told: WorkerRequest[] = [];
  const worker = {
    listen: (_key: string, events: StoreEvents) => stores.push(events),
    tell: (request: WorkerRequest) => told.push(request),
    run: () => Promise.resolve({ ok: true, hashes }),
    ignore: () => {},
  };
  const options = {
    manifest: makeManifest(entries),
    canResume: true,
    events: { onWritten: () => {}, onStored: () => {}, onLost: () => {} },
  };
  const sink = new PageSink(options as unknown as FolderSinkOptions, worker as unknown as PageWorker, shelf);
  return { sink, stores, told };
}

/** A transfer that ends after its first 1,000 bytes. */
async function interrupted(shelf: Shelf, fate: "keep" | "remove"): Promise<Opened> {
  const opened = sinkOf(shelf, ["x"]);
  await opened.sink.prepare();
  opened.sink.write(0, new Uint8Array(1_000));
  await opened.sink.abort(fate);
  return opened;
}

test("what went into a chosen folder takes no room of the page when a transfer is given up", async () => {
  const shelf = newShelf();
  for (const path of ["in/a", "in/b"]) shelf.put({ path, bytes: MAX_SHELF_BYTES, sha256: "", blob: undefined });
  const { sink } = sinkOf(shelf, ["x"]);
  expect(await sink.prepare()).toMatchObject({ ok: true });
  expect(shelf.roomBytes).toBe(HALF);
  await sink.abort("keep");
  expect(shelf.roomBytes).toBe(MAX_SHELF_BYTES);
});

test("what is on the shelf takes its room, and what did not arrive takes none", async () => {
  const shelf = newShelf();
  const { sink, stores } = sinkOf(shelf, ["x", "y"]);
  await sink.prepare();
  expect(shelf.roomBytes).toBe(0);
  for (const index of [0, 1]) sink.store(index, new Uint8Array(32));
  stores[0]?.onStored({ ok: true, path: "", blob: new Blob() });
  stores[1]?.onStored({ ok: false, why: "hash-mismatch", detail: "" });
  await sink.finish();
  expect(shelf.roomBytes).toBe(HALF);
});

test("files of one name are not counted through for each of them", () => {
  const shelf = newShelf();
  const has = vi.spyOn(shelf.files, "has");
  for (let count = 0; count < 500; count += 1) {
    shelf.put({ path: shelf.freePath(["in", "f.txt"]), bytes: 0, sha256: "", blob: undefined });
  }
  const paths = [...shelf.files.keys()];
  expect([...paths.slice(0, 3), paths.at(-1)]).toEqual(["in/f.txt", "in/f (1).txt", "in/f (2).txt", "in/f (499).txt"]);
  expect(has.mock.calls.length).toBeLessThan(3 * 500);
});

describe("a transfer that was interrupted", () => {
  test("goes on from what came when the sender has the same", async () => {
    const shelf = newShelf();
    const { told: before } = await interrupted(shelf, "keep");
    expect(shelf.roomBytes).toBe(MAX_SHELF_BYTES - 1_000);
    const keep = before.find(({ op }) => op === "keep");
    const { sink, stores, told } = sinkOf(shelf, ["x"]);
    expect(await sink.survey()).toEqual([{ index: 0, bytes: 1_000, hasChanged: false }]);
    expect(await sink.prepare()).toEqual({ ok: true, deferred: [], resumable: [{ index: 0, bytes: 1_000 }] });
    expect(shelf.roomBytes).toBe(HALF);
    expect(await sink.compare(0, new Uint8Array(32))).toMatchObject({ keptBytes: 1_000, ofBytes: 1_000 });
    sink.write(0, new Uint8Array(10));
    sink.store(0, new Uint8Array(32));
    expect(told.map(({ op }) => op)).toEqual(["resume", "write", "store"]);
    expect(told[0]).toMatchObject({ part: keep?.op === "keep" ? keep.part : "" });
    stores[0]?.onStored({ ok: true, path: "", blob: new Blob() });
    await sink.finish();
    expect(shelf.roomBytes).toBe(HALF);
    expect(shelf.parts.size).toBe(0);
  });

  test("begins anew when the sender has something else", async () => {
    const shelf = newShelf();
    await interrupted(shelf, "keep");
    const { sink, told } = sinkOf(shelf, ["x"], new Uint8Array(32).fill(1));
    await sink.prepare();
    expect(await sink.compare(0, new Uint8Array(32))).toMatchObject({ keptBytes: 0, ofBytes: 1_000 });
    expect(told.map(({ op }) => op)).toEqual(["discard"]);
  });

  test("is kept again when the next line is interrupted before it was compared, or later", async () => {
    const shelf = newShelf();
    await interrupted(shelf, "keep");
    const { sink } = sinkOf(shelf, ["x"]);
    await sink.prepare();
    await sink.abort("keep");
    expect(await sinkOf(shelf, ["x"]).sink.survey()).toMatchObject([{ bytes: 1_000 }]);
    const { sink: next } = sinkOf(shelf, ["x"]);
    await next.prepare();
    await next.compare(0, new Uint8Array(32));
    next.write(0, new Uint8Array(500));
    await next.abort("keep");
    expect(await sinkOf(shelf, ["x"]).sink.survey()).toMatchObject([{ bytes: 1_500 }]);
    expect(shelf.roomBytes).toBe(MAX_SHELF_BYTES - 1_500);
  });

  test("leaves nothing when a person has ended it", async () => {
    const shelf = newShelf();
    const { told } = await interrupted(shelf, "remove");
    expect(told.at(-1)).toMatchObject({ op: "drop" });
    expect(shelf.parts.size).toBe(0);
    expect(shelf.roomBytes).toBe(MAX_SHELF_BYTES);
  });

  test("is taken from the beginning when the person wants that, which makes its room free", async () => {
    const given: string[] = [];
    const shelf = new Shelf(
      () => {},
      (part) => given.push(part),
    );
    await interrupted(shelf, "keep");
    const { sink } = sinkOf(shelf, ["x"]);
    sink.startAfresh();
    expect(await sink.prepare()).toEqual({ ok: true, deferred: [], resumable: [] });
    expect(given).toHaveLength(1);
    expect(shelf.parts.size).toBe(0);
    expect(shelf.roomBytes).toBe(HALF);
  });

  test("stays where the person takes other files from the beginning", async () => {
    const shelf = newShelf();
    await interrupted(shelf, "keep");
    const { sink } = sinkOf(shelf, ["x", "y"]);
    sink.startAfresh();
    sink.restrict((index) => index === 1);
    shelf.hasPrivateFiles = true;
    expect(await sink.prepare()).toMatchObject({ ok: true, resumable: [] });
    expect(shelf.parts.size).toBe(1);
  });

  test("is not gone on with into a folder, which shows files that are whole", async () => {
    const shelf = newShelf();
    await interrupted(shelf, "keep");
    shelf.folder = {} as FileSystemDirectoryHandle;
    expect(await sinkOf(shelf, ["x"]).sink.prepare()).toMatchObject({ resumable: [] });
    expect(shelf.parts.size).toBe(1);
  });
});

describe("what comes while the worker writes", () => {
  const KIB = 1024;
  const writes = (told: readonly WorkerRequest[]): number[] =>
    told.flatMap((request) => (request.op === "write" ? [request.chunk.byteLength] : []));

  test("goes to it in one message when it has written, or when it is much", async () => {
    const { sink, stores, told } = sinkOf(newShelf(), ["x"]);
    await sink.prepare();
    for (const byte of [1, 2, 3]) sink.write(0, new Uint8Array(64 * KIB).fill(byte));
    expect(writes(told)).toEqual([64 * KIB]);
    stores[0]?.onWritten(64 * KIB);
    expect(writes(told)).toEqual([64 * KIB, 128 * KIB]);
    const [, second] = told;
    const bytes = new Uint8Array(second?.op === "write" ? second.chunk : []);
    expect([bytes[0], bytes[64 * KIB]]).toEqual([2, 3]);
    for (let count = 0; count < 9; count += 1) sink.write(0, new Uint8Array(64 * KIB));
    expect(writes(told)).toEqual([64 * KIB, 128 * KIB, 512 * KIB]);
    stores[0]?.onWritten(128 * KIB);
    expect(writes(told)).toHaveLength(3);
    stores[0]?.onWritten(512 * KIB);
    expect(writes(told)).toEqual([64 * KIB, 128 * KIB, 512 * KIB, 64 * KIB]);
  });

  test.each([
    ["stored", (sink: PageSink) => sink.store(0, new Uint8Array(32)), "store"],
    ["kept as a part", (sink: PageSink) => sink.drop(0), "keep"],
    ["given up", (sink: PageSink) => void sink.abort("remove"), "drop"],
  ])("is there before the file is %s", async (_what, end, op) => {
    const { sink, told } = sinkOf(newShelf(), ["x"]);
    await sink.prepare();
    for (const bytes of [10, 20, 30]) sink.write(0, new Uint8Array(bytes));
    end(sink);
    expect(told.map((request) => request.op)).toEqual(["write", "write", op]);
    expect(writes(told)).toEqual([10, 50]);
  });
});

test("files that end early one after the other leave the last 64 as parts", async () => {
  const given: string[] = [];
  const shelf = new Shelf(
    () => {},
    (part) => given.push(part),
  );
  shelf.hasPrivateFiles = true;
  const { sink } = sinkOf(
    shelf,
    Array.from({ length: 100 }, (_, at) => `f${at}`),
  );
  await sink.prepare();
  for (let index = 0; index < 100; index += 1) {
    sink.write(index, new Uint8Array(1));
    sink.drop(index);
  }
  expect(shelf.parts.size).toBe(64);
  expect(given).toHaveLength(36);
  await sink.abort("remove");
  expect([shelf.parts.size, shelf.promisedBytes]).toEqual([0, 0]);
});
