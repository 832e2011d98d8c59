// @ts-check
// Fetches Node for Windows, which `test/windows` runs under Wine, from npm's registry. npm does not install the
// package on another system, so it is none of the dependencies, and its hash stands here instead of in the lock file.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { WINDOWS_NODE } from "./support/windows-node.mjs";

const { name, version, sha512, program } = WINDOWS_NODE;
const target = dirname(dirname(dirname(program)));

if (existsSync(program)) console.log(`${program} is there`);
else fetchNode();

function fetchNode() {
  mkdirSync(dirname(target), { recursive: true });
  // What is in its place is whole, because it is renamed there at the end.
  const folder = mkdtempSync(`${target}-`);
  try {
    const packed = `${name}-${version}.tgz`;
    execFileSync("npm", ["pack", `${name}@${version}`, "--silent", "--pack-destination", folder], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const hash = createHash("sha512")
      .update(readFileSync(join(folder, packed)))
      .digest("base64");
    if (hash !== sha512) throw new Error(`${packed} has the SHA-512 ${hash} and should have ${sha512}`);
    execFileSync("tar", ["-xzf", packed], { cwd: folder, stdio: "inherit" });
    rmSync(join(folder, packed));
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
    console.log(program);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
