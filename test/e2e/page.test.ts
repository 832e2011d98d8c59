// `p2p page` and `p2p offer --page` without a browser: what is written, what is replaced, and what is refused.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { connect, exits, people, run } from "../support/processes.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("p2p page writes the page, and replaces nothing but a page", async (context) => {
  const { ann } = await people(context, "ann");
  const first = run(ann, ["page"]);
  expect(await first.exit()).toBe(0);
  const page = await readFile(join(ann.dir, "p2p.html"));
  expect(page.length).toBeLessThan(350_000);
  expect(first.stdout).toContain(sha256(page));
  expect(await run(ann, ["page"]).exit()).toBe(0);
  await writeFile(join(ann.dir, "mine.html"), "<p>mine");
  const refused = run(ann, ["page", "--out", "mine.html"]);
  expect(await refused.exit()).toBe(8);
  expect(refused.stderr).toContain("PAGE_NAME_TAKEN");
  expect(await readFile(join(ann.dir, "mine.html"), "utf8")).toBe("<p>mine");
  expect(await run(ann, ["offer", "--page", "--bare"]).exit()).toBe(2);
});

test("the policy names the loader, the unpacked program and the style, each by its hash, and no other script", async (context) => {
  const { ann } = await people(context, "ann");
  const writing = run(ann, ["page", "--out", "-"]);
  expect(await writing.exit()).toBe(0);
  const page = writing.stdout;
  const named = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const [, program = ""] = /id="program">([^<]+)</.exec(page) ?? [];
  const [, loader = ""] = /<script>([^<]+)<\/script>/.exec(page) ?? [];
  const [, style = ""] = /<style>([^<]+)<\/style>/.exec(page) ?? [];
  const unpacked = inflateRawSync(Buffer.from(program, "base64")).toString();
  expect(page).toContain(`default-src 'none'; script-src ${named(loader)} ${named(unpacked)} 'wasm-unsafe-eval';`);
  expect(page).toContain(`style-src ${named(style)};`);
});

test("the page with the offer is not sent with its folder", async (context) => {
  const { ann, bob } = await people(context, "ann", "bob");
  await writeFile(join(ann.dir, "note.txt"), "a note");
  const pair = await connect({ ann, bob }, ["--json", "--page", "."], ["--json", "--yes"]);
  expect(await exits(pair)).toEqual([0, 0]);
  expect(existsSync(join(ann.dir, "LocaltionJson.html"))).toBe(true);
  const { base: name } = parse(ann.dir);
  expect(await readdir(join(bob.dir, name))).toEqual(["note.txt"]);
});

test("a reader that has seen enough of the page ends it quietly", async (context) => {
  const { ann } = await people(context, "ann");
  const writing = run(ann, ["page", "--out", "-"], { stdout: "stream" });
  writing.output.destroy();
  expect(await writing.exit()).toBe(0);
  expect(writing.stderr).not.toContain("p2p: error");
});
