// What a document says is shown by a test is: the test is there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const pages = readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md"));

describe.each(pages)("docs/%s", (page) => {
  const text = readFileSync(new URL(`docs/${page}`, root), "utf8");
  const named = [...text.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path = ""]) => path);

  test("names no test that is not there", () => {
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });
});

test("every line of the threat table that something stops says which test shows it", () => {
  const text = readFileSync(new URL("docs/security.md", root), "utf8");
  const table = text.slice(text.indexOf("## Who can do what"), text.indexOf("## Who can be in the middle"));
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !/^\| (?:who|---)/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    const [, , , stops = "", shownBy = ""] = row.split("|").map((cell) => cell.trim());
    if (!/^(?:nothing$|few packages)/.test(stops)) expect(shownBy, row).toContain("`test/");
  }
});

test.each(["## What shows it", "### What was tried"])(
  "every row of the table under %s names a test by its path",
  (title) => {
    const text = readFileSync(new URL("docs/security.md", root), "utf8");
    const [part = ""] = text.slice(text.indexOf(title) + title.length).split(/^##/m);
    const rows = part.split("\n").filter((line) => /^\| (?!---|claim \||tried \|)/.test(line));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row, row).toMatch(/`test\/[\w./-]+\.test\.ts` \|$/);
  },
);
