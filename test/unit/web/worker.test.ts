// The page's worker, called by its messages.
import { createHash } from "node:crypto";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { WorkerReport, WorkerRequest } from "../../../src/web/worker-protocol.ts";

const place = { kind: "browser", bytes: 4 } as const;
/** WebAssembly is compiled first; the limit of the test itself ends what hangs. */
const PATIENCE = { timeout: 60_000, interval: 5 };
const CONTENT = "part";
const sha256 = new Uint8Array(createHash("sha256").update(CONTENT).digest());

/** The first time it is compiled, which takes longer on a busy machine than a test may. */
beforeAll(async () => {
  await openWorker();
  vi.resetModules();
}, 300_000);

afterEach(() => {
  vi.resetModules();
  vi.doUnmock("hash-wasm");
});

async function openWorker(): Promise<{ tell: (request: WorkerRequest) => void; reports: WorkerReport[] }> {
  const reports: WorkerReport[] = [];
  const self = {
    postMessage: (report: WorkerReport) => void reports.push(report),
    onmessage: (_event: { data: WorkerRequest }): void => {},
  };
  vi.stubGlobal("self", self);
  await import("../../../src/web/worker.ts");
  return { tell: (data) => self.onmessage({ data }), reports };
}

const write = (key: string, text: string): WorkerRequest => ({
  op: "write",
  key,
  place,
  chunk: new TextEncoder().encode(text).buffer,
});
const store = (key: string): WorkerRequest => ({ op: "store", key, place, sha256 });

test("a file that is dropped while it is stored spoils no other file", async () => {
  const { tell, reports } = await openWorker();
  tell(write("a", CONTENT));
  tell(store("a"));
  tell({ op: "drop", key: "a" });
  await vi.waitFor(() => expect(reports.filter(({ report }) => report === "written")).toHaveLength(1), PATIENCE);
  // Hashers are used again, by two files at a time here.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  for (const half of ["pa", "rt"]) for (const key of ["b", "c"]) tell(write(key, half));
  for (const key of ["b", "c"]) tell(store(key));
  await vi.waitFor(
    () => expect(reports.filter(({ report }) => report === "stored").length).toBeGreaterThan(1),
    PATIENCE,
  );
  const stored = reports.flatMap((report) => (report.report === "stored" ? [[report.key, report.result.ok]] : []));
  expect(stored).toEqual([
    ["b", true],
    ["c", true],
  ]);
});

test("a part goes on under another name, with its hash", async () => {
  const { tell, reports } = await openWorker();
  tell(write("a", "pa"));
  tell({ op: "keep", key: "a", part: "p" });
  tell({ op: "part-blocks", job: 1, part: "p", bytes: 2, blockBytes: 65_536 });
  await vi.waitFor(() => expect(reports.some(({ report }) => report === "done")).toBe(true), PATIENCE);
  const done = reports.find(({ report }) => report === "done");
  const hashes = done?.report === "done" && done.result.ok ? done.result.hashes : undefined;
  expect(hashes).toEqual(new Uint8Array(createHash("sha256").update("pa").digest()));
  tell({ op: "resume", key: "b", part: "p" });
  tell(write("b", "rt"));
  tell(store("b"));
  await vi.waitFor(() => expect(reports.some(({ report }) => report === "stored")).toBe(true), PATIENCE);
  expect(reports.find(({ report }) => report === "stored")).toMatchObject({ key: "b", result: { ok: true } });
});

test("a part that was discarded is not there any more", async () => {
  const { tell, reports } = await openWorker();
  tell(write("a", "pa"));
  tell({ op: "keep", key: "a", part: "p" });
  tell({ op: "discard", part: "p" });
  tell({ op: "part-blocks", job: 1, part: "p", bytes: 2, blockBytes: 65_536 });
  await vi.waitFor(() => expect(reports.some(({ report }) => report === "done")).toBe(true), PATIENCE);
  expect(reports.find(({ report }) => report === "done")).toMatchObject({ result: { ok: false } });
});

test("a file is read in pieces, with its hash at the end", async () => {
  const { tell, reports } = await openWorker();
  tell({ op: "open", key: "a", file: new File([CONTENT], "a") });
  tell({ op: "read", job: 1, key: "a", offset: 0, bytes: 2 });
  tell({ op: "read", job: 2, key: "a", offset: 2, bytes: 2 });
  await vi.waitFor(() => expect(reports).toHaveLength(2), PATIENCE);
  const results = reports.map((report) => (report.report === "done" && report.result.ok ? report.result : undefined));
  expect(results.map((result) => new TextDecoder().decode(result?.chunk))).toEqual(["pa", "rt"]);
  expect(results.map((result) => result?.sha256)).toEqual([undefined, sha256]);
});

test("a file that was forgotten is not read", async () => {
  const { tell, reports } = await openWorker();
  tell({ op: "open", key: "a", file: new File([CONTENT], "a") });
  tell({ op: "forget", key: "a" });
  tell({ op: "read", job: 1, key: "a", offset: 0, bytes: 2 });
  await vi.waitFor(() => expect(reports).toHaveLength(1), PATIENCE);
  expect(reports[0]).toMatchObject({ report: "done", job: 1, result: { ok: false } });
});

test("a file for which the browser cannot make a hasher fails, and does not hang", async () => {
  vi.doMock("hash-wasm", () => ({ createSHA256: () => Promise.reject(new Error("no memory")) }));
  const { tell, reports } = await openWorker();
  tell(write("a", CONTENT));
  tell(store("a"));
  await vi.waitFor(() => expect(reports).toHaveLength(2), PATIENCE);
  expect(reports).toMatchObject([
    { report: "written", bytes: 4 },
    { report: "stored", key: "a", result: { ok: false, why: "write-failed", detail: "no memory" } },
  ]);
});
