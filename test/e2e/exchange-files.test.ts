// The two files in the hands of people: renamed, re-encoded, too old, half copied, the wrong one. What must
// connect connects; what cannot serve is named, with its cure, and waiting goes on.
import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import {
  answer,
  carry,
  connect,
  exits,
  offer,
  OWN_FILE,
  PEER_FILE,
  people,
  type Person,
  until,
} from "../support/processes.ts";

interface Document {
  icecandidate: string[];
  sdp: string;
  p2p: Record<string, unknown>;
}

const HELLO = ["--no-chat", "--json", "-m", "hello"];

async function documentOf({ dir }: Person): Promise<Document> {
  return JSON.parse(await readFile(join(dir, OWN_FILE), "utf8")) as Document;
}

/** Runs a whole session in which Ann's file goes to Bob as `mangle` makes it. */
async function connectWith(
  t: TestContext,
  mangle: (text: string) => string | Uint8Array,
  as: string = PEER_FILE,
): Promise<void> {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
  await pair.ann.event("local-file");
  await pair.bob.event("waiting");
  await writeFile(join(bob.dir, as), mangle(await readFile(join(ann.dir, OWN_FILE), "utf8")));
  await carry(bob, ann);
  expect(await exits(pair)).toEqual([0, 0]);
  expect(pair.bob.eventsOf("message").filter(({ from }) => from === "peer")).toHaveLength(1);
}

function utf16(text: string, bigEndian = false): Uint8Array {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
}

/** The same document as other programs and people write it. */
function rewritten(change: (document: Document) => unknown): (text: string) => string {
  return (text) => JSON.stringify(change(JSON.parse(text) as Document));
}

describe.concurrent("a file that went through many hands still serves", () => {
  test.for<[what: string, mangle: (text: string) => string | Uint8Array, as?: string]>([
    ["as it is", (text) => text],
    ["renamed by a browser", (text) => text, "LocaltionJson (1).json"],
    ["under any name", (text) => text, "von Ann.json"],
    ["with a BOM", (text) => `\ufeff${text}`],
    ["with CRLF", (text) => text.replaceAll(/\r?\n/g, "\r\n")],
    ["as UTF-16 LE", (text) => utf16(text)],
    ["as UTF-16 BE", (text) => utf16(text, true)],
    ["in a Markdown fence", (text) => `\n\`\`\`json\n${text}\n\`\`\`\n`],
    [
      "with sdp and candidates as objects",
      rewritten(({ icecandidate, sdp, p2p }) => ({
        p2p,
        sdp: JSON.parse(sdp) as unknown,
        icecandidate: icecandidate.map((entry) => JSON.parse(entry) as unknown),
      })),
    ],
    [
      "with each candidate twice",
      rewritten((document) => ({
        ...document,
        icecandidate: [...document.icecandidate, ...document.icecandidate],
      })),
    ],
    ["with keys that nobody knows", rewritten((document) => ({ ...document, later: { more: [1] } }))],
    [
      "of a later version",
      rewritten((document) => ({ ...document, p2p: { ...document.p2p, version: 2, extra: true } })),
    ],
  ])("%s", async ([, mangle, as], t) => connectWith(t, mangle, as));

  test("dropped over our own file: kept as the peer's, ours is written again, and that is said", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, ["--no-chat", "-m", "hello"]), bob: answer(bob, ["--no-chat"]) };
    await carry(ann, bob);
    await until(() => pair.bob.stderr.includes(OWN_FILE), "Bob has said where his file is");
    const own = await readFile(join(ann.dir, OWN_FILE), "utf8");
    await carry(bob, ann, OWN_FILE);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await readFile(join(ann.dir, OWN_FILE), "utf8")).toBe(own);
    expect(await readFile(join(ann.dir, PEER_FILE), "utf8")).toBe(await readFile(join(bob.dir, OWN_FILE), "utf8"));
    expect(pair.ann.stderr).toContain(PEER_FILE);
  });

  test("an old-form offer is answered in the old form", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, [...HELLO, "--legacy-sdp"], HELLO);
    expect(await exits(pair)).toEqual([0, 0]);
    for (const side of [ann, bob]) {
      const { sdp } = await documentOf(side);
      expect(sdp).toContain("DTLS/SCTP 5000");
      expect(sdp).toContain("a=sctpmap:5000 webrtc-datachannel");
      expect(sdp).not.toContain("UDP/DTLS/SCTP");
    }
  });

  test("with --out - and --in - nothing is written but what goes through the pipes", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--no-chat", "--out", "-", "-m", "hello"]);
    await until(() => annSide.stdout.trimEnd().endsWith("}"), "Ann's document on stdout");
    const bobSide = answer(bob, ["--no-chat", "--in", "-"], { stdin: "pipe" });
    bobSide.type(annSide.stdout);
    bobSide.endInput();
    await carry(bob, ann);
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    expect(await readdir(ann.dir)).toEqual([PEER_FILE]);
    expect(await readdir(bob.dir)).toEqual([OWN_FILE]);
    expect(bobSide.stdout).toBe("hello\n");
  });
});

