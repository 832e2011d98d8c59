// The command against a WebRTC program that is not p2p: text both ways, files refused with a reason.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bareDescription } from "../support/foreign/peer.ts";
import { wrtc } from "../support/foreign/stacks.ts";
import { answer, offer, OWN_FILE, PEER_FILE, people, type Person } from "../support/processes.ts";

async function ownDocument({ dir }: Person): Promise<string> {
  return readFile(join(dir, OWN_FILE), "utf8");
}

test("a browser's bare offer is answered, lines go both ways, and the session ends by itself", async (t) => {
  const { bob } = await people(t, "bob");
  const foreign = await wrtc.start();
  t.onTestFinished(() => foreign.close());
  await writeFile(join(bob.dir, PEER_FILE), JSON.stringify(await foreign.offer()));
  const side = answer(bob, ["--json", "--no-chat", "-m", "你好", "-m", "x".repeat(100_000)]);
  await side.event("local-file");
  await foreign.accept(bareDescription(await ownDocument(bob)));
  expect(await side.exit()).toBe(0);
  const texts = side.eventsOf("message").map(({ from, text }) => `${from}: ${text.slice(0, 10)}`);
  expect(texts.toSorted()).toEqual(["me: xxxxxxxxxx", "me: 你好", "peer: echo xxxxx", "peer: echo 你好"]);
  expect(side.eventsOf("peer-file")).toEqual([expect.not.objectContaining({ id: expect.anything() })]);
});

test("our offer is taken by it; files are told and refused with 7 after the messages", async (t) => {
  const { ann } = await people(t, "ann");
  await writeFile(join(ann.dir, "a.txt"), "a");
  const foreign = await wrtc.start();
  t.onTestFinished(() => foreign.close());
  const side = offer(ann, ["--no-chat", "-m", "hello", "a.txt"]);
  await side.until(() => existsSync(join(ann.dir, OWN_FILE)), `${OWN_FILE} is written`);
  const theirs = await foreign.answer(bareDescription(await ownDocument(ann)));
  await writeFile(join(ann.dir, PEER_FILE), JSON.stringify(theirs));
  expect(await side.exit()).toBe(7);
  expect(side.stdout).toBe("echo hello\n");
  expect(side.stderr).toContain("(PEER_CANNOT_TAKE_FILES)");
});
