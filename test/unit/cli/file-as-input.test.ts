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
  const inDir = paths.map((path) => (path === "-" ? path : join(dir, path)));
  const result = await withFileAsInput({ role: "answer", paths: inDir, options: new Map(Object.entries(options)) });
  const strip = (path: string): string => path.replace(`${dir}/`, "");
  const input = result.given.options.get("in");
  return { paths: result.given.paths.map(strip), input: Array.isArray(input) ? input.map(strip) : input };
}

test("means --in, and the other paths are sent", async () => {
  expect(await given(["offer.json", "photo.jpg"])).toEqual({ paths: ["photo.jpg"], input: ["offer.json"] });
});

test("is sent as a later path, beside --in or --via, and where it is none", async () => {
  expect(await given(["photo.jpg", "offer.json"])).toEqual({ paths: ["photo.jpg", "offer.json"], input: undefined });
  expect(await given(["offer.json"], { in: ["x"] })).toEqual({ paths: ["offer.json"], input: ["x"] });
  expect(await given(["offer.json"], { via: ["folder:x"] })).toEqual({ paths: ["offer.json"], input: undefined });
  expect(await given(["-"])).toEqual({ paths: ["-"], input: undefined });
  expect(await given([])).toEqual({ paths: [], input: undefined });
});

test("a short code in groups is taken whole", async () => {
  const code = `p2p:${"5kk56 ".repeat(20)}q`;
  const result = await withFileAsInput({ role: "answer", paths: [code], options: new Map() });
  expect(result).toEqual({ given: { role: "answer", paths: [], options: new Map([["in", [code]]]) } });
});
