// Every error code is one that something in src can end with: a code that nothing uses tells readers of the
// table about a condition that does not exist.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../../../src/lib/errors/codes.ts";

const src = fileURLToPath(new URL("../../../src", import.meta.url));
const TABLES = [
  "lib/errors/codes.ts",
  "lib/errors/params.ts",
  "lib/errors/english.ts",
  "lib/errors/english-media.ts",
  "lib/errors/english-seal.ts",
  "lib/errors/english-transfers.ts",
  "words/errors.ts",
];

test("each code is used outside its tables", async () => {
  const names = await readdir(src, { recursive: true });
  const files = names.map((name) => name.replaceAll("\\", "/")).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(
    files.filter((name) => !TABLES.includes(name)).map((name) => readFile(join(src, name), "utf8")),
  );
  const all = texts.join("\n");
  expect(Object.keys(ERROR_CODES).filter((code) => !all.includes(`"${code}"`))).toEqual([]);
});
