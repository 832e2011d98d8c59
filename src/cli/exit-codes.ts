// Exit codes that no P2pError carries: success, a usage message without an error, and signals.
// The codes of errors are in ERROR_CODES; both together are CONTRACT §4.

export const EXIT_DONE = 0;
export const EXIT_INTERNAL = 1;
export const EXIT_USAGE = 2;

/** Signals that end a run in order, and the exit code of each: 128 + signal number, as in shells. */
export const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type EndingSignal = keyof typeof SIGNAL_EXITS;
