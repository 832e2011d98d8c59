// The file of a trace on a disk that is slow, full, or not there.
import { link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import {
  MAX_TRACE_FILE_BYTES,
  MAX_WAITING_TRACE_BYTES,
  TraceFile,
  type TraceHandle,
} from "../../../src/store/trace-file.ts";

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "p2p-trace-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const notFailed = (error: P2pError): never => {
  throw error;
};

/** A disk in memory that waits with every write until it is told to go on. */
class Disk {
  text = "";
  #isStopped: boolean;
  #release: () => void = () => {};
  failure: Error | undefined;
  constructor({ isStopped = false } = {}) {
    this.#isStopped = isStopped;
  }

  readonly handle = {
    write: async (bytes: Uint8Array, at: number) => {
      if (this.#isStopped)
        await new Promise<void>((go) => {
          this.#release = go;
        });
      if (this.failure !== undefined) throw this.failure;
      // A disk may take less than all.
      const taken = bytes.subarray(at, at + Math.max(1, (bytes.length - at) >> 1));
      this.text += Buffer.from(taken).toString("latin1");
      return { bytesWritten: taken.length, buffer: bytes };
    },
    close: () => Promise.resolve(),
  } as unknown as TraceHandle;

  goOn(): void {
    this.#isStopped = false;
    this.#release();
  }

  get lines(): { time: number; name: string; data: Record<string, unknown> }[] {
    const texts = this.text.split("\n");
    expect(texts.pop()).toBe("");
    return texts.map((line) => JSON.parse(line) as { time: number; name: string; data: Record<string, unknown> });
  }
}

test("the first line says when it began, the last how many lines there are", async () => {
  let nowMs = 500;
  const disk = new Disk();
  const today = new Date("2026-01-02T03:04:05.678Z");
  const file = new TraceFile("t", disk.handle, notFailed, { nowMs: () => nowMs, today: () => today });
  nowMs += 12.3456;
  file.trace("x:y", { a: 1, b: undefined, c: "d" });
  await file.close();
  file.trace("x:late", {});
  expect(disk.lines).toEqual([
    {
      time: 0,
      name: "trace:begin",
      data: {
        file_schema: "p2p-trace/1",
        time_format: "relative_to_epoch",
        clock_type: "monotonic",
        wall_clock_time: "2026-01-02T03:04:05.678Z",
      },
    },
    { time: 12.346, name: "x:y", data: { a: 1, c: "d" } },
    { time: 12.346, name: "trace:end", data: { lines: 3, dropped_lines: 0 } },
  ]);
});

test("a disk that does not keep up costs lines and not memory", async () => {
  const disk = new Disk({ isStopped: true });
  const file = new TraceFile("t", disk.handle, notFailed);
  const text = "x".repeat(1_000);
  const count = 3 * Math.ceil(MAX_WAITING_TRACE_BYTES / 1_000);
  for (let index = 0; index < count; index += 1) file.trace("x:y", { text });
  await Promise.resolve();
  disk.goOn();
  await file.close();
  const { lines } = disk;
  expect(disk.text.length).toBeLessThan(MAX_WAITING_TRACE_BYTES + 1_000);
  const dropped = Number(lines.at(-1)?.data["dropped_lines"]);
  expect(dropped).toBeGreaterThan(count / 2);
  expect(lines.length - 3 + dropped + 1).toBe(count);
  expect(lines.at(-1)?.data["lines"]).toBe(lines.length);
});

test("a file that is long enough gets only its last line", async () => {
  let bytes = 0;
  let last = "";
  const handle = {
    write: async (chunk: Uint8Array, at: number) => {
      bytes += chunk.length - at;
      last = Buffer.from(chunk.subarray(-200)).toString("latin1");
      return { bytesWritten: chunk.length - at, buffer: chunk };
    },
    close: () => Promise.resolve(),
  } as unknown as TraceHandle;
  const file = new TraceFile("t", handle, notFailed);
  const text = "x".repeat(500_000);
  const count = Math.ceil(MAX_TRACE_FILE_BYTES / 500_000) + 5;
  for (let index = 0; index < count; index += 1) {
    file.trace("x:y", { text });
    // Two microtasks: the write begins, and ends.
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
  await file.close();
  expect(bytes).toBeLessThan(MAX_TRACE_FILE_BYTES + 200);
  expect(bytes).toBeGreaterThan(MAX_TRACE_FILE_BYTES - 1_000_000);
  expect(last).toMatch(/"name":"trace:end","data":\{"lines":\d+,"dropped_lines":[5-7]\}\}\n$/);
});

test("a disk that is full is told once, and nothing throws", async () => {
  const disk = new Disk();
  const failures: P2pError[] = [];
  const file = new TraceFile("t", disk.handle, (error) => failures.push(error));
  disk.failure = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  file.trace("x:y", {});
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  file.trace("x:z", {});
  await file.close();
  expect(failures.map(({ code, params }) => ({ code, params }))).toEqual([
    { code: "WRITE_FAILED", params: { path: "t", reason: "ENOSPC: no space left on device" } },
  ]);
});

describe("on a real disk", () => {
  test("it is this user's alone, and replaces what was there", async () => {
    const path = join(await folder(), "trace");
    await writeFile(path, "x".repeat(5_000), { mode: 0o644 });
    const file = await TraceFile.open(path, notFailed);
    await file.close();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(3);
  });

  test.each(["link", "hard link", "folder", "missing folder"] as const)("a %s is refused", async (kind) => {
    const dir = await folder();
    const [path, other] = [join(dir, kind === "missing folder" ? "a/b" : "trace"), join(dir, "other")];
    await writeFile(other, "kept");
    if (kind === "link") await symlink(other, path);
    if (kind === "hard link") await link(other, path);
    if (kind === "folder") await mkdir(path);
    await expect(TraceFile.open(path, notFailed)).rejects.toMatchObject({
      code: "WRITE_FAILED",
      params: { path, reason: expect.stringMatching(kind.endsWith("link") ? /^it is a link$/ : /^E[A-Z]+: /) },
    });
    expect(await readFile(other, "utf8")).toBe("kept");
  });
});
