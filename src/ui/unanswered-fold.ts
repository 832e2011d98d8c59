// What nobody has answered when the session ends: a person who leaves with many proposals open has chosen so once, and
// reads one line about it and not one for each. Programs get every event, and a log has every error.
import { originOf } from "../command-port.ts";
import type { P2pEvent } from "../index.ts";
import type { Lines, NarrateContext } from "./narration.ts";
import { transferLabel } from "./transfer-label.ts";

/** Names of one kind that are shown; the others are counted. */
const NAMES_SHOWN = 5;

interface Unanswered {
  readonly kind: "unsent-me" | "unsent-peer" | "left-me" | "left-peer";
  readonly name: string;
}

interface Counted {
  readonly names: string[];
  count: number;
}

export class UnansweredFold {
  readonly #kinds = new Map<Unanswered["kind"], Counted>();

  /** @returns whether the event is told at the end, together with the others of its kind */
  takes(event: P2pEvent, context: Omit<NarrateContext, "now">): boolean {
    const unanswered = context.verbose || context.isLog === true ? undefined : unansweredIn(event, context);
    if (unanswered === undefined) return false;
    const counted = this.#kinds.get(unanswered.kind) ?? { names: [], count: 0 };
    this.#kinds.set(unanswered.kind, counted);
    counted.count += 1;
    if (counted.names.length < NAMES_SHOWN) counted.names.push(unanswered.name);
    return true;
  }

  /** Returns one line for each kind when this event ends the session; `insisted` are those that `--quiet` shows, too. */
  tell(event: P2pEvent, { words, style }: Pick<NarrateContext, "words" | "style">): { insisted: Lines; usual: Lines } {
    const told: { insisted: Lines; usual: Lines } = { insisted: [], usual: [] };
    if (event.event !== "closed") return told;
    for (const [kind, { names, count }] of this.#kinds) {
      const text = words.unanswered[kind]({ list: words.list({ names }), more: count - names.length });
      const isError = kind === "unsent-me" || kind === "unsent-peer";
      told[isError ? "insisted" : "usual"].push([style.yellow(text)]);
    }
    this.#kinds.clear();
    return told;
  }
}

function unansweredIn(
  event: P2pEvent,
  { transfer, words, columns }: Pick<NarrateContext, "transfer" | "words" | "columns">,
): Unanswered | undefined {
  if (event.event === "declined" && event.direction === "receive" && event.how === "left") {
    const names = transfer(event.transfer)?.names ?? [];
    const name = transferLabel(names, words, Math.max(20, Math.floor(columns / 2)));
    return { kind: event.by === "me" ? "left-me" : "left-peer", name };
  }
  if (event.event !== "error" || event.code !== "TRANSFER_INTERRUPTED") return undefined;
  const { how, name } = (originOf(event)?.params ?? {}) as { how?: unknown; name?: unknown };
  if (typeof name !== "string" || (how !== "own-end" && how !== "peer-left")) return undefined;
  return { kind: how === "own-end" ? "unsent-me" : "unsent-peer", name };
}
