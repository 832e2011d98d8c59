// @ts-check
// Fetches Node for Windows, which `test/windows` runs under Wine.
import { fetchNode } from "./support/node-package.mjs";
import { WINDOWS_NODE } from "./support/windows-node.mjs";

fetchNode(WINDOWS_NODE);
console.log(WINDOWS_NODE.program);
