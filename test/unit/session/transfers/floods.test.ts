// A peer that never comes to an end: whatever it repeats, what is kept of it is bounded, and so are open files.
import { readdir } from "node:fs/promises";
import { queryObjects } from "node:v8";
import { afterEach, describe, expect, it } from "vitest";
import { IncomingTransfer } from "../../../../src/session/transfers/incoming.ts";
import { type DiskHandle, type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import type { Frame } from "../../../../src/transfer/frames.ts";
import { MAX_OPEN_PROPOSALS } from "../../../../src/transfer/limits.ts";
import { entryOf, sha256 } from "../../../support/engine-pair.ts";
import { withHandles } from "../../../support/fake-disk.ts";
import { contentOf, HostilePeer } from "../../../support/hostile-peer.ts";
import { type SideOptions, turnsUntil } from "../../../support/transfer-pair.ts";
import { readTree } from "../../../support/trees.ts";
import { withResolvers } from "../../../support/with-resolvers.ts";

let peer: HostilePeer;

async function open(options?: SideOptions): Promise<HostilePeer> {
  peer = await HostilePeer.open(options);
  return peer;
}

afterEach(async () => {
  await peer.close();
});

const EMPTY = sha256(Buffer.alloc(0));

describe("while the reader of the events stands still", () => {
  const proposeAndTakeBack = (transfer: number, names: string[]): void => {
    peer.propose(
      transfer,
      names.map((name) => entryOf(name, 1)),
    );
    peer.say({ type: "sender-cancel", transfer, reason: "user" });
  };
  const longNames = Array.from({ length: 14 }, (_, at) => `${at}/${"x/".repeat(250)}y`);

  it.each<[string, (transfer: number) => void]>([
    ["proposals that are taken back", (transfer) => proposeAndTakeBack(transfer, ["f"])],
    ["proposals of long names that are taken back", (transfer) => proposeAndTakeBack(transfer, longNames)],
    ["unsafe proposals", (transfer) => peer.propose(transfer, [entryOf("../x", 1)])],
  ])("what is kept of %s without end is bounded", async (_, cause) => {
    const maxUntakenBytes = 64 * 1024;
    const { victim, channel } = await open({ consent: "ask", maxUntakenBytes });
    victim.isStopped = true;
    let transfer = 0;
    let events = -1;
    // Until a hundred more make no difference.
    while (victim.events.length > events) {
      events = victim.events.length;
      for (let count = 0; count < 100; count += 1) {
        transfer += 1;
        cause(transfer);
      }
      await turnsUntil(() => channel.bufferedBytes === 0);
    }
    expect(JSON.stringify(victim.events).length).toBeLessThan(2 * maxUntakenBytes);
    victim.resume();
    const seen = victim.of("incoming").length;
    peer.propose(transfer + 1, [entryOf("new", 1)]);
    await victim.until(() => victim.of("incoming").length === seen + 1);
  });

  it("empty files without end are answered no more, and go on when it reads", async () => {
    const { victim } = await open({ maxUntakenBytes: 64 * 1024 });
    victim.isStopped = true;
    const entries = Array.from({ length: 400 }, (_, at) => entryOf(`${at}`, 0));
    peer.propose(1, entries);
    await peer.hear("accept");
    peer.say(...entries.map((_, index): Frame => ({ type: "file-end", transfer: 1, index, sha256: EMPTY })));
    await victim.until(() => victim.of("file-done").length === entries.length);
    // Those that have no answer count as begun, of which there may be 512.
    const answers = (): number => peer.heard.filter(({ type }) => type === "result").length;
    await turnsUntil(() => answers() > 0);
    expect(answers()).toBeLessThan(entries.length);
    victim.resume();
    await peer.hear("done");
    expect(answers()).toBe(entries.length);
  });
});

it("of the transfers that are over the last thousand are known", async () => {
  const { victim } = await open({ consent: "decline" });
  for (let transfer = 1; transfer <= 1_100; transfer += 1) {
    peer.propose(transfer, [entryOf("f", 1)]);
    // More at one time are refused before anybody looks at them.
    if (transfer % MAX_OPEN_PROPOSALS === 0) await victim.until(() => victim.of("declined").length === transfer);
  }
  await victim.until(() => victim.of("declined").length === 1_100);
  const kept = victim.session.status();
  expect(kept).toHaveLength(1_000);
  expect(kept.at(-1)?.transfer).toBe("r1100");
});

describe("while the disk stands still", () => {
  const manyPaths = Array.from({ length: 16 }, (_, at) => entryOf(`${`${at}${"d".repeat(240)}/`.repeat(15)}f`, 1));

  it("proposals that are taken back before people hear of them are let go", async () => {
    const { promise: disk, resolve: letGo } = withResolvers<void>();
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      realpath: async (path) => {
        await disk;
        return await nodeFileSystem.realpath(path);
      },
    };
    const { victim, channel } = await open({ consent: "ask", fileSystem });
    peer.propose(1, [entryOf("first", 1)]);
    const proposals = 200;
    for (let transfer = 2; transfer <= proposals; transfer += 1) {
      peer.propose(transfer, manyPaths);
      peer.say({ type: "sender-cancel", transfer, reason: "user" });
      await turnsUntil(() => channel.bufferedBytes === 0);
    }
    await turnsUntil(() => victim.session.status().length === proposals);
    expect(queryObjects(IncomingTransfer, { format: "count" })).toBe(1);
    letGo();
    await victim.until(() => victim.of("incoming").some(({ transfer }) => transfer === "r1"));
  });
});

