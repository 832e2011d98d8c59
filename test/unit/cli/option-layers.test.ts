// Where the value of an option comes from: the command line, the environment, the config file.
import { expect, test } from "vitest";
import type { Config } from "../../../src/cli/config.ts";
import { OptionLayers } from "../../../src/cli/option-layers.ts";
import type { RawOptions } from "../../../src/cli/option-table.ts";
import { Usage } from "../../../src/cli/usage.ts";
import { wordsFor } from "../../../src/words/index.ts";

function layers(
  raw: Record<string, boolean | string[]>,
  env: Record<string, string> = {},
  config: Record<string, boolean | string[]> = {},
): OptionLayers {
  const mapOf = (values: object): RawOptions => new Map(Object.entries(values)) as unknown as RawOptions;
  const file = { path: "config.json", options: mapOf(config) } as unknown as Config;
  return new OptionLayers(mapOf(raw), env, file, new Usage(wordsFor("en")));
}

test("the first place that has a value wins, and complaints name it", () => {
  const all = layers({ wait: ["1h"] }, { P2P_WAIT: "2h", P2P_NAME: "Ann" }, { name: ["Bob"], dir: ["x"] });
  expect(all.text("wait")).toEqual({ value: "1h", label: "--wait" });
  expect(all.text("name")).toEqual({ value: "Ann", label: "P2P_NAME" });
  expect(all.text("dir")).toEqual({ value: "x", label: "config.json: dir" });
  expect(all.text("out")).toBeUndefined();
  expect(all.labelOf("out")).toBe("--out");
});

test("an empty variable counts as unset, and a list is cut at blanks and commas", () => {
  const all = layers({}, { P2P_NAME: "", P2P_STUN: "stun:a, stun:b" });
  expect(all.text("name")).toBeUndefined();
  expect(all.list("stun")?.value).toEqual(["stun:a", "stun:b"]);
});

test("a flag is a word for yes or no, and nothing else", () => {
  expect(layers({}, { P2P_CHAT: "YES" }).flag("chat")).toBe(true);
  expect(layers({}, { P2P_CHAT: "off" }).flag("chat")).toBe(false);
  expect(layers({}).flag("chat")).toBeUndefined();
  expect(() => layers({}, { P2P_CHAT: "maybe" })).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("a contradiction within one place is refused; between two the higher one wins", () => {
  expect(() => layers({ stun: ["stun:a"], "no-stun": true })).toThrow(expect.objectContaining({ code: "USAGE" }));
  const all = layers({ "no-stun": true }, { P2P_STUN: "stun:a" });
  expect(all.flag("no-stun")).toBe(true);
  expect(all.list("stun")).toBeUndefined();
});
