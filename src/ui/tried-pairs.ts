// The candidate pairs tried when no connection was established, grouped by local address, and the known reasons.
import type { PersonEvent } from "../index.ts";
import type { Lines, NarrateContext } from "./narration.ts";
import type { Part } from "./style.ts";
import { displayWidth, padToEnd } from "./width.ts";

type ConnectFailed = Extract<PersonEvent, { event: "connect-failed" }>;
type Pair = ConnectFailed["pairs"][number];

const PAIRS_TOLD = 8;
const INDENT = "  ";
/** Order of display: pairs that answered come first. */
const STATES: readonly Pair["state"][] = ["succeeded", "in progress", "failed", "waiting", "frozen"];

/** The lines for a failed attempt: each pair that was tried (a few unless verbose), and what the two files explain. */
export function connectFailedLines(failure: ConnectFailed, { words, style, verbose }: NarrateContext): Lines {
  const { chances, pairOutcomes } = words;
  const { seconds, pairs, why, goesOn } = failure;
  const sorted = pairs.toSorted((one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state));
  const told = verbose ? sorted : sorted.slice(0, PAIRS_TOLD);
  const outcomeWidth = Math.max(...told.map(({ state }) => displayWidth(pairOutcomes[state])), 0);
  const remoteWidth = Math.max(...told.map(({ remote }) => displayWidth(remote)), 0);
  const lines: Lines = [[style.yellow(chances.failed({ seconds }))]];
  for (const local of new Set(told.map((pair) => pair.local))) {
    const group = told.filter((pair) => pair.local === local);
    lines.push([INDENT, chances.from({ local, kind: group[0]?.localKind ?? "host" })]);
    lines.push(
      ...group.map(({ state, remote, remoteKind }): Part[] => {
        const outcome = padToEnd(pairOutcomes[state], outcomeWidth);
        const shown = state === "succeeded" ? style.green(outcome) : outcome;
        return [
          INDENT,
          INDENT,
          shown,
          INDENT,
          padToEnd(remote, remoteWidth),
          INDENT,
          style.dim(chances.kinds[remoteKind]),
        ];
      }),
    );
  }
  if (pairs.length === 0) lines.push([INDENT, chances.nothingFits]);
  if (told.length < pairs.length) lines.push([INDENT, chances.more({ count: pairs.length - told.length })]);
  const reached = chances.reached(failure);
  if (reached !== undefined) lines.push([style.yellow(reached)]);
  else if (why !== "not-known") lines.push([style.yellow(chances.why[why])]);
  // Otherwise an error follows, which has the same advice.
  if (goesOn) lines.push([words.hintPrefix, chances.cause(failure)], [chances.goesOn]);
  return lines;
}
