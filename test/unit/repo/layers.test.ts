// The layer rules of ARCHITECTURE.md hold because the linter says so. Here the linter is shown every wrong
// import, and what a pure folder must not touch, in a copy of the tree's shape; and every right one as well.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { reachOf } from "../../../scripts/support/imports.mjs";
import { PAGE_ENTRIES } from "../../../scripts/support/page-entries.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const folders = [
  "cli",
  "ui",
  "web",
  "words",
  "pairing",
  "session",
  "rtc",
  "store",
  "trust",
  "channel",
  "transfer",
  "control",
  "exchange",
  "media",
  "nat",
  "guard",
  "paths",
  "sctp",
  "lib",
] as const;
type Folder = (typeof folders)[number];
type Row = Folder | "index" | "command-port";

const belowTheLine: Folder[] = folders.slice(folders.indexOf("channel"));

/** What each row may import besides itself. */
const mayImport: Record<Row, Row[]> = {
  cli: ["ui", "words", "index", "command-port"],
  ui: ["words", "index", "command-port"],
  // Of trust only age-sealing.ts, which is for every platform.
  web: ["words", "pairing", "session", "transfer", "control", "exchange", "media", "nat", "paths", "lib"],
  words: ["lib"],
  index: ["pairing", "session", "rtc", "store", "trust", ...belowTheLine],
  "command-port": ["pairing", "session", "rtc", "store", "trust", ...belowTheLine],
  pairing: ["session", "rtc", "store", "trust", ...belowTheLine],
  session: belowTheLine,
  rtc: belowTheLine,
  store: belowTheLine,
  trust: belowTheLine,
  channel: ["sctp", "lib"],
  transfer: ["lib"],
  control: ["lib"],
  exchange: ["lib"],
  media: ["lib"],
  nat: ["lib"],
  guard: ["lib"],
  paths: ["lib"],
  sctp: ["lib"],
  lib: [],
};

/** The files through which what lies below is used: by embedders, and by our own command line. */
const entrances = ["index", "command-port"] as const;
function isEntrance(row: Row): row is (typeof entrances)[number] {
  return (entrances as readonly Row[]).includes(row);
}

const packages = ["werift", "age-encryption", "mediabunny", "chalk", "commander", "zod", "ajv", "node:fs"] as const;

function mayUsePackage(folder: Folder, name: (typeof packages)[number]): boolean {
  // What a page has too takes no package: a library for shapes makes code out of text, which a page forbids.
  if (["words", "web", "session"].includes(folder) || belowTheLine.includes(folder)) return false;
  if (name === "werift") return folder === "rtc";
  if (name === "age-encryption") return folder === "trust";
  // Of store only its folder media/.
  if (name === "mediabunny") return false;
  if (name === "commander") return folder === "cli";
  return name !== "chalk";
}

interface Fixture {
  title: string;
  path: string;
  text: string;
  /** The rule that must complain, or none. */
  rule: string | undefined;
}

const fixtures: Fixture[] = [];
const add = (title: string, path: string, text: string, rule: string | undefined): void => {
  fixtures.push({ title, path, text, rule });
};

const LAYER = "eslint(no-restricted-imports)";

for (const from of folders) {
  for (const to of [...folders, ...entrances]) {
    if (from === to) continue;
    const right = mayImport[from].includes(to);
    const target = isEntrance(to) ? `../${to}.ts` : `../${to}/value.ts`;
    add(
      `${from} ${right ? "may" : "must not"} import ${to}`,
      `src/${from}/to-${to}.ts`,
      `import { value } from "${target}";\nexport const mine = value;\n`,
      right ? undefined : LAYER,
    );
  }
}
for (const entrance of entrances) {
  add(
    `${entrance} may import every row but cli, ui and words`,
    `src/${entrance}.ts`,
    mayImport[entrance].map((to) => `export { value as ${to} } from "./${to}/value.ts";\n`).join(""),
    undefined,
  );
  for (const to of ["cli", "ui", "words"]) {
    add(
      `${entrance} must not import ${to}`,
      `src/${entrance}.ts`,
      `export { value } from "./${to}/value.ts";\n`,
      LAYER,
    );
  }
}

