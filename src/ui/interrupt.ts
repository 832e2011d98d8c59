// What Ctrl-C does to a process that reads the keys itself. Windows knows no signals between processes: who sends one to
// itself there is ended at once, and its handlers are not called.

const INTERRUPTED_EXIT = 130;

/** The signals by which a key ends this process: Windows has Ctrl-Break as well. */
export function interruptSignals(platform: NodeJS.Platform = process.platform): readonly NodeJS.Signals[] {
  return platform === "win32" ? ["SIGINT", "SIGBREAK"] : ["SIGINT"];
}

/** Calls the handlers of SIGINT; where there are none, this process ends. */
export function interruptSelf(platform: NodeJS.Platform = process.platform): void {
  if (platform !== "win32") {
    process.kill(process.pid, "SIGINT");
  } else if (!process.emit("SIGINT", "SIGINT")) {
    // oxlint-disable-next-line unicorn/no-process-exit -- as the signal would
    process.exit(INTERRUPTED_EXIT);
  }
}
