// Keeping each other's keys, within sessions over channels in memory: by both, after a comparison, and by nobody else.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodePorts } from "../../../../src/pairing/node-ports.ts";
import { People } from "../../../../src/pairing/people.ts";
import { decodeControl } from "../../../../src/control/messages.ts";
import { openSessions, type Setup, type Side } from "../../../support/session-pair.ts";
import { turnsUntil } from "../../../support/transfer-pair.ts";

let folder = "";
let ann: People;
let bob: People;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "p2p-contacts-"));
  [ann, bob] = [await People.open(join(folder, "ann")), await People.open(join(folder, "bob"))];
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Both have said that they read the same. */
async function verified(setup: Setup = {}): Promise<{ a: Side; b: Side }> {
  const { a, b } = openSessions(folder, { mode: "conversation", verify: [true, false], people: [ann, bob], ...setup });
  await Promise.all([a.event("verify"), b.event("verify")]);
  for (const { session } of [a, b]) session.confirmVerification(true);
  await turnsUntil(() => [a, b].every((side) => side.verifyStates().includes("agreed")));
  return { a, b };
}

const toldOf = ({ events }: Side): string[] =>
  events.flatMap(({ event }) => (event.startsWith("contact-") ? [event] : []));
const keptIn = async (people: People): Promise<string[]> => (await people.list()).map(({ name }) => name);
const aWhile = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("two who both want it", () => {
  test.each([
    ["one after the other", true],
    ["at once", false],
  ])("keep each other's keys, %s", async (_, oneByOne) => {
    const { a, b } = await verified();
    expect([toldOf(a), toldOf(b)]).toEqual([["contact-possible"], ["contact-possible"]]);
    expect(a.session.keepContact("Bob")).toBe(true);
    if (oneByOne) {
      await turnsUntil(() => toldOf(b).includes("contact-offered"));
      expect([await keptIn(ann), await keptIn(bob)]).toEqual([[], []]);
      expect(toldOf(a)).toContain("contact-asked");
    }
    expect(b.session.keepContact("Ann\u001b[2J")).toBe(true);
    await turnsUntil(() => [a, b].every((side) => toldOf(side).includes("contact-kept")));
    expect(await ann.list()).toMatchObject([{ name: "Bob", publicKey: (await bob.ownKey()).publicKey }]);
    expect(await bob.list()).toMatchObject([{ name: "Ann\u001b[2J", publicKey: (await ann.ownKey()).publicKey }]);
  });

  test("date it by the clock of their session", async () => {
    const ports = nodePorts({});
    const wallMs = (): number => Date.UTC(2031, 4, 3, 10);
    const { a, b } = await verified({ ports: { ...ports, clock: { ...ports.clock, wallMs } } });
    for (const { session } of [a, b]) session.keepContact("Other");
    await turnsUntil(() => [a, b].every((side) => toldOf(side).includes("contact-kept")));
    expect(await ann.list()).toMatchObject([{ verifiedAt: "2031-05-03T10:00:00.000Z" }]);
  });

  test("may change the name", async () => {
    const { a, b } = await verified();
    for (const { session } of [a, b]) session.keepContact("first");
    await turnsUntil(() => [a, b].every((side) => toldOf(side).includes("contact-kept")));
    a.session.keepContact("Bob");
    await turnsUntil(() => toldOf(a).filter((event) => event === "contact-kept").length === 2);
    expect([await keptIn(ann), await keptIn(bob)]).toEqual([["Bob"], ["first"]]);
  });
});

describe("nothing is kept", () => {
  test("and no key made, when one side alone wants it", async () => {
    const { a, b } = await verified();
    a.session.keepContact("Bob");
    await turnsUntil(() => toldOf(b).includes("contact-offered"));
    await Promise.all([a.session.end("quit"), b.session.end("quit")]);
    expect([await keptIn(ann), await keptIn(bob)]).toEqual([[], []]);
    expect(await readdir(join(folder, "bob", "contacts"))).toEqual([]);
  });

  test("before both have said that they read the same", async () => {
    const { a, b } = openSessions(folder, { mode: "conversation", people: [ann, bob] });
    await aWhile();
    expect(a.session.keepContact("Bob")).toBe(false);
    a.session.verify();
    await Promise.all([a.event("verify"), b.event("verify")]);
    a.session.confirmVerification(true);
    await aWhile();
    expect([a.session.keepContact("Bob"), b.session.keepContact("Ann")]).toEqual([false, false]);
    expect(await readdir(join(folder, "ann", "contacts"))).toEqual([]);
  });

  test("with a peer that keeps no keys, as an older one", async () => {
    const { a } = await verified({ people: [ann, undefined] });
    expect(a.session.keepContact("Bob")).toBe(false);
    expect(toldOf(a)).toEqual([]);
  });

  test("without a word in a session that is no conversation", async () => {
    const { a, b } = await verified({ mode: "once" });
    expect([toldOf(a), toldOf(b)]).toEqual([[], []]);
  });
});

describe("a peer that lies", () => {
  /** Replaces Ann's message. */
  const lying = (replace: (message: { key: string; signature: string }) => object): Setup => ({
    tamper: (data, from) => {
      const message = decodeControl(data);
      const isHers = from === "a" && typeof message !== "string" && message.type === "contact";
      return isHers ? JSON.stringify({ ...message, ...replace(message) }) : data;
    },
  });

  test.each<[string, (message: { key: string; signature: string }) => object]>([
    ["with another's key", () => ({ key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c" })],
    ["with a key that is none", () => ({ key: "ff".repeat(32) })],
    ["with another signature", ({ signature }) => ({ signature: `00${signature.slice(2)}` })],
  ])("%s ends the session", async (_, replace) => {
    const { a, b } = await verified(lying(replace));
    a.session.keepContact("Bob");
    await turnsUntil(() => b.codes().includes("PEER_PROTOCOL"));
    expect(await keptIn(bob)).toEqual([]);
  });

  test("with what it was told in another session ends it", async () => {
    let captured = "";
    const first = await verified({
      tamper: (data, from) => {
        const message = decodeControl(data);
        if (from === "a" && typeof message !== "string" && message.type === "contact") captured = String(data);
        return data;
      },
    });
    first.a.session.keepContact("Bob");
    await turnsUntil(() => toldOf(first.b).includes("contact-offered"));
    const ids = ["3".repeat(32), "4".repeat(32)] as const;
    const second = await verified({ ids, ...lying(() => JSON.parse(captured) as object) });
    second.a.session.keepContact("Bob");
    await turnsUntil(() => second.b.codes().includes("PEER_PROTOCOL"));
    expect(toldOf(second.b)).not.toContain("contact-offered");
  });

  test("sending its key before the comparison ends it", async () => {
    const { a, b } = openSessions(folder, {
      mode: "conversation",
      people: [ann, bob],
      tamper: (data, from) => {
        const message = decodeControl(data);
        const isPing = from === "a" && typeof message !== "string" && message.type === "ping";
        return isPing ? JSON.stringify({ type: "contact", key: "ab".repeat(32), signature: "cd".repeat(64) }) : data;
      },
    });
    await turnsUntil(() => b.codes().includes("PEER_PROTOCOL"));
    expect(a.codes()).toEqual([]);
  });
});
