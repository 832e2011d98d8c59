// A part of a proposal is accepted: both sides name the same rest, and count only what was taken.
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readTree, writeTree } from "../../../support/trees.ts";
import { pairPerTest, type TransferPair } from "../../../support/transfer-pair.ts";

const pairs = pairPerTest();

/** Proposes a folder with a file, a file in a folder, an empty folder and a link, and accepts some of it. */
async function offerTree(isChosen: (path: string) => boolean): Promise<TransferPair & { outcome: string }> {
  const pair = await pairs.open({ b: { consent: "ask" } });
  const { a, b } = pair;
  await writeTree(a.dir, {
    "d/a.txt": Buffer.from("one"),
    "d/e/b.txt": Buffer.from("four"),
    "d/f/": "folder",
    "z.txt": Buffer.from("z"),
  });
  await symlink("a.txt", join(a.dir, "d/link"));
  const sending = a.send("d", "z.txt");
  await b.until(() => b.of("incoming").length === 1);
  b.session.accept("r1", isChosen);
  return Object.assign(pair, { outcome: await sending });
}

it.each([
  { taken: ["d/a.txt", "d/e/b.txt", "d/link", "z.txt"], declined: ["d/f"], files: 3, bytes: 8, names: ["d", "z.txt"] },
  { taken: ["d/a.txt", "d/e/b.txt", "d/f", "z.txt"], declined: ["d/link"], files: 3, bytes: 8, names: ["d", "z.txt"] },
  { taken: ["z.txt"], files: 1, bytes: 1, names: ["z.txt"] },
  { taken: ["d/e/b.txt"], files: 1, bytes: 4, names: ["d"] },
  { taken: ["d/f"], files: 0, bytes: 0, names: ["d"] },
  { taken: ["d/link"], files: 0, bytes: 0, names: ["d"] },
])("of which $taken is taken", async ({ taken, declined, files, bytes, names }) => {
  const { a, b, outcome } = await offerTree((path) => taken.includes(path));
  await b.untilIdle();
  expect(outcome).toBe("failed");
  const rest = a.of("declined")[0]?.paths ?? [];
  expect(rest).toEqual(b.of("declined")[0]?.paths);
  if (declined !== undefined) expect(rest).toEqual(declined);
  expect(Object.keys(await readTree(b.outputDir))).toEqual(expect.arrayContaining(taken));
  expect(Object.keys(await readTree(b.outputDir))).not.toEqual(expect.arrayContaining([rest.at(-1)]));
  for (const side of [a, b]) {
    expect(side.of("transfer-done")).toMatchObject([{ files, bytes }]);
    expect(side.session.status()).toMatchObject([{ state: "done", isPart: true, names, bytes, total: bytes }]);
  }
  const [first = "", ...more] = rest;
  const said = `the other side declined '${first}'${more.length === 0 ? "" : ` and ${more.length} more`}`;
  expect(a.of("error")).toMatchObject([{ code: "PEER_DECLINED", message: said }]);
  expect([a.session.exit, b.session.exit]).toEqual([7, 0]);
});

it("of which nothing is taken is declined as a whole", async () => {
  const { a, b, outcome } = await offerTree(() => false);
  expect(outcome).toBe("declined");
  expect(a.of("declined")).toEqual([expect.not.objectContaining({ paths: expect.anything() })]);
  expect(a.session.status()).toMatchObject([{ state: "declined", names: ["d", "z.txt"] }]);
  expect([a.session.exit, b.session.exit]).toEqual([7, 0]);
});
