// Sessions that compare a verification string, over channels in memory: what is held back until both sides have said
// yes, and how everything else ends.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nodePorts } from "../../../../src/pairing/node-ports.ts";
import { DEFAULT_SESSION } from "../../../../src/session/session-types.ts";
import { ConnectedSession } from "../../../../src/session/session.ts";
import type { P2pEvent, VerifyEvent } from "../../../../src/lib/events.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";
import { FINGERPRINTS, openSessions, type Setup, type Side } from "../../../support/session-pair.ts";
import { turnsUntil } from "../../../support/transfer-pair.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "p2p-verification-"));
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

const REJECTED = { event: "closed", reason: "rejected", exit: 3 };

/** Both show the string. */
async function shown(setup: Setup): Promise<{ a: Side; b: Side }> {
  const { a, b } = openSessions(folder, setup);
  await Promise.all([a.event("verify"), b.event("verify")]);
  return { a, b };
}

async function stringOf(side: Side): Promise<VerifyEvent> {
  return (await side.event("verify")) as VerifyEvent;
}

/** What has come of the other side, besides the session itself. */
function received({ events }: Side): P2pEvent[] {
  return events.filter((event) => event.event === "incoming" || (event.event === "message" && event.from === "peer"));
}

/** Long enough for anything that is on the way in memory. */
async function aWhile(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function errorsOf({ events }: Side): string[] {
  return events.flatMap((event) => (event.event === "error" ? [event.message] : []));
}

async function endsOf({ a, b }: { a: Side; b: Side }): Promise<unknown[]> {
  return await Promise.all([a.session.ended, b.session.ended]);
}

describe.each<[string, readonly [boolean, boolean]]>([
  ["both sides ask", [true, true]],
  ["the offering side asks", [true, false]],
  ["the answering side asks", [false, true]],
])("when %s", (_name, verify) => {
  test("both show the same, and nothing passes before both have said yes", async () => {
    const { a, b } = openSessions(folder, { verify, consent: "accept" });
    await writeFile(join(folder, "f"), "content");
    const sends = [a, b].flatMap(({ session }) => [session.sendMessage("hi"), session.sendFiles([join(folder, "f")])]);
    const [ofA, ofB] = await Promise.all([stringOf(a), stringOf(b)]);
    expect(ofA).toEqual(ofB);
    expect(ofA.words.split(" ")).toHaveLength(3);
    expect(ofA.digits).toMatch(/^\d{10}$/);
    for (const { session } of [a, b]) session.finish();
    expect(a.session.confirmVerification(true)).toBe(true);
    await aWhile();
    expect([...received(a), ...received(b)]).toEqual([]);
    expect([a, b].map(({ session }) => session.status().messagesUnacknowledged)).toEqual([1, 1]);
    expect(existsSync(join(folder, "1", "f"))).toBe(false);
    expect(b.session.confirmVerification(true)).toBe(true);
    expect(await Promise.all(sends)).toEqual([undefined, "done", undefined, "done"]);
    await Promise.race([a.session.ended, b.session.ended]);
    for (const { session } of [a, b]) session.handleDisconnected(undefined);
    expect(await endsOf({ a, b })).toEqual([
      { event: "closed", reason: "done", exit: 0 },
      { event: "closed", reason: "done", exit: 0 },
    ]);
    expect([a.verifyStates(), b.verifyStates()]).toEqual([
      ["shown", "agreed"],
      ["shown", "agreed"],
    ]);
  });

  test.each([0, 1])("a no of side %i ends both", async (who) => {
    const pair = await shown({ verify });
    const lost = pair.a.session.sendMessage("never");
    const [first, second] = who === 0 ? [pair.a, pair.b] : [pair.b, pair.a];
    second.session.confirmVerification(true);
    await aWhile();
    first.session.confirmVerification(false);
    expect(await endsOf(pair)).toEqual([REJECTED, REJECTED]);
    await expect(lost).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    for (const side of [first, second]) {
      expect(side.codes()).toEqual(["VERIFY_REFUSED"]);
      expect(side.verifyStates()).toEqual(["shown", "refused"]);
      expect(received(side)).toEqual([]);
      expect(side.session.confirmVerification(true)).toBe(false);
    }
  });
});

describe("what was expected", () => {
  test.each([
    ["digits", (event: VerifyEvent) => event.digits],
    ["words", (event: VerifyEvent) => event.words.toUpperCase()],
    ["the peer's fingerprint", () => FINGERPRINTS[1].toLowerCase()],
  ])("%s, given late, are as good as a yes", async (_name, textOf) => {
    const { a, b } = await shown({ verify: [true, false] });
    a.session.confirmVerification(textOf(await stringOf(b)));
    b.session.confirmVerification(true);
    await turnsUntil(() => a.verifyStates().includes("agreed") && b.verifyStates().includes("agreed"));
  });

  test("the two fingerprints, given beforehand, need nobody", async () => {
    const { a, b } = openSessions(folder, { expected: [FINGERPRINTS[1], FINGERPRINTS[0].replaceAll(":", "")] });
    await turnsUntil(() => a.verifyStates().includes("agreed") && b.verifyStates().includes("agreed"));
    await Promise.all([a.session.sendMessage("hi"), b.session.sendMessage("ho")]);
  });

  test.each(["0000000000", "zoo zoo zoo", FINGERPRINTS[0], "whatever"])(
    "%j, which it is not, ends both",
    async (wrong) => {
      const pair = openSessions(folder, { expected: [wrong, undefined] });
      expect(await endsOf(pair)).toEqual([REJECTED, REJECTED]);
      expect(errorsOf(pair.a)).toEqual(["the other side shows another string than the expected one"]);
      expect(errorsOf(pair.b)).toEqual(["the other side does not confirm that both read the same"]);
    },
  );
});

describe("later, in a session that goes on", () => {
  test("either side begins it, what is said meanwhile passes, and a yes of both keeps it", async () => {
    const { a, b } = openSessions(folder, { mode: "conversation" });
    await Promise.all([a.event("connected"), b.event("connected")]);
    expect(a.session.confirmVerification(true)).toBe(false);
    expect(b.session.verify()).toBe(true);
    const [ofA, ofB] = await Promise.all([stringOf(a), stringOf(b)]);
    expect(ofA).toEqual(ofB);
    await a.session.sendMessage("meanwhile");
    for (const { session } of [a, b]) session.confirmVerification(true);
    await turnsUntil(() => a.verifyStates().includes("agreed") && b.verifyStates().includes("agreed"));
    // Asked for again it is told again, with the same string: there is one in a session.
    expect(a.session.verify()).toBe(true);
    expect(a.events.filter(({ event }) => event === "verify").at(-1)).toEqual({ ...ofA, state: "agreed" });
  });

  test("a no ends both, whatever was agreed before and runs now", async () => {
    const pair = openSessions(folder, { mode: "conversation", consent: "accept" });
    const { a, b } = pair;
    await Promise.all([a.event("connected"), b.event("connected")]);
    await writeFile(join(folder, "f"), Buffer.alloc(32 << 20));
    void a.session.sendFiles([join(folder, "f")]);
    await Promise.all([a.event("accepted"), b.event("accepted")]);
    a.session.verify();
    await Promise.all([a.event("verify"), b.event("verify")]);
    b.session.confirmVerification(false);
    expect(await endsOf(pair)).toEqual([REJECTED, REJECTED]);
  });

  test("a side that ends by itself waits for the answers", async () => {
    const { a, b } = openSessions(folder);
    await Promise.all([a.event("connected"), b.event("connected")]);
    a.session.verify();
    for (const { session } of [a, b]) session.finish();
    await Promise.all([a.event("verify"), b.event("verify")]);
    await aWhile();
    expect([...a.events, ...b.events].some(({ event }) => event === "closed")).toBe(false);
    for (const { session } of [a, b]) session.confirmVerification(true);
    await Promise.race([a.session.ended, b.session.ended]);
    for (const { session } of [a, b]) session.handleDisconnected(undefined);
    expect(await endsOf({ a, b })).toEqual([
      { event: "closed", reason: "done", exit: 0 },
      { event: "closed", reason: "done", exit: 0 },
    ]);
  });
});

describe("a peer that does not play along", () => {
  /** Drops or changes what one side sends on the control channel, by type. */
  const tampering = (
    by: "a" | "b",
    change: (message: { type: string } & Record<string, unknown>) => object | undefined,
  ): NonNullable<Setup["tamper"]> => {
    return (data, from) => {
      if (from !== by) return data;
      const changed = change(JSON.parse(String(data)) as { type: string });
      return changed === undefined ? undefined : JSON.stringify(changed);
    };
  };

  test("an older program is told apart by its hello, and never gets anything", async () => {
    const tamper = tampering("b", (message) => ({ ...message, verify: undefined }));
    const { a, b } = openSessions(folder, { verify: [true, false], tamper });
    const lost = a.session.sendMessage("never");
    expect(await a.session.ended).toEqual(REJECTED);
    await expect(lost).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(errorsOf(a)).toEqual(["the other side's p2p cannot compare a verification string"]);
    expect(received(b)).toEqual([]);
  });

  test("where nobody can be asked, a comparison that nobody asked for is not begun, and the session goes on", async () => {
    const { a, b } = openSessions(folder, { mode: "conversation", unattended: [false, true] });
    await Promise.all([a.event("connected"), b.event("connected")]);
    expect(a.session.verify()).toBe(false);
    await a.session.sendMessage("hi");
    expect(received(b)).toHaveLength(1);
    expect([...a.events, ...b.events].filter(({ event }) => event === "verify" || event === "error")).toEqual([]);
  });

  test("where nobody can be asked, one that is required says so on both sides", async () => {
    const { a, b } = await shown({ verify: [true, false], unattended: [false, true] });
    b.session.confirmVerification(false);
    expect(await endsOf({ a, b })).toEqual([REJECTED, REJECTED]);
    expect(errorsOf(a)).toEqual(["nobody can be asked on the other side whether both read the same"]);
    expect(errorsOf(b)).toEqual(["nobody can be asked here whether both sides read the same"]);
  });

  test("an expected string answers where nobody can be asked", async () => {
    const { a, b } = openSessions(folder, {
      mode: "conversation",
      unattended: [false, true],
      verify: [false, true],
      expected: [undefined, FINGERPRINTS[0]],
    });
    await Promise.all([a.event("verify"), b.event("verify")]);
    expect(a.session.confirmVerification(true)).toBe(true);
    await turnsUntil(() => a.verifyStates().includes("agreed"));
  });

  test("an older program is no reason to end a session in which nobody asked for it", async () => {
    const tamper = tampering("b", (message) => ({ ...message, verify: undefined }));
    const { a, b } = openSessions(folder, { mode: "conversation", tamper });
    await Promise.all([a.event("connected"), b.event("connected")]);
    expect(a.session.verify()).toBe(false);
    await a.session.sendMessage("hi");
  });

  test("one that keeps its nonce back has no second try: the session ends", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const tamper = tampering("b", (message) => (message.type === "verify-reveal" ? undefined : message));
    const { a, b } = openSessions(folder, { verify: [true, true], tamper });
    await b.event("verify");
    await vi.advanceTimersByTimeAsync(15_000);
    await a.session.ended;
    expect(a.verifyStates()).toEqual([]);
    expect(errorsOf(a)).toEqual(["the other side has not taken part in the comparison for 15 s"]);
  });

  test.each(["commitment", "nonce"])("one whose %s was changed on its way", async (field) => {
    const tamper = tampering("b", (message) =>
      typeof message[field] === "string" ? { ...message, [field]: "00".repeat(32) } : message,
    );
    const { a } = openSessions(folder, { verify: [true, true], tamper });
    expect(await a.session.ended).toEqual(REJECTED);
    expect(errorsOf(a)).toEqual(["the other side broke the rules of the comparison"]);
  });

  test("one that compares before it has said hello", async () => {
    const tamper = tampering("b", (message) =>
      message.type === "hello" ? { type: "verify-commit", commitment: "00".repeat(32) } : message,
    );
    const { a } = openSessions(folder, { verify: [true, true], tamper });
    await turnsUntil(() => a.unready.length > 0);
    expect(a.unready.map(({ code }) => code)).toEqual(["PEER_PROTOCOL"]);
    a.session.discard();
  });

  test("one that sends before the answers: it is neither shown nor acknowledged, and taken after them", async () => {
    const tamper = tampering("a", (message) =>
      message.type === "hello" ? { ...message, verify: "possible" } : message,
    );
    const { a, b } = openSessions(folder, { verify: [true, false], mode: "conversation", tamper });
    // To `b` nobody has asked for a comparison: it sends at once.
    const early = b.session.sendMessage("early");
    await writeFile(join(folder, "f"), "content");
    void b.session.sendFiles([join(folder, "f")]);
    await Promise.all([a.event("verify"), b.event("verify")]);
    await aWhile();
    expect(received(a)).toEqual([]);
    expect(b.session.status().messagesUnacknowledged).toBe(1);
    for (const { session } of [a, b]) session.confirmVerification(true);
    await early;
    await a.event("incoming");
    expect(received(a).map(({ event }) => event)).toEqual(["message", "incoming"]);
  });

  test("one that leaves without an answer", async () => {
    const { a, b } = await shown({ verify: [true, false], mode: "conversation" });
    const ended = b.session.end("quit");
    await turnsUntil(() => a.codes().length > 0);
    a.session.handleDisconnected(undefined);
    await ended;
    expect(await a.session.ended).toEqual({ event: "closed", reason: "peer-bye", exit: 3 });
    expect(errorsOf(a)).toEqual(["the other side left before both had compared"]);
  });

  test("one in the middle: fingerprints that differ never come to a string", async () => {
    const pair = openSessions(folder, { verify: [true, true], peerFingerprints: [FINGERPRINTS[0], FINGERPRINTS[1]] });
    expect(await endsOf(pair)).toEqual([REJECTED, REJECTED]);
    expect([...pair.a.verifyStates(), ...pair.b.verifyStates()]).toEqual([]);
  });
});

