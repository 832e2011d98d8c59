#!/usr/bin/env node
// Entry of the `p2p` command. Everything else is in src/cli/, built to dist/. The program itself is loaded only where
// enough files may be open.
import { fewOpenFiles } from "../dist/cli/open-files.js";

const fewFiles = fewOpenFiles(process.env);
if (fewFiles === undefined) {
  const { givenArguments } = await import("../dist/cli/given-arguments.js");
  const { main } = await import("../dist/cli/main.js");
  process.exitCode = await main(givenArguments(process.argv));
} else {
  process.stderr.write(fewFiles);
  process.exitCode = 8;
}
// A timer or socket that a library still holds must not keep a finished run alive. It does not delay a clean end.
setTimeout(() => process.exit(), 1000).unref();
