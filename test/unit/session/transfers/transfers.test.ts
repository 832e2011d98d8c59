// Transfers end to end over a memory channel, on real temporary folders.
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mtimeUs } from "../../../../src/store/file-system.ts";
import { readTree, sha256Of, writeTree } from "../../../support/trees.ts";
import { withResolvers } from "../../../support/with-resolvers.ts";
import { withHandles } from "../../../support/fake-disk.ts";
import { pairPerTest, turnsUntil } from "../../../support/transfer-pair.ts";

const { open, newest } = pairPerTest();

describe("one file", () => {
  it("arrives with its bytes, mode and time, and both sides tell the same story", async () => {
    const { a, b } = await open();
    const content = Buffer.alloc(1_000_000, "swap");
    const source = join(a.dir, "film.bin");
    await writeFile(source, content);
    await chmod(source, 0o640);
    await utimes(source, 1_234_567_890.123456, 1_234_567_890.123456);

    expect(await a.send("film.bin")).toBe("done");
    await b.untilIdle();

    const target = join(b.outputDir, "film.bin");
    // Not toEqual, which takes seconds for a buffer of this size.
    expect((await readFile(target)).equals(content)).toBe(true);
    const stats = await stat(target);
    expect(stats.mode & 0o777).toBe(0o640);
    expect(Math.trunc(stats.mtimeMs)).toBe(1_234_567_890_123);
    expect(a.events.map(({ event }) => event).filter((event) => event !== "progress")).toEqual([
      "offered",
      "accepted",
      "file-done",
      "transfer-done",
    ]);
    expect(b.events.map(({ event }) => event).filter((event) => event !== "progress")).toEqual([
      "incoming",
      "accepted",
      "file-done",
      "transfer-done",
    ]);
    const sha256 = await sha256Of(source);
    expect(a.of("file-done")).toMatchObject([{ direction: "send", path: source, bytes: 1_000_000, sha256 }]);
    expect(b.of("file-done")).toMatchObject([{ direction: "receive", path: target, bytes: 1_000_000, sha256 }]);
    expect(b.of("file-done")[0]).not.toHaveProperty("skipped");
    expect(b.of("incoming")).toMatchObject([
      { files: 1, bytes: 1_000_000, entries: [{ path: "film.bin", bytes: 1_000_000, type: "file" }] },
    ]);
    for (const side of [a, b]) {
      expect(side.of("transfer-done")).toMatchObject([{ files: 1, bytes: 1_000_000 }]);
      expect(side.events.at(-2)).toMatchObject({ event: "progress", bytes: 1_000_000, total: 1_000_000 });
      expect(side.session.exit).toBe(0);
    }
  });

  it.each([0, 1, 65_536])("of %i bytes arrives", async (bytes) => {
    const { a, b } = await open();
    await writeFile(join(a.dir, "f"), Buffer.alloc(bytes, 7));
    expect(await a.send("f")).toBe("done");
    expect(await readTree(b.outputDir)).toEqual({ f: await sha256Of(join(a.dir, "f")) });
  });

  it("larger than every window arrives while the channel never holds more than its high water and a message", async () => {
    const { a, b, channels } = await open();
    await writeFile(join(a.dir, "big"), Buffer.alloc(20_000_000, "big"));
    expect(await a.send("big")).toBe("done");
    expect(await sha256Of(join(b.outputDir, "big"))).toBe(await sha256Of(join(a.dir, "big")));
    expect(channels[0].peakBufferedBytes).toBeLessThanOrEqual(256 * 1024 + 64 * 1024);
  });
});

