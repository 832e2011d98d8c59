// Nothing that a peer sends is ever run: one file alone can start another program, the command that `--via` names, and
// nothing makes code of text.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../../src", import.meta.url));
const WAYS = /"(?:node:)?(?:child_process|vm|cluster)"|new Function|\beval\(|process\.(?:dlopen|binding)/;

test("src starts no process but the command of --via, and evaluates no text", async () => {
  const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(100);
  const found: string[] = [];
  for (const name of files) if (WAYS.test(await readFile(join(source, name), "utf8"))) found.push(name);
  expect(found).toEqual([join("pairing", "carriers", "far-process.ts")]);
});
