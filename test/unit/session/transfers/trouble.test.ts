// Transfers over a memory channel when a disk, a source or the line between is not what it should be.
import { constants } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { DescriptorWait } from "../../../../src/store/descriptors.ts";
import { type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import type { TransferStatus } from "../../../../src/session/session-types.ts";
import { planSend } from "../../../../src/store/transfer/send-plan.ts";
import { RECEIVE_WINDOW_BYTES } from "../../../../src/transfer/limits.ts";
import { stoppedDisk, systemError, withFreeBytes, withRoomFor } from "../../../support/fake-disk.ts";
import { framesOf, messageOf } from "../../../support/frames.ts";
import { pairPerTest, turnsUntil } from "../../../support/transfer-pair.ts";
import { writeTree } from "../../../support/trees.ts";

const { open } = pairPerTest();

describe("the receiver's disk", () => {
  it("without room: declined before the first byte, with both numbers here and a reason there", async () => {
    const { a, b, channels } = await open({ b: { fileSystem: withFreeBytes(1_000) } });
    await writeFile(join(a.dir, "f"), Buffer.alloc(2_000));
    expect(await a.send("f")).toBe("declined");
    expect(b.events.map(({ event }) => event)).toEqual(["incoming", "error", "declined"]);
    expect(b.of("error")).toMatchObject([{ code: "DISK_FULL" }]);
    expect(b.of("error")[0]?.message).toContain("2.0 KiB needed, 1000 B free");
    expect(a.of("error")).toMatchObject([{ code: "PEER_CANNOT_STORE" }]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
    expect(channels[0].sentBytes).toBeLessThan(500);
  });

  it("full on the way: the transfer ends for both, the part is kept", async () => {
    const { a, b } = await open({ b: { fileSystem: withRoomFor(3_000_000) } });
    await writeTree(a.dir, { "t/big": Buffer.alloc(5_000_000, 1), "t/small": Buffer.alloc(10, 1) });
    expect(await a.send("t")).toBe("failed");
    await b.untilIdle();
    await b.session.close("ended");
    expect(b.errorCodes).toEqual(["DISK_FULL"]);
    expect(a.errorCodes).toEqual(["PEER_CANNOT_STORE"]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
    expect(a.of("transfer-done")).toEqual([]);
    const left = (await readdir(join(b.outputDir, "t"))).map((name) => name.split(/[.-]/).at(-1));
    expect(new Set(left)).toEqual(new Set(["journal", "part", "unfinished"]));
  });

  it("stopped: the sender stops within the window, and what waits is bounded", async () => {
    const { fileSystem, letGo } = stoppedDisk();
    const { a, b, channels } = await open({ b: { fileSystem } });
    await writeFile(join(a.dir, "big"), Buffer.alloc(30_000_000, 1));
    const sent = a.send("big");
    await turnsUntil(() => channels[0].sentBytes >= RECEIVE_WINDOW_BYTES);
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(channels[0].sentBytes).toBeLessThan(RECEIVE_WINDOW_BYTES * 1.01);
    expect(b.session.status()[0]?.bytes).toBe(0);
    letGo();
    expect(await sent).toBe("done");
  });

  it("stopped while transfers end: proposals are declined until it has let them go", async () => {
    const { fileSystem, held, letGo } = stoppedDisk();
    const { a, b, channels } = await open({ b: { fileSystem, maxClosingBytes: 1 } });
    await writeFile(join(a.dir, "big"), Buffer.alloc(3_000_000, 1));
    await writeTree(a.dir, { small: Buffer.from("1") });
    const sent = a.send("big");
    await turnsUntil(() => channels[0].sentBytes >= 1_000_000);
    // A transfer that ends before anything is written is closed at once.
    await held;
    expect(a.session.cancel(a.session.status()[0]?.transfer ?? "")).toBe(true);
    await sent;
    await turnsUntil(() => b.session.activity.receiving === 0);
    expect(await a.send("small")).toBe("declined");
    letGo();
    await turnsUntil(() => b.session.closingCount === 0);
    expect(await a.send("small")).toBe("done");
  });

  it("slower for the first of two proposals: they are told in the order in which they came, looked at one by one", async () => {
    let lookups = 0;
    let whenFirst: TransferStatus[] = [];
    const fileSystem = {
      ...nodeFileSystem,
      realpath: async (path: string) => {
        lookups += 1;
        if (lookups === 1) {
          await turnsUntil(() => b.session.status().length === 2);
          // More than enough for the second to begin.
          for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          expect(lookups).toBe(1);
          whenFirst = b.session.status();
        }
        return nodeFileSystem.realpath(path);
      },
    };
    const { a, b } = await open({ b: { fileSystem } });
    await writeTree(a.dir, { first: Buffer.from("1"), second: Buffer.from("2") });
    const plans = [await planSend([join(a.dir, "first")]), await planSend([join(a.dir, "second")])];
    expect(await Promise.all(plans.map((plan) => a.session.send(plan)))).toEqual(["done", "done"]);
    expect(whenFirst.map(({ state }) => state)).toEqual(["awaiting-consent", "awaiting-consent"]);
    expect(b.of("incoming").map(({ entries }) => entries[0]?.path)).toEqual(["first", "second"]);
  });

  it("refusing one folder: that file fails on both sides, the others arrive", async () => {
    const fileSystem = {
      ...nodeFileSystem,
      mkdir: ((path: string, options: object) =>
        path.endsWith("closed")
          ? Promise.reject(systemError("EACCES"))
          : nodeFileSystem.mkdir(path, options)) as typeof nodeFileSystem.mkdir,
    };
    const { a, b } = await open({ b: { fileSystem } });
    await writeTree(a.dir, { "t/closed/x": Buffer.from("x"), "t/open/y": Buffer.from("y") });
    expect(await a.send("t")).toBe("failed");
    expect(b.errorCodes).toEqual(["WRITE_FAILED", "WRITE_FAILED"]);
    expect(a.errorCodes).toEqual(["PEER_CANNOT_STORE", "PEER_CANNOT_STORE"]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
    expect(await readFile(join(b.outputDir, "t/open/y"), "utf8")).toBe("y");
    expect(b.of("transfer-done")).toMatchObject([{ files: 1, bytes: 1 }]);
  });
});

/** A disk that opens nothing from the `after`-th call on, for `failures` calls. */
function withoutDescriptors(after: number, failures: number): FileSystem {
  let calls = 0;
  return {
    ...nodeFileSystem,
    open: (...args) => {
      calls += 1;
      const isLacking = calls > after && calls <= after + failures;
      return isLacking ? Promise.reject(systemError("EMFILE")) : nodeFileSystem.open(...args);
    },
  };
}

/** Waits no time. */
function patient(fileSystem: FileSystem): FileSystem {
  let nowMs = 0;
  const pause = async (ms: number): Promise<void> => {
    nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve));
  };
  return new DescriptorWait({ nowMs: () => nowMs, pause }).around(fileSystem);
}

describe("a computer with too many open files", () => {
  const tree = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`t/${at}`, Buffer.from(String(at))]));

  it.each(["a", "b"] as const)("for a while, at %s: everything arrives, only later", async (side) => {
    const { a, b } = await open({ [side]: { fileSystem: patient(withoutDescriptors(5, 300)) } });
    await writeTree(a.dir, tree);
    expect(await a.send("t")).toBe("done");
    expect([a.errorCodes, b.errorCodes, a.session.exit, b.session.exit]).toEqual([[], [], 0, 0]);
  });

  it("for good, at the receiver: told once, and it ends", async () => {
    const { a, b } = await open({ b: { fileSystem: patient(withoutDescriptors(5, Number.POSITIVE_INFINITY)) } });
    await writeTree(a.dir, tree);
    expect(await a.send("t")).toBe("failed");
    await b.untilIdle();
    expect(b.errorCodes).toEqual(["TOO_MANY_OPEN_FILES"]);
    expect(a.errorCodes).toEqual(["PEER_CANNOT_STORE"]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
  });

  it("for good, at the sender: told once, it ends, and the other side knows that it is interrupted", async () => {
    const { a, b } = await open({ a: { fileSystem: patient(withoutDescriptors(5, Number.POSITIVE_INFINITY)) } });
    await writeTree(a.dir, tree);
    expect(await a.send("t")).toBe("failed");
    await b.untilIdle();
    expect(a.errorCodes).toEqual(["TOO_MANY_OPEN_FILES", "TRANSFER_INTERRUPTED"]);
    expect(b.errorCodes).toEqual(["TRANSFER_INTERRUPTED"]);
    expect([a.session.exit, b.session.exit]).toEqual([8, 4]);
  });
});