describe("what the network is told to expect", () => {
  it.each([undefined, 1_000_000])("is how many bytes leave, until they have; limit %s", async (limitBytesPerSecond) => {
    const { a, b } = await open({ a: { limitBytesPerSecond } });
    await writeFile(join(a.dir, "one"), Buffer.alloc(300, "f"));
    await writeFile(join(a.dir, "two"), Buffer.alloc(500, "f"));
    expect(await a.send("one", "two")).toBe("done");
    const rate = limitBytesPerSecond ?? Number.POSITIVE_INFINITY;
    expect(a.expected).toEqual([
      { bytes: 800, rate },
      { bytes: 0, rate },
    ]);
    await b.untilIdle();
    expect(b.expected).toEqual([]);
  });

  it("is nothing where they are declined", async () => {
    const { a } = await open({ b: { consent: "decline" } });
    await writeFile(join(a.dir, "one"), Buffer.alloc(300, "f"));
    expect(await a.send("one")).toBe("declined");
    expect(a.expected).toEqual([{ bytes: 0, rate: Number.POSITIVE_INFINITY }]);
  });
});

describe("under a limit of the rate", () => {
  it("a file arrives whole, by the clock alone when nothing else happens", async () => {
    const { a, b } = await open({ a: { limitBytesPerSecond: 1_000_000 } });
    await writeFile(join(a.dir, "f"), Buffer.alloc(200_000, "f"));
    expect(await a.send("f")).toBe("done");
    expect(await readTree(b.outputDir)).toEqual({ f: await sha256Of(join(a.dir, "f")) });
  });

  it("a session ends while data waits", async () => {
    const { a, b } = await open({ a: { limitBytesPerSecond: 1 } });
    await writeFile(join(a.dir, "f"), Buffer.alloc(200_000, "f"));
    const sent = a.send("f");
    await a.until(() => a.of("accepted").length > 0);
    await a.session.close("interrupted");
    expect(await sent).toBe("failed");
    await b.untilIdle();
    expect([a.session.exit, b.session.exit]).toEqual([4, 4]);
  });
});

describe("a tree", () => {
  it("arrives whole: nested, empty, and names of any script", async () => {
    const { a, b } = await open();
    const longName = `${"ü".repeat(125)}.text`;
    await writeTree(a.dir, {
      "tree/readme.txt": Buffer.from("hello"),
      "tree/empty/": "folder",
      "tree/empty file": Buffer.alloc(0),
      "tree/深い/フォルダ/数据.bin": Buffer.alloc(70_000, 1),
      "tree/emoji 👩‍👩‍👧.png": Buffer.from("png"),
      [`tree/${longName}`]: Buffer.from("255 bytes of name"),
    });
    await chmod(join(a.dir, "tree/empty"), 0o550);
    await utimes(join(a.dir, "tree/empty"), 1_000_000_000, 1_000_000_000);

    expect(await a.send("tree")).toBe("done");

    expect(await readTree(join(b.outputDir, "tree"))).toEqual(await readTree(join(a.dir, "tree")));
    const stats = await stat(join(b.outputDir, "tree/empty"));
    expect(stats.mode & 0o777).toBe(0o550);
    expect(mtimeUs(stats)).toBe(1_000_000_000_000_000);
  });

  it("of many small files shares messages and asks nothing per file", async () => {
    const { a, b, channels } = await open();
    const files = Object.fromEntries(
      Array.from({ length: 600 }, (_, at) => [`many/${at % 7}/file ${at}`, Buffer.alloc(1024, at)]),
    );
    await writeTree(a.dir, files);
    expect(await a.send("many")).toBe("done");
    expect(await readTree(join(b.outputDir, "many"))).toEqual(await readTree(join(a.dir, "many")));
    expect(channels[0].sentMessages).toBeLessThan(600);
    expect(b.of("file-done")).toHaveLength(600);
  });

  it("goes on past what is no file, tells it, and ends with 8", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/one": Buffer.from("1"), "t/two": Buffer.from("2") });
    await symlink("/etc/passwd", join(a.dir, "t/link"));
    expect(await a.send("t")).toBe("failed");
    expect(Object.keys(await readTree(join(b.outputDir, "t"))).toSorted()).toEqual(["one", "two"]);
    expect(a.errorCodes).toEqual(["PATH_NOT_SENT"]);
    expect(a.session.exit).toBe(8);
    expect(a.of("transfer-done")).toMatchObject([{ files: 2 }]);
  });

  it("of folders only arrives", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "t/x/y/": "folder" });
    expect(await a.send("t")).toBe("done");
    expect(await readTree(b.outputDir)).toEqual({ t: "folder", "t/x": "folder", "t/x/y": "folder" });
  });
});

