// Two people who keep each other meet again by `--to`, in a shared folder and on a broker: with nothing to type, with nobody
// else, and with what is said where it cannot be.
import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "vitest";
import { encodeEntry, entryName } from "../../src/exchange/shared-entry.ts";
import { People } from "../../src/pairing/people.ts";
import { FolderMeeting } from "../../src/pairing/carriers/shared-folder/folder-meeting.ts";
import { brokerAt } from "../../src/pairing/carriers/mqtt/broker.ts";
import { parseBrokerAddress } from "../../src/pairing/carriers/mqtt/broker-address.ts";
import { encodeMeetingMessage } from "../../src/pairing/carriers/mqtt/meeting-message.ts";
import { ContactMeeting } from "../../src/trust/contact-meeting.ts";
import { generateOwnKey } from "../../src/trust/signing.ts";
import { type LocalBroker, startBroker } from "../support/aedes-broker.ts";
import { keepEachOther, VERIFIED_AT } from "../support/contacts.ts";
import { answer, exits, offer, OWN_FILE, people, type Person, type Running, until } from "../support/processes.ts";

const PATIENCE_MS = 60_000;
const DAY_MS = 86_400_000;

async function sharedBy(person: Person): Promise<string> {
  const dir = join(dirname(person.dir), "shared");
  await mkdir(dir);
  return dir;
}

async function brokerFor(t: TestContext): Promise<LocalBroker> {
  const broker = await startBroker();
  t.onTestFinished(() => broker.close());
  return broker;
}

const statesOf = (side: Running): string[] => side.eventsOf("carrier").map(({ state }) => state);
const textsTo = (side: Running): string[] =>
  side.eventsOf("message").flatMap(({ from, text }) => (from === "peer" ? [text] : []));
const to = (via: string, name: string, ...more: string[]): string[] => [
  "--json",
  "--no-chat",
  "--via",
  via,
  "--to",
  name,
  ...more,
];

/** The meeting of two people as the first of them has it: whoever has one of their keys has all of it as well. */
async function meetingOf(own: Person, theirs: Person): Promise<ContactMeeting> {
  const [ofOwn, ofTheirs] = await Promise.all([People.open(own.stateDir), People.open(theirs.stateDir)]);
  const { publicKey } = await ofTheirs.ownKey();
  const meeting = await ContactMeeting.derive(await ofOwn.ownKey(), { publicKey, name: theirs.name });
  if (meeting === undefined) throw new TypeError("no meeting");
  return meeting;
}

/** An offer of somebody's, as text. */
async function offerOf(person: Person): Promise<string> {
  const side = offer(person, ["--json", "--no-chat"]);
  await side.event("local-file", () => true, PATIENCE_MS);
  await side.kill();
  return await readFile(join(person.dir, OWN_FILE), "utf8");
}

/** Puts an offer into a folder as one of two people would at that time. */
async function putIntoFolder(dir: string, meeting: ContactMeeting, document: string, atMs: number): Promise<void> {
  const folder = new FolderMeeting(meeting, "offer", () => atMs);
  const id = { kind: "offer", slot: folder.newSlot() } as const;
  const head = { by: "0123456789abcdef", revision: 1, createdAtMs: atMs, expiresAtMs: Date.now() + DAY_MS };
  const entry = { ...id, ...head, isForOne: true, document: folder.seal(id, document) };
  await writeFile(join(dir, entryName(id)), encodeEntry(entry));
}

/** Leaves an offer on a broker as one of two people would at that time. @returns a function that takes leave */
async function putOnBroker(
  url: string,
  meeting: ContactMeeting,
  document: string,
  atMs: number,
): Promise<() => Promise<void>> {
  const address = parseBrokerAddress(url);
  if (typeof address === "string") throw new TypeError(address);
  const [{ seal }] = meeting.daysAt(atMs, address.prefix);
  const side = randomBytes(16).toString("hex");
  const topic = `${address.prefix}/${seal.topic}/${side}`;
  const request = { clientId: side.slice(0, 20), filters: ["nothing"], willTopic: topic, maxPayloadBytes: 1_000 };
  const link = await brokerAt(address)(request, { onMessage: () => {}, onLost: () => {} });
  const payload = seal.seal("offer", topic, encodeMeetingMessage({ kind: "offer", document }));
  await link.publish({ topic, payload, keepSeconds: 3_600 });
  return async () => {
    await link.close();
  };
}

