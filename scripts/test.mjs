// @ts-check
// npm test: installs missing dependencies, builds, runs vitest with the given arguments. `--long`: full counts and
// waits.
import { build, ensureInstalled, runNode } from "./support/project.mjs";

const args = process.argv.slice(2);
const long = args.includes("--long");

ensureInstalled();
build();
process.exitCode = runNode(
  "node_modules/vitest/vitest.mjs",
  ["run", ...args.filter((arg) => arg !== "--long")],
  long ? { ...process.env, P2P_TEST_LONG: "1" } : process.env,
);