describe("several transfers", () => {
  it("run in both directions at once", async () => {
    const { a, b } = await open();
    await writeFile(join(a.dir, "from a"), Buffer.alloc(3_000_000, "a"));
    await writeFile(join(b.dir, "from b"), Buffer.alloc(3_000_000, "b"));
    expect(await Promise.all([a.send("from a"), b.send("from b")])).toEqual(["done", "done"]);
    expect(Object.keys(await readTree(a.outputDir))).toEqual(["from b"]);
    expect(Object.keys(await readTree(b.outputDir))).toEqual(["from a"]);
  });

  it("of one direction share the channel: a small one does not wait for the end of a large one", async () => {
    const { promise: smallIsDone, resolve: letGo } = withResolvers<void>();
    // The end of the large one cannot be read before the small one has arrived.
    const fileSystem = withHandles((handle, path) => {
      if (!path.endsWith("large")) return;
      const read = handle.read.bind(handle) as (...args: unknown[]) => ReturnType<typeof handle.read>;
      handle.read = (async (buffer: Uint8Array, offset: number, length: number, position: number) => {
        if (position > 10_000_000) await smallIsDone;
        return read(buffer, offset, length, position);
      }) as typeof handle.read;
    });
    const { a, b } = await open({ a: { fileSystem } });
    await writeFile(join(a.dir, "large"), Buffer.alloc(12_000_000, "l"));
    await writeFile(join(a.dir, "small"), Buffer.alloc(100_000, "s"));
    const large = a.send("large");
    await turnsUntil(() => (b.session.status()[0]?.bytes ?? 0) > 5_000_000);
    expect(await a.send("small")).toBe("done");
    expect(a.of("transfer-done")).toHaveLength(1);
    letGo();
    expect(await large).toBe("done");
    expect(await sha256Of(join(b.outputDir, "large"))).toBe(await sha256Of(join(a.dir, "large")));
  });
});

describe("consent", () => {
  it("is asked for, and nothing is opened before it", async () => {
    const { a, b } = await open({ b: { consent: "ask" } });
    await writeFile(join(a.dir, "f"), "f");
    const sent = a.send("f");
    await b.until(() => b.of("incoming").length === 1);
    expect(b.session.activity.awaitingMyConsent).toBe(1);
    expect(a.session.activity.awaitingPeerConsent).toBe(1);
    await expect(lstat(b.outputDir)).rejects.toThrow("ENOENT");
    const id = b.of("incoming")[0]?.transfer ?? "";
    expect(b.session.accept("nothing")).toBe(false);
    expect(b.session.accept(id)).toBe(true);
    expect(b.session.accept(id)).toBe(false);
    expect(await sent).toBe("done");
  });

  it("refused: both are told, the sender ends with 7 and the receiver with 0", async () => {
    const { a, b } = await open({ b: { consent: "ask" } });
    await writeFile(join(a.dir, "f"), "f");
    const sent = a.send("f");
    await b.until(() => b.of("incoming").length === 1);
    expect(b.session.decline(b.of("incoming")[0]?.transfer ?? "")).toBe(true);
    expect(await sent).toBe("declined");
    expect(a.of("declined")).toMatchObject([{ direction: "send", by: "peer" }]);
    expect(b.of("declined")).toMatchObject([{ direction: "receive", by: "me" }]);
    expect(a.errorCodes).toEqual(["PEER_DECLINED"]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 0]);
    expect(a.session.status()).toMatchObject([{ names: ["f"], state: "declined" }]);
  });

  it("is refused at once where nobody can be asked", async () => {
    const { a, b } = await open({ b: { consent: "decline" } });
    await writeFile(join(a.dir, "f"), "f");
    expect(await a.send("f")).toBe("declined");
    expect(b.events.map(({ event }) => event)).toEqual(["incoming", "declined"]);
    expect(a.of("error")[0]?.message).toContain("nobody was there");
  });

  it("need not be given to a proposal that was taken back", async () => {
    const { a, b } = await open({ b: { consent: "ask" } });
    await writeFile(join(a.dir, "f"), "f");
    const sent = a.send("f");
    await b.until(() => b.of("incoming").length === 1);
    expect(a.session.cancel(a.of("offered")[0]?.transfer ?? "")).toBe(true);
    expect(await sent).toBe("declined");
    await b.until(() => b.of("declined").length === 1);
    expect(b.of("declined")).toMatchObject([{ direction: "receive", by: "peer" }]);
    for (const { session } of [a, b]) expect(session.status()).toMatchObject([{ state: "withdrawn" }]);
    expect(b.session.accept(b.of("incoming")[0]?.transfer ?? "")).toBe(false);
    expect([a.session.exit, b.session.exit]).toEqual([0, 0]);
  });
});

