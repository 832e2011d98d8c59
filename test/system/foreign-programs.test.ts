// The command against WebRTC programs that Debian brings and that know nothing of p2p: text goes both ways in either
// role, and the session ends by itself.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, type TestContext, test } from "vitest";
import { firefox } from "../support/foreign/firefox.ts";
import { aiortc, gstreamer } from "../support/foreign/python.ts";
import { bareDescription, type BareDescription, type ForeignKind } from "../support/foreign/peer.ts";
import { buildPion } from "../support/foreign/pion.ts";
import { answer, offer, OWN_FILE, PEER_FILE, people, type Person, type Running } from "../support/processes.ts";

/** Two processes start, and on a busy machine each takes its time. */
const PATIENCE_MS = 90_000;
const TALK = ["--no-chat", "-m", "hello"] as const;

const { pion, pionLite, remove } = await buildPion();
afterAll(remove);

async function writtenBy({ dir }: Person, side: Running): Promise<string> {
  await side.until(() => existsSync(join(dir, OWN_FILE)), `${OWN_FILE} is written`, PATIENCE_MS);
  return readFile(join(dir, OWN_FILE), "utf8");
}

async function expectTalk(side: Running): Promise<void> {
  expect(await side.exit(PATIENCE_MS)).toBe(0);
  expect(side.stdout).toBe("echo hello\n");
}

async function takesOurOffer(t: TestContext, kind: ForeignKind, args: readonly string[]): Promise<void> {
  const [{ ann }, foreign] = await Promise.all([people(t, "ann"), kind.start()]);
  t.onTestFinished(() => foreign.close());
  const side = offer(ann, [...TALK, ...args]);
  const theirs = await foreign.answer(bareDescription(await writtenBy(ann, side)));
  await writeFile(join(ann.dir, PEER_FILE), JSON.stringify(theirs));
  await expectTalk(side);
}

describe.each([aiortc, firefox, gstreamer, pion, pionLite])("$name", { timeout: 2 * PATIENCE_MS }, (kind) => {
  test("makes the offer, and takes our answer as it is", async (t) => {
    const [{ bob }, foreign] = await Promise.all([people(t, "bob"), kind.start()]);
    t.onTestFinished(() => foreign.close());
    await writeFile(join(bob.dir, PEER_FILE), JSON.stringify(await foreign.offer()));
    const side = answer(bob, TALK);
    await foreign.accept(JSON.parse(await writtenBy(bob, side)) as BareDescription);
    await expectTalk(side);
  });

  test("answers our offer", (t) => takesOurOffer(t, kind, []));

  test("answers our offer in the form of 2018", (t) => takesOurOffer(t, kind, ["--legacy-sdp"]));
});
