// The beginning of a short code as an argument, as a copy that was cut off leaves it. It is too short to be told from a name
// by itself, so it counts as a code only where no file has that name.
import { existsSync } from "node:fs";
import { isShortCode, SHORT_CODE_NAME } from "../command-port.ts";
import { P2pError } from "../index.ts";

/** @throws P2pError FILE_MALFORMED where the argument is only the beginning of a code, which nobody else would report as such */
export function refuseCutCode(argument: string): void {
  if (!/^\s{0,8}p2p:[\s0-9a-z-]{0,64}$/i.test(argument) || isShortCode(argument) || existsSync(argument)) return;
  throw new P2pError("FILE_MALFORMED", { path: SHORT_CODE_NAME, field: "file", flaw: { flaw: "code-cut-off" } });
}
