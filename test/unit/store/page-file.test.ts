// The browser peer as a file: a document behind it stays data, and nothing but a page of ours is replaced.
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { pageDigest, pageWith, writePage } from "../../../src/store/page-file.ts";

const PAGE = new TextEncoder().encode(
  '<!doctype html>\n<html><head><meta name="generator" content="p2p-page"></head></html>\n',
);

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "p2p-page-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

test("a page is known by its SHA-256", () => {
  expect(pageDigest(new TextEncoder().encode("abc"))).toMatch(/^ba7816bf/);
});

describe("a document behind a page", () => {
  const document = JSON.stringify({ p2p: { name: "</script><script>alert(1)</script><!--" } });
  const text = new TextDecoder().decode(pageWith(PAGE, document));
  const block = /^<script type="application\/json" id="p2p-document">(.*)<\/script>\n$/s;

  test("leaves the page as it is", () => {
    expect(text.startsWith(new TextDecoder().decode(PAGE))).toBe(true);
  });

  test("stands there without the white space around it", () => {
    const [, data] = block.exec(new TextDecoder().decode(pageWith(PAGE, " {}\n")).slice(PAGE.length)) ?? [];
    expect(data).toBe("{}");
  });

  test("cannot end its block, and reads as before", () => {
    const [, data = ""] = block.exec(text.slice(PAGE.length)) ?? [];
    expect(data).not.toContain("<");
    expect(JSON.parse(data)).toEqual(JSON.parse(document));
  });
});

test("a page replaces a page, and nothing else", async () => {
  const dir = await folder();
  const [path, other, link] = ["p2p.html", "other.html", "link.html"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  await writePage(path, PAGE);
  await writePage(path, pageWith(PAGE, "{}"));
  expect(await readFile(path, "utf8")).toContain("p2p-document");
  await writeFile(other, "<p>mine");
  await expect(writePage(other, PAGE)).rejects.toMatchObject({ code: "PAGE_NAME_TAKEN" });
  await symlink(path, link);
  await expect(writePage(link, PAGE)).rejects.toMatchObject({ code: "PAGE_NAME_TAKEN" });
});
