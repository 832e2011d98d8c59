import { mkdir, readdir, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { OwnDocument } from "../../../../src/exchange/description.ts";
import type { ExchangeFolderOptions, FolderFinding } from "../../../../src/store/exchange/exchange-folder.ts";
import { answer, ANSWER_ID, foreign, offer, p2pKey } from "../../exchange/fixtures.ts";
import { folders, offering, Side, text } from "./side.ts";
import { makeTempFolder } from "./temp-folder.ts";

const OWN = "LocaltionJson.json";
const PEER = "LocaltionJson_p.json";
const OTHER_ID = "00000000000000000000000000000001";
const theirOffer = offer({ id: OTHER_ID }, { iceUfrag: "them" });
const staleAnswer = answer({ id: OTHER_ID, inReplyTo: OTHER_ID }, { iceUfrag: "olde" });

describe("the first look", () => {
  test("is over when what was there before is told, what serves as well", async () => {
    const places = await folders();
    await writeFile(join(places.dir, "old.json"), text(staleAnswer));
    await writeFile(join(places.dir, PEER), text(theirOffer));
    const side = await Side.open("answer", places);
    const told = await side.watch(1_000, [500, () => side.put("later.json", staleAnswer)]);
    expect(side.toldAtFirst).toEqual(["0 ignored old.json: FILE_WRONG_TYPE", `0 peer ${PEER}: serve 0001`]);
    expect(told.length).toBeGreaterThanOrEqual(2);
  });

  test("is over in an empty folder, too", async () => {
    const side = await offering();
    await side.watch(1_000, [500, () => side.put(PEER, answer())]);
    expect(side.toldAtFirst).toEqual([]);
  });
});

describe("two answers to one offer", () => {
  const carols = answer({ id: "c".repeat(32) }, { iceUfrag: "caro" });

  test("in one look: the newer one counts, and the other is told", async () => {
    const side = await offering();
    const told = await side.watch(1_000, [
      500,
      async () => {
        await side.put("bob.json", answer());
        await side.put("carol.json", carols);
        await utimes(join(side.dir, "bob.json"), 1, 1);
      },
    ]);
    expect(told).toEqual(["500 refused bob.json: FILE_SECOND_ANSWER", "500 peer carol.json: serve cccc"]);
  });

  test("of one run are no two", async () => {
    const side = await offering();
    const told = await side.watch(1_000, [
      500,
      async () => {
        await side.put("bob.json", answer());
        await side.put("later.json", answer({ revision: 2 }, { iceUfrag: "anew" }));
      },
    ]);
    expect(told).toEqual(["500 peer later.json: serve 3210"]);
  });

  test("while a session is up: rarely looked for, under the usual names, and our place is left alone", async () => {
    const side = await offering();
    await side.watch(500, [250, () => side.put("bob.json", answer())]);
    side.folder.relax();
    const told = await side.watch(
      8_000,
      [1_000, () => side.put("a file that came.json", carols)],
      [1_000, () => side.put(PEER, carols)],
      [3_000, () => side.put(OWN, answer({ id: "d".repeat(32) }, { iceUfrag: "dave" }))],
    );
    expect(told).toEqual([`2000 peer ${PEER}: serve cccc`, `4000 peer ${OWN}: serve dddd`]);
    expect((await readdir(side.dir)).sort()).toEqual([".p2p-lock", OWN, PEER, "a file that came.json", "bob.json"]);
  });
});

describe("our file", () => {
  test("that was moved or deleted is told once, and again when it was there in between", async () => {
    const side = await offering();
    const told = await side.watch(
      8_000,
      [1_000, () => unlink(join(side.dir, OWN))],
      [4_000, async () => void (await side.write(offer({ revision: 2 })))],
      [5_000, () => rename(join(side.dir, OWN), join(side.dir, "..", "carried.json"))],
    );
    expect(told.map((each) => each.replace(/^\d+ /, ""))).toEqual([`own-gone ${OWN}`, `own-gone ${OWN}`]);
    side.folder.relax();
    expect(await side.watch(4_000)).toEqual([]);
  });

  test("is written with mode 0600 and leaves nothing else but the lock", async () => {
    const side = await Side.open("offer", await folders());
    expect(await side.write(offer())).toBe(join(side.dir, OWN));
    expect(await side.read(OWN)).toBe(text(offer()));
    expect((await stat(join(side.dir, OWN))).mode & 0o777).toBe(0o600);
    await side.write(offer({ revision: 2 }));
    expect(await side.read(OWN)).toBe(text(offer({ revision: 2 })));
    expect((await readdir(side.dir)).sort()).toEqual([".p2p-lock", OWN]);
    await side.folder.close();
    expect(await readdir(side.dir)).toEqual([OWN]);
  });

  test("is no news while watching, and is not written again when it was moved away", async () => {
    const side = await offering();
    expect(await side.watch(2_000)).toEqual([]);
    await side.watch(2_000, [500, () => unlink(join(side.dir, OWN))]);
    expect(await readdir(side.dir)).toEqual([".p2p-lock"]);
  });

  test("of an earlier run is known and replaced, under any name", async () => {
    const options = await folders();
    const earlier = await Side.open("offer", options);
    await earlier.write(theirOffer);
    await earlier.folder.close();
    await earlier.put("copy.json", theirOffer);
    const side = await Side.open("offer", options);
    await side.write(offer());
    expect(await side.watch(1_000)).toEqual(["0 ignored copy.json: FILE_OWN"]);
    expect(await side.read(OWN)).toBe(text(offer()));
  });

  test("of an earlier run is named once and ignored by the answering side", async () => {
    const options = await folders();
    const earlier = await Side.open("offer", options);
    await earlier.write(offer());
    await earlier.folder.close();
    const side = await Side.open("answer", options);
    expect(await side.watch(1_000)).toEqual([`0 ignored ${OWN}: FILE_OWN`]);
    await side.write(answer());
    expect(await side.watch(1_000)).toEqual([]);
    expect((await readdir(side.dir)).sort()).toEqual([".p2p-lock", OWN]);
  });

  test("of one side is not own to another of the same user", async () => {
    const mine = await folders();
    const side = await Side.open("offer", mine);
    await side.write(offer());
    const other = await Side.open("answer", { dir: await makeTempFolder(), stateDir: mine.stateDir });
    await other.put(PEER, await side.read(OWN));
    expect(await other.watch(500)).toEqual([`0 peer ${PEER}: serve cdef`]);
  });

  test("copied to the place of the other side's is told as our own, also without its p2p key", async () => {
    const side = await offering();
    const told = await side.watch(
      2_000,
      [500, () => side.put(PEER, offer())],
      [1_000, () => side.put("again.json", foreign(offer()))],
    );
    expect(told).toEqual([`500 refused ${PEER}: FILE_OWN`, "1000 refused again.json: FILE_OWN"]);
  });

  test("goes where `out` says, and WRITE_FAILED names the path before anything is made", async () => {
    const options = await folders();
    const side = await Side.open("offer", { ...options, out: join(options.dir, "mine.json") });
    expect(await side.write(offer())).toBe(join(options.dir, "mine.json"));
    expect(await readdir(options.dir)).toEqual(["mine.json", ".p2p-lock"].toSorted());
    const opening = Side.open("answer", { ...(await folders()), out: join(options.dir, "no", "x.json") });
    await expect(opening).rejects.toMatchObject({
      code: "WRITE_FAILED",
      exit: 8,
      hint: "its folder is not there, or takes no files: make it, or choose another with --out",
    });
    const belowFile = Side.open("answer", { ...(await folders()), out: join(options.dir, "mine.json", "x.json") });
    await expect(belowFile).rejects.toMatchObject({ code: "WRITE_FAILED", params: { place: "out" } });
  });

  test("goes to a file that `out` names only if that is empty, or an exchange file", async () => {
    const notes = "remember the milk\n";
    const long = "x".repeat(200_000);
    for (const content of [notes, long, '{"name":"somebody"}', "PK\u0003\u0004"]) {
      const options = await folders();
      const out = join(options.dir, "mine.json");
      await writeFile(out, content);
      const opening = Side.open("offer", { ...options, out });
      await expect(opening).rejects.toMatchObject({ code: "OUT_NAME_TAKEN", exit: 8 });
      expect(await readFile(out, "utf8")).toBe(content);
    }
    for (const content of ["", text(offer({ id: "0123456789abcdef" }))]) {
      const options = await folders();
      const out = join(options.dir, "mine.json");
      await writeFile(out, content);
      const side = await Side.open("offer", { ...options, out });
      expect(await side.write(offer())).toBe(out);
    }
  });

  test("goes to the place of its own of an earlier run, whatever `out` is called", async () => {
    const options = await folders();
    const out = join(options.dir, "mine.age");
    for (let run = 0; run < 2; run += 1) {
      const side = await Side.open("offer", { ...options, out });
      expect(await side.write(offer())).toBe(out);
      await side.folder.close();
    }
  });
});

describe("the other side's file", () => {
  test.each([PEER, "LocaltionJson (1).json", "localtionjson_p.JSON", "from bob.json", "来自.json"])(
    "is found by its content as %s",
    async (name) => {
      const side = await offering();
      expect(await side.watch(2_000, [1_000, () => side.put(name, answer())])).toEqual([
        `1000 peer ${name}: serve 3210`,
      ]);
    },
  );

  test("is found when it was there before the start", async () => {
    const options = await folders();
    await writeFile(join(options.dir, "theirs.json"), text(answer()));
    const side = await Side.open("offer", options);
    await side.write(offer());
    expect(await side.watch(500)).toEqual(["0 peer theirs.json: serve 3210"]);
  });

  test("is not told twice, neither touched, copied nor moved, but new content of it is", async () => {
    const side = await offering();
    const told = await side.watch(
      4_000,
      [250, () => side.put(PEER, answer())],
      [1_000, () => side.put(PEER, answer())],
      [1_500, () => utimes(join(side.dir, PEER), 1, 1)],
      [2_000, () => side.put("copy.json", answer())],
      [2_250, () => side.put("crlf.json", text(answer()).replaceAll("\n", "\r\n"))],
      [2_500, () => rename(join(side.dir, PEER), join(side.dir, "moved.json"))],
      [3_000, () => side.put(PEER, answer({ revision: 2 }))],
      [3_500, () => side.put("late.json", answer({ revision: 1, name: "old" }))],
    );
    expect(told).toEqual([`250 peer ${PEER}: serve 3210`, `3000 peer ${PEER}: serve 3210`]);
  });

  test("of several the newest is taken: by revision of one pairing, else by time", async () => {
    const side = await Side.open("answer", await folders());
    await side.put("a.json", offer({ revision: 2 }));
    await side.put("b.json", offer({ revision: 1, name: "later file" }));
    await utimes(join(side.dir, "a.json"), 1_000, 1_000);
    expect(await side.watch(500)).toEqual(["0 peer a.json: serve cdef"]);

    const another = await Side.open("answer", await folders());
    await another.put("a.json", offer());
    await another.put("b.json", theirOffer);
    await utimes(join(another.dir, "a.json"), 2_000, 2_000);
    await utimes(join(another.dir, "b.json"), 1_000, 1_000);
    expect(await another.watch(500)).toEqual(["0 peer a.json: serve cdef"]);
  });

  test("two offers and a foreign offer come with their verdict", async () => {
    const side = await offering();
    const told = await side.watch(
      1_000,
      [250, () => side.put(PEER, theirOffer)],
      [500, () => side.put("browser.json", foreign(theirOffer))],
    );
    expect(told).toEqual([`250 peer ${PEER}: two-offers 0001`, "500 peer browser.json: foreign-offer foreign"]);
  });
});

describe("a file that cannot serve", () => {
  test("is ignored once when it was there before the start", async () => {
    const options = await folders();
    await writeFile(join(options.dir, PEER), text(staleAnswer));
    const side = await Side.open("offer", options);
    await side.write(offer());
    expect(await side.watch(2_000)).toEqual([`0 ignored ${PEER}: FILE_MISMATCHED`]);
  });

  test("is refused once per content when it came later, and waiting goes on", async () => {
    const side = await offering();
    const told = await side.watch(
      3_000,
      [250, () => side.put(PEER, staleAnswer)],
      [500, () => side.put(PEER, staleAnswer)],
      [750, () => side.put(PEER, '{"sdp":1}')],
      [1_000, () => side.put(PEER, '{"sdp":2}')],
      [1_250, () => side.put(PEER, answer())],
    );
    expect(told).toEqual([
      `250 refused ${PEER}: FILE_MISMATCHED`,
      `750 refused ${PEER}: FILE_MALFORMED`,
      `1000 refused ${PEER}: FILE_MALFORMED`,
      `1250 peer ${PEER}: serve 3210`,
    ]);
  });

  test("that was there before the start and came anew is refused", async () => {
    const options = await folders();
    await writeFile(join(options.dir, PEER), text(staleAnswer));
    const side = await Side.open("offer", options);
    await side.write(offer());
    const told = await side.watch(2_000, [500, () => side.put(PEER, answer({ inReplyTo: ANSWER_ID }))]);
    expect(told).toEqual([`0 ignored ${PEER}: FILE_MISMATCHED`, `500 refused ${PEER}: FILE_MISMATCHED`]);
  });

  test("is none of our business if it is no exchange file and has not our name", async () => {
    const side = await offering();
    await side.put("package.json", '{"name":"x","type":"module"}');
    await side.put("tsconfig.json", "{ // comment\n}");
    await side.put("big.json", "x".repeat(300_000));
    await side.put(".hidden.json", answer());
    await side.put("answer.txt", answer());
    await mkdir(join(side.dir, "folder.json"));
    expect(await side.watch(10_000)).toEqual([]);
  });

  test("with our name is told whatever it is", async () => {
    const side = await offering();
    const told = await side.watch(
      8_000,
      [250, () => side.put("LocaltionJson (2).json", "{}")],
      [500, () => side.put("LocaltionJson (3).json", "x".repeat(300_000))],
      [750, () => mkdir(join(side.dir, PEER))],
    );
    expect(told).toEqual([
      "250 refused LocaltionJson (2).json: FILE_MALFORMED",
      "500 refused LocaltionJson (3).json: FILE_TOO_LARGE",
      `5750 refused ${PEER}: FILE_MALFORMED`,
    ]);
  });
});

describe("a half-written file", () => {
  const whole = text(answer());

  test("is taken when it is complete", async () => {
    const side = await offering();
    const told = await side.watch(
      9_000,
      [250, () => side.put(PEER, "")],
      [4_000, () => side.put(PEER, whole.slice(0, 100))],
      [8_000, () => side.put(PEER, whole)],
    );
    expect(told).toEqual([`8000 peer ${PEER}: serve 3210`]);
  });

  test("is told after 5 s without change, and again when it stops elsewhere", async () => {
    const side = await offering();
    const told = await side.watch(
      20_000,
      [1_000, () => side.put("bob.json", whole.slice(0, -5))],
      [7_000, () => side.put("bob.json", whole.slice(0, -4))],
      [14_000, () => side.put("bob.json", whole)],
    );
    expect(told).toEqual([
      "6000 refused bob.json: FILE_MALFORMED",
      "12000 refused bob.json: FILE_MALFORMED",
      "14000 peer bob.json: serve 3210",
    ]);
  });

  test("is told at the end of the waiting, however short it lies there, and the end is seen", async () => {
    const side = await offering();
    const told = await side.watch(
      60_000,
      [1_000, () => side.put("bob.json", whole.slice(0, -5))],
      [2_000, () => side.folder.conclude()],
    );
    expect(told).toEqual(["2000 refused bob.json: FILE_MALFORMED"]);
    expect(side.nowMs).toBeLessThan(5_000);
  });

  test("in the place of ours is kept and told at the end of the waiting", async () => {
    const side = await offering();
    const told = await side.watch(
      60_000,
      [1_000, () => side.put(OWN, whole.slice(0, -5))],
      [2_000, () => side.folder.conclude()],
    );
    expect(told).toEqual([`2000 own-overwritten ${OWN} → ${PEER}`, `2250 refused ${PEER}: FILE_MALFORMED`]);
    expect(await side.read(OWN)).toBe(text(offer()));
  });

  test("from before the start is ignored, after the same 5 s", async () => {
    const options = await folders();
    await writeFile(join(options.dir, PEER), whole.slice(0, 100));
    const side = await Side.open("offer", options);
    await side.write(offer());
    expect(await side.watch(7_000)).toEqual([`5000 ignored ${PEER}: FILE_MALFORMED`]);
  });
});

describe("the other side's file over our own", () => {
  test("is kept and taken, and ours is written again", async () => {
    const side = await offering();
    const told = await side.watch(2_000, [500, () => side.put(OWN, answer())]);
    expect(told).toEqual([`500 own-overwritten ${OWN} → ${PEER}`, `750 peer ${PEER}: serve 3210`]);
    expect(await side.read(PEER)).toBe(text(answer()));
    expect(await side.read(OWN)).toBe(text(offer()));
  });

  test("overwrites no other file", async () => {
    const side = await offering();
    await side.put(PEER, staleAnswer);
    await side.put("LocaltionJson_p (1).json", "mine");
    await side.watch(1_000, [500, () => side.put(OWN, answer())]);
    expect(await side.read(PEER)).toBe(text(staleAnswer));
    expect(await side.read("LocaltionJson_p (1).json")).toBe("mine");
    expect(await side.read("LocaltionJson_p (2).json")).toBe(text(answer()));
  });

  test("that is there already under its name makes no second copy", async () => {
    const side = await offering();
    const told = await side.watch(1_500, [250, () => side.put(PEER, answer())], [500, () => side.put(OWN, answer())]);
    expect(told).toEqual([`250 peer ${PEER}: serve 3210`, `500 own-overwritten ${OWN} → ${PEER}`]);
    expect((await readdir(side.dir)).sort()).toEqual([".p2p-lock", OWN, PEER]);
  });

  test("is kept and refused if it cannot serve", async () => {
    const side = await offering();
    const told = await side.watch(2_000, [500, () => side.put(OWN, staleAnswer)]);
    expect(told).toEqual([`500 own-overwritten ${OWN} → ${PEER}`, `750 refused ${PEER}: FILE_MISMATCHED`]);
    expect(await side.read(OWN)).toBe(text(offer()));
  });

  test("is waited for while it is half-written", async () => {
    const side = await offering();
    const half = text(answer()).slice(0, 200);
    const told = await side.watch(6_000, [500, () => side.put(OWN, half)], [4_000, () => side.put(OWN, answer())]);
    expect(told).toEqual([`4000 own-overwritten ${OWN} → ${PEER}`, `4250 peer ${PEER}: serve 3210`]);
  });

  test("our own written anew by an editor is left as it is", async () => {
    const side = await offering();
    const edited = `\ufeff${text(offer())}`;
    expect(await side.watch(1_000, [500, () => side.put(OWN, edited)])).toEqual([]);
    expect(await side.read(OWN)).toBe(edited);
  });

  test("before the start serves the answering side and is kept when ours is written", async () => {
    const options = await folders();
    await writeFile(join(options.dir, OWN), text(theirOffer));
    const side = await Side.open("answer", options);
    expect(await side.watch(500)).toEqual([`0 peer ${OWN}: serve 0001`]);
    await side.write(answer());
    expect(await side.watch(1_000)).toEqual([`0 own-overwritten ${OWN} → ${PEER}`]);
    expect(await side.read(PEER)).toBe(text(theirOffer));
    expect(await side.read(OWN)).toBe(text(answer()));
  });

  test("before the start is kept and counted as there before, on the offering side", async () => {
    const options = await folders();
    await writeFile(join(options.dir, OWN), text(staleAnswer));
    const side = await Side.open("offer", options);
    await side.write(offer());
    expect(await side.watch(1_000)).toEqual([
      `0 own-overwritten ${OWN} → ${PEER}`,
      `0 ignored ${PEER}: FILE_MISMATCHED`,
    ]);
  });

  test("a file that is no exchange document makes way for ours at the start", async () => {
    const options = await folders();
    await writeFile(join(options.dir, OWN), '{"notes":[]}');
    const side = await Side.open("offer", options);
    await side.write(offer());
    expect(await side.watch(1_000)).toEqual([]);
    expect(await side.read(OWN)).toBe(text(offer()));
  });
});

/** An answer that names the running offer does not expire before that. */
const expiredAnswer = { ...answer(), p2p: p2pKey({ id: ANSWER_ID, expiresAt: "2026-01-01T00:00:00Z" }) };

describe("a file named by `in`", () => {
  async function watching(before?: OwnDocument | string): Promise<{ side: Side; file: string }> {
    const inbox = await makeTempFolder();
    const file = join(inbox, "peer.txt");
    if (before !== undefined) await writeFile(file, typeof before === "string" ? before : text(before));
    const side = await offering({ in: file });
    return { side, file };
  }

  test("is the only one watched", async () => {
    const { side, file } = await watching();
    const told = await side.watch(
      2_000,
      [250, () => side.put(PEER, answer())],
      [500, () => writeFile(file, text(answer()))],
    );
    expect(told).toEqual([`500 peer ${file}: serve 3210`]);
  });

  test.each<[string, OwnDocument | string, string]>([
    ["an answer to another offer", staleAnswer, "0 refused FILE: FILE_MISMATCHED fatal"],
    ["an expired answer that names no offer", expiredAnswer, "0 refused FILE: FILE_EXPIRED fatal"],
    ["another JSON file", "{}", "0 refused FILE: FILE_MALFORMED fatal"],
    ["a cut file, at once", "{", "0 refused FILE: FILE_MALFORMED fatal"],
  ])("ends it all when it is %s", async (_name, content, expected) => {
    const { side, file } = await watching(content);
    expect(await side.watch(6_000)).toEqual([expected.replace("FILE", file)]);
  });
});

describe("the folder", () => {
  test("is locked only if a file of it is used", async () => {
    const options = await folders();
    const holder = await Side.open("offer", options);
    const elsewhere = await makeTempFolder();
    const open = async (more: Partial<ExchangeFolderOptions>): Promise<string> => {
      const outcome = Side.open("answer", { ...options, ...more });
      return await outcome.then(
        () => "opened",
        (error: { code: string }) => error.code,
      );
    };
    expect(await open({})).toBe("FOLDER_IN_USE");
    expect(await open({ out: join(elsewhere, "x") })).toBe("FOLDER_IN_USE");
    expect(await open({ out: false, in: join(options.dir, "x") })).toBe("FOLDER_IN_USE");
    expect(await open({ out: join(elsewhere, "x"), in: join(elsewhere, "y") })).toBe("opened");
    expect(await open({ out: false, in: join(elsewhere, "y") })).toBe("opened");
    await holder.folder.close();
    expect(await open({})).toBe("opened");
  });

  test("that is away for a while is told, and waited for", async () => {
    const side = await offering();
    const away = `${side.dir}-away`;
    const told = await side.watch(
      2_000,
      [500, () => rename(side.dir, away)],
      [1_000, () => rename(away, side.dir)],
      [1_500, () => side.put(PEER, answer())],
    );
    expect(told).toEqual([
      `500 folder-gone ${side.dir}: FOLDER_GONE`,
      `1000 folder-back ${side.dir}`,
      `1500 peer ${PEER}: serve 3210`,
    ]);
  });

  test("has to be there", async () => {
    const { dir, stateDir } = await folders();
    await expect(Side.open("offer", { dir: join(dir, "no"), stateDir })).rejects.toMatchObject({
      code: "FOLDER_UNUSABLE",
      exit: 8,
    });
  });

  test("ends watching at once when the signal is aborted already", async () => {
    const side = await offering();
    await side.put(PEER, answer());
    const findings: FolderFinding[] = [];
    for await (const finding of side.folder.watch(() => "serve", AbortSignal.abort())) findings.push(finding);
    expect(findings).toEqual([]);
  });
});