test.each(["EROFS", "EMFILE"])("a disk that takes nothing more (%s) is told once, not for each file", async (errno) => {
  let hasFailed = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: (path, ...rest) => {
      if (!path.endsWith(".part")) return nodeFileSystem.open(path, ...rest);
      hasFailed = true;
      return Promise.reject(systemError(errno));
    },
    access: (...args) => (hasFailed ? Promise.reject(systemError(errno)) : nodeFileSystem.access(...args)),
  };
  const { a, b } = await open({ b: { fileSystem } });
  await writeTree(a.dir, { "t/1": Buffer.from("1"), "t/2": Buffer.from("2"), "t/3": Buffer.from("3") });
  expect(await a.send("t")).toBe("failed");
  await b.untilIdle();
  expect([a.errorCodes.length, b.errorCodes.length, a.session.exit, b.session.exit]).toEqual([1, 1, 7, 8]);
});

test.each([
  ["ENOSPC", "DISK_FULL"],
  ["EROFS", "WRITE_FAILED"],
])("another disk below the output folder that takes nothing (%s) costs its own files only", async (errno, code) => {
  const isBelow = (path: string): boolean => path.includes("/mounted");
  const { a, b } = await open({
    b: {
      fileSystem: {
        ...nodeFileSystem,
        open: (path, flags, ...rest) =>
          isBelow(path) && (Number(flags) & constants.O_CREAT) > 0
            ? Promise.reject(systemError(errno))
            : nodeFileSystem.open(path, flags, ...rest),
        stat: async (path) => Object.assign(await nodeFileSystem.stat(path), isBelow(path) ? { dev: -1 } : {}),
        statfs: async (path) => ({ bavail: isBelow(path) ? 3 : 1 << 30, bsize: 1 }),
      },
    },
  });
  await writeTree(a.dir, { "t/a": Buffer.from("1"), "t/mounted/b": Buffer.from("2"), "t/z": Buffer.from("3") });
  expect(await a.send("t")).toBe("failed");
  expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
  expect(b.errorCodes).toEqual([code]);
  if (code === "DISK_FULL") expect(b.of("error")[0]?.message).toContain("/t/mounted: ");
  expect((await readdir(join(b.outputDir, "t"))).toSorted()).toEqual(["a", "mounted", "z"]);
});

