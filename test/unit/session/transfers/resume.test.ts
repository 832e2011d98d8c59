// Sessions one after the other between the same two folders: what the first leaves, the next goes on with.
import {
  chmod,
  copyFile,
  link,
  mkdir,
  open as openFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PART_PACE } from "../../../../src/store/transfer/part-pace.ts";
import { listUnfinished } from "../../../../src/store/transfer/unfinished-list.ts";
import { withHandles } from "../../../support/fake-disk.ts";
import { framesOf } from "../../../support/frames.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";
import {
  makeTempDir,
  removeTempDir,
  type SideOptions,
  TransferPair,
  TransferSide,
  turnsUntil,
} from "../../../support/transfer-pair.ts";
import { randomFile, readTree } from "../../../support/trees.ts";

const BYTES = 3_000_000;
/** Of a block, as small parts have. */
const BLOCK = 262_144;

let ann: string;
let bob: string;

beforeEach(async () => {
  ann = await makeTempDir();
  bob = await makeTempDir();
});

afterEach(async () => {
  await removeTempDir(ann);
  await removeTempDir(bob);
});

type StopWhen = (meeting: Meeting) => boolean;

const never: StopWhen = () => false;

/** Once so many bytes of files were sent. */
const afterBytes =
  (bytes: number): StopWhen =>
  ({ sentBytes }) =>
    sentBytes >= bytes;

class Meeting extends TransferPair {
  /** Bytes of files that Ann sent, by transfer. */
  readonly sentOf = new Map<number, number>();
  /** Asked after each message: whether Ann's channel stands still from now on. */
  stopWhen = never;

