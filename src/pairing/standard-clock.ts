// The clock that Node and a browser have in common: both know performance.now, Date.now and setTimeout. They differ in how
// a turn of the event loop ends.
import type { Clock } from "../session/ports.ts";

/** Limit of the timers of Node and of browsers, about 24 days; a longer wait has no practical effect. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @param nextTurn - calls back after what has arrived is handled, see `Clock` */
export function standardClock(nextTurn: Clock["nextTurn"]): Clock {
  return {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    setTimer: (callback, ms) => {
      const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
      return () => clearTimeout(timer);
    },
    nextTurn,
  };
}