test("a link that leads nowhere in the place of a folder is told as that, and once", async () => {
  const { a, b } = await open();
  await mkdir(b.outputDir, { recursive: true });
  await symlink("t", join(b.outputDir, "t"));
  await writeTree(a.dir, { "t/1": Buffer.from("1"), "t/2": Buffer.from("2"), "t/3": Buffer.from("3") });
  expect(await a.send("t")).toBe("failed");
  expect(b.of("error").map(({ message }) => message)).toEqual([
    `nothing is written through '${join(b.outputDir, "t")}': it leads nowhere`,
  ]);
  expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
});

describe("an output folder", () => {
  it("that vanishes on the way ends the transfer, and is told once", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/1": Buffer.alloc(3_000_000, 1), "t/2": Buffer.from("2") });
    const sent = a.send("t");
    await b.until(() => b.of("accepted").length === 1);
    await turnsUntil(() => (b.session.status()[0]?.bytes ?? 0) > 0);
    await rename(b.outputDir, join(b.dir, "elsewhere"));
    expect(await sent).toBe("failed");
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
    expect(b.errorCodes).toEqual(["OUTPUT_GONE"]);
    expect(new Set(a.errorCodes)).toEqual(new Set(["PEER_CANNOT_STORE"]));
    expect(await readdir(b.dir)).toEqual(["elsewhere"]);
  });
});

