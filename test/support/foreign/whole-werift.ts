// All of werift, as its package gives it: a foreign stack with a peer connection of its own. Its ICE and DTLS are the same
// objects that src/rtc/werift.ts loads, so what a test changes in them is changed for both.
import { createRequire } from "node:module";
import type * as werift from "werift";

const require = createRequire(import.meta.url);

export function wholeWerift(): typeof werift {
  return require("werift") as typeof werift;
}