describe("two who have kept each other", () => {
  test("meet in a folder, ask nobody anything, and leave nothing there", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await keepEachOther(ann, bob);
    const dir = await sharedBy(ann);
    const anns = offer(ann, to(`folder:${dir}`, "Bob", "-m", "from ann"));
    await anns.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
    const [name = ""] = await readdir(dir);
    const entry = await readFile(join(dir, name), "utf8");
    for (const secret of ["sdp", "candidate", "127.0.0.1", "signature", "Bob"]) t.expect(entry).not.toContain(secret);
    const bobs = answer(bob, to(`folder:${dir}`, "王芳", "-m", "from bob"));
    t.expect(await exits({ ann: anns, bob: bobs }, PATIENCE_MS)).toEqual([0, 0]);
    t.expect([textsTo(anns), textsTo(bobs)]).toEqual([["from bob"], ["from ann"]]);
    t.expect(anns.stderr).toContain("this is the Bob you verified on 3 May 2026");
    t.expect(bobs.stderr).toContain("this is the 王芳 you verified on 3 May 2026");
    t.expect(await readdir(dir)).toEqual([]);
  });

  test("meet on a broker, also where who answers comes first, and show it nothing", async (t) => {
    const broker = await brokerFor(t);
    const { ann, bob } = await people(t, "ann", "bob");
    await keepEachOther(ann, bob);
    const anns = answer(ann, to(broker.url, "Bob", "-m", "from ann"));
    await anns.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
    const bobs = offer(bob, to(broker.url, "王芳", "-m", "from bob"));
    t.expect(await exits({ ann: anns, bob: bobs }, PATIENCE_MS)).toEqual([0, 0]);
    t.expect([textsTo(anns), textsTo(bobs)]).toEqual([["from bob"], ["from ann"]]);
    t.expect(anns.stderr).toContain("this is the Bob you verified on 3 May 2026");
    await until(() => broker.retained.size === 0, "both have removed what they left", PATIENCE_MS);
    const everything = broker.seen.map(({ topic, payload }) => `${topic}\n${payload.toString("latin1")}`).join("\n");
    for (const secret of ["sdp", "candidate", "127.0.0.1", "signature"]) t.expect(everything).not.toContain(secret);
  });

  test("meet on a broker where both offer", async (t) => {
    const broker = await brokerFor(t);
    const { ann, bob } = await people(t, "ann", "bob");
    await keepEachOther(ann, bob);
    const both = {
      ann: offer(ann, to(broker.url, "Bob", "-m", "hi")),
      bob: offer(bob, to(broker.url, "王芳", "-m", "hi")),
    };
    t.expect(await exits(both, PATIENCE_MS)).toEqual([0, 0]);
    t.expect(both.bob.stderr).toContain("this is the 王芳 you verified on 3 May 2026");
  });
});

