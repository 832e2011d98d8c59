// @ts-check
// npm test: installs missing dependencies, builds, runs vitest with the given arguments. `--long`: full counts and
// waits.
import { spawn } from "node:child_process";
import { build, ensureInstalled, root } from "./support/project.mjs";

const args = process.argv.slice(2);
const long = args.includes("--long");

ensureInstalled();
build();
const vitest = ["node_modules/vitest/vitest.mjs", "run", ...args.filter((arg) => arg !== "--long")];
const running = spawn(process.execPath, vitest, {
  cwd: root,
  stdio: "inherit",
  env: long ? { ...process.env, P2P_TEST_LONG: "1" } : process.env,
});
// Who stops this process means the tests.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, (name) => running.kill(name));
running.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