/** What of an interrupted file is in a folder: the kinds of our hidden files, all of one id, sorted. */
async function namesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).map((name) => /^\.p2p-([0-9a-f]{16})\.(\w+)$/.exec(name) ?? ["", name, name]);
  expect(new Set(names.map(([, id]) => id)).size).toBeLessThan(2);
  return names.map(([, , kind]) => kind ?? "").toSorted();
}

describe("an end before the end", () => {
  /** 20 MB of which the receiver has written a part, and the channel stands still. */
  async function underWay(): Promise<{ sent: Promise<string> }> {
    let left = 4_000_000;
    const { a, b, channels } = await open({
      channel: {
        bytesPerTurn: 65_536,
        tamper: (message, from) => {
          if (from === "a") left -= message.length;
          if (left <= 0) channels[0].isHeld = true;
          return message;
        },
      },
    });
    await writeFile(join(a.dir, "big"), Buffer.alloc(20_000_000, "b"));
    await writeFile(join(a.dir, "other"), Buffer.alloc(100, "o"));
    const sent = a.send("big");
    await turnsUntil(() => (b.session.status()[0]?.bytes ?? 0) > 3_000_000);
    left = Number.POSITIVE_INFINITY;
    return { sent };
  }

  it.each([
    ["sender", [], ["TRANSFER_INTERRUPTED"], [0, 4]],
    ["receiver", ["PEER_DECLINED"], [], [7, 0]],
  ] as const)(
    "by the %s cancelling leaves nothing behind and the rest alive",
    async (who, errorsOfSender, errorsOfReceiver, exits) => {
      const { sent } = await underWay();
      const { a, b } = newest();
      const canceller = who === "sender" ? a : b;
      expect(canceller.session.cancel(canceller.session.status()[0]?.transfer ?? "")).toBe(true);
      newest().channels[0].release();
      expect(await sent).toBe("failed");
      await b.untilIdle();
      expect([a.errorCodes, b.errorCodes]).toEqual([errorsOfSender, errorsOfReceiver]);
      expect([...a.of("error"), ...b.of("error")].every(({ message }) => message.includes("is removed"))).toBe(true);
      const [me, other] = who === "sender" ? [a, b] : [b, a];
      expect(me.of("declined")).toMatchObject([{ by: "me", how: "cancelled" }]);
      expect(other.of("declined")).toMatchObject([{ by: "peer", how: "cancelled" }]);
      for (const { session } of [a, b]) expect(session.status()).toMatchObject([{ state: "cancelled" }]);
      expect([a.session.exit, b.session.exit]).toEqual(exits);
      expect(await a.send("other")).toBe("done");
      expect(Object.keys(await readTree(b.outputDir))).toEqual(["other"]);
    },
  );

  it("by a lost channel interrupts both sides and keeps the part", async () => {
    const { sent } = await underWay();
    const { a, b } = newest();
    newest().channels[0].close();
    expect(await sent).toBe("failed");
    await b.untilIdle();
    await b.session.close("lost");
    expect([a.session.exit, b.session.exit]).toEqual([4, 4]);
    expect(await namesIn(b.outputDir)).toEqual(["journal", "part"]);
  });

  it("by closing tells the peer; afterwards nothing is emitted", async () => {
    const { sent } = await underWay();
    const { b } = newest();
    await b.session.close("interrupted");
    const told = b.events.length;
    expect(await sent).toBe("failed");
    expect(b.events).toHaveLength(told);
    expect(b.errorCodes).toEqual(["TRANSFER_INTERRUPTED"]);
    expect(await namesIn(b.outputDir)).toEqual(["journal", "part"]);
    await writeFile(join(b.dir, "late"), "late");
    expect(await b.send("late")).toBe("failed");
  });
});