add(
  "store/media may use mediabunny",
  "src/store/media/uses-mediabunny.ts",
  'import * as used from "mediabunny";\nexport const mine = used;\n',
  undefined,
);
add(
  "store/media knows no session",
  "src/store/media/to-session.ts",
  'import { value } from "../../session/value.ts";\nexport const mine = value;\n',
  LAYER,
);
add(
  "a type is an import, too",
  "src/transfer/type.ts",
  'import type { Value } from "../sctp/value.ts";\nexport type Mine = Value;\n',
  LAYER,
);
add("a re-export is an import, too", "src/sctp/re-export.ts", 'export * from "../channel/value.ts";\n', LAYER);
add(
  "a dynamic import is an import, too",
  "src/cli/dynamic.ts",
  'export const lazy = async () => import("../rtc/value.ts");\n',
  LAYER,
);
add(
  "a type written as import() is refused",
  "src/transfer/inline-type.ts",
  'export type Mine = import("../sctp/value.ts").Value;\n',
  "typescript(consistent-type-imports)",
);
add(
  "a nested folder obeys the rule of its row",
  "src/sctp/packet/deep.ts",
  'import { value } from "../../transfer/value.ts";\nexport const mine = value;\n',
  LAYER,
);
add(
  "a nested folder may import its own row and below",
  "src/sctp/packet/right.ts",
  'import { lib } from "../../lib/only-here.ts";\nimport { value } from "../value.ts";\nexport const mine = [value, lib];\n',
  undefined,
);

for (const folder of folders) {
  for (const name of packages) {
    const right = mayUsePackage(folder, name);
    add(
      `${folder} ${right ? "may" : "must not"} import ${name}`,
      `src/${folder}/package-${name.replace(":", "-")}.ts`,
      `import * as foreign from "${name}";\nexport const mine = foreign;\n`,
      right ? undefined : LAYER,
    );
  }
}
add(
  "cli/print.ts may import chalk",
  "src/cli/print.ts",
  'import * as foreign from "chalk";\nexport const mine = foreign;\n',
  undefined,
);
for (const [path, rule] of [
  ["src/nat/port-mapping/xml.ts", undefined],
  ["src/nat/port-mapping/other.ts", LAYER],
] as const) {
  const text = 'import * as foreign from "@rgrove/parse-xml";\nexport const mine = foreign;\n';
  add(`${path} ${rule === undefined ? "may" : "must not"} import the XML parser`, path, text, rule);
}

for (const [path, rule] of [
  ["src/lib/sha256.ts", undefined],
  ["src/lib/other.ts", LAYER],
] as const) {
  const text = 'import * as foreign from "@noble/hashes/sha2";\nexport const mine = foreign;\n';
  add(`${path} ${rule === undefined ? "may" : "must not"} import SHA-256`, path, text, rule);
}

