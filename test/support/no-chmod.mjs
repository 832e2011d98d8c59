// Preloaded into a `p2p` whose disk refuses to change permissions, as network shares and memory cards do.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** @returns {never} */
function refuse() {
  throw Object.assign(new Error("EPERM: operation not permitted, fchmod"), { code: "EPERM" });
}

fs.fchmodSync = refuse;
fs.promises.chmod = async () => refuse();
syncBuiltinESMExports();
