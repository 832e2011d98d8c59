// Files that programs changed on their way into the folder, in content and in name: found, told, and not for any price.
import { describe, expect, test } from "vitest";
import { answer, bytesOf } from "../../exchange/fixtures.ts";
import { decodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import { offering, text } from "./side.ts";

const PEER = "LocaltionJson_p.json";

const ANSWER = text(answer());
const quoted = ANSWER.replaceAll(/^/gm, "> ");

describe("a name that programs have changed", () => {
  test.each([
    "LocaltionJson.json.txt",
    "LocaltionJson_p.json.TXT",
    "LocaltionJson (1)",
    "LocaltionJson (1).json",
    "LocaltionJson_p",
    "localtionjson.txt",
    "LocationJson.json.txt",
    "Localtion Json.dat",
    "answer.json.txt",
  ])("is found: %s", async (name) => {
    const side = await offering();
    expect(await side.watch(1_000, [250, () => side.put(name, answer())])).toEqual([`250 peer ${name}: serve 3210`]);
  });

  test.each([
    "LocaltionJson_p.json.part",
    "LocaltionJson_p.json.crdownload",
    "LocaltionJson.html",
    "LocaltionJson_p.json~",
    ".LocaltionJson_p.json",
    "answer.txt",
    "answer",
  ])("is passed over while it is not whole, or is another program's: %s", async (name) => {
    const side = await offering();
    expect(await side.watch(7_000, [250, () => side.put(name, answer())])).toEqual([]);
  });

  test("is told where its content is none", async () => {
    const side = await offering();
    expect(await side.watch(7_000, [250, () => side.put("LocaltionJson_p.zip", "PK\u0003\u0004…")])).toEqual([
      "5250 refused LocaltionJson_p.zip: FILE_MALFORMED",
    ]);
  });
});

describe("a changed text", () => {
  test("is read at once, whatever its name", async () => {
    const side = await offering();
    expect(await side.watch(1_000, [250, () => side.put("mail.json", quoted)])).toEqual([
      "250 peer mail.json: serve 3210",
    ]);
  });

  test("is repaired a few times at once and then with rests; the expected name has its turn all the same", async () => {
    const tried: string[] = [];
    const side = await offering({
      read: async (bytes, path) => {
        tried.push(path.replace(/^.*\//, ""));
        return await Promise.resolve(
          path.endsWith(PEER)
            ? decodeExchangeDocument(bytes, path)
            : decodeExchangeDocument(bytesOf("another JSON file: none"), path),
        );
      },
    });
    const junk = (at: number): string => `${at} > {"sdp":"“candidate\n${"=3D &quot; > \n<b>[b]".repeat(12_000)}`;
    for (let at = 0; at < 20; at += 1) await side.put(`a${at}.json`, junk(at));
    const told = await side.watch(4_000, [2_000, () => side.put(PEER, quoted)]);
    expect(told).toContainEqual(`2000 peer ${PEER}: serve 3210`);
    // Each takes nine tenths of a unit: eight units at once, and one in four seconds.
    expect(tried.filter((name) => name !== PEER).length).toBeGreaterThan(7);
    expect(tried.filter((name) => name !== PEER).length).toBeLessThan(12);
  });
});
