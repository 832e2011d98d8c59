// The command against a WebRTC program that is not p2p: text both ways, files refused with a reason.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bareDescription, type BareDescription } from "../support/foreign/peer.ts";
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
  // The answer has the shape of the offer: a page takes the text as it is.
  await foreign.accept(JSON.parse(await ownDocument(bob)) as BareDescription);
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

test("--bare: a page takes our offer as it is, also after --resume, and its answer connects", async (t) => {
  const { ann } = await people(t, "ann");
  const first = offer(ann, ["--bare", "--no-chat"]);
  await first.until(() => first.stderr.includes("a bare {type, sdp}"), "what a bare file lacks is said");
  const written = await ownDocument(ann);
  expect(Object.keys(JSON.parse(written) as object)).toEqual(["type", "sdp"]);
  first.signal("SIGINT");
  expect(await first.exit()).toBe(130);
  const foreign = await wrtc.start();
  t.onTestFinished(() => foreign.close());
  const answered = await foreign.answer(JSON.parse(written) as BareDescription);
  const side = offer(ann, ["--resume", "--no-chat", "-m", "hello"]);
  await side.until(() => side.stderr.includes("a bare {type, sdp}"), "the file is written again");
  expect(await ownDocument(ann)).toBe(written);
  await writeFile(join(ann.dir, PEER_FILE), written);
  await side.until(() => side.stderr.includes("(FILE_OWN)"), "our own file is known without its id");
  await writeFile(join(ann.dir, PEER_FILE), JSON.stringify(answered));
  expect(await side.exit()).toBe(0);
  expect(side.stdout).toBe("echo hello\n");
});

test("--bare on one side of two p2p: text goes both ways, and neither takes the other for p2p", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const asked = offer(ann, ["--bare", "--no-chat", "-m", "from ann"]);
  await asked.until(() => existsSync(join(ann.dir, OWN_FILE)), `${OWN_FILE} is written`);
  await writeFile(join(bob.dir, PEER_FILE), await ownDocument(ann));
  const answered = answer(bob, ["--no-chat", "-m", "from bob"]);
  await answered.until(() => existsSync(join(bob.dir, OWN_FILE)), `${OWN_FILE} is written`);
  await writeFile(join(ann.dir, PEER_FILE), await ownDocument(bob));
  expect([await asked.exit(), await answered.exit()]).toEqual([0, 0]);
  expect([asked.stdout, answered.stdout]).toEqual(["from bob\n", "from ann\n"]);
});

test("answer says at once what keeps an offer from connecting", async (t) => {
  const { bob } = await people(t, "bob");
  const foreign = await wrtc.start();
  t.onTestFinished(() => foreign.close());
  const { sdp } = await foreign.offer();
  const hollow = sdp.replaceAll(/a=candidate:.*\r\n/g, "");
  await writeFile(
    join(bob.dir, PEER_FILE),
    JSON.stringify({ offer: { type: "OFFER", sdp: hollow }, paths: ["candidate:x"] }),
  );
  const side = answer(bob, ["--no-chat", "--wait", "5s"]);
  await side.until(() => side.stderr.includes("it has no address"), "the doubt is told");
  expect(side.stderr).toContain('an address stands under "paths"');
  side.signal("SIGINT");
  expect(await side.exit()).toBe(130);
});
