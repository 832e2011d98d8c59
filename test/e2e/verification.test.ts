// `--verify` and `--verify-expect` with real processes: nothing passes before both sides have said yes, and a no ends
// both with 3.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bareDescription } from "../support/foreign/peer.ts";
import { wrtc } from "../support/foreign/stacks.ts";
import {
  answer,
  carry,
  connect,
  exits,
  offer,
  OWN_FILE,
  type Pair,
  PEER_FILE,
  people,
  type Person,
  type Running,
} from "../support/processes.ts";

const PIPES = { ann: { stdin: "pipe" }, bob: { stdin: "pipe" } } as const;

function statesOf(side: Running): string[] {
  return side.eventsOf("verify").map(({ state }) => state);
}

/** Nothing but the comparison has happened in the session. */
function expectNothingPassed({ ann, bob }: Pair): void {
  for (const side of [ann, bob]) {
    expect([...side.eventsOf("message"), ...side.eventsOf("incoming"), ...side.eventsOf("accepted")]).toEqual([]);
  }
}

function expectRejected({ ann, bob }: Pair): void {
  for (const side of [ann, bob]) {
    expect(side.events.at(-1)).toMatchObject({ event: "closed", reason: "rejected", exit: 3 });
    expect(side.eventsOf("error")).toMatchObject([{ code: "VERIFY_REFUSED" }]);
    expect(statesOf(side)).toEqual(["shown", "refused"]);
  }
}

async function fingerprintIn({ dir }: Person): Promise<string> {
  const { sdp } = JSON.parse(await readFile(join(dir, OWN_FILE), "utf8")) as { sdp: string };
  return /a=fingerprint:sha-256 ([0-9A-F:]+)/.exec(sdp)?.[1] ?? "";
}

describe.concurrent("--verify-expect", () => {
  test("on stdin: what each side shows is told to the other, and then everything passes", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "a.txt"), "content");
    const pair = await connect(
      { ann, bob },
      ["--json", "--no-chat", "--verify-expect", "-", "-m", "hi", "a.txt"],
      ["--json", "--no-chat", "--verify-expect", "-", "-m", "ho", "-y"],
      PIPES,
    );
    const [ofAnn, ofBob] = await Promise.all([pair.ann.event("verify"), pair.bob.event("verify")]);
    t.expect({ ...ofAnn, time: "" }).toEqual({ ...ofBob, time: "" });
    t.expect(ofAnn).toMatchObject({ state: "shown", digits: t.expect.stringMatching(/^\d{10}$/) });
    pair.ann.type(`${ofBob.words.toUpperCase()}\n`);
    await pair.bob.event("verify");
    expectNothingPassed(pair);
    t.expect(existsSync(join(bob.dir, "a.txt"))).toBe(false);
    pair.bob.type(`${ofAnn.digits.slice(0, 5)} ${ofAnn.digits.slice(5)}\n`);
    t.expect(await exits(pair)).toEqual([0, 0]);
    t.expect([statesOf(pair.ann), statesOf(pair.bob)]).toEqual([
      ["shown", "agreed"],
      ["shown", "agreed"],
    ]);
    t.expect(await readFile(join(bob.dir, "a.txt"), "utf8")).toBe("content");
    t.expect(
      pair.bob
        .eventsOf("message")
        .map(({ text }) => text)
        .toSorted(),
    ).toEqual(["hi", "ho"]);
  });

  test("a fingerprint, known beforehand, on one side; the other one is told the string", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--json", "--no-chat", "--verify-expect", "-", "-m", "hi"], { stdin: "pipe" });
    await annSide.until(() => existsSync(join(ann.dir, OWN_FILE)), `${OWN_FILE} is written`);
    const bobSide = answer(bob, ["--json", "--no-chat", "--verify-expect", await fingerprintIn(ann)]);
    await carry(ann, bob);
    await carry(bob, ann);
    annSide.type(`${(await bobSide.event("verify")).digits}\n`);
    t.expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    t.expect(statesOf(bobSide)).toEqual(["shown", "agreed"]);
  });

  test.for([["0000000000"], ["zoo zoo zoo"]])("%s, which it is not: both end with 3", async ([wrong = ""], t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect(
      { ann, bob },
      ["--json", "--no-chat", "--verify-expect", wrong, "-m", "hi"],
      ["--json", "--no-chat", "--verify-expect", "-", "-m", "ho"],
      { bob: { stdin: "pipe" } },
    );
    t.expect(await exits(pair)).toEqual([3, 3]);
    expectRejected(pair);
    expectNothingPassed(pair);
  });

  test("with another WebRTC program it is that one's fingerprint", async (t) => {
    const { bob } = await people(t, "bob");
    const foreign = await wrtc.start();
    t.onTestFinished(() => foreign.close());
    const document = await foreign.offer();
    await writeFile(join(bob.dir, PEER_FILE), JSON.stringify(document));
    const fingerprint = /a=fingerprint:sha-256 ([0-9A-F:]+)/i.exec(JSON.stringify(document))?.[1] ?? "";
    const side = answer(bob, ["--json", "--no-chat", "--verify-expect", fingerprint, "-m", "hi"]);
    await side.event("local-file");
    await foreign.accept(bareDescription(await readFile(join(bob.dir, OWN_FILE), "utf8")));
    t.expect(await side.exit()).toBe(0);
    t.expect(side.eventsOf("verify")).toMatchObject([
      { state: "shown", digits: "", fingerprints: { mine: await fingerprintIn(bob), peer: fingerprint.toUpperCase() } },
      { state: "agreed" },
    ]);
  });
});

describe.concurrent("--verify", () => {
  test("on one side with --json: shown on both, refused where nobody said what to expect", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(bob.dir, "b.txt"), "content");
    const pair = await connect(
      { ann, bob },
      ["--json", "--no-chat", "--verify", "-y", "-m", "hi"],
      ["--json", "--no-chat", "-m", "ho", "b.txt"],
    );
    t.expect(await exits(pair)).toEqual([3, 3]);
    expectRejected(pair);
    expectNothingPassed(pair);
    t.expect(existsSync(join(ann.dir, "b.txt"))).toBe(false);
  });

  test("without a terminal: refused, and both are told why", async (t) => {
    const pair = await connect(await people(t, "ann", "bob"), ["--no-chat", "-m", "hi"], ["--no-chat", "--verify"]);
    t.expect(await exits(pair)).toEqual([3, 3]);
    for (const side of [pair.ann, pair.bob]) {
      t.expect(side.stderr).toContain("compare with the other side: ");
      t.expect(side.stderr).toContain("(VERIFY_REFUSED)");
      t.expect(side.stdout).toBe("");
    }
  });

  test("and a string that cannot be one is a mistake of usage", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["--verify-expect", "one two"]);
    t.expect(await side.exit()).toBe(2);
    t.expect(existsSync(join(ann.dir, OWN_FILE))).toBe(false);
  });
});
