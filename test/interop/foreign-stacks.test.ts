// Our network side against the stacks that npm brings, on loopback.
import { bareWerift, nodeDatachannel, wrtc } from "../support/foreign/stacks.ts";
import { describeForeignStack } from "../support/foreign/suite.ts";

for (const kind of [wrtc, nodeDatachannel, bareWerift]) describeForeignStack(kind);