describe("nobody else", () => {
  test("strangers in the folder pass each other's entries over", async (t) => {
    const { ann, bob, eve, mallory } = await people(t, "ann", "bob", "eve", "mallory");
    await keepEachOther(ann, bob);
    const dir = await sharedBy(ann);
    const anyone = ["--json", "--no-chat", "--via", `folder:${dir}`, "-m", "hi"];
    const anns = offer(ann, to(`folder:${dir}`, "Bob", "-m", "hi"));
    await anns.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
    // A stranger would take the oldest offer.
    const eves = offer(eve, anyone);
    await eves.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
    const strangers = answer(mallory, anyone);
    t.expect(await exits({ ann: eves, bob: strangers }, PATIENCE_MS)).toEqual([0, 0]);
    t.expect(statesOf(anns)).toEqual(["waiting"]);
    const bobs = answer(bob, to(`folder:${dir}`, "王芳", "-m", "hi"));
    t.expect(await exits({ ann: anns, bob: bobs }, PATIENCE_MS)).toEqual([0, 0]);
    for (const side of [anns, bobs, eves, strangers]) t.expect(side.eventsOf("error")).toEqual([]);
  });

  test("an answer of a stranger in the place of the contact is not taken, and told", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await keepEachOther(ann, bob);
    const dir = await sharedBy(ann);
    const anns = offer(ann, to(`folder:${dir}`, "Bob", "-m", "hi"), { env: { P2P_LANG: "zh" } });
    await anns.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
    const [, slot = ""] = /^p2p-([0-9a-f]{32})-offer/.exec((await readdir(dir))[0] ?? "") ?? [];
    const id = { kind: "answer", slot, by: "0123456789abcdef" } as const;
    const times = { createdAtMs: Date.now(), expiresAtMs: Date.now() + DAY_MS };
    const path = join(dir, entryName(id));
    await writeFile(path, encodeEntry({ ...id, revision: 1, ...times, document: "of somebody else" }));
    const { message } = await anns.event("error", ({ code }) => code === "FILE_NOT_RECOGNISED", PATIENCE_MS);
    t.expect(message).toContain("not signed by Bob, for whom this side waits: it is not taken");
    await anns.says(/没有 Bob 的签名，而我方只等 Bob：这个文件不予采用/, PATIENCE_MS);
    const bobs = answer(bob, to(`folder:${dir}`, "王芳", "-m", "hi"));
    t.expect(await exits({ ann: anns, bob: bobs }, PATIENCE_MS)).toEqual([0, 0]);
    t.expect(anns.eventsOf("error")).toHaveLength(1);
  });

  test.for(["a folder", "a broker"])("who has our own stolen key cannot pose as the contact in %s", async (kind, t) => {
    const broker = await brokerFor(t);
    const { ann, bob, thief } = await people(t, "ann", "bob", "thief");
    await keepEachOther(ann, bob);
    const dir = await sharedBy(ann);
    const via = kind === "a folder" ? `folder:${dir}` : broker.url;
    // By Bob's key the thief finds where Bob waits for Ann, and seals as she would. He cannot sign as she does.
    const stolen = await meetingOf(ann, bob);
    const unsigned = await offerOf(thief);
    await cp(bob.stateDir, thief.stateDir, { recursive: true });
    const signedByBob = await offerOf(thief);
    t.expect(signedByBob).toContain("signature");
    const bobs = answer(bob, to(via, "王芳", "-m", "hi"));
    await bobs.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
    for (const document of [unsigned, signedByBob]) {
      if (kind === "a folder") await putIntoFolder(dir, stolen, document, Date.now());
      else t.onTestFinished(await putOnBroker(broker.url, stolen, document, Date.now()));
    }
    const { code, message } = await bobs.event("error", () => true, PATIENCE_MS);
    t.expect(code).toBe("FILE_NOT_RECOGNISED");
    t.expect(message).toContain("not signed by 王芳, for whom this side waits");
    const anns = offer(ann, to(via, "Bob", "-m", "hi"));
    t.expect(await exits({ ann: anns, bob: bobs }, PATIENCE_MS)).toEqual([0, 0]);
    const [taken, ...others] = bobs.eventsOf("peer-file");
    t.expect([taken?.id, others]).toEqual([anns.eventsOf("local-file")[0]?.id, []]);
  });

  test.for(["a folder", "a broker"])(
    "what was left two days ago, and signed, is passed over in %s",
    async (kind, t) => {
      const broker = await brokerFor(t);
      const { ann, bob } = await people(t, "ann", "bob");
      await keepEachOther(ann, bob);
      const dir = await sharedBy(ann);
      const via = kind === "a folder" ? `folder:${dir}` : broker.url;
      const document = await offerOf(ann);
      const meeting = await meetingOf(ann, bob);
      const then = Date.now() - 2 * DAY_MS;
      if (kind === "a folder") await putIntoFolder(dir, meeting, document, then);
      else t.onTestFinished(await putOnBroker(broker.url, meeting, document, then));
      const bobs = answer(bob, to(via, "王芳", "-m", "hi"));
      await bobs.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
      const anns = offer(ann, to(via, "Bob", "-m", "hi"));
      t.expect(await exits({ ann: anns, bob: bobs }, PATIENCE_MS)).toEqual([0, 0]);
      const [taken, ...others] = bobs.eventsOf("peer-file");
      t.expect([taken?.id, others]).toEqual([anns.eventsOf("local-file")[0]?.id, []]);
      t.expect(bobs.eventsOf("error")).toEqual([]);
    },
  );
});