describe("a name that exists", () => {
  async function sendOver(conflict: "rename" | "overwrite" | "skip", mine: string, theirs: string): Promise<void> {
    const { a, b } = await open({ b: { conflict } });
    await writeFile(join(a.dir, "f.txt"), mine);
    await mkdir(b.outputDir);
    await writeFile(join(b.outputDir, "f.txt"), theirs);
    expect(await a.send("f.txt")).toBe("done");
  }

  async function received(): Promise<Record<string, string>> {
    const names = Object.keys(await readTree(newest().b.outputDir)).toSorted();
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await readFile(join(newest().b.outputDir, name), "utf8")])),
    );
  }

  it.each(["rename", "overwrite", "skip"] as const)("with the same content is skipped under %s", async (conflict) => {
    await sendOver(conflict, "same", "same");
    expect(await received()).toEqual({ "f.txt": "same" });
    const sha256 = await sha256Of(join(newest().a.dir, "f.txt"));
    for (const side of [newest().a, newest().b]) {
      expect(side.of("file-done")).toMatchObject([{ bytes: 4, sha256, skipped: true }]);
      expect(side.of("transfer-done")).toMatchObject([{ files: 1, bytes: 4 }]);
      expect(side.session.exit).toBe(0);
    }
    expect(newest().b.of("file-done")[0]?.path).toBe(join(newest().b.outputDir, "f.txt"));
  });

  it.each([
    ["same size", "abcd", "wxyz"],
    ["another size", "abcd", "something else"],
  ])("is renamed: %s", async (_, mine, theirs) => {
    await sendOver("rename", mine, theirs);
    expect(await received()).toEqual({ "f (1).txt": mine, "f.txt": theirs });
    expect(newest().b.of("file-done")[0]?.path).toBe(join(newest().b.outputDir, "f (1).txt"));
  });

  it.each([
    ["same size", "abcd", "wxyz"],
    ["another size", "abcd", "something else"],
  ])("is overwritten: %s", async (_, mine, theirs) => {
    await sendOver("overwrite", mine, theirs);
    expect(await received()).toEqual({ "f.txt": mine });
  });

  it("is skipped whatever is in it, and counts as done on both sides", async () => {
    await sendOver("skip", "mine", "something else");
    expect(await received()).toEqual({ "f.txt": "something else" });
    for (const side of [newest().a, newest().b]) {
      expect(side.of("file-done")).toMatchObject([
        { skipped: true, sha256: await sha256Of(side.of("file-done")[0]?.path ?? "") },
      ]);
      expect(side.session.exit).toBe(0);
    }
  });

  it("of a folder for a file, and of a file for a folder, renames what comes in", async () => {
    const { a, b } = await open({ b: { conflict: "overwrite" } });
    await writeTree(a.dir, { x: Buffer.from("file"), "d/in": Buffer.from("in d") });
    await writeTree(b.outputDir, { "x/kept": Buffer.from("kept"), d: Buffer.from("kept too") });
    expect(await a.send("x", "d")).toBe("done");
    expect(Object.keys(await readTree(b.outputDir)).toSorted()).toEqual([
      "d",
      "d (1)",
      "d (1)/in",
      "x",
      "x (1)",
      "x/kept",
    ]);
  });

  it("of a folder merges", async () => {
    const { a, b } = await open();
    await writeTree(a.dir, { "d/new": Buffer.from("new"), "d/both": Buffer.from("mine") });
    await writeTree(b.outputDir, { "d/old": Buffer.from("old"), "d/both": Buffer.from("theirs") });
    expect(await a.send("d")).toBe("done");
    expect(Object.keys(await readTree(b.outputDir)).toSorted()).toEqual([
      "d",
      "d/both",
      "d/both (1)",
      "d/new",
      "d/old",
    ]);
  });
});
