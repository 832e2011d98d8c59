#!/usr/bin/env node
// Entry of the `p2p` command. Everything else is in src/cli/main.ts, built to dist/.
import { givenArguments } from "../dist/cli/given-arguments.js";
import { main } from "../dist/cli/main.js";

process.exitCode = await main(givenArguments(process.argv));
// A timer or socket that a library still holds must not keep a finished run alive. It does not delay a clean end.
setTimeout(() => process.exit(), 1000).unref();