describe("transfers that never end", () => {
  /** Counts the files that are open at one time. */
  function countingDisk(): { options: SideOptions; most: () => number; now: () => number } {
    let now = 0;
    let most = 0;
    const count = (handle: DiskHandle): void => {
      now += 1;
      most = Math.max(most, now);
      // What is counted does not depend on how fast the device is.
      handle.sync = () => Promise.resolve();
      const close = handle.close.bind(handle);
      handle.close = () => {
        now -= 1;
        return close();
      };
    };
    return { options: { fileSystem: withHandles(count) }, most: () => most, now: () => now };
  }

  it("keep one file each open, and another is refused", async () => {
    const disk = countingDisk();
    const { victim } = await open(disk.options);
    for (let transfer = 1; transfer <= MAX_OPEN_PROPOSALS; transfer += 1) {
      peer.propose(transfer, [entryOf(`${transfer}`, 2 ** 30)]);
      await peer.hear("accept", transfer);
      peer.say({ type: "data", transfer, index: 0, offset: 0, chunk: Buffer.from("x") });
    }
    await turnsUntil(() => disk.now() === MAX_OPEN_PROPOSALS);
    const next = MAX_OPEN_PROPOSALS + 1;
    peer.propose(next, [entryOf("one more", 1)]);
    expect(await peer.hear("decline", next)).toMatchObject({ reason: "limit" });
    await victim.session.close("ended");
    expect(disk.now()).toBe(0);
  });

  it("of many small files each share the files that may be open", async () => {
    const disk = countingDisk();
    await open(disk.options);
    const files = 4;
    for (let transfer = 1; transfer <= MAX_OPEN_PROPOSALS; transfer += 1) {
      peer.propose(
        transfer,
        Array.from({ length: files }, (_, at) => entryOf(`${transfer}/${at}`, 1)),
      );
      await peer.hear("accept", transfer);
    }
    for (let transfer = 1; transfer <= MAX_OPEN_PROPOSALS; transfer += 1) {
      peer.say(...Array.from({ length: files }, (_, at) => contentOf(transfer, at, "x")).flat());
    }
    await peer.victim.until(() => peer.victim.of("transfer-done").length === MAX_OPEN_PROPOSALS);
    expect(disk.most()).toBeLessThanOrEqual(192);
    expect(await readdir(peer.victim.outputDir)).toHaveLength(MAX_OPEN_PROPOSALS);
    expect(Object.keys(await readTree(peer.victim.outputDir))).toHaveLength(MAX_OPEN_PROPOSALS * (files + 1));
  }, 20_000);
});
