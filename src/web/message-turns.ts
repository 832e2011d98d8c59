// The end of a turn in a page: a message to itself, which is not slowed down in a tab that nobody looks at, as a timer is.
import type { Clock } from "../session/ports.ts";

/** @returns see `Clock`; one pair of ports serves all turns, because making one costs more than a turn */
export function messageTurns(): Clock["nextTurn"] {
  const { port1, port2 } = new MessageChannel();
  /** In the order of the messages; undefined: cancelled. */
  const due: { callback: (() => void) | undefined }[] = [];
  port1.onmessage = () => due.shift()?.callback?.();
  return (callback) => {
    const turn: (typeof due)[number] = { callback };
    due.push(turn);
    port2.postMessage(0);
    return () => {
      turn.callback = undefined;
    };
  };
}