describe.concurrent("what is written", () => {
  test("the fixed shape, mode 0600, candidates of the bound address only, ids and times as promised", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, [...HELLO, "--wait", "2h", "--name", "Ann"], HELLO);
    expect(await exits(pair)).toEqual([0, 0]);
    expect((await stat(join(ann.dir, OWN_FILE))).mode & 0o777).toBe(0o600);
    const [offered, answered] = [await documentOf(ann), await documentOf(bob)];
    expect(Object.keys(offered).toSorted()).toEqual(["icecandidate", "p2p", "sdp"]);
    expect(offered.icecandidate.length).toBeGreaterThan(0);
    for (const entry of offered.icecandidate) {
      const candidate = JSON.parse(entry) as { candidate: string };
      expect(candidate).toEqual({ candidate: expect.any(String), sdpMLineIndex: 0, sdpMid: expect.any(String) });
      expect(candidate.candidate).toContain(" 127.0.0.1 ");
    }
    const { type, sdp } = JSON.parse(offered.sdp) as { type: string; sdp: string };
    expect(type).toBe("offer");
    expect(sdp).not.toContain("a=candidate");
    expect(offered.p2p).toMatchObject({
      version: 1,
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      revision: 1,
      name: "Ann",
    });
    const { createdAt, expiresAt } = offered.p2p as { createdAt: string; expiresAt: string };
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(2 * 3600 * 1000);
    expect(answered.p2p).toMatchObject({ inReplyTo: offered.p2p.id, inReplyToRevision: 1 });
    expect(answered.p2p).not.toHaveProperty("name");
  });
});