describe("the sender's files", () => {
  it("one that changed after it was planned: told on both sides, the rest arrives", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/changes": Buffer.from("before"), "t/stays": Buffer.from("stays") });
    const plan = await planSend([join(a.dir, "t")]);
    await appendFile(join(a.dir, "t/changes"), " and after");
    expect(await a.session.send(plan)).toBe("failed");
    expect(a.errorCodes).toEqual(["SOURCE_CHANGED"]);
    expect(b.errorCodes).toEqual(["PEER_CANNOT_SEND"]);
    expect([a.session.exit, b.session.exit]).toEqual([8, 4]);
    expect(await readdir(join(b.outputDir, "t"))).toEqual(["stays"]);
    expect(b.of("transfer-done")).toMatchObject([{ files: 1, bytes: 5 }]);
  });

  it("one of many pieces that was cut short: told once", async () => {
    const { a } = await open();
    await writeFile(join(a.dir, "f"), Buffer.alloc(3_000_000));
    const plan = await planSend([join(a.dir, "f")]);
    await truncate(join(a.dir, "f"), 10);
    expect(await a.session.send(plan)).toBe("failed");
    expect(a.errorCodes).toEqual(["SOURCE_CHANGED"]);
  });

  it("one that cannot be read: told, and nothing claims to be done when it was all", async () => {
    const fileSystem = { ...nodeFileSystem, open: () => Promise.reject(systemError("EACCES")) };
    const { a, b } = await open({ a: { fileSystem } });
    await writeFile(join(a.dir, "f"), "x");
    expect(await a.send("f")).toBe("failed");
    expect(a.errorCodes).toEqual(["PATH_UNREADABLE"]);
    expect([a.session.exit, b.session.exit]).toEqual([8, 4]);
    expect([...a.of("transfer-done"), ...b.of("transfer-done")]).toEqual([]);
    expect(b.session.status()).toMatchObject([{ state: "failed" }]);
  });

  it("one that is held back and has changed: told, too", async () => {
    const { a, b } = await open();
    await writeFile(join(a.dir, "f"), "new");
    await mkdir(b.outputDir);
    await writeFile(join(b.outputDir, "f"), "old");
    const plan = await planSend([join(a.dir, "f")]);
    await writeFile(join(a.dir, "f"), "newer");
    expect(await a.session.send(plan)).toBe("failed");
    expect(a.errorCodes).toEqual(["SOURCE_CHANGED"]);
    expect(await readFile(join(b.outputDir, "f"), "utf8")).toBe("old");
  });
});

describe("the line between", () => {
  it("that changes bytes is found out by the hash: exit 5 on both sides, nothing kept", async () => {
    const { a, b } = await open({
      channel: {
        tamper: (message, from) => {
          if (typeof message === "string" || from === "b") return message;
          const frames = framesOf(message.slice());
          for (const frame of frames) {
            if (frame.type === "data" && frame.index === 1) frame.chunk[0] = (frame.chunk[0] ?? 0) ^ 1;
          }
          return messageOf(...frames);
        },
      },
    });
    await writeTree(a.dir, { "t/1 bad": Buffer.from("first"), "t/2 good": Buffer.from("second") });
    expect(await a.send("t")).toBe("failed");
    expect(a.errorCodes).toEqual(["HASH_MISMATCH"]);
    expect(b.errorCodes).toEqual(["HASH_MISMATCH"]);
    expect([a.session.exit, b.session.exit]).toEqual([5, 5]);
    expect(await readdir(join(b.outputDir, "t"))).toEqual(["2 good"]);
  });

  it("that takes only tiny messages is told at once", async () => {
    const { a, b } = await open({ channel: { maxMessageBytes: 1_000 } });
    await writeFile(join(a.dir, "f"), "x");
    expect(a.errorCodes).toEqual(["PEER_PROTOCOL"]);
    expect(await a.send("f")).toBe("failed");
    expect([a.session.exit, b.session.exit]).toEqual([4, 4]);
  });
});
