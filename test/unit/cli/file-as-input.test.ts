// An exchange file as the first PATH.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withFileAsInput } from "../../../src/cli/file-as-input.ts";
import { offer } from "../exchange/fixtures.ts";
import { text } from "../store/exchange/side.ts";
import { makeTempFolder } from "../store/exchange/temp-folder.ts";

async function given(paths: string[], options: Record<string, string[]> = {}) {
  const dir = await makeTempFolder();
  await writeFile(join(dir, "offer.json"), text(offer()));
  await writeFile(join(dir, "photo.jpg"), "photo");
  await writeFile(join(dir, "LocaltionJson.json"), text(offer()).slice(0, 200));
  const inDir = paths.map((path) => (path === "-" ? path : join(dir, path)));
  const result = await withFileAsInput({ role: "answer", paths: inDir, options: new Map(Object.entries(options)) });
  const strip = (path: string): string => path.replace(`${dir}/`, "");
  const input = result.given.options.get("in");
  return {
    paths: result.given.paths.map(strip),
    input: Array.isArray(input) ? input.map(strip) : input,
    ...(result.taken === undefined ? {} : { taken: strip(result.taken) }),
    ...(result.doubtful === undefined ? {} : { doubtful: strip(result.doubtful) }),
  };
}

test("means --in, and the other paths are sent", async () => {
  expect(await given(["offer.json", "photo.jpg"])).toEqual({
    paths: ["photo.jpg"],
    input: ["offer.json"],
    taken: "offer.json",
  });
});

test("a damaged one is sent, and told to be so", async () => {
  const name = "LocaltionJson.json";
  expect(await given([name])).toEqual({ paths: [name], input: undefined, doubtful: name });
  expect(await given(["photo.jpg", name])).toEqual({ paths: ["photo.jpg", name], input: undefined });
});

test("is sent as a later path, beside --in or --via, and where it is none", async () => {
  expect(await given(["photo.jpg", "offer.json"])).toEqual({ paths: ["photo.jpg", "offer.json"], input: undefined });
  expect(await given(["offer.json"], { in: ["x"] })).toEqual({ paths: ["offer.json"], input: ["x"] });
  expect(await given(["offer.json"], { via: ["folder:x"] })).toEqual({ paths: ["offer.json"], input: undefined });
  expect(await given(["-"])).toEqual({ paths: ["-"], input: undefined });
  expect(await given([])).toEqual({ paths: [], input: undefined });
});

test("the beginning of a code is refused, as a PATH and as --in", async () => {
  await expect(withFileAsInput({ role: "answer", paths: ["p2p:5kk5"], options: new Map() })).rejects.toMatchObject({
    code: "FILE_MALFORMED",
    exit: 6,
  });
  const options = new Map([["in", ["p2p:5kk5"]]]);
  await expect(withFileAsInput({ role: "answer", paths: [], options })).rejects.toMatchObject({ exit: 6 });
});

test("a short code in groups is taken whole", async () => {
  const code = `p2p:${"5kk56 ".repeat(20)}q`;
  const result = await withFileAsInput({ role: "answer", paths: [code], options: new Map() });
  expect(result).toEqual({ given: { role: "answer", paths: [], options: new Map([["in", [code]]]) } });
});
