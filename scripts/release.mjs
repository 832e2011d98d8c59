// @ts-check
// npm run release [-- FOLDER]: makes all files of a release in an empty folder, `release` unless another one is given. It
// fetches Node for each system from npm's registry and runs on Linux with an x64 processor. docs/releasing.md
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundleModules, bundleScript } from "./support/bundle.mjs";
import { licensesOf } from "./support/licenses.mjs";
import { fetchNode } from "./support/node-package.mjs";
import { buildPage } from "./support/page.mjs";
import { build, ensureInstalled, root } from "./support/project.mjs";
import { TARGETS } from "./support/release-nodes.mjs";
import { sbomOf } from "./support/sbom.mjs";
import { makeBinary, prepareBlob } from "./support/single-binary.mjs";

const out = resolve(process.argv[2] ?? join(root, "release"));
const host = TARGETS.find(({ file }) => file === `p2p-${process.platform}-${process.arch}`);
if (host === undefined) throw new Error("a release is made on Linux with an x64 processor");
mkdirSync(out, { recursive: true });
if (readdirSync(out).length > 0) throw new Error(`${out} is not empty`);

ensureInstalled();
build();
const [script, { page, packages: ofPage }, { packages }] = await Promise.all([
  bundleScript(),
  buildPage(),
  bundleModules(),
]);
const bundled = [...packages, ...ofPage];
const hostFolder = fetchNode(host.node);
const generator = join(hostFolder, "bin/node");
const licenses = licensesOf(bundled, readFileSync(join(hostFolder, "LICENSE"), "utf8"));
const blob = prepareBlob({ script, page, licenses, generator });
for (const { file, system, node } of TARGETS) {
  const program = join(fetchNode(node), "bin", system === "win32" ? "node.exe" : "node");
  await makeBinary({ system, node: program, blob, out: join(out, file) });
  console.log(file);
}
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const told = execFileSync(join(out, host.file), ["--version"], { encoding: "utf8" }).trim();
if (told !== version) throw new Error(`${host.file} says that it is ${told}, not ${version}`);

execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", out], {
  cwd: root,
  stdio: "ignore",
});
copyFileSync(join(root, "dist/p2p.html"), join(out, "p2p.html"));
writeFileSync(join(out, "p2p.cdx.json"), sbomOf(bundled, host.node.version));
const sums = readdirSync(out)
  .sort()
  .map(
    (file) =>
      `${createHash("sha256")
        .update(readFileSync(join(out, file)))
        .digest("hex")}  ${file}\n`,
  );
writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
process.stdout.write(sums.join(""));
