// @ts-check
// npm run docs: builds, and writes the generated pages. With `--check` it writes nothing and fails when a page is out
// of date, an export of src/index.ts has no docstring, or a relative link in a Markdown file is broken.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { apiPage, errorsPage } from "./support/generated-docs.mjs";
import { manualPages } from "./support/manual-pages.mjs";
import { build, root } from "./support/project.mjs";

/** @type {string[]} */
const problems = [];
const check = process.argv.includes("--check");

build();
const api = apiPage();
for (const name of api.undocumented) problems.push(`src/index.ts exports ${name}, which has no docstring`);
settle("docs/errors.md", await errorsPage());
settle("docs/api.md", api.page);
const manual = await manualPages();
for (const [file, page] of manual) settle(file, page);
const stray = readdirSync(join(root, "docs/man")).filter((name) => !manual.has(`docs/man/${name}`));
for (const name of stray) problems.push(`docs/man/${name} is the manual of no command`);
const { man } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const unlisted = [...manual.keys()].filter((file) => !man.includes(`./${file}`));
for (const file of unlisted) problems.push(`package.json does not list ${file}: npm would not install that manual`);
for (const file of markdownFiles()) problems.push(...brokenLinks(file));

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * Writes a generated page, or compares it with the existing one.
 * @param {string} file
 * @param {string} page
 */
function settle(file, page) {
  const path = join(root, file);
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, page);
  }
  if (!existsSync(path) || readFileSync(path, "utf8") !== page) {
    problems.push(`${file} is out of date: npm run docs`);
  }
}

/** @returns {string[]} absolute paths */
function markdownFiles() {
  const inRoot = readdirSync(root).map((name) => join(root, name));
  const below = ["docs", "samples", "test"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(root, folder, name)),
  );
  return [...inRoot, ...below].filter((path) => path.endsWith(".md"));
}

/**
 * @param {string} file
 * @returns {string[]} one line for each link to a file or a heading that does not exist
 */
function brokenLinks(file) {
  const prose = readFileSync(file, "utf8")
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/`[^`\n]*`/g, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = "", heading] = link.split("#");
      const target = path === "" ? file : join(dirname(file), decodeURI(path));
      return !existsSync(target) || (heading !== undefined && !headingsOf(target).includes(heading));
    })
    .map((link) => `${relative(root, file)}: ${link} leads nowhere`);
}

/**
 * @param {string} file
 * @returns {string[]} the anchors of its headings
 */
function headingsOf(file) {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
