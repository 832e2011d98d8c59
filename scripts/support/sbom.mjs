// @ts-check
// The software bill of materials of a release, in CycloneDX: what is bundled, by `npm sbom`, and the Node in the single
// binaries. Without a time and a number of its own: the same release gives the same bytes.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.mjs";

/**
 * @typedef {{ "bom-ref": string, name: string, version: string }} Component
 * @typedef {{
 *   metadata: { component: Component },
 *   components: Component[], dependencies: { ref: string, dependsOn: string[] }[],
 * }} Sbom
 */

/**
 * @param {readonly string[]} folders - of the packages in the bundle
 * @param {string} nodeVersion
 * @returns {string}
 * @throws Error when a package is not in what npm lists
 */
export function sbomOf(folders, nodeVersion) {
  const args = ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"];
  /** @type {Sbom} */
  const all = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }));
  const bundled = new Set(folders.map(packageOf));
  const components = all.components.filter(({ name, version }) => bundled.delete(`${name}@${version}`));
  if (bundled.size > 0) throw new Error(`npm sbom does not list ${[...bundled].join(", ")}`);
  const refs = new Set(components.map((component) => component["bom-ref"]));
  const own = all.metadata.component["bom-ref"];
  const node = { "bom-ref": `node@${nodeVersion}`, type: "framework", name: "node", version: nodeVersion };
  const dependencies = all.dependencies.flatMap(({ ref, dependsOn }) =>
    ref === own || refs.has(ref) ? [{ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }] : [],
  );
  const bare = components.map((one) => ({ ...without(one, ["scope", "properties"]), scope: "required" }));
  // npm gives the package the name of its folder.
  const component = { ...all.metadata.component, name: own.slice(0, own.lastIndexOf("@")) };
  const metadata = { ...without(all.metadata, ["timestamp"]), component };
  const sbom = { ...without(all, ["serialNumber"]), metadata, components: [...bare, node], dependencies };
  return `${JSON.stringify(sbom, undefined, 2)}\n`;
}

/** @param {object} whole @param {readonly string[]} keys @returns {object} */
function without(whole, keys) {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.includes(key)));
}

/** @param {string} folder @returns {string} name@version */
function packageOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name}@${version}`;
}
