// @ts-check
// The licenses of what is bundled, as one text: who uses a copy of p2p has to be able to read them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.mjs";

/**
 * Licenses that ask for no more than that their text and the authors are named; MPL-2.0 also wants to be told where the
 * source is (§3.2), and that changed files are published: none is.
 */
const ALLOWED = ["0BSD", "Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense"];
const TEXT_FILE = /^(?:licen[cs]e|copying|notice|copyrightnotice)(?:\.(?:md|txt))?$/i;
const RULE = "=".repeat(80);

/** @param {string} heading @param {string} text */
function part(heading, text) {
  return `${RULE}\n${heading}\n${RULE}\n\n${text.replaceAll("\r\n", "\n").trim()}\n`;
}

/** The terms of MIT without anybody's name. */
function mitTerms() {
  const own = readFileSync(join(root, "LICENSE"), "utf8");
  return own.slice(own.indexOf("Permission is hereby granted"));
}

/**
 * @param {string} folder - of a package
 * @returns {{ name: string, version: string, license: string, text: string }}
 * @throws Error when it has a license that nobody has looked at
 */
function licenseOf(folder) {
  /** @type {{ name: string, version: string, license: string, author?: string | { name: string } }} */
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!ALLOWED.includes(license)) throw new Error(`${name} has the license ${license}: may it be bundled?`);
  const files = readdirSync(folder).filter((file) => TEXT_FILE.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (license === "MPL-2.0") texts.unshift(`Its source, unchanged: https://www.npmjs.com/package/${name}/v/${version}`);
  if (texts.length > 0) return { name, version, license, text: texts.join("\n\n") };
  const holder = typeof author === "object" ? author.name : author;
  if (license !== "MIT" || holder === undefined) throw new Error(`${name} brings no text of its license`);
  return { name, version, license, text: `Copyright (c) ${holder}\n\n${mitTerms()}` };
}

/**
 * @param {readonly string[]} folders - of the packages in the bundle
 * @param {string} [ofNode] - the license of the Node that is in it
 * @returns {string} our own license first, then the others by name and version
 */
export function licensesOf(folders, ofNode) {
  const found = new Map(folders.map(licenseOf).map((one) => [`${one.name} ${one.version} (${one.license})`, one.text]));
  const others = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const unicode = readFileSync(join(root, "docs/unicode-license.txt"), "utf8");
  return [
    part("p2p (MIT)", readFileSync(join(root, "LICENSE"), "utf8")),
    ...others.map(([heading, text]) => part(heading, text)),
    part("Unicode: the table of confusable characters (Unicode-3.0)", unicode),
    ...(ofNode === undefined ? [] : [part("Node.js", ofNode)]),
  ].join("\n");
}
