// `p2p` as a whole process: what bin/p2p.js and the single binary begin with. The program itself is loaded only where
// enough files may be open.
import { roomForBuffers } from "./heap.ts";
import { fewOpenFiles } from "./open-files.ts";

/** The exit code of trouble on this side, which a P2pError has elsewhere. */
const EXIT_LOCAL = 8;
const LEFT_OVER_MS = 1_000;

/** Runs the command line of this process and sets its exit code. */
export async function start(): Promise<void> {
  const fewFiles = fewOpenFiles(process.env);
  if (fewFiles === undefined) {
    roomForBuffers();
    const [{ givenArguments }, { main }] = await Promise.all([import("./given-arguments.ts"), import("./main.ts")]);
    process.exitCode = await main(givenArguments(process.argv));
  } else {
    process.stderr.write(fewFiles);
    process.exitCode = EXIT_LOCAL;
  }
  // A timer or socket that a library still holds must not keep a finished run alive. It does not delay a clean end.
  // oxlint-disable-next-line unicorn/no-process-exit -- the run has ended
  setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
}
