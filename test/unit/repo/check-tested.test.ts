// scripts/check-tested.mjs finds what it is there for: shown a small project of its own for each case.
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const scripts = fileURLToPath(new URL("../../../scripts", import.meta.url));

interface Part {
  test: string;
  files: string[];
}

/** Runs the check in a project with these files, these parts of others, and these files of src as entries of the package. */
async function check(files: Record<string, string>, parts: Part[] = [], entries = Object.keys(files)) {
  const dir = await mkdtemp(join(tmpdir(), "p2p-check-tested-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await cp(scripts, join(dir, "scripts"), { recursive: true });
  const all = { "test/none.ts": "", ...files };
  for (const [name, content] of Object.entries({
    ...all,
    "package.json": JSON.stringify(entries.map((name) => name.replace(/^src/, "dist").replace(/ts$/, "js"))),
    "scripts/support/parts-of-others.mjs": `export const PARTS = ${JSON.stringify(parts)};`,
  })) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  const { status, stderr } = spawnSync(process.execPath, [join(dir, "scripts/check-tested.mjs")], { encoding: "utf8" });
  return { status, stderr };
}

const VALUE = "export const a = 1;\n";

test.each<[what: string, files: Record<string, string>, parts?: Part[]]>([
  ["a test that imports it", { "src/x/a.ts": VALUE, "test/sim/b.test.ts": 'import { a } from "../../src/x/a.ts";' }],
  ["what tests are built on", { "src/x/a.ts": VALUE, "test/support/b.ts": 'import { a } from "../../src/x/a.ts";' }],
  ["a test that imports it late", { "src/a.ts": VALUE, "test/b.test.ts": 'await import("../src/a.ts");' }],
  ["a type beside a value", { "src/a.ts": VALUE, "test/b.ts": 'import { a, type B } from "../src/a.ts";' }],
  ["a test of its name", { "src/x/a.ts": VALUE, "test/unit/x/a.test.ts": "" }],
  ["a test that runs the command", { "src/cli/commands/seal.ts": VALUE, "test/e2e/b.test.ts": 'run(["seal"])' }],
  ["nothing to run", { "src/a.ts": "export type A = 1;\nexport interface B {}\n" }],
  [
    "the test of its owner",
    {
      "src/a.ts": VALUE,
      "src/b.ts": 'export { a } from "./a.ts";',
      "test/b.test.ts": 'import { a } from "../src/b.ts";',
    },
    [{ test: "test/b.test.ts", files: ["src/a.ts"] }],
  ],
  [
    "a test that walks its folder",
    { "src/words/a.ts": VALUE, "test/b.test.ts": "readdirSync(`src/words/`)" },
    [{ test: "test/b.test.ts", files: ["src/words/"] }],
  ],
])("a file has %s", async (_what, files, parts) => {
  expect(await check(files, parts)).toEqual({ status: 0, stderr: "" });
});

const USED = { "src/a.ts": VALUE, "test/b.test.ts": 'import { a } from "../src/a.ts";' };
test.each<[what: string, complaint: string, files: Record<string, string>, parts?: Part[]]>([
  ["no test", "src/a.ts has no test", { "src/a.ts": VALUE }],
  ["types imported only", "has no test", { "src/a.ts": VALUE, "test/b.ts": 'import type { A } from "../src/a.ts";' }],
  ["one type imported", "has no test", { "src/a.ts": VALUE, "test/b.ts": 'import { type A } from "../src/a.ts";' }],
  ["a function", "src/a.ts has no test", { "src/a.ts": "export async function a() {}" }],
  [
    "an owner whose test does not lead there",
    "test/b.test.ts does not lead to src/c.ts",
    { ...USED, "src/c.ts": VALUE },
    [{ test: "test/b.test.ts", files: ["src/c.ts"] }],
  ],
  ["a test by now", "take it out", USED, [{ test: "test/b.test.ts", files: ["src/a.ts"] }]],
  ["gone", "src/c.ts, which is not there", USED, [{ test: "test/b.test.ts", files: ["src/c.ts"] }]],
  [
    "an owner without a test",
    "test/c.test.ts, which is not there",
    USED,
    [{ test: "test/c.test.ts", files: ["src/c.ts"] }],
  ],
])("a file with %s fails", async (_what, complaint, files, parts) => {
  const { status, stderr } = await check(files, parts);
  expect(status).toBe(1);
  expect(stderr).toContain(complaint);
});

const TESTED = 'import * as b from "../src/b.ts"; import { a } from "../src/a.ts";';
test.each<[what: string, by: string]>([
  ["a value", 'import { a } from "./a.ts";'],
  ["nothing but a type", 'import type { A } from "./a.ts";'],
  ["something to hand on", 'export { a } from "./a.ts";'],
  ["it late", 'await import("./a.ts");'],
  ["its effect", 'import "./a.ts";'],
])("a file is in use when an entry takes %s of it", async (_what, by) => {
  const files = { "src/a.ts": VALUE, "src/b.ts": by, "test/b.test.ts": TESTED };
  expect(await check(files, [], ["src/b.ts"])).toEqual({ status: 0, stderr: "" });
});

/** Checks a file that exports this beside what is used of it; `by` is in another file. */
async function checkExport(line: string, by = "") {
  const c = { "src/c.ts": `import "./a.ts";\n${by}`, "test/unit/c.test.ts": "" };
  const files = { ...USED, "src/a.ts": `${VALUE}${line}\n`, ...c };
  return await check(files, [], ["src/c.ts"]);
}

test.each<[what: string, line: string, by?: string]>([
  ["an object", "export const forNobody = {};"],
  ["a constant", "export const FOR_NOBODY = 1;\nconst b = FOR_NOBODY;"],
  ["a function", "export async function forNobody() {}"],
  ["a class", "export class forNobody {}"],
  ["a type that it does not use itself", "export type forNobody = 1;"],
  ["what has the name of something else", "export const FOR_NOBODY = 1;", 'import { FOR_NOBODY } from "./d.ts";'],
])("%s that is exported for nobody fails", async (_what, line, by) => {
  const [name] = /for_?nobody/i.exec(line) ?? [];
  expect(await checkExport(line, by)).toEqual({
    status: 1,
    stderr: `src/a.ts exports ${name}, which no other file takes\n`,
  });
});

test.each<[what: string, line: string, by?: string]>([
  ["a value that another file takes", "export const B = 1;", 'import {\n  a,\n  B as C,\n} from "./a.ts";'],
  ["a value that another file hands on", "export const B = 1;", 'export { B } from "./a.ts";'],
  ["a value of a file that is taken whole", "export const B = 1;", 'import * as all from "./a.ts";\nall.B;'],
  ["a value that is taken late", "export const B = 1;", 'const { B } = await import("./a.ts");'],
  ["a type that another file takes", "export type B = 1;", 'import { a, type B } from "./a.ts";'],
  ["a type of something else that is exported", "export interface B {}\nfunction f(b: B) {}"],
])("%s is exported for somebody", async (_what, line, by) => {
  expect(await checkExport(line, by)).toEqual({ status: 0, stderr: "" });
});

test.each<[what: string, files: Record<string, string>]>([
  ["its test", { "src/a.ts": VALUE }],
  ["its test, and has types only", { "src/a.ts": "export type A = 1;\n" }],
  ["a file that is dead itself", { "src/a.ts": VALUE, "src/c.ts": 'import "./a.ts";' }],
])("a file that nothing uses but %s is dead", async (_what, files) => {
  const all = { "src/b.ts": "", "test/b.test.ts": TESTED, ...files };
  const { status, stderr } = await check(all, [], ["src/b.ts"]);
  expect(status).toBe(1);
  expect(stderr).toContain("src/a.ts is dead");
});
