#!/usr/bin/env node
// Entry of the `p2p` command. Everything else is in src, bundled into dist.
import { start } from "../dist/cli/start.js";

await start();
