// The sentences of a far end that has failed (`--via ssh://…`, `--via exec:…`): one form for all languages.

/**
 * Why the far end of a command carrier has failed. `no-p2p`: its shell has found no such program. `usage`: p2p there does not
 * know an option. `folder`: p2p's own code for trouble with folders and disks. `died`: anything else before its answer.
 * `died-later`: after its answer, and before a session. `no-document`: it has said something else, or nothing.
 */
export type FarFailure = "no-p2p" | "usage" | "folder" | "died" | "died-later" | "no-document";

export interface FarFailureTexts {
  problem: string;
  cure: string;
}

/** How a process has ended: the exit code, or the name of the signal. */
export type FarStatus = number | string;

const SEE_ABOVE = "what it says is shown above";

export const FAR_END_TEXTS: Readonly<Record<FarFailure, FarFailureTexts>> = {
  "no-p2p": {
    problem: "there is no p2p at the far end",
    cure: "install p2p there; if it is installed, give its full path: --remote '/…/p2p answer --yes --in - --out -'",
  },
  usage: {
    problem: "the far end does not know an option that it was given",
    cure: `${SEE_ABOVE}; if p2p there is too old, update it, or use --remote 'p2p answer --yes --in - --out -'`,
  },
  folder: {
    problem: "the far end cannot use its folder or disk",
    cure: `${SEE_ABOVE}; check that the folder is there and that you may write to it`,
  },
  died: {
    problem: "the far end stopped before its answer came",
    cure: `${SEE_ABOVE}; check that 'p2p answer' runs there by hand`,
  },
  "died-later": {
    problem: "the far end stopped before the two sides were connected",
    cure: `${SEE_ABOVE}; run the command again`,
  },
  "no-document": {
    problem: "the far end has sent no exchange file",
    cure: "what runs there must be 'p2p answer --yes --in - --out -', and print nothing else on stdout",
  },
};

/** `exit code 1`, or the name of a signal; empty where nothing is known. */
export function farStatusText(status: FarStatus | undefined, exitCode: string): string {
  if (status === undefined) return "";
  return typeof status === "number" ? `${exitCode} ${status}` : status;
}
