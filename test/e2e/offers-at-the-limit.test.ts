// Offers within all limits, one after the other, against a real process that asks nobody: what they take in its memory
// is released, and it answers beside them.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Entry, Frame } from "../../src/transfer/frames.ts";
import { MAX_MANIFEST_BYTES, MAX_OPEN_FOLDERS } from "../../src/transfer/limits.ts";
import { entryOf } from "../support/engine-pair.ts";
import { MaliciousPeer } from "../support/malicious-peer.ts";
import { people } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";

/** Twice what is seen; at a path of 4 KiB in 254 folders that each kept its whole path it was 550 MB for one offer. */
const MAX_PEAK_MIB = 400;
const FRAME_BYTES = 50_000;
const FOLDER = "/abcdefghijklmno";

function peakMib(pid: number): number {
  const kib = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

/** As many messages as it takes. */
function offer(peer: MaliciousPeer, transfer: number, count: number, entryAt: (at: number) => Entry): void {
  const head: Frame = { type: "proposal", transfer, entries: count, files: count, bytes: 0 };
  peer.say(head);
  for (let first = 0; first < count; ) {
    const entries: Entry[] = [];
    for (let bytes = 0; bytes < FRAME_BYTES && first + entries.length < count; ) {
      const entry = entryAt(first + entries.length);
      bytes += entry.path.length + 30;
      entries.push(entry);
    }
    peer.say({ type: "entries", transfer, first, entries });
    first += entries.length;
  }
}

const deep = (at: number): Entry => entryOf(String(at).padStart(15, "0") + FOLDER.repeat(254), 0);
const long = (at: number): Entry => entryOf(String(at).padEnd(4_000, "n"), 0);
const many = (at: number): Entry => entryOf(`${at}/f`, 0);

test("offers at the limit of folders, of paths and of entries take little memory, again and again", async (t) => {
  const { victim } = await people(t, "victim");
  const peer = await MaliciousPeer.connect(t, victim, ["--json"]);
  const deepest = Math.floor(MAX_OPEN_FOLDERS / 254);
  const rounds = scaled(1, 10);
  let transfer = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const [count, entryAt, reason] of [
      [deepest, deep, "policy"],
      [deepest + 1, deep, "limit"],
      [scaled(1_000, Math.floor(MAX_MANIFEST_BYTES / 4_000)), long, "policy"],
      [scaled(20_000, 250_000), many, "policy"],
    ] as const) {
      transfer += 1;
      offer(peer, transfer, count, entryAt);
      expect(await peer.hear("decline", transfer)).toMatchObject({ reason });
    }
  }
  // Each is taken back when it is whole, while its parts are looked for.
  const withdrawn = scaled(2, 30);
  for (let count = 0; count < withdrawn; count += 1) {
    transfer += 1;
    offer(peer, transfer, deepest, deep);
    peer.say({ type: "sender-cancel", transfer, reason: "user" });
  }
  transfer += 1;
  peer.offer(transfer, [entryOf("f", 1)]);
  expect(await peer.hear("decline", transfer)).toMatchObject({ reason: "policy" });
  expect(peakMib(peer.victim.pid)).toBeLessThan(MAX_PEAK_MIB);
});
