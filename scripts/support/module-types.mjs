// @ts-check
// The types of the module in one file, so that they lead into no package and into no part of p2p that is not shipped.
import { join } from "node:path";
import { exportsOf, mentionedBy } from "./declarations.mjs";
import { root } from "./project.mjs";

/** @returns {string} dist/index.d.ts: what docs/api.md shows, its parts without a name outside */
export function moduleTypes() {
  const exported = exportsOf(join(root, "build/index.d.ts"));
  const parts = mentionedBy(exported);
  const inside = [...parts.values()].map((part) => ({ ...part, code: part.code.replaceAll(/^export /gm, "") }));
  const texts = [...exported.values(), ...inside].map(({ doc, code }) => `${commentOf(doc)}${code}\n`);
  return `${texts.join("\n")}\nexport {};\n`;
}

/** @param {string} doc */
function commentOf(doc) {
  if (doc === "") return "";
  const lines = doc.split("\n").map((line) => ` * ${line}`.trimEnd());
  return `/**\n${lines.join("\n")}\n */\n`;
}
