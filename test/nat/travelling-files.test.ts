// Files that travel for a while between two people behind NATs: the line connects when they arrive, or says which file
// to carry again. How long the answering side needs from the moment its file is read is printed.
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { type NatKind, NatLab, type NatOptions } from "../support/nat-lab.ts";
import { carry, OWN_FILE, type Person, people, type Running } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";

/** From the answer read to connected, as promised. */
const CONNECT_LIMIT_MS = 5_000;
const FILE_BYTES = scaled(4_000_000, 20_000_000);
const FILE = "photo.bin";

/** Two people who sit behind routers of some kind. */
interface Meeting {
  lab: NatLab;
  ann: Person;
  bob: Person;
  offer: Running;
  answer: Running;
}

/** Ann has offered, and Bob has made his answer; nobody has carried it yet. */
async function begin(t: TestContext, a: NatOptions, b: NatOptions, ...offerArgs: string[]): Promise<Meeting> {
  const lab = await NatLab.open(t, a, b);
  const { ann, bob } = await people(t, "ann", "bob");
  await writeFile(join(ann.dir, FILE), randomBytes(FILE_BYTES));
  const args = [...lab.stun, "--no-chat", "--yes", "--json"];
  const offer = lab.a.host.start(ann, "offer", ...args, ...offerArgs, "-m", "from ann", FILE);
  await offer.event("local-file");
  await carry(ann, bob);
  const answer = lab.b.host.start(bob, "answer", ...args, "-m", "from bob");
  await answer.event("local-file");
  await answer.event("waiting", (event) => event.for === "connection");
  return { lab, ann, bob, offer, answer };
}

/** Bob's answer comes to Ann: they connect, greet each other, and the file arrives. */
async function finish(title: string, { ann, bob, offer, answer }: Meeting): Promise<void> {
  await carry(bob, ann);
  const { time: readAt } = await offer.event("peer-file");
  const { time: connectedAt, pair } = await offer.event("connected");
  const tookMs = Date.parse(connectedAt) - Date.parse(readAt);
  console.log(
    `${title}: ${tookMs} ms from the answer read to connected, ${pair.local} to ${pair.remote} (${pair.kind})`,
  );
  expect(pair.kind).not.toBe("relay");
  expect([await offer.exit(60_000), await answer.exit(60_000)]).toEqual([0, 0]);
  expect(tookMs).toBeLessThanOrEqual(CONNECT_LIMIT_MS);
  for (const [side, from] of [
    [offer, "bob"],
    [answer, "ann"],
  ] as const) {
    expect(side.eventsOf("message").filter((event) => event.from === "peer")).toMatchObject([{ text: `from ${from}` }]);
  }
  const digests = await Promise.all([ann, bob].map(async ({ dir }) => sha256(await readFile(join(dir, FILE)))));
  expect(answer.eventsOf("file-done")).toMatchObject([{ sha256: digests[0], bytes: FILE_BYTES }]);
  expect(digests[1]).toBe(digests[0]);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe.concurrent("files that travel", () => {
  test("cone to cone, the answer at once", async (t) => {
    await finish("cone to cone, at once", await begin(t, { kind: "cone" }, { kind: "cone" }));
  });

  test("symmetric to symmetric: there is no direct way, and that is said with what was tried", async (t) => {
    const nat: NatOptions = { kind: "symmetric" };
    const { ann, bob, offer, answer } = await begin(t, nat, nat, "--connect-timeout", "5s");
    await carry(bob, ann);
    expect(await offer.exit()).toBe(3);
    expect(offer.eventsOf("error")).toMatchObject([{ code: "CANNOT_CONNECT" }]);
    expect(offer.stderr).toMatch(/from 192\.168\.11\.10:\d+:\n(?: .*\n)* {4}\S.* 203\.0\.113\.11:\d+ +by STUN\n/);
    expect(answer.hasEnded).toBe(false);
  });

  // The routers forget after 20 s, and give another port then: without care the addresses in both files were dead.
  test("routers that forget after 20 s, and an answer that is carried for a minute", async (t) => {
    const nat: NatOptions = { kind: "cone-random", udpTimeoutSeconds: 20 };
    const meeting = await begin(t, nat, nat);
    const { lab, offer, answer } = meeting;
    // One question is gathering's; then 10 to 15 s lie between two.
    const questions = 1 + scaled(5, 25);
    const limitMs = questions * 15_000;
    await offer.until(
      () => lab.asked("a").length >= questions,
      `the offering side has asked ${questions} times`,
      limitMs,
    );
    await answer.until(() => lab.asked("b").length >= questions - 1, "the answering side has asked as well", limitMs);
    for (const side of ["a", "b"] as const) expect(new Set(lab.asked(side)).size, `ports of ${side}`).toBe(1);
    expect([offer.eventsOf("local-file").length, answer.eventsOf("local-file").length]).toEqual([1, 1]);
    await finish("routers that forget, kept awake", meeting);
  });

  test("a router that forgets the offering side: the new file connects", async (t) => {
    const kind: NatKind = "cone-random";
    const meeting = await begin(t, { kind }, { kind });
    const { lab, ann, bob, offer, answer } = meeting;
    lab.a.forget();
    await offer.event("local-file", ({ revision }) => revision === 2);
    await offer.says(/the router shows us under another public address: .*\n.*carry LocaltionJson\.json .* revision 2/);
    await carry(ann, bob);
    await answer.event("local-file", ({ revision }) => revision === 2);
    await finish("another port of the offering side", meeting);
  });

  test("the offering side moves to another address: the new file connects", async (t) => {
    const meeting = await begin(t, { kind: "cone" }, { kind: "cone" });
    const { lab, ann, bob, offer, answer } = meeting;
    lab.a.move();
    await offer.event("local-file", ({ revision }) => revision === 2);
    await offer.says(/this computer has a new address: .*\n.*carry LocaltionJson\.json .* revision 2/);
    expect(await readFile(join(ann.dir, OWN_FILE), "utf8")).not.toContain("192.168.11.10");
    await carry(ann, bob);
    await answer.event("local-file", ({ revision }) => revision === 2);
    await finish("another address of the offering side", meeting);
  });

  test("a router that forgets the answering side: the new file connects", async (t) => {
    const kind: NatKind = "cone-random";
    const meeting = await begin(t, { kind }, { kind });
    const { lab, answer } = meeting;
    lab.b.forget();
    await answer.event("local-file", ({ revision }) => revision === 2);
    await answer.says(
      /the router shows us under another public address: .*\n.*carry LocaltionJson\.json .* revision 2/,
    );
    await finish("another port of the answering side", meeting);
  });
});