const impure: [name: string, text: string, rule: string][] = [
  ["date", "export const now = Date.now();\n", "eslint(no-restricted-globals)"],
  ["performance", "export const now = performance.now();\n", "eslint(no-restricted-globals)"],
  ["timeout", "export const t = setTimeout(String, 1);\n", "eslint(no-restricted-globals)"],
  ["interval", "export const t = setInterval(String, 1);\n", "eslint(no-restricted-globals)"],
  ["immediate", "export const t = setImmediate(String);\n", "eslint(no-restricted-globals)"],
  ["microtask", "queueMicrotask(String);\nexport const t = 1;\n", "eslint(no-restricted-globals)"],
  ["promise", "export const p = Promise.resolve(1);\n", "eslint(no-restricted-globals)"],
  ["crypto", "export const r = crypto.randomUUID();\n", "eslint(no-restricted-globals)"],
  ["buffer", "export const b = Buffer.alloc(1);\n", "eslint(no-restricted-globals)"],
  ["process", "export const p = process.pid;\n", "eslint(no-restricted-globals)"],
  ["console", 'console.log("x");\nexport const c = 1;\n', "eslint(no-restricted-globals)"],
  ["global-this", "export const now = globalThis.performance;\n", "eslint(no-restricted-globals)"],
  ["random", "export const r = Math.random();\n", "eslint(no-restricted-properties)"],
  ["random-taken-out", "const { random } = Math;\nexport const r = random();\n", "eslint(no-restricted-properties)"],
  ["async", "export async function later() {}\n", "oxc(no-async-await)"],
];
/** A session waits for its ports, and says when somebody was verified. */
const mayBeInSession = ["date", "promise", "async"];
for (const [name, text, rule] of impure) {
  const rows: Folder[] = mayBeInSession.includes(name) ? belowTheLine : ["session", ...belowTheLine];
  if (mayBeInSession.includes(name)) add(`${name} in session`, `src/session/impure-${name}.ts`, text, undefined);
  for (const folder of rows) add(`${name} in ${folder}`, `src/${folder}/impure-${name}.ts`, text, rule);
  add(`${name} in pairing`, `src/pairing/impure-${name}.ts`, text, undefined);
}

const statements = (count: number): string => Array.from({ length: count }, (_, i) => `  use(${i});`).join("\n");
const general: [title: string, path: string, text: string, rule: string | undefined][] = [
  [
    "an import cycle",
    "src/pairing/cycle-a.ts",
    'import { b } from "./cycle-b.ts";\nexport const a = (): unknown => b;\n',
    "import(no-cycle)",
  ],
  [
    "the other end of the cycle",
    "src/pairing/cycle-b.ts",
    'import { a } from "./cycle-a.ts";\nexport const b = (): unknown => a;\n',
    "import(no-cycle)",
  ],
  ["a barrel", "src/pairing/barrel.ts", 'export * from "./value.ts";\n', "oxc(no-barrel-file)"],
  ["a default export", "src/pairing/default.ts", "export default 1;\n", "import(no-default-export)"],
  ["any", "src/pairing/any.ts", "export const a = (b: any): unknown => b;\n", "typescript(no-explicit-any)"],
  [
    "a floating promise",
    "src/pairing/floating.ts",
    "async function later(): Promise<void> {}\nexport function now(): void {\n  later();\n}\n",
    "typescript(no-floating-promises)",
  ],
  [
    "a promise where none is awaited",
    "src/pairing/misused.ts",
    "export const run = (): void => [1].forEach(async () => {});\n",
    "typescript(no-misused-promises)",
  ],
  [
    "a switch that forgets a case",
    "src/pairing/switch.ts",
    'export function f(kind: "a" | "b"): number {\n  switch (kind) {\n    case "a":\n      return 1;\n  }\n  return 2;\n}\n',
    "typescript(switch-exhaustiveness-check)",
  ],
  [
    "a sort of numbers as text",
    "src/pairing/sort.ts",
    "export const sorted = [10, 9].sort();\n",
    "typescript(require-array-sort-compare)",
  ],
  [
    "process.exit",
    "src/pairing/exit.ts",
    "export const end = (): never => process.exit(1);\n",
    "unicorn(no-process-exit)",
  ],
  [
    "a file of 601 lines",
    "src/pairing/long-file.ts",
    Array.from({ length: 601 }, (_, i) => `export const v${i} = ${i};`).join("\n"),
    "eslint(max-lines)",
  ],
  [
    "a function of 71 lines",
    "src/pairing/long-function.ts",
    `export function long(use: (n: number) => void): void {\n${statements(69)}\n}\n`,
    "eslint(max-lines-per-function)",
  ],
  [
    "a function of 70 lines",
    "src/pairing/short-function.ts",
    `export function long(use: (n: number) => void): void {\n${statements(68)}\n}\n`,
    undefined,
  ],
  [
    "a long function in a test",
    "test/unit/long-function.ts",
    `export function long(use: (n: number) => void): void {\n${statements(80)}\n}\n`,
    undefined,
  ],
];
for (const [title, path, text, rule] of general) add(title, path, text, rule);