describe("what cannot be is said, with the cure", () => {
  test("an unknown name, a passphrase beside it, no place, and no key", async (t) => {
    const { ann, bob, amy } = await people(t, "ann", "bob", "amy");
    await keepEachOther(ann, bob);
    const dir = await sharedBy(ann);
    const via = ["--via", `folder:${dir}`];
    const secret = join(ann.dir, "secret");
    await writeFile(secret, "able crane mutual ghost upon river", { mode: 0o600 });
    const ofAnn = await People.open(ann.stateDir);
    await ofAnn.keep({ publicKey: generateOwnKey().publicKey, name: "Twin", verifiedAt: VERIFIED_AT });
    await ofAnn.keep({ publicKey: generateOwnKey().publicKey, name: "Twin", verifiedAt: VERIFIED_AT });
    await ofAnn.keep({ publicKey: "00".repeat(32), name: "Nobody", verifiedAt: VERIFIED_AT });
    // Amy keeps somebody, and her own key is lost.
    await mkdir(amy.stateDir);
    const ofAmy = await People.open(amy.stateDir);
    await ofAmy.keep({ publicKey: (await ofAnn.ownKey()).publicKey, name: "Ann", verifiedAt: VERIFIED_AT });
    const zh = { env: { P2P_LANG: "zh" } };
    const cases = [
      { side: offer(ann, ["--to", "Carol", ...via]), exit: 2, says: "nobody is kept as 'Carol'" },
      { side: answer(ann, ["--to", "Twin", ...via], zh), exit: 2, says: "请改用密钥的前 8 位或更多" },
      { side: offer(ann, ["--to", "Bob"], zh), exit: 2, says: "--to：没有指定双方会合的地方" },
      { side: offer(ann, ["--to", "Bob", "--passphrase-file", secret, ...via]), exit: 2, says: "--passphrase-file" },
      { side: offer(ann, ["--to", "Nobody", ...via], zh), exit: 8, says: "不是他人的有效密钥" },
      { side: answer(amy, ["--to", "Ann", ...via]), exit: 8, says: "your own long-term key is not there" },
    ];
    for (const { side, exit, says } of cases) {
      t.expect(await side.exit(PATIENCE_MS)).toBe(exit);
      t.expect(side.stderr).toContain(says);
    }
    t.expect(await readdir(dir)).toEqual([]);
  });

  test("what both wait for is said by name", async (t) => {
    const broker = await brokerFor(t);
    const { ann, bob } = await people(t, "ann", "bob");
    await keepEachOther(ann, bob);
    const dir = await sharedBy(ann);
    const sides = [
      {
        side: offer(ann, ["--via", `folder:${dir}`, "--to", "Bob"]),
        says: /the offer lies in .*, for Bob alone: run 'p2p answer/,
      },
      { side: answer(ann, ["--via", `folder:${dir}`, "--to", "Bob"]), says: /no offer of Bob waits in / },
      {
        side: offer(bob, ["--via", broker.url, "--to", "王芳"]),
        says: /王芳 is not at mqtt:.*: run 'p2p answer .*--to NAME'/,
      },
      {
        side: answer(bob, ["--via", broker.url, "--to", "王芳"], { env: { P2P_LANG: "zh" } }),
        says: /王芳 还没到 mqtt:.*请 王芳 运行 p2p offer/,
      },
    ];
    for (const { side, says } of sides) await side.says(says, PATIENCE_MS);
    for (const { side } of sides) {
      side.signal("SIGINT");
      t.expect(await side.exit(PATIENCE_MS)).toBe(130);
      t.expect(side.stderr).not.toContain("whoever can write to");
    }
    t.expect(await readdir(dir)).toEqual([]);
  });
});
