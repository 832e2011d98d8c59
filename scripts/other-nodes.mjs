// @ts-check
// Fetches the Nodes that tests run beside their own: Node for Windows, and the Linux one of its version. `--later`: also the
// later versions on which `npm run test:long` tries p2p.
import { fetchNode } from "./support/node-package.mjs";
import { LATER_NODES, LINUX_NODE, WINDOWS_NODE } from "./support/other-nodes.mjs";

const nodes = [WINDOWS_NODE, LINUX_NODE, ...(process.argv.includes("--later") ? LATER_NODES : [])];
for (const node of nodes) {
  fetchNode(node);
  console.log(node.program);
}
