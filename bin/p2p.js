#!/usr/bin/env node
// Entry of the `p2p` command. Everything else is in src, bundled into dist.
import { existsSync } from "node:fs";

const program = new URL("../dist/cli/start.js", import.meta.url);

try {
  const { start } = await import(program.href);
  await start();
} catch (error) {
  // Anything that is missing further inside is a fault of the bundle, which its stack shows.
  if (error?.code !== "ERR_MODULE_NOT_FOUND" || existsSync(program)) throw error;
  process.stderr.write("p2p: error: this checkout is not built\np2p: hint: npm run build\n");
  process.exitCode = 1;
}
