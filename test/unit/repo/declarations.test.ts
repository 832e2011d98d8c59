// What docs/api.md is made from: the exports of a built module, read out of its declarations.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exportsOf } from "../../../scripts/support/declarations.mjs";

async function exportsFrom(files: Record<string, string>) {
  const dir = await mkdtemp(join(tmpdir(), "p2p-declarations-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  return Object.fromEntries(exportsOf(join(dir, "index.d.ts")));
}

test("declarations with their docs, whatever is between their braces", async () => {
  const found = await exportsFrom({
    "index.d.ts": [
      "/** One line. */",
      'export type A = "}" | {',
      "    /** a { brace */",
      "    b: 1;",
      "};",
      "/**",
      " * Two",
      " * lines.",
      " */",
      "export declare function f(a: number): void;",
      "export declare function f(a: string): void;",
      "declare const hidden: 1;",
      "export declare class C {",
      "    #private;",
      "}",
    ].join("\n"),
  });
  expect(Object.keys(found)).toEqual(["A", "f", "C"]);
  expect(found.A).toEqual({ doc: "One line.", code: 'export type A = "}" | {\n    /** a { brace */\n    b: 1;\n};' });
  expect(found.f?.doc).toBe("Two\nlines.");
  expect(found.f?.code.split("\n")).toHaveLength(2);
  expect(found.C?.doc).toBe("");
});

test("re-exports, by name, by new name, all of a file, and of what was imported", async () => {
  const found = await exportsFrom({
    "index.d.ts": 'export { a, type B as C, } from "./one.ts";\nexport type * from "./two.ts";\n',
    "one.d.ts": "/** a */\nexport declare const a: 1;\n/** B */\nexport type B = 1;\n",
    "two.d.ts": 'import type { D } from "./three.ts";\nimport { Socket } from "node:net";\nexport type { D };\n',
    "three.d.ts": "/** D */\nexport interface D {\n}\n",
  });
  expect(Object.entries(found).map(([name, { doc }]) => [name, doc])).toEqual([
    ["a", "a"],
    ["C", "B"],
    ["D", "D"],
  ]);
});

test("a name that is not there is an error", async () => {
  const files = { "index.d.ts": 'export { nothing } from "./one.ts";\n', "one.d.ts": "" };
  await expect(exportsFrom(files)).rejects.toThrow("nothing");
});