describe.concurrent("a file that cannot serve", () => {
  /** Makes an offer's and an answer's document of a session that is over. */
  async function documentsOfAnotherSession(t: TestContext): Promise<{ offerText: string; answerText: string }> {
    const { cat, dan } = await people(t, "cat", "dan");
    const pair = await connect({ ann: cat, bob: dan }, ["--no-chat"], ["--no-chat"]);
    expect(await exits(pair)).toEqual([0, 0]);
    return {
      offerText: await readFile(join(cat.dir, OWN_FILE), "utf8"),
      answerText: await readFile(join(dan.dir, OWN_FILE), "utf8"),
    };
  }

  const expired = rewritten((document) => ({
    ...document,
    p2p: { ...document.p2p, createdAt: "2020-01-01T00:00:00Z", expiresAt: "2020-01-02T00:00:00Z" },
  }));

  test.for<[what: string, code: string, text: (good: string, foreignAnswer: string) => string]>([
    ["is no JSON", "FILE_MALFORMED", () => "this is not JSON"],
    ["is other JSON", "FILE_MALFORMED", () => '{"icecandidate":[],"sdp":"nonsense"}'],
    ["is too large", "FILE_TOO_LARGE", (good) => `${good}${" ".repeat(300_000)}`],
    ["is expired", "FILE_EXPIRED", expired],
    ["is an answer", "FILE_WRONG_TYPE", (_good, foreignAnswer) => foreignAnswer],
  ])("arrives and %s: an error event, waiting goes on, and the right one connects", async ([, code, make], t) => {
    const { answerText } = await documentsOfAnotherSession(t);
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
    await pair.bob.event("waiting");
    await pair.ann.event("local-file");
    const good = await readFile(join(ann.dir, OWN_FILE), "utf8");
    await writeFile(join(bob.dir, PEER_FILE), make(good, answerText));
    const error = await pair.bob.event("error");
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(PEER_FILE),
      hint: expect.stringMatching(/./),
    });
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.eventsOf("error")).toHaveLength(1);
  });

  test("answers another offer: told to the offering side, which takes the right answer then", async (t) => {
    const { answerText } = await documentsOfAnotherSession(t);
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
    await pair.ann.event("waiting");
    await writeFile(join(ann.dir, PEER_FILE), answerText);
    expect((await pair.ann.event("error")).code).toBe("FILE_MISMATCHED");
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
  });

  test("is our own, carried back", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
    await pair.ann.event("waiting");
    await copyFile(join(ann.dir, OWN_FILE), join(ann.dir, PEER_FILE));
    expect((await pair.ann.event("error")).code).toBe("FILE_OWN");
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
  });

  test("is half written: looked at again, told only when nothing changes for 5 s", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
    await pair.bob.event("waiting");
    await pair.ann.event("local-file");
    const good = await readFile(join(ann.dir, OWN_FILE), "utf8");
    const begun = performance.now();
    await writeFile(join(bob.dir, PEER_FILE), good.slice(0, good.length / 2));
    expect((await pair.bob.event("error")).code).toBe("FILE_MALFORMED");
    expect(performance.now() - begun).toBeGreaterThan(4000);
    await writeFile(join(bob.dir, PEER_FILE), good);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
  });

  test("is half written and soon whole: nothing is told", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
    await pair.bob.event("waiting");
    await pair.ann.event("local-file");
    const good = await readFile(join(ann.dir, OWN_FILE), "utf8");
    for (const part of [0.3, 0.6, 1]) await writeFile(join(bob.dir, PEER_FILE), good.slice(0, good.length * part));
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.eventsOf("error")).toEqual([]);
  });

  test("came in --wait and nothing better followed → 6 with its code", async (t) => {
    const { bob } = await people(t, "bob");
    // It is told once it has lain there for 5 s; a busy machine needs longer than that.
    const side = answer(bob, ["--json", "--wait", "20s"]);
    await side.event("waiting");
    await writeFile(join(bob.dir, PEER_FILE), "this is not JSON");
    expect(await side.exit()).toBe(6);
    expect(side.eventsOf("error").at(-1)).toMatchObject({ code: "FILE_MALFORMED" });
  });

  test("was there before the start: named once on stderr, no event, waiting goes on", async (t) => {
    const { offerText } = await documentsOfAnotherSession(t);
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(bob.dir, PEER_FILE), expired(offerText));
    const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
    await pair.bob.says(/LocaltionJson_p\.json.*expired/);
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.eventsOf("error")).toEqual([]);
  });

  test("was used in an earlier session: ignored, and a new offer connects", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    expect(await exits(await connect({ ann, bob }, HELLO, HELLO))).toEqual([0, 0]);
    // Bob starts first: what lies in his folder is the offer that he has used.
    const bobSide = answer(bob, HELLO);
    await bobSide.event("waiting");
    const annSide = offer(ann, HELLO);
    await annSide.event("local-file");
    await carry(ann, bob);
    await bobSide.event("local-file");
    await carry(bob, ann);
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
  });

  test("is named by --in and does not come → 6 after --wait", async (t) => {
    const { bob } = await people(t, "bob");
    const side = answer(bob, ["--in", "theirs.json", "--wait", "1s"]);
    expect(await side.exit()).toBe(6);
    expect(side.stderr).toContain("(FILE_NOT_THERE)");
  });

  test("is named by --in and is broken → 6, without waiting for the rest of it or for another", async (t) => {
    const { bob } = await people(t, "bob");
    await writeFile(join(bob.dir, "theirs.json"), "{");
    const side = answer(bob, ["--in", "theirs.json", "--wait", "1h"]);
    expect(await side.exit()).toBe(6);
    expect(side.stderr).toContain("(FILE_MALFORMED)");
  });

  test("comes through stdin and is broken → 6 at once", async (t) => {
    const { bob } = await people(t, "bob");
    const side = answer(bob, ["--in", "-"], { stdin: "pipe" });
    side.type("{}");
    side.endInput();
    expect(await side.exit()).toBe(6);
    expect(side.stderr).toContain("(FILE_MALFORMED)");
  });
});

