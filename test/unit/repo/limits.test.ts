// docs/limits.md lists what can grow, and says how much of it there can be. Here it is held against the source: what a
// row names is there and has that value, and what grows in the source is in one of the two tables.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { collectionsOf, constantValue, valueOf } from "../../support/collections.ts";

const root = new URL("../../../", import.meta.url);
const texts = new Map<string, string>();
function read(path: string): string {
  const text = texts.get(path) ?? readFileSync(new URL(path, root), "utf8");
  texts.set(path, text);
  return text;
}
const isThere = (path: string): boolean => existsSync(new URL(path, root));

/** Of those that keep what somebody else says; the others hold words, types and the two entrances. */
const FOLDERS = [
  "exchange",
  "media",
  "nat",
  "guard",
  "paths",
  "channel",
  "sctp",
  "transfer",
  "control",
  "lib",
  "rtc",
  "store",
  "trust",
  "session",
  "pairing",
  "ui",
  "cli",
  "web",
];

interface Row {
  readonly text: string;
  readonly file: string;
  /** Fields, variables, functions or constants of the file. */
  readonly names: readonly string[];
  readonly cells: readonly string[];
}

const page = read("docs/limits.md");
const [, others = "", ours = ""] = page.split(/^## What .*$/m);

function rowsOf(part: string): Row[] {
  const lines = part.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((text) => {
    const cells = text.split("|").map((cell) => cell.trim());
    const [file = "", ...names] = [...(cells[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
    return { text, file, names, cells };
  });
}

const limited = rowsOf(others);
const own = rowsOf(ours);
const labelOf = ({ file, names }: Row): string => `${file} ${names.join(" ")}`;

/** `NAME` = 1,024 (`src/file.ts`): a constant without a file takes that of the next one that has one, or the row's. */
function constantsOf(row: Row): { name: string; value: number; file: string }[] {
  const cell = row.cells[3] ?? "";
  const found = [...cell.matchAll(/`([A-Z][A-Z0-9_]*)` = (\d[\d,.]*\d|\d)(?: \(`([^`]+)`\))?/g)];
  return found.map(([, name = "", digits = "", file], at) => {
    const declares = (path: string): boolean => isThere(path) && constantValue(path, name, read) !== undefined;
    const next = found.slice(at).find((one) => one[3] !== undefined)?.[3];
    const where = file ?? (declares(row.file) ? row.file : (next ?? row.file));
    return { name, value: Number(digits.replaceAll(",", "")), file: where };
  });
}

function hasWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w$])${word.replace(/[$#]/g, "\\$&")}(?![\\w$])`).test(text);
}

describe("every row of docs/limits.md", () => {
  test("there are two tables", () => {
    expect(limited.length).toBeGreaterThan(50);
    expect(own.length).toBeGreaterThan(20);
  });

  test.each([...limited, ...own].map((row) => [labelOf(row), row] as const))("%s is in the source", (_, row) => {
    expect(isThere(row.file), `docs/limits.md names ${row.file}, which is not there: put its new path there`).toBe(
      true,
    );
    expect(row.names.length, row.text).toBeGreaterThan(0);
    const source = read(row.file);
    const gone = row.names.filter((name) => !hasWord(source, name));
    expect(
      gone,
      `docs/limits.md names these of ${row.file}, where they are not any more: mend or take out the row`,
    ).toEqual([]);
  });

  test.each(limited.map((row) => [labelOf(row), row] as const))("%s: limits, bytes and tests are true", (_, row) => {
    const constants = constantsOf(row);
    expect(constants.length, `no constant with its value in the column "limit": ${row.text}`).toBeGreaterThan(0);
    for (const { name, value, file } of constants) {
      const why = `docs/limits.md says \`${name}\` = ${value} in ${file}: put there what the source says`;
      expect(isThere(file) ? constantValue(file, name, read) : undefined, why).toBeCloseTo(value, 9);
    }
    expect(row.cells[2], `nobody in the column "who": ${row.text}`).not.toBe("");
    expect(row.cells[4], `nothing in the column "bytes at most": ${row.text}`).toMatch(
      /\d|as there|as where|nothing|in the/,
    );

    const shown = row.cells[6] ?? "";
    const tests = [...shown.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, path = ""]) => path);
    expect(tests.length, `no test in the last column: ${row.text}`).toBeGreaterThan(0);
    for (const path of tests) {
      expect(isThere(path), `docs/limits.md names ${path}, which is not there`).toBe(true);
      const text = read(path);
      const titles = [...shown.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title);
      const absent = titles.filter((title) => !text.includes(title));
      expect(absent, `${path} has no such title any more: mend the row ${labelOf(row)}`).toEqual([]);
      const exported = [...read(row.file).matchAll(/^export (?:async )?(?:class|function|const) (\w+)/gm)].map(
        ([, name = ""]) => name,
      );
      const known = [...constants.map(({ name }) => name), ...row.names, ...exported];
      const isMentioned = titles.length > 0 || known.some((name) => hasWord(text, name));
      expect(
        isMentioned,
        `${path} says nothing of ${known.join(", ")}: name another test, or its "title" after it`,
      ).toBe(true);
    }
  });

  test("is there once", () => {
    const all = [...limited, ...own].flatMap(({ file, names }) => names.map((name) => `${file} ${name}`));
    expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([]);
  });

  test.each(own.map((row) => [labelOf(row), row] as const))("%s has a reason", (_, row) => {
    expect(row.cells[2]).toMatch(/\w{3}/);
  });
});

test.each(FOLDERS)("what can grow in src/%s is in docs/limits.md", (folder) => {
  const listed = new Set([...limited, ...own].flatMap(({ file, names }) => names.map((name) => `${file} ${name}`)));
  const files = readdirSync(new URL(`src/${folder}/`, root), { recursive: true, encoding: "utf8" });
  const missing = files
    .filter((name) => name.endsWith(".ts"))
    .toSorted()
    .map((name) => `src/${folder}/${name}`)
    .flatMap((path) => collectionsOf(read(path)).map(({ name, line }) => ({ path, name, line })))
    .filter(({ path, name }) => !listed.has(`${path} ${name}`))
    .map(
      ({ path, name, line }) =>
        `${path}:${line} keeps \`${name}\`, which can grow: give it a row in the first table of docs/limits.md ` +
        `(| \`${path}\` \`${name}\` | who | \`LIMIT\` = 1 | bytes | beyond it | \`test/…\` |) if anybody else can make it ` +
        `grow, else one in the second (| \`${path}\` \`${name}\` | why only we can |)`,
    );
  expect(missing).toEqual([]);
});

describe("the scanner", () => {
  test.each<[string, string]>([
    ["a map of a class", "class A {\n  readonly #seen = new Map<string, number>();\n}"],
    ["a set with a type, of an exported class", "export class A<T> {\n  #seen: ReadonlySet<string> = new Set();\n}"],
    ["a list", "class A {\n  #seen: string[] = [];\n}"],
    ["a list that begins with something", "class A {\n  #seen = [1, 2];\n}"],
    ["a list of objects", "class A {\n  #seen: { name: string; bytes: number }[] = [];\n}"],
    ["a public field", "export class A {\n  seen: string[] = [];\n}"],
    ["a static field", "class A {\n  static readonly seen = new Set<string>();\n}"],
    ["a field that the formatter broke", "class A {\n  readonly #seen: Map<string, () => void> =\n    new Map();\n}"],
    ["buffers that the constructor sets", "class A {\n  readonly #seen: Buffer[];\n}"],
    ["a map that the constructor sets", "class A {\n  readonly #seen: Map<string, string>;\n}"],
    ["a list that may be none", "class A {\n  #seen: readonly string[] | undefined;\n}"],
    ["our own lists and maps", "class A {\n  readonly #seen = new Fifo<string>();\n}"],
    ["our own map with a limit", "class A {\n  readonly #seen = new RecentMap<true>(10);\n}"],
    [
      "a text that is added to",
      'class A {\n  #seen = "";\n  add(text: string): void {\n    this.#seen += text;\n  }\n}',
    ],
    [
      "a text that is put before",
      'class A {\n  #seen = "";\n  add(text: string): void {\n    this.#seen = (this.#seen + text).trim();\n  }\n}',
    ],
    [
      "bytes that are joined",
      "class A {\n  #seen: Uint8Array;\n  add(more: Buffer): void {\n    this.#seen = Buffer.concat([this.#seen, more]);\n  }\n}",
    ],
    ["a set of a module", "const seen = new Set<string>();\n\nfunction f(): void {\n  seen.add(id);\n}"],
    ["a list of a module", "let seen: string[] = [];\n\nfunction f(): void {\n  seen = [...seen, id];\n}"],
    ["a text of a module", 'export let seen = "";\n\nfunction f(): void {\n  seen += id;\n}'],
    [
      "what a function keeps for another",
      "function f(): () => void {\n  const seen = new Map<string, string>();\n  return () => {\n    seen.set(id, id);\n  };\n}",
    ],
    [
      "what a listener adds to",
      'function f(): void {\n  let seen = "";\n  socket.on("data", (text) => {\n    if (text !== "") {\n      seen += text;\n    }\n  });\n}',
    ],
    [
      "what a loop over a stream adds to",
      "async function f(): Promise<void> {\n  const seen: Buffer[] = [];\n  for await (const chunk of stream) seen.push(chunk);\n}",
    ],
    ["a map of an object", "const shared = {\n  seen: new Map<string, string>(),\n};"],
    [
      "a list of an object",
      "function f(): void {\n  const stream = {\n    seen: [],\n  };\n  stream.seen.push(id);\n}",
    ],
  ])("finds %s", (_, source) => {
    expect(collectionsOf(source).map(({ name }) => name.replace("#", ""))).toEqual(["seen"]);
  });

  test.each<[string, string]>([
    ["a weak map", "class A {\n  readonly #seen = new WeakMap<object, string>();\n}"],
    ["a table", 'const SEEN: ReadonlySet<string> = new Set(["a", "b"]);'],
    ["a fixed list that the constructor sets", "class A {\n  readonly #seen: readonly string[];\n}"],
    ["a number that is added to", "class A {\n  #seen = 0;\n  add(): void {\n    this.#seen += 1;\n  }\n}"],
    [
      "a text that is only replaced",
      'class A {\n  #seen = "";\n  set(text: string): void {\n    this.#seen = text;\n  }\n}',
    ],
    [
      "what is gathered in one go",
      "function f(): string[] {\n  const seen: string[] = [];\n  for (const id of ids) {\n    seen.push(id);\n  }\n  return seen;\n}",
    ],
    ["a function that takes a list", "class A {\n  readonly #tell: (all: string[]) => void;\n}"],
  ])("passes over %s", (_, source) => {
    expect(collectionsOf(source)).toEqual([]);
  });

  test.each<[string, number | undefined]>([
    ["4 * 1024 * 1024", 4_194_304],
    ["2 ** 14 + 24", 16_408],
    ["1_024", 1_024],
    ["0xffff + 1", 65_536],
    ["1 / 4", 0.25],
    ["(1 + TWO) * -3", -9],
    ["2 ** 3 ** 2", 512],
    ["UNKNOWN * 2", undefined],
    ["Math.ceil(2.5)", undefined],
    ['"12"', undefined],
    ["2 2", undefined],
    ["(2", undefined],
    ["", undefined],
  ])("works out %s", (expression, value) => {
    expect(valueOf(expression, (name) => (name === "TWO" ? 2 : undefined))).toBe(value);
  });

  test("finds a constant in the file that it comes from", () => {
    const files = new Map([
      [
        "src/a/one.ts",
        'import { OTHER, KIB } from "../b/two.ts";\n\nexport const MINE = 3 * KIB;\nconst NO = "text";\n',
      ],
      ["src/b/two.ts", "export const KIB = 1_024;\nexport const OTHER =\n  2 * KIB;\n"],
    ]);
    const value = (name: string) => constantValue("src/a/one.ts", name, (path) => files.get(path) ?? "");
    expect([value("MINE"), value("OTHER"), value("NO"), value("NONE")]).toEqual([3_072, 2_048, undefined, undefined]);
  });
});
