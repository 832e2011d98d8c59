// Receiving into a stream: the first file's bytes and no more, as fast as they are taken.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FileOutput } from "../../../../src/store/transfer/stream-sink.ts";
import { RECEIVE_WINDOW_BYTES } from "../../../../src/transfer/limits.ts";
import { systemError } from "../../../support/fake-disk.ts";
import { pairPerTest, type TransferPair, turnsUntil } from "../../../support/transfer-pair.ts";
import { writeTree } from "../../../support/trees.ts";
import { withResolvers } from "../../../support/with-resolvers.ts";

/** Keeps what is written; can be stopped, and can break after some bytes. */
class MemoryOutput implements FileOutput {
  readonly #chunks: Uint8Array[] = [];
  #gate = Promise.resolve();
  #bytes = 0;
  breaksAfterBytes = Number.POSITIVE_INFINITY;
  breaksWith = "EPIPE";
  concurrent = 0;

  get content(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** @returns lets it go on */
  stop(): () => void {
    const { promise, resolve } = withResolvers<void>();
    this.#gate = promise;
    return () => resolve();
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.concurrent += 1;
    expect(this.concurrent).toBe(1);
    await this.#gate;
    this.concurrent -= 1;
    this.#bytes += bytes.length;
    if (this.#bytes > this.breaksAfterBytes) throw systemError(this.breaksWith);
    this.#chunks.push(bytes.slice());
  }
}

const pairs = pairPerTest();
let output: MemoryOutput;

async function open(options: Parameters<typeof TransferPair.open>[0] = {}): Promise<TransferPair> {
  output = new MemoryOutput();
  return await pairs.open({ ...options, b: { ...options.b, fileOutput: output } });
}

function noise(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
}

describe("one file", () => {
  it.each([0, 1, 300_000])("of %i bytes is written exactly, and nothing to the disk", async (bytes) => {
    const { a, b } = await open();
    const content = noise(bytes);
    await writeFile(join(a.dir, "f"), content);
    expect(await a.send("f")).toBe("done");
    await b.untilIdle();
    expect(output.content.equals(content)).toBe(true);
    expect(await readdir(b.dir)).toEqual([]);
    const done = a.of("file-done")[0];
    expect(b.of("file-done")).toMatchObject([{ direction: "receive", path: "-", bytes, sha256: done?.sha256 }]);
    expect(b.of("transfer-done")).toMatchObject([{ files: 1, bytes }]);
    expect([a.session.exit, b.session.exit]).toEqual([0, 0]);
  });

  it("in a folder is written too, and the folder is not made", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/empty": "folder", "t/f": Buffer.from("hi") });
    expect(await a.send("t")).toBe("done");
    expect(output.content.toString()).toBe("hi");
    expect(await readdir(b.dir)).toEqual([]);
  });
});

describe("what else is proposed", () => {
  it("with it stays over there, is not even read, and the sender hears of it", async () => {
    const { a, b, channels } = await open();
    await writeTree(a.dir, { "t/a": Buffer.from("first"), "t/b": noise(1_000_000), "t/c": noise(1_000_000) });
    expect(await a.send("t")).toBe("failed");
    await b.untilIdle();
    expect(output.content.toString()).toBe("first");
    expect(a.of("file-done")).toMatchObject([{ path: join(a.dir, "t/a") }]);
    expect(a.of("error")).toMatchObject([{ code: "PEER_DECLINED" }]);
    expect(a.of("declined")).toMatchObject([{ by: "peer", paths: ["t/b", "t/c"] }]);
    expect(b.of("progress")).toMatchObject([{ bytes: 5, total: 5 }]);
    expect(b.of("transfer-done")).toMatchObject([{ files: 1, bytes: 5 }]);
    expect(b.errorCodes).toEqual([]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 0]);
    expect(channels[0].sentBytes).toBeLessThan(1_000);
  });

  it("later is declined", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { f: Buffer.from("one"), g: Buffer.from("two") });
    expect(await a.send("f")).toBe("done");
    expect(await a.send("g")).toBe("declined");
    expect(output.content.toString()).toBe("one");
    expect(a.errorCodes).toEqual(["PEER_DECLINED"]);
    expect(b.of("declined")).toMatchObject([{ by: "me" }]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 0]);
  });

  it("is declined without a file in it, and by a person: the next file is the first", async () => {
    const { a, b } = await open({ b: { consent: "ask" } });
    await mkdir(join(a.dir, "empty"));
    await writeTree(a.dir, { f: Buffer.from("one"), g: Buffer.from("two") });
    expect(await a.send("empty")).toBe("declined");
    const first = a.send("f");
    await b.until(() => b.of("incoming").length === 2);
    b.session.decline("r2");
    expect(await first).toBe("declined");
    const second = a.send("g");
    await b.until(() => b.of("incoming").length === 3);
    expect(b.session.accept("r3")).toBe(true);
    expect(await second).toBe("done");
    expect(output.content.toString()).toBe("two");
  });
});