  get sentBytes(): number {
    return [...this.sentOf.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}

interface MeetingOptions {
  b?: SideOptions;
  stopWhen?: StopWhen;
  capabilities?: boolean;
}

/** The next session. */
function meet(options: MeetingOptions = {}): Meeting {
  const channels = MemoryChannel.pair({
    bytesPerTurn: 65_536,
    tamper: (message, from) => {
      if (from !== "a" || typeof message === "string") return message;
      for (const frame of framesOf(message)) {
        if (frame.type !== "data") continue;
        meeting.sentOf.set(frame.transfer, (meeting.sentOf.get(frame.transfer) ?? 0) + frame.chunk.length);
      }
      if (meeting.stopWhen(meeting)) channels[0].isHeld = true;
      if (options.capabilities === false && message[0] === 1) message.fill(0, 6, 10);
      return message;
    },
  });
  const stateDir = join(bob, "state");
  const a = new TransferSide(channels[0], ann);
  const b = new TransferSide(channels[1], bob, { keep: { stateDir, from: "Ann" }, ...options.b });
  const meeting = new Meeting(a, b, channels);
  meeting.stopWhen = options.stopWhen ?? never;
  return meeting;
}

async function end({ a, b }: Meeting): Promise<void> {
  await b.session.close("interrupted");
  await a.session.close("interrupted");
}

/** A session that ends when at least this much of the paths is written. */
async function interrupt(bytes: number, ...paths: string[]): Promise<void> {
  const meeting = meet({ stopWhen: afterBytes(bytes) });
  void meeting.a.send(...paths);
  const writtenBytes = (): number =>
    (meeting.b.session.status()[0]?.bytes ?? 0) - (meeting.b.of("accepted")[0]?.resumedFrom ?? 0);
  await turnsUntil(() => meeting.channels[0].isHeld && writtenBytes() >= bytes);
  await end(meeting);
}

/** A session in which all arrives. */
async function finish(meeting: Meeting, ...paths: string[]): Promise<void> {
  expect(await meeting.a.send(...paths)).toBe("done");
  await meeting.b.untilIdle();
  await end(meeting);
}

const resumedFrom = ({ a, b }: Meeting): (number | undefined)[] =>
  [a, b].map((side) => side.of("accepted")[0]?.resumedFrom);

it("a file goes on where it stopped, and nothing of it is left or listed", async () => {
  const sha256 = await randomFile(join(ann, "f"), BYTES);
  await interrupt(1_000_000, "f");
  expect(await listUnfinished(join(bob, "state"))).toMatchObject([{ path: "f", total: BYTES, from: "Ann" }]);
  const next = meet();
  await finish(next, "f");
  const [from = 0, there] = resumedFrom(next);
  expect(from).toBeGreaterThanOrEqual(1_000_000);
  expect(there).toBe(from);
  expect(next.sentBytes).toBe(BYTES - from);
  expect(await readTree(join(bob, "in"))).toEqual({ f: sha256 });
  expect(await listUnfinished(join(bob, "state"))).toEqual([]);
  expect(next.b.of("part-differs")).toEqual([]);
});

it("a file begins anew where the person wants it so, and nothing of the part is left or listed", async () => {
  const sha256 = await randomFile(join(ann, "f"), BYTES);
  await interrupt(1_000_000, "f");
  const next = meet({ b: { consent: "ask" } });
  const sent = next.a.send("f");
  await turnsUntil(() => next.b.of("incoming").length === 1);
  const [incoming] = next.b.of("incoming");
  expect(incoming?.resumable).toMatchObject([{ path: "f", total: BYTES }]);
  expect(next.b.session.accept(incoming?.transfer ?? "", undefined, "the-beginning")).toBe(true);
  expect(await sent).toBe("done");
  await next.b.untilIdle();
  await end(next);
  expect(resumedFrom(next)).toEqual([0, 0]);
  expect(next.sentBytes).toBe(BYTES);
  expect(await readTree(join(bob, "in"))).toEqual({ f: sha256 });
  expect(await listUnfinished(join(bob, "state"))).toEqual([]);
});

it("folders have their modes and times after it too, with nothing left of the mark that they bear meanwhile", async () => {
  await mkdir(join(ann, "t/inner"), { recursive: true });
  await randomFile(join(ann, "t/inner/f"), BYTES);
  for (const [path, mode] of [
    ["t/inner", 0o500],
    ["t", 0o755],
  ] as const) {
    await utimes(join(ann, path), 1_000_000_000, 1_000_000_000);
    await chmod(join(ann, path), mode);
  }
  await interrupt(1_000_000, "t");
  await finish(meet(), "t");
  for (const path of ["t", "t/inner"]) {
    const [sent, got] = [await stat(join(ann, path)), await stat(join(bob, "in", path))];
    expect([got.mode, got.mtimeMs]).toEqual([sent.mode, sent.mtimeMs]);
  }
  await chmod(join(ann, "t/inner"), 0o700);
  await chmod(join(bob, "in/t/inner"), 0o700);
});

it("holes stay holes, and what is there is written over with zeros where the source has them now", async () => {
  const source = await openFile(join(ann, "f"), "w");
  await source.write(Buffer.alloc(1_000_000, 1));
  await source.truncate(12_000_000);
  await source.close();
  await utimes(join(ann, "f"), 1_000_000_000, 1_000_000_000);
  await interrupt(2_000_000, "f");
  const changed = await openFile(join(ann, "f"), "r+");
  await changed.write(Buffer.alloc(BLOCK), 0, BLOCK, 0);
  await changed.close();
  await utimes(join(ann, "f"), 1_000_000_000, 1_000_000_000);
  await finish(meet(), "f");
  expect(await readTree(join(bob, "in"))).toEqual(await readTree(ann));
  const { blocks, mtimeMs } = await stat(join(bob, "in/f"));
  expect(blocks * 512).toBeLessThan(1_500_000);
  expect(mtimeMs).toBe(1_000_000_000_000);
});

it("again and again, each byte once", async () => {
  const sha256 = await randomFile(join(ann, "f"), BYTES);
  for (const bytes of [400_000, 500_000, 600_000]) await interrupt(bytes, "f");
  const last = meet();
  await finish(last, "f");
  expect(last.sentBytes).toBeLessThanOrEqual(BYTES - 1_500_000);
  expect(await readTree(join(bob, "in"))).toEqual({ f: sha256 });
});

describe("a source that has changed", () => {
  beforeEach(async () => {
    await randomFile(join(ann, "f"), BYTES);
    await interrupt(1_000_000, "f");
  });

  it("in the middle: said, the block that differs comes again", async () => {
    const file = await openFile(join(ann, "f"), "r+");
    await file.write("changed", BLOCK + 10);
    await file.close();
    await utimes(join(ann, "f"), 1, 1);
    const next = meet();
    await finish(next, "f");
    const here = next.b.of("incoming")[0]?.resumable?.[0];
    expect(here).toMatchObject({ path: "f", total: BYTES, changed: true });
    const kept = (here?.bytes ?? 0) - BLOCK;
    expect(next.b.of("part-differs")).toEqual([{ event: "part-differs", path: "f", kept, of: here?.bytes }]);
    expect(resumedFrom(next)).toEqual([kept, kept]);
    expect(next.sentBytes).toBe(BYTES - kept);
    expect(await readTree(join(bob, "in"))).toEqual(await readTree(ann));
  });

  it.each([
    ["shorter than the part", 500_000],
    ["longer", BYTES * 2],
  ])("to another one, %s: comes whole, and the part waits for its own file", async (_, bytes) => {
    const sha256 = await randomFile(join(ann, "f"), bytes);
    const next = meet();
    await finish(next, "f");
    expect(resumedFrom(next)).toEqual([0, 0]);
    expect(next.sentBytes).toBe(bytes);
    expect(next.b.of("part-differs")).toMatchObject([{ kept: 0 }]);
    expect((await readTree(join(bob, "in")))["f"]).toBe(sha256);
    expect(await listUnfinished(join(bob, "state"))).toMatchObject([{ path: "f", state: "set-apart" }]);
    // Nobody is asked about it again, until its own file comes.
    const third = meet();
    await finish(third, "f");
    expect(third.b.of("incoming")[0]).not.toHaveProperty("resumable");
  });

  it("and is the first one again goes on, whatever came in between", async () => {
    await rename(join(ann, "f"), join(ann, "first"));
    await randomFile(join(ann, "f"), 500_000);
    await finish(meet(), "f");
    await rename(join(ann, "first"), join(ann, "f"));
    const last = meet();
    await finish(last, "f");
    expect(last.b.of("incoming")[0]?.resumable).toHaveLength(1);
    expect(resumedFrom(last)[0]).toBeGreaterThanOrEqual(1_000_000);
    expect((await readTree(join(bob, "in")))["f (1)"]).toBe((await readTree(ann))["f"]);
    expect(await listUnfinished(join(bob, "state"))).toEqual([]);
  });

  it("is cut to less than the part: nothing but its hash comes", async () => {
    const file = await openFile(join(ann, "f"), "r+");
    await file.truncate(2 * BLOCK + 5);
    await file.close();
    const next = meet();
    await finish(next, "f");
    expect(next.sentBytes).toBe(0);
    expect(await readTree(join(bob, "in"))).toEqual(await readTree(ann));
  });

  it("is empty: comes as it is, and the part waits for its own file", async () => {
    await writeFile(join(ann, "f"), "");
    const next = meet();
    await finish(next, "f");
    expect(next.b.of("incoming")[0]).not.toHaveProperty("resumable");
    expect(await readTree(join(bob, "in"))).toMatchObject(await readTree(ann));
    expect(await listUnfinished(join(bob, "state"))).toMatchObject([{ path: "f" }]);
  });

  it("has vanished: told, the part stays", async () => {
    const next = meet({ stopWhen: afterBytes(0) });
    const sent = next.a.send("f");
    await turnsUntil(() => next.a.of("offered").length === 1);
    await rm(join(ann, "f"));
    next.stopWhen = never;
    next.channels[0].release();
    expect(await sent).toBe("failed");
    await end(next);
    expect(next.a.errorCodes).toEqual(["SOURCE_CHANGED"]);
    expect(await listUnfinished(join(bob, "state"))).toMatchObject([{ path: "f", state: "ready" }]);
  });
});

describe("what is not resumed", () => {
  beforeEach(async () => {
    await randomFile(join(ann, "f"), BYTES);
    await interrupt(1_000_000, "f");
  });

  const partOf = async (): Promise<string> =>
    join(bob, "in", (await readdir(join(bob, "in"))).find((name) => name.endsWith(".part")) ?? "");

  it("a part that a link has replaced; what it leads to stays as it is", async () => {
    const part = await partOf();
    await rm(part);
    await writeFile(join(bob, "victim"), Buffer.alloc(1_000_000));
    await symlink(join(bob, "victim"), part);
    const before = await readTree(bob);
    const next = meet();
    await finish(next, "f");
    expect(resumedFrom(next)).toEqual([0, 0]);
    expect((await readTree(bob))["victim"]).toBe(before["victim"]);
  });

  it("a part that another process works on: the file comes whole beside it", async () => {
    const first = meet({ stopWhen: afterBytes(200_000) });
    void first.a.send("f");
    await turnsUntil(() => first.channels[0].isHeld);
    const second = meet();
    await finish(second, "f");
    expect(resumedFrom(second)).toEqual([0, 0]);
    await end(first);
    expect(Object.keys(await readTree(join(bob, "in")))).toHaveLength(3);
  });

  it("anything from a sender that cannot: its file comes whole, the part stays", async () => {
    const next = meet({ capabilities: false });
    await finish(next, "f");
    expect(next.b.of("incoming")[0]).not.toHaveProperty("resumable");
    expect(resumedFrom(next)).toEqual([0, 0]);
    expect(await listUnfinished(join(bob, "state"))).toHaveLength(1);
  });

  it("under skip, where the name is taken", async () => {
    await writeFile(join(bob, "in", "f"), "mine");
    const next = meet({ b: { conflict: "skip" } });
    await finish(next, "f");
    expect(next.sentBytes).toBe(0);
    expect((await readTree(join(bob, "in")))["f"]).toBeDefined();
  });

  it("without consent: the part stays, and nothing was touched", async () => {
    const before = await readTree(join(bob, "in"));
    const next = meet({ b: { consent: "decline" } });
    expect(await next.a.send("f")).toBe("declined");
    await end(next);
    expect(next.b.of("incoming")[0]?.resumable).toHaveLength(1);
    expect(await readTree(join(bob, "in"))).toEqual(before);
  });

  it("what a person cancelled: it is removed", async () => {
    const next = meet({ stopWhen: afterBytes(100_000) });
    void next.a.send("f");
    await turnsUntil(() => next.channels[0].isHeld);
    next.b.session.cancel("r1");
    await next.b.untilIdle();
    await end(next);
    expect(await readdir(join(bob, "in"))).toEqual([]);
    expect(await listUnfinished(join(bob, "state"))).toEqual([]);
  });
});

it("a part whose bytes are wrong on the disk is mended, and never named with them", async () => {
  const sha256 = await randomFile(join(ann, "f"), BYTES);
  await interrupt(1_500_000, "f");
  const name = (await readdir(join(bob, "in"))).find((one) => one.endsWith(".part")) ?? "";
  const part = await openFile(join(bob, "in", name), "r+");
  await part.write(Buffer.alloc(10), 0, 10, 3 * BLOCK);
  await part.close();
  const next = meet();
  await finish(next, "f");
  expect(next.sentBytes).toBeLessThan(BYTES - 1_000_000);
  expect(await readTree(join(bob, "in"))).toEqual({ f: sha256 });
});

it("a part that got its name in a crash is taken away, and the file is there already", async () => {
  const sha256 = await randomFile(join(ann, "f"), BYTES);
  await interrupt(1_000_000, "f");
  const names = await readdir(join(bob, "in"));
  const part = join(bob, "in", names.find((one) => one.endsWith(".part")) ?? "");
  await copyFile(join(ann, "f"), part);
  await link(part, join(bob, "in", "f"));
  const next = meet();
  await finish(next, "f");
  expect(next.sentBytes).toBe(0);
  expect(next.b.of("file-done")).toMatchObject([{ skipped: true }]);
  expect(await readTree(join(bob, "in"))).toEqual({ f: sha256 });
});

it("many parts at a time go on, and what is small comes whole", async () => {
  const names = ["f0", "f1", "f2", "f3", "f4"];
  for (const name of names) await randomFile(join(ann, name), BYTES);
  await writeFile(join(ann, "small"), "small");
  const first = meet({
    // Whichever disk read is done first goes first: how much the others have by then is not known.
    stopWhen: ({ sentOf }) => sentOf.size === names.length && [...sentOf.values()].every((bytes) => bytes > 200_000),
  });
  // All begin together: one that is alone for a while could be whole before the others begin.
  first.channels[1].isHeld = true;
  for (const name of names) void first.a.send(name);
  await first.b.until(() => first.b.of("accepted").length === names.length);
  first.channels[1].release();
  await turnsUntil(() => first.channels[0].isHeld && first.b.session.status().every(({ bytes }) => bytes > 50_000));
  await end(first);
  const next = meet();
  await finish(next, ...names, "small");
  expect(next.b.of("incoming")[0]?.resumable).toHaveLength(5);
  const [from = 0, there] = resumedFrom(next);
  expect(from).toBeGreaterThan(5 * 50_000);
  expect(there).toBe(from);
  expect(next.sentBytes).toBe(5 * BYTES + 5 - from);
  expect(await readTree(join(bob, "in"))).toEqual(await readTree(ann));
});

describe("an output folder that is gone in the middle of a file", () => {
  const LARGE = 20_000_000;

  /** Pieces that are on their way to the disk when the folder goes may still be written. */
  const UNDER_WAY_BYTES = 4_000_000;

  let writtenBytes = 0;
  let writtenBefore = 0;

  const counting = withHandles((handle) => {
    const writev = handle.writev.bind(handle);
    handle.writev = async (parts, position) => {
      const written = await writev(parts, position);
      writtenBytes += written.bytesWritten;
      return written;
    };
  });

  /** Each look at the clock is a second later, so the folder is looked at before each piece. */
  function hurried(): SideOptions {
    let nowMs = 0;
    const pace = { ...PART_PACE, nowMs: () => (nowMs += 1_000) };
    return { fileSystem: counting, keep: { stateDir: join(bob, "state"), from: "Ann", pace } };
  }

  /** Sends until so much is written, lets something happen to the folder, and waits for the end. */
  async function disturb(change: () => Promise<void>): Promise<Meeting> {
    const meeting = meet({ b: hurried() });
    const sent = meeting.a.send("f", "g");
    await turnsUntil(() => (meeting.b.session.status()[0]?.bytes ?? 0) >= 2_000_000);
    await change();
    writtenBefore = writtenBytes;
    expect(await sent).toBe("failed");
    await meeting.b.untilIdle();
    await end(meeting);
    return meeting;
  }

  beforeEach(async () => {
    writtenBytes = 0;
    await randomFile(join(ann, "f"), LARGE);
    await randomFile(join(ann, "g"), 100_000);
  });

  it.each([
    // The journal may be written beside what is being removed.
    ["removed", () => rm(join(bob, "in"), { recursive: true, maxRetries: 10, retryDelay: 1 })],
    ["renamed", () => rename(join(bob, "in"), join(bob, "moved"))],
  ])("%s: is told once and at once, and ends the transfer", async (_, change) => {
    const { a, b } = await disturb(change);
    expect(b.errorCodes).toEqual(["OUTPUT_GONE"]);
    expect(a.errorCodes).toEqual(["PEER_CANNOT_STORE"]);
    expect([a.session.exit, b.session.exit]).toEqual([7, 8]);
    expect(b.of("transfer-done")).toEqual([]);
    expect(writtenBytes - writtenBefore).toBeLessThan(UNDER_WAY_BYTES);
  });

  it("renamed: the part goes on where it is now", async () => {
    await disturb(() => rename(join(bob, "in"), join(bob, "moved")));
    const kinds = new Set((await readdir(join(bob, "moved"))).map((name) => name.split(".").at(-1)));
    expect(kinds).toEqual(new Set(["journal", "part"]));
    expect(await listUnfinished(join(bob, "state"))).toMatchObject([{ path: "f", folder: join(bob, "moved") }]);
    const next = meet({ b: { outputDir: join(bob, "moved") } });
    await finish(next, "f", "g");
    expect(resumedFrom(next)[0]).toBeGreaterThanOrEqual(2_000_000);
    expect(await readTree(join(bob, "moved"))).toEqual(await readTree(ann));
    expect(await listUnfinished(join(bob, "state"))).toEqual([]);
  });

  it("removed: nothing is left or listed", async () => {
    await disturb(() => rm(join(bob, "in"), { recursive: true, maxRetries: 10, retryDelay: 1 }));
    expect(await readdir(bob)).toEqual(["state"]);
    expect(await listUnfinished(join(bob, "state"))).toEqual([]);
  });
});
