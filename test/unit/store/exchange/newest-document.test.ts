import { describe, expect, test } from "vitest";
import type { OwnDocument } from "../../../../src/exchange/description.ts";
import { NewestDocument, type UsableDocument } from "../../../../src/store/exchange/newest-document.ts";
import { answer, carried, foreign, offer } from "../../exchange/fixtures.ts";

interface FileFacts {
  /** The time of the file, in seconds. */
  readonly modified?: number;
  /** When it was first seen with this content, on the folder's clock, in milliseconds. */
  readonly seenMs?: number;
  readonly knownAs?: string;
}

function usable(path: string, document: OwnDocument, { modified = 0, seenMs = 0, knownAs }: FileFacts = {}) {
  const modifiedNs = BigInt(modified) * 1_000_000_000n;
  const file = { path, digest: path, isFromBefore: false, modifiedNs, unchangedSinceMs: seenMs };
  return { document: carried(document), verdict: "serve", file, knownAs } satisfies UsableDocument;
}

const bobs = answer({ id: "b".repeat(32) }, { iceUfrag: "bobs" });
const carols = answer({ id: "c".repeat(32) }, { iceUfrag: "caro" });

describe("of two documents that wait", () => {
  /** Which is delivered, and what is told of the other one, whichever is found first. */
  function outcomes(one: UsableDocument, other: UsableDocument): string[] {
    const runs = [
      [one, other],
      [other, one],
    ].map((found) => {
      const newest = new NewestDocument(() => 0);
      const told = found.flatMap((each) => newest.add(each) ?? []);
      const what = told.map(({ file, error }) => `, ${file.path} is told as ${error.code}`);
      return `${newest.poll()?.file.path} is delivered${what.join("")}`;
    });
    return [...new Set(runs)];
  }

  test("of one pairing the higher revision is delivered, whatever the times of the files", () => {
    const first = usable("first", offer(), { modified: 2, seenMs: 2 });
    const second = usable("second", offer({ revision: 2 }), { modified: 1, seenMs: 1 });
    expect(outcomes(first, second)).toEqual(["second is delivered"]);
  });

  test("of two pairings the later file is delivered", () => {
    const old = usable("old", offer({ id: "1".repeat(32), revision: 9 }), { modified: 1, seenMs: 2 });
    const young = usable("young", offer({ id: "2".repeat(32) }), { modified: 2, seenMs: 1 });
    expect(outcomes(old, young)).toEqual(["young is delivered"]);
  });

  test("of files with the same time, as disks that count in seconds give it, the one that was seen last is", () => {
    const old = usable("old", foreign(offer()), { modified: 1, seenMs: 1 });
    const young = usable("young", foreign(offer()), { modified: 1, seenMs: 2 });
    expect(outcomes(old, young)).toEqual(["young is delivered"]);
  });

  test("the answer of somebody else is told, as one offer serves one person", () => {
    const one = usable("bob", bobs, { modified: 1 });
    const other = usable("carol", carols, { modified: 2 });
    expect(outcomes(one, other)).toEqual(["carol is delivered, bob is told as FILE_SECOND_ANSWER"]);
  });

  test("a contact's comes before a stranger's, which is told with the contact's name", () => {
    const contact = usable("contact", offer({ id: "1".repeat(32) }), { modified: 1, knownAs: "Bob" });
    const stranger = usable("stranger", offer({ id: "2".repeat(32) }), { modified: 2 });
    expect(outcomes(contact, stranger)).toEqual(["contact is delivered, stranger is told as FILE_NOT_RECOGNISED"]);
    const newest = new NewestDocument(() => 0);
    newest.add(contact);
    expect(newest.add(stranger)?.error.params).toEqual({ path: "stranger", name: "Bob" });
  });

  test("between two contacts the later file counts, and nobody is told", () => {
    const one = usable("one", offer({ id: "1".repeat(32) }), { modified: 1, knownAs: "Bob" });
    const other = usable("other", offer({ id: "2".repeat(32) }), { modified: 2, knownAs: "Carol" });
    expect(outcomes(one, other)).toEqual(["other is delivered"]);
  });
});

describe("after a delivery", () => {
  test("nothing is delivered until something new is found", () => {
    const newest = new NewestDocument(() => 0);
    expect(newest.poll()).toBeUndefined();
    newest.add(usable("a", offer()));
    expect([newest.poll()?.file.path, newest.poll()]).toEqual(["a", undefined]);
  });

  test("a revision is delivered once, and none that is lower", () => {
    const newest = new NewestDocument(() => 0);
    const delivered = [2, 2, 1, 3].map((revision, at) => {
      newest.add(usable(`${at}`, offer({ revision }), { seenMs: at + 1, modified: at }));
      return newest.poll()?.file.path;
    });
    expect(delivered).toEqual(["0", undefined, undefined, "3"]);
  });

  test("a document without an id has no revision: each is delivered", () => {
    const newest = new NewestDocument(() => 0);
    const delivered = [1, 2].map((at) => {
      newest.add(usable(`${at}`, foreign(offer()), { seenMs: at }));
      return newest.poll()?.file.path;
    });
    expect(delivered).toEqual(["1", "2"]);
  });

  test("an older file that was there already, and is only opened now, is passed over and told", () => {
    const clock = { ms: 1_000 };
    const newest = new NewestDocument(() => clock.ms);
    newest.add(usable("carol", carols, { modified: 2, seenMs: 900 }));
    newest.poll();
    clock.ms = 2_000;
    expect(newest.add(usable("bob", bobs, { modified: 1, seenMs: 1_000 }))?.error.code).toBe("FILE_SECOND_ANSWER");
    expect(newest.poll()).toBeUndefined();
  });

  test("an older file that came later is delivered: a person has put it there since", () => {
    const clock = { ms: 1_000 };
    const newest = new NewestDocument(() => clock.ms);
    newest.add(usable("carol", carols, { modified: 2, seenMs: 900 }));
    newest.poll();
    clock.ms = 2_000;
    expect(newest.add(usable("bob", bobs, { modified: 1, seenMs: 1_001 }))).toBeUndefined();
    expect(newest.poll()?.file.path).toBe("bob");
  });
});

test("a few are delivered at once, and then one in four seconds, always the newest", () => {
  const clock = { ms: 0 };
  const newest = new NewestDocument(() => clock.ms);
  const delivered: string[] = [];
  for (let revision = 1; clock.ms < 20_000; clock.ms += 100, revision += 1) {
    newest.add(usable(`${revision}`, offer({ revision }), { modified: revision, seenMs: clock.ms }));
    const file = newest.poll()?.file;
    if (file !== undefined) delivered.push(`${clock.ms}: ${file.path}`);
  }
  expect(delivered).toEqual([
    "0: 1",
    "100: 2",
    "200: 3",
    "300: 4",
    "1300: 14",
    "3300: 34",
    "7300: 74",
    "11300: 114",
    "15300: 154",
    "19300: 194",
  ]);
});