/** Regular expressions, and whether some text costs them more than its length. */
const regexes: [pattern: string, isRefused: boolean][] = [
  // Exponential.
  ["/^(a+)+$/", true],
  ["/(?:a|ab?)*c/u", true],
  ["/^(?:[a-z]+\\.?)+@$/i", true],
  // Two parts take the same characters.
  ["/^(`{3,}|~{3,})[^\\n`]*(?:\\n|$)/", true],
  ["/^typ( +(.*))?$/", true],
  ["/^(ab)*(ab)*$/", true],
  ["/^(?:a?b?)*c$/", true],
  // Each of many places is a begin.
  ["/[. ]+$/", true],
  ["/^\\s+|\\s+$/g", true],
  ["/%.*$/", true],
  ["/(ab)+c/", true],
  ["/<[^>]*>/", true],
  ["/\\/\\*[^]*?\\*\\//", true],
  ["/^\\s+$/", false],
  ["/\\s+/g", false],
  ["/^[0-9A-F]{2}(?::[0-9A-F]{2})*$/", false],
  ["/^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}$/", false],
  ["/a|b|cd/", false],
  ["new RegExp(String(1))", true],
  ["RegExp(String(1))", true],
];
for (const [at, [pattern, isRefused]] of regexes.entries()) {
  const rule = isRefused ? "p2p(linear-regex)" : undefined;
  add(`the regular expression ${pattern}`, `src/app/regex-${at}.ts`, `export const regex = ${pattern};\n`, rule);
}
add("a slow regular expression in a test", "test/unit/regex.ts", "export const regex = /^(a+)+$/;\n", undefined);

interface Diagnostic {
  code: string;
  filename: string;
}

/** What Node has and a browser has not, or what reaches outside: no value of it, and no type. */
const unportable: [name: string, text: string][] = [
  ["a type of Node's timers", "export let timer: NodeJS.Timeout | undefined;\n"],
  ["the type Buffer", "export const size = (bytes: Buffer): number => bytes.length;\n"],
  ["a module of Node", 'export type { Stats } from "node:fs";\n'],
  ["a module of Node, later", 'export const lazy = (): unknown => import("node:fs");\n'],
  ["a type of a module of Node", 'export type Mine = import("node:fs").Stats;\n'],
  ["the folder of the module", "export const here = __dirname;\n"],
  ["the address of the module", "export const here = import.meta.dirname;\n"],
  ["a WebSocket", 'export const socket = new WebSocket("ws://localhost");\n'],
  ["the navigator", "export const agent = navigator.userAgent;\n"],
  ["the document", "export const title = document.title;\n"],
  ["a timer", "export const timer = setTimeout(String, 1);\n"],
  ["an abort signal", "export const signal = AbortSignal.timeout(1);\n"],
];
const portableRows: Folder[] = ["session", ...belowTheLine];

