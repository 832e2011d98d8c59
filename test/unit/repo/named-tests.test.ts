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