describe("towards another WebRTC program", () => {
  interface Foreign {
    session: ConnectedSession;
    peer: MemoryChannel;
    events: P2pEvent[];
  }

  function openForeign(verify: boolean, verifyExpect?: string, canPause = true): Foreign {
    const [text, peer] = MemoryChannel.pair();
    if (!canPause) text.pause = () => {};
    const events: P2pEvent[] = [];
    const session = new ConnectedSession({
      role: "answer",
      text,
      control: undefined,
      transfer: undefined,
      ports: nodePorts({}),
      peerName: undefined,
      settings: { ...DEFAULT_SESSION, outputDir: folder, verify, verifyExpect },
      identity: { fingerprints: { mine: FINGERPRINTS[0], peer: FINGERPRINTS[1] }, ids: undefined },
      path: () => ({ pair: { protocol: "udp", local: "a:1", remote: "b:2", kind: "host" }, rttMs: 1 }),
      events: {
        emit: (event, onTaken) => {
          events.push(event);
          onTaken?.();
        },
        onReady: () => {},
      },
    });
    session.start();
    return { session, peer, events };
  }

  const fingerprints = { mine: FINGERPRINTS[0], peer: FINGERPRINTS[1] };
  const event = (state: VerifyEvent["state"]): VerifyEvent => ({
    event: "verify",
    words: "",
    digits: "",
    fingerprints,
    state,
  });

  test("both fingerprints are shown, and nothing passes before the yes", async () => {
    const { session, peer, events } = openForeign(true);
    const got: unknown[] = [];
    peer.onMessage = (data) => got.push(data);
    const sent = session.sendMessage("hi");
    peer.send("early");
    await aWhile();
    expect(events.slice(2)).toEqual([event("shown")]);
    expect(got).toEqual([]);
    expect(session.confirmVerification(true)).toBe(true);
    await sent;
    await turnsUntil(() => events.length === 6);
    expect(got).toEqual(["hi"]);
    expect(events.slice(2)).toContainEqual(event("agreed"));
    expect(events).toContainEqual({ event: "message", from: "peer", text: "early" });
  });

  test("a no ends it", async () => {
    const { session, events } = openForeign(true);
    session.confirmVerification(false);
    expect(await session.ended).toEqual(REJECTED);
    expect(events).toContainEqual(event("refused"));
  });

  test("the expected fingerprint answers", async () => {
    const right = openForeign(true, FINGERPRINTS[1]);
    expect(right.events.slice(2)).toEqual([event("shown"), event("agreed")]);
    const wrong = openForeign(true, FINGERPRINTS[0]);
    expect(await wrong.session.ended).toEqual(REJECTED);
  });

  test("they are shown when asked for, too", () => {
    const { session, events } = openForeign(false);
    expect(session.verify()).toBe(true);
    expect(events.slice(2)).toEqual([event("shown")]);
  });

  test("more than may wait, over a transport that cannot be paused, ends it", async () => {
    const { session, peer } = openForeign(true, undefined, false);
    for (let count = 0; count < 257; count += 1) peer.send("x");
    expect(await session.ended).toEqual({ event: "closed", reason: "error", exit: 4 });
  });
});