describe.concurrent("two offers", () => {
  test("swapped: the smaller id stays the offer and nobody carries again", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, HELLO), bob: offer(bob, HELLO) };
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
    const ids = [await documentOf(ann), await documentOf(bob)].map(({ p2p }) => String(p2p.id));
    const [first = "", second = ""] = ids;
    const roles = [pair.ann, pair.bob].map((side) => side.eventsOf("connected")[0]?.role);
    expect(roles).toEqual(first < second ? ["offer", "answer"] : ["answer", "offer"]);
  });

  test("an answer that never connected is made anew, and that is said", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, HELLO);
    await carry(ann, bob);
    const firstTry = answer(bob, HELLO);
    const first = await firstTry.event("local-file");
    await firstTry.kill();
    const secondTry = answer(bob, HELLO);
    const second = await secondTry.event("local-file");
    expect(second.id).not.toBe(first.id);
    await carry(bob, ann);
    expect(await exits({ ann: annSide, bob: secondTry })).toEqual([0, 0]);
  });

  test("the offering side takes a newer answer when the first does not connect", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, HELLO);
    await carry(ann, bob);
    const firstTry = answer(bob, HELLO);
    await firstTry.event("local-file");
    await firstTry.kill();
    await rename(join(bob.dir, OWN_FILE), join(ann.dir, PEER_FILE));
    await annSide.event("connecting");
    const secondTry = answer(bob, HELLO);
    await secondTry.event("local-file");
    await carry(bob, ann);
    expect(await exits({ ann: annSide, bob: secondTry })).toEqual([0, 0]);
  });
});

describe.concurrent("two people who answer one offer", () => {
  test("are told: the second is not used, and the line goes on", async (t) => {
    const { ann, bob, carol } = await people(t, "ann", "bob", "carol");
    const annSide = offer(ann, ["--json"], { stdin: "pipe" });
    await carry(ann, bob);
    await carry(ann, carol);
    const bobSide = answer(bob, ["--json"], { stdin: "pipe" });
    const carolSide = answer(carol, ["--no-chat"]);
    await carry(bob, ann);
    await annSide.event("connected");
    await carolSide.says(/if somebody else has answered the same file, only one connects/);
    await carry(carol, ann, "LocaltionJson (1).json");
    await annSide.event("error", ({ code }) => code === "FILE_SECOND_ANSWER");
    carolSide.signal("SIGINT");
    expect(await carolSide.exit()).toBe(130);
    bobSide.type("hello\n");
    await annSide.event("message", ({ text }) => text === "hello");
    annSide.endInput();
    bobSide.endInput();
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    expect(annSide.eventsOf("connected")).toHaveLength(1);
    expect(annSide.stderr).toContain("a second answer to this offer, of somebody else or of another run, is not used");
  });

  test("where the first has reached nobody: the second is used, and that is told", async (t) => {
    const { ann, bob, carol } = await people(t, "ann", "bob", "carol");
    const annSide = offer(ann, HELLO);
    await carry(ann, bob);
    await carry(ann, carol);
    const bobSide = answer(bob, HELLO);
    await bobSide.event("local-file");
    await bobSide.kill();
    await carry(bob, ann);
    await annSide.event("connecting");
    const carolSide = answer(carol, HELLO);
    await carry(carol, ann);
    expect(await exits({ ann: annSide, bob: carolSide })).toEqual([0, 0]);
    expect(annSide.stderr).toContain("another answer to this offer, of somebody else or of another run");
    expect(annSide.eventsOf("error")).toEqual([]);
  });
});

