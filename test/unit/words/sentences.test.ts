// Every sentence of src/words in both languages: the same keys, and the rules for what a person reads.
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface Table {
  readonly en: object;
  readonly zh: object;
}

const folder = new URL("../../../src/words/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));

/** Every exported pair of tables, by file and name. */
const tables: [name: string, table: Table][] = [];
for (const file of files) {
  const module = (await import(new URL(file, folder).href)) as Record<string, unknown>;
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === "object" && value !== null && "en" in value && "zh" in value) {
      tables.push([`${file} ${name}`, value as Table]);
    }
  }
}

/** The texts of a table that need no values, by their keys. */
function textsOf(value: unknown, path = ""): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, `${path}.${key}`));
}

/** Keys of a table, functions included. */
function keysOf(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${path}:${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, `${path}.${key}`));
}

test("the tables of all files are found", () => {
  expect(tables.length).toBeGreaterThan(10);
});

/** Every function of a table that makes a sentence, by its key. */
function makersOf(value: unknown, path = ""): [path: string, make: (values: unknown) => unknown][] {
  if (typeof value === "function") return [[path, value as (values: unknown) => unknown]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => makersOf(inner, `${path}.${key}`));
}

/** Sentences about a number that is never 1. */
const NEVER_ONE = [".sealedCrowd", ".many-ports", ".many-networks", ".several-fingerprints", ".binaryMessage"];
/** Gives 1 for each number, one text for each list, and a text for all else. */
const ONE_OF_EACH = new Proxy(
  {},
  {
    get: (_, key) => {
      if (["entries", "names", "urls"].includes(String(key))) return ["x"];
      return /count|text|more|running|offered|minutes|bytes|addresses|matches/.test(String(key)) ? 1 : "x";
    },
  },
);

describe.each(tables)("%s in English", (_name, { en }) => {
  test("counts one thing in the singular", () => {
    const wrong = makersOf(en).flatMap(([path, make]) => {
      let sentence: unknown;
      try {
        sentence = make(ONE_OF_EACH);
      } catch {
        // It needs values of another kind.
        return [];
      }
      const isPlural =
        typeof sentence === "string" && /(?<![\d.])1 (?:more )?[a-z]+[a-rt-z]s\b(?! like)/.test(sentence);
      return isPlural && !NEVER_ONE.includes(path) ? [`${path}: ${String(sentence)}`] : [];
    });
    expect(wrong).toEqual([]);
  });
});

describe.each(tables)("%s", (_name, { en, zh }) => {
  test("has the same sentences in both languages", () => {
    expect(keysOf(zh)).toEqual(keysOf(en));
  });

  test("ends a text with a full stop in both languages or in none", () => {
    const chinese = new Map(textsOf(zh));
    const wrong = textsOf(en).filter(([path, text]) => {
      const [isEnglish, isChinese] = [/[^.]\.$/.test(text), (chinese.get(path) ?? "").endsWith("。")];
      return isEnglish !== isChinese;
    });
    expect(wrong).toEqual([]);
  });

  test("has Chinese punctuation between Chinese words", () => {
    const wrong = textsOf(zh).filter(([, text]) => /\p{Script=Han}[,;:!?].|[,;:!?]\p{Script=Han}/u.test(text));
    expect(wrong).toEqual([]);
  });
});
