// Somebody fills the folder, or changes a file without end: work, reading and what is told have limits.
import { rename, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Decoding, decodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import { FolderScan } from "../../../../src/store/exchange/folder-scan.ts";
import { answer, bytesOf, offer } from "../../exchange/fixtures.ts";
import { folders, offering, Side, type Step, text } from "./side.ts";
import { makeTempFolder } from "./temp-folder.ts";

const PEER = "LocaltionJson_p.json";
const BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----\n";
const sealed = (content: string): string => `${BEGIN}${btoa(content)}\n-----END AGE ENCRYPTED FILE-----\n`;
const contentOf = (bytes: Uint8Array): string =>
  atob(new TextDecoder().decode(bytes).slice(BEGIN.length).split("\n")[0] ?? "");

/** Opens what begins with `good`, and remembers in which order it was asked. */
function opener() {
  const tried: string[] = [];
  const read = async (bytes: Uint8Array, path: string): Promise<Decoding> => {
    const decoding = decodeExchangeDocument(bytes, path);
    if (decoding.ok || decoding.error.code !== "FILE_SEALED") return await Promise.resolve(decoding);
    tried.push(path.replace(/^.*\//, ""));
    const content = contentOf(bytes);
    if (!content.startsWith("good")) return decoding;
    const id = content === "good" ? {} : { id: "00000000000000000000000000000002" };
    return decodeExchangeDocument(bytesOf(text(answer(id))), path);
  };
  const costOf = (bytes: Uint8Array): number => (new TextDecoder().decode(bytes).startsWith("-----BEGIN") ? 1 : 0);
  return { tried, read, costOf };
}

describe("files that take work to open", () => {
  test("are tried a few at once and then with rests, and this is told", async () => {
    const { tried, ...seal } = opener();
    const side = await offering(seal);
    for (let n = 0; n < 60; n += 1) await side.put(`s${n}.json`, sealed(`junk ${n}`));
    const told = await side.watch(20_000);
    expect(tried.length).toBeGreaterThan(8);
    expect(tried.length).toBeLessThan(8 + 20_000 / 4_000 + 2);
    expect(told.filter((line) => line.includes("costly-files"))).toHaveLength(1);
  });

  test("do not keep the one under the expected name from its turn", async () => {
    const { tried, ...seal } = opener();
    const side = await offering(seal);
    for (let n = 0; n < 60; n += 1) await side.put(`LocaltionJson (${n}).json`, sealed(`junk ${n}`));
    const told = await side.watch(11_000, [10_000, () => side.put(PEER, sealed("good"))]);
    expect(told).toContainEqual(`10000 peer ${PEER}: serve 3210`);
    expect(tried.filter((name) => name === PEER)).toHaveLength(1);
  });

  test("of other names are opened by turns: what came last, and what has waited longest", async () => {
    const { tried, ...seal } = opener();
    const side = await offering(seal);
    const arrivals = ["a", "b", "c", "d", "e"];
    await side.watch(3_000, [250, () => Promise.all(arrivals.map((name) => side.put(`${name}.json`, sealed(name))))]);
    expect([...tried].sort()).toEqual(arrivals.map((name) => `${name}.json`));
  });

  test("are read once for one content, whatever its names, when it has served", async () => {
    const { tried, ...seal } = opener();
    const side = await offering(seal);
    const copies: Step[] = [1, 2, 3].map((n) => [1_000 * n, () => side.put(`copy ${n}.json`, sealed("good"))]);
    await side.watch(5_000, [250, () => side.put(PEER, sealed("good"))], ...copies);
    expect(tried).toEqual([PEER]);
  });

  test("an older one that is opened after a newer one does not take its place", async () => {
    const { tried, ...seal } = opener();
    const side = await offering(seal);
    const told = await side.watch(3_000, [
      250,
      async () => {
        await side.put("older.json", sealed("good older"));
        await utimes(join(side.dir, "older.json"), 1_000, 1_000);
        await side.put(PEER, sealed("good"));
      },
    ]);
    expect(tried).toEqual([PEER, "older.json"]);
    expect(told).toEqual([`250 peer ${PEER}: serve 3210`]);
  });
});

describe("a file that changes ten times a second", () => {
  test("and cannot serve is told ever less often, and at last as it is", async () => {
    const side = await offering();
    const steps = Array.from({ length: 120 }, (_, n): Step => [250 * n, () => side.put(PEER, `{"sdp":${n}}`)]);
    const told = await side.watch(60_000, ...steps);
    expect(told.length).toBeGreaterThan(4);
    expect(told.length).toBeLessThan(9);
    // What lies there at last is told when its time has come.
    expect(Number(told.at(-1)?.split(" ")[0])).toBeGreaterThan(30_000);
  });

  test("and could serve starts a try every four seconds at most", async () => {
    const side = await Side.open("answer", await folders());
    const steps = Array.from(
      { length: 100 },
      (_, n): Step => [250 * n, () => side.put(PEER, offer({ revision: n + 1 }))],
    );
    const told = await side.watch(30_000, ...steps);
    expect(told.length).toBeGreaterThan(5);
    expect(told.length).toBeLessThan(4 + 25 / 4 + 4);
  });

  test("in our place is told ever less often, and ours is there again each time", async () => {
    const side = await offering();
    const own = join(side.dir, "LocaltionJson.json");
    const replace = async (): Promise<void> => {
      await unlink(own);
      await writeFile(own, '{"sdp":1}');
    };
    const told = await side.watch(25_000, ...Array.from({ length: 40 }, (_, n): Step => [500 * (n + 1), replace]));
    expect(told.length).toBeLessThan(14);
    expect(await side.read("LocaltionJson.json")).toBe(text(offer()));
  });
});

describe("a folder", () => {
  test("with more files than are looked at says so once, and finds the expected name", async () => {
    const side = await offering();
    await Promise.all(Array.from({ length: 700 }, (_, n) => side.put(`LocaltionJso${n}.json`, "{}")));
    const told = await side.watch(3_000, [1_000, () => side.put(PEER, answer())]);
    expect(told.filter((line) => line.includes("folder-crowded"))).toHaveLength(1);
    expect(told).toContainEqual(`1000 peer ${PEER}: serve 3210`);
  });

  test("of large files is read a part in each look, and all of it in the end", async () => {
    const dir = await makeTempFolder();
    const large = "x".repeat(250_000);
    await Promise.all(Array.from({ length: 40 }, (_, n) => writeFile(join(dir, `f${n}.json`), large)));
    const scan = await FolderScan.start({ dir }, () => 0);
    const seen = new Set<string>();
    let most = 0;
    for (let look = 0; look < 10; look += 1) {
      let bytes = 0;
      for await (const sighting of scan.next()) {
        seen.add(sighting.path);
        bytes += sighting.bytes?.length ?? 0;
      }
      most = Math.max(most, bytes);
    }
    expect(seen.size).toBe(40);
    expect(most).toBeLessThan(4 * 1_048_576 + 262_145);
  });

  test("that goes and comes without end is told ever less often", async () => {
    const side = await offering();
    const away = `${side.dir}-away`;
    const steps = Array.from({ length: 60 }, (_, n): Step => {
      const [from, to] = n % 2 === 0 ? [side.dir, away] : [away, side.dir];
      return [500 * (n + 1), () => rename(from, to)];
    });
    const told = await side.watch(31_000, ...steps);
    expect(told.filter((line) => line.includes("folder-gone")).length).toBeLessThan(8);
  });
});
