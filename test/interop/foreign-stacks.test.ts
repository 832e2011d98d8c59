// Our network side against the stacks that npm brings, on loopback.
import { npmStacks } from "../support/foreign/stacks.ts";
import { describeForeignStack } from "../support/foreign/suite.ts";

for (const kind of npmStacks()) describeForeignStack(kind);
