// What docs/api.md is made from: the exports of a built module, read out of its declarations.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exportsOf, mentionedBy } from "../../../scripts/support/declarations.mjs";

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
  expect(found.A).toMatchObject({
    doc: "One line.",
    code: 'export type A = "}" | {\n    /** a { brace */\n    b: 1;\n};',
  });
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

test("a union with comments between its members is one declaration", async () => {
  const union = [
    "export type A = ",
    "/** one { */",
    "{",
    "    a: 1;",
    "}",
    "/** two */",
    " | {",
    "    b: 1;",
    "};",
  ].join("\n");
  const found = await exportsFrom({ "index.d.ts": `${union}\nexport declare const b: 1;\n` });
  expect(found.A?.code).toBe(union);
  expect(found.b?.code).toBe("export declare const b: 1;");
});

test("what exports mention without being exports, over files, once, and not in comments", async () => {
  const dir = await mkdtemp(join(tmpdir(), "p2p-declarations-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const files = {
    "index.d.ts": 'export type { A } from "./one.ts";\n',
    "one.d.ts": [
      'import type { B as C } from "./two.ts";',
      "/** of D */",
      'export type A = C | "D" | A;',
      "export type D = 1;",
    ].join("\n"),
    "two.d.ts": "export type B = E;\n/** e */\nexport type E = B | Unknown;\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  const mentioned = mentionedBy(exportsOf(join(dir, "index.d.ts")));
  expect([...mentioned].map(([name, { doc }]) => [name, doc])).toEqual([
    ["C", ""],
    ["E", "e"],
  ]);
});

test("a name that is not there is an error", async () => {
  const files = { "index.d.ts": 'export { nothing } from "./one.ts";\n', "one.d.ts": "" };
  await expect(exportsFrom(files)).rejects.toThrow("nothing");
});