describe.concurrent("a file that names another certificate ends both sides with 3", () => {
  /** The first digit of each fingerprint is another one. */
  function withOtherFingerprint(text: string): string {
    return text.replace(/(fingerprint:sha-256 )(.)/gi, (_, before: string, digit: string) =>
      before.concat(digit === "0" ? "1" : "0"),
    );
  }

  test.for(["offer", "answer"] as const)("the %s", async (which, t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, HELLO), bob: answer(bob, HELLO) };
    const bring = async (from: Person, to: Person, isChanged: boolean): Promise<void> => {
      await until(() => existsSync(join(from.dir, OWN_FILE)), "the file is written");
      const text = await readFile(join(from.dir, OWN_FILE), "utf8");
      await writeFile(join(to.dir, PEER_FILE), isChanged ? withOtherFingerprint(text) : text);
    };
    await pair.ann.event("local-file");
    await bring(ann, bob, which === "offer");
    await pair.bob.event("local-file");
    await bring(bob, ann, which === "answer");
    expect(await exits(pair)).toEqual([3, 3]);
    const [refusing, refused] = which === "offer" ? [pair.bob, pair.ann] : [pair.ann, pair.bob];
    expect(refusing.eventsOf("error").map(({ code }) => code)).toEqual(["PEER_NOT_AUTHENTIC"]);
    expect(refused.eventsOf("error").map(({ code }) => code)).toEqual(["REFUSED_BY_PEER"]);
    for (const side of [refusing, refused]) {
      expect(side.eventsOf("closed")).toMatchObject([{ reason: "rejected", exit: 3 }]);
      expect(side.eventsOf("connected")).toEqual([]);
    }
  });
});

describe.concurrent("the other side's file as the first PATH", () => {
  test("that is there is not asked for, and one that is not there yet is not taken for a file to send", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const early = answer(bob, ["--no-chat", OWN_FILE]);
    expect(await early.exit()).toBe(8);
    expect(early.stderr).toContain(`p2p: error: '${OWN_FILE}' is not there`);
    expect(early.stderr).toContain("p2p answer");
    const pair = { ann: offer(ann, ["--no-chat"]), bob: early };
    await carry(ann, bob, OWN_FILE);
    pair.bob = answer(bob, ["--no-chat", OWN_FILE]);
    await until(() => pair.bob.stderr.includes("waiting for the other side to read it"), "the answer");
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.ann.stderr).toContain("waiting for the other side's file");
    expect(pair.bob.stderr).not.toContain("waiting for the other side's file");
  });

  test("is read and not sent; the other paths are sent", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(bob.dir, "notes.txt"), "notes");
    const once = ["--no-chat", "--json", "-y"];
    const pair = { ann: offer(ann, once), bob: undefined as unknown as ReturnType<typeof answer> };
    await pair.ann.event("local-file");
    await writeFile(join(bob.dir, "offer of ann.txt"), await readFile(join(ann.dir, OWN_FILE)));
    pair.bob = answer(bob, [...once, "offer of ann.txt", "notes.txt"]);
    await pair.bob.event("local-file");
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.ann.eventsOf("file-done").map(({ path }) => path)).toEqual([join(ann.dir, "notes.txt")]);
    expect(pair.bob.stderr).toContain("offer of ann.txt is an exchange file: it is read, not sent");
  });
});

describe.concurrent("two clocks that differ", () => {
  test("are told on both sides, and do not make an answer to the running offer expire", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const once = ["--no-chat", "-m", "hello"];
    const pair = { ann: offer(ann, once), bob: answer(bob, once) };
    await until(() => existsSync(join(ann.dir, OWN_FILE)), "the offer");
    await writeFile(join(bob.dir, PEER_FILE), dated(3_600_000)(await readFile(join(ann.dir, OWN_FILE), "utf8")));
    await until(() => existsSync(join(bob.dir, OWN_FILE)), "the answer");
    await writeFile(join(ann.dir, PEER_FILE), dated(-3 * 86_400_000)(await readFile(join(bob.dir, OWN_FILE), "utf8")));
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.stderr).toMatch(/made .*, later than now: one of the two clocks is wrong/);
    expect(pair.ann.stderr).toMatch(/made .*, earlier than the offer that it answers: one of the two clocks is wrong/);
  });

  function dated(byMs: number): (text: string) => string {
    return rewritten((document) => {
      for (const key of ["createdAt", "expiresAt"]) {
        document.p2p[key] = new Date(Date.parse(String(document.p2p[key])) + byMs).toISOString();
      }
      return document;
    });
  }
});

describe.concurrent("a file that a mail program changed on its way", () => {
  test("connects when it is quoted and wrapped, with text around it, as Windows names it", async (t) => {
    const mail = (text: string): string =>
      `Hi Bob {all},\n\n${text
        .replaceAll(/.{1,72}/g, "> $&\n")
        .replaceAll("\n\n", "\n")}\n--\nSent from my phone {Acme}`;
    await connectWith(t, mail, "LocaltionJson.json.txt");
  });
});