/** Compiles these files as `npm run ok` compiles the portable folders. @returns the paths that have errors */
async function compilePortable(files: readonly Pick<Fixture, "path" | "text">[]): Promise<Set<string>> {
  return withTree(files, async (dir) => {
    await cp(join(root, "scripts", "portable"), join(dir, "scripts", "portable"), { recursive: true });
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", "scripts/portable"], {
      cwd: dir,
      maxBuffer: 64 << 20,
    }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
    return new Set([...stdout.matchAll(/^(src\/[^(]+)\(/gm)].map(([, path = ""]) => path));
  });
}

/** Lints a tree of the given files under the project's own configuration. */
async function lint(files: readonly Pick<Fixture, "path" | "text">[]): Promise<Diagnostic[]> {
  return withTree(files, async (dir) => {
    const oxlint = join(root, "node_modules", "oxlint", "bin", "oxlint");
    // The linter exits 1 when it finds something, and finding is what it is here for.
    const { stdout } = await promisify(execFile)(process.execPath, [oxlint, "-f", "json", "src", "test"], {
      cwd: dir,
      maxBuffer: 64 << 20,
    }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
    return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
  });
}

/** Makes a tree of the given files with the project's own configuration, and removes it afterwards. */
async function withTree<T>(
  files: readonly Pick<Fixture, "path" | "text">[],
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "p2p-layers-"));
  try {
    for (const name of [".oxlintrc.json", "tsconfig.json", "package.json"]) await cp(join(root, name), join(dir, name));
    await cp(join(root, "scripts", "lint"), join(dir, "scripts", "lint"), { recursive: true });
    await symlink(join(root, "node_modules"), join(dir, "node_modules"), "junction");
    for (const { path, text } of files) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const values = [
  ...folders.map((folder) => ({
    path: `src/${folder}/value.ts`,
    text: "export const value = 1;\nexport type Value = 1;\n",
  })),
  { path: "src/lib/only-here.ts", text: "export const lib = 1;\n" },
  ...entrances.map((entrance) => ({ path: `src/${entrance}.ts`, text: "export const value = 1;\n" })),
];

/** An entrance is one file, so each fixture of it gets a tree of its own. */
const isOfEntrance = ({ path }: Fixture): boolean => entrances.some((entrance) => path === `src/${entrance}.ts`);
const inOneTree = fixtures.filter((fixture) => !isOfEntrance(fixture));
const ofEntrances = fixtures.filter(isOfEntrance);
const found = new Map<Fixture, string[]>();

beforeAll(async () => {
  const note = (group: readonly Fixture[], diagnostics: readonly Diagnostic[]): void => {
    for (const fixture of group) {
      const own = diagnostics.filter(({ filename }) => filename.replaceAll("\\", "/") === fixture.path);
      found.set(
        fixture,
        own.map(({ code }) => code),
      );
    }
  };
  note(inOneTree, await lint([...values, ...inOneTree]));
  for (const fixture of ofEntrances) {
    note([fixture], await lint([...values.filter(({ path }) => path !== fixture.path), fixture]));
  }
});

test("every folder of src is a row with a rule", async () => {
  const entries = await readdir(join(root, "src"), { withFileTypes: true });
  const named = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(named.filter((name) => !(folders as readonly string[]).includes(name))).toEqual([]);
});

describe("the linter", () => {
  test.each(fixtures)("$title → $rule", (fixture) => {
    const codes = found.get(fixture) ?? [];
    if (fixture.rule === undefined) expect(codes).toEqual([]);
    else expect(codes).toContain(fixture.rule);
  });
});

describe("what is not portable", () => {
  const all = portableRows.flatMap((folder) =>
    unportable.map(([name, text], at) => ({ name: `${name} in ${folder}`, path: `src/${folder}/odd-${at}.ts`, text })),
  );
  const right = portableRows.map((folder) => ({
    path: `src/${folder}/right.ts`,
    text: 'export const bytes = new TextEncoder().encode(new URL("a://b").host);\n',
  }));
  let wrong = new Set<string>();

  beforeAll(async () => {
    wrong = await compilePortable([...all, ...right]);
  });

  test.each(all)("$name does not compile", ({ path }) => {
    expect(wrong).toContain(path);
  });

  test("what a browser has too does compile", () => {
    expect(right.filter(({ path }) => wrong.has(path))).toEqual([]);
  });
});

test("every file of pairing that the page takes is held to the ports of pairing", async () => {
  const withoutComments = (await readFile(join(root, ".oxlintrc.json"), "utf8")).replaceAll(/\s\/\/ .*$/gm, "");
  const { overrides } = JSON.parse(withoutComments) as {
    overrides: { files: string[] }[];
  };
  const held = overrides.find(({ files }) => files.includes("src/pairing/line.ts"))?.files ?? [];
  const taken = PAGE_ENTRIES.flatMap((entry) => [...reachOf(entry)]).filter((file) => file.startsWith("src/pairing/"));
  expect(taken).toContain("src/pairing/line.ts");
  expect(taken.filter((file) => !held.includes(file))).toEqual([]);
});
