// Our network side against the stacks that Debian brings: Python's and a browser's.
import { aiortc } from "../support/foreign/aiortc.ts";
import { chromium } from "../support/foreign/chromium.ts";
import { describeForeignStack } from "../support/foreign/suite.ts";

for (const kind of [aiortc, chromium]) describeForeignStack(kind);