describe("what goes wrong", () => {
  it("a wrong hash is told on both sides, exit 5", async () => {
    let isTampered = false;
    const { a, b } = await open({
      channel: {
        tamper: (message, from) => {
          if (from !== "a" || typeof message === "string" || message.length < 10_000 || isTampered) return message;
          isTampered = true;
          const changed = message.slice();
          changed[5_000] = (changed[5_000] ?? 0) ^ 1;
          return changed;
        },
      },
    });
    await writeFile(join(a.dir, "f"), noise(100_000));
    expect(await a.send("f")).toBe("failed");
    await b.untilIdle();
    expect(output.content).toHaveLength(100_000);
    expect([a.errorCodes, b.errorCodes]).toEqual([["HASH_MISMATCH"], ["HASH_MISMATCH"]]);
    expect([a.session.exit, b.session.exit]).toEqual([5, 5]);
    expect(b.of("file-done")).toEqual([]);
  });

  it("a slow reader slows the sender, and what waits is bounded", async () => {
    const { a, b, channels } = await open();
    const letGo = output.stop();
    await writeFile(join(a.dir, "big"), Buffer.alloc(30_000_000, 1));
    const sent = a.send("big");
    await turnsUntil(() => channels[0].sentBytes >= RECEIVE_WINDOW_BYTES);
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(channels[0].sentBytes).toBeLessThan(RECEIVE_WINDOW_BYTES * 1.01);
    expect(b.session.status()[0]?.bytes).toBe(0);
    letGo();
    expect(await sent).toBe("done");
    expect(output.content).toHaveLength(30_000_000);
  });

  it("a reader that does not read does not hold up the end", async () => {
    const { a, b } = await open();
    output.stop();
    await writeFile(join(a.dir, "f"), noise(100_000));
    const sent = a.send("f");
    await turnsUntil(() => output.concurrent === 1);
    await b.session.close("interrupted");
    expect(await sent).toBe("failed");
    expect([a.session.exit, b.session.exit]).toEqual([4, 4]);
  });

  it("a reader that has gone ends it without an error here", async () => {
    const { a, b } = await open();
    output.breaksAfterBytes = 100_000;
    await writeFile(join(a.dir, "f"), noise(300_000));
    expect(await a.send("f")).toBe("failed");
    await b.untilIdle();
    expect(a.errorCodes).toEqual(["TRANSFER_INTERRUPTED"]);
    expect(b.errorCodes).toEqual([]);
    expect([a.session.exit, b.session.exit]).toEqual([4, 4]);
    expect(b.session.status()[0]?.state).toBe("failed");
  });

  it("anything else that breaks it is an error on both sides", async () => {
    const { a, b } = await open();
    output.breaksAfterBytes = 100_000;
    output.breaksWith = "ENOSPC";
    await writeFile(join(a.dir, "f"), noise(300_000));
    expect(await a.send("f")).toBe("failed");
    await b.untilIdle();
    expect(b.of("error")).toMatchObject([{ code: "WRITE_FAILED" }]);
    expect(b.of("error")[0]?.message).toContain("ENOSPC");
    expect(a.errorCodes).toEqual(["PEER_CANNOT_STORE"]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
  });
});
