// The command against WebRTC programs that Debian brings and that know nothing of p2p: text goes both ways in either
// role, and the session ends by itself.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, type TestContext, test } from "vitest";
import { firefox } from "../support/foreign/firefox.ts";
import { startJanus } from "../support/foreign/janus.ts";
import { aiortc, gstreamer } from "../support/foreign/python.ts";
import { bareDescription, type BareDescription, type ForeignKind } from "../support/foreign/peer.ts";
import { buildPion } from "../support/foreign/pion.ts";
import { Machine } from "../support/network-namespaces.ts";
import { answer, offer, OWN_FILE, PEER_FILE, people, type Person, type Running } from "../support/processes.ts";
import { isLong } from "../support/scale.ts";

/** Two processes start, and on a busy machine each takes its time. */
const PATIENCE_MS = 90_000;
const TALK = ["--no-chat", "-m", "hello"] as const;
/** How long an answer travels. */
const CARRY_MS = 120_000;

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

// Its packages are more than those of all the others together.
if (isLong) {
  describe("Janus", { timeout: CARRY_MS + 2 * PATIENCE_MS }, () => {
    test.for([{ args: [] }, { args: ["--legacy-sdp"] }])("echotest answers our offer $args", async ({ args }, t) => {
      const [{ ann }, [ours, theirs]] = await Promise.all([people(t, "ann"), Machine.pair()]);
      const janus = await startJanus(t, theirs);
      const side = ours.start(ann, "offer", "--no-stun", ...TALK, ...args);
      const theirAnswer = await janus.answer(bareDescription(await writtenBy(ann, side)));
      await writeFile(join(ann.dir, PEER_FILE), JSON.stringify(theirAnswer));
      expect(await side.exit(PATIENCE_MS)).toBe(0);
      expect(side.stdout).toBe("Janus EchoTest here! You wrote: hello\n");
    });

    test.for([0, CARRY_MS])("textroom offers, and replies on its own channel: %i ms", async (carryMs, t) => {
      const [{ bob }, [ours, theirs]] = await Promise.all([people(t, "bob"), Machine.pair()]);
      const janus = await startJanus(t, theirs);
      await writeFile(join(bob.dir, PEER_FILE), JSON.stringify(await janus.offer()));
      const side = ours.start(bob, "answer", "--no-stun", "--no-chat", "-m", '{"textroom":"list","transaction":"1"}');
      const ourAnswer = JSON.parse(await writtenBy(bob, side)) as BareDescription;
      await pause(carryMs);
      await janus.accept(ourAnswer);
      expect(await side.exit(PATIENCE_MS)).toBe(0);
      expect(JSON.parse(side.stdout)).toMatchObject({ textroom: "success", transaction: "1" });
    });
  });
}
