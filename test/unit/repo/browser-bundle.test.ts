// session/ and all pure folders are for a browser too: a stock bundler puts every file of them into one script without
// shims, the script runs where nothing but a browser's own globals exists.
import { readdirSync, readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import { type BrowserBundle, bundleForBrowser } from "../../support/browser/bundle.ts";

const FOLDERS = [
  "session",
  "exchange",
  "control",
  "transfer",
  "channel",
  "sctp",
  "guard",
  "media",
  "nat",
  "paths",
  "lib",
];

const root = new URL("../../../", import.meta.url);
const files = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(`src/${folder}/`, root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `src/${folder}/${name}`),
);

let bundle: BrowserBundle;

beforeAll(async () => {
  const entry = files.map((file, at) => `export * as file${at} from "./${file}";`).join("\n");
  bundle = await bundleForBrowser(entry, { minify: false });
});

describe("session/ and the pure folders in one script", () => {
  test("are bundled without a complaint, every file of them that has code", () => {
    expect(bundle.warnings).toEqual([]);
    const own = [...bundle.modules.keys()].filter((id) => id.startsWith("src/"));
    expect(own.length).toBeGreaterThan(150);
    expect(own.filter((id) => !FOLDERS.includes(id.split("/")[1] ?? ""))).toEqual([]);
  });

  test("import nothing of Node, and two packages", () => {
    expect(bundle.code).not.toMatch(/["']node:/);
    const packages = [...bundle.modules.keys()].filter((id) => id.includes("node_modules"));
    // What routers say is read by nat/port-mapping/xml.ts, which a page does not take.
    expect(packages.filter((id) => !/@rgrove\/parse-xml|@noble\/hashes/.test(id))).toEqual([]);
  });

  test("run where nothing of Node exists", () => {
    const context = createContext({ TextEncoder, TextDecoder, URL });
    runInContext(bundle.code, context);
    const loaded = runInContext("Object.values(bundled).flatMap((file) => Object.keys(file))", context) as string[];
    expect(loaded).toContain("ConnectedSession");
    expect(loaded).toContain("decodeExchangeDocument");
    // What a bundler takes for a browser's is not there either.
    expect(runInContext("typeof process + typeof Buffer + typeof require", context)).toBe("undefined".repeat(3));
  });
});

// Some bundlers take all of zod for the name `z`.
test("zod is imported as a namespace, all over src", () => {
  const sources = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(`src/${name}`, root), "utf8"));
  const imports = sources.flatMap((text) => text.match(/^import .* from "zod.*$/gm) ?? []);
  expect(new Set(imports)).toEqual(new Set(['import * as z from "zod";']));
});
