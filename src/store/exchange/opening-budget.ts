// The budget for work that others cause by what they put where this side reads: a burst of a few documents, then a rate
// that leaves most of the machine to its owner.
import { WorkBudget } from "../../lib/work-budget.ts";

/** Size of the burst, in units of the costliest attempt to open a sealed document. */
const AT_ONCE = 8;
/** Units per second. The costliest attempt takes about a second, so this uses a quarter of one core at most. */
const PER_SECOND = 1 / 4;

/** A budget in units of the costliest attempt; a cheaper one takes less than 1. */
export function openingBudget(): WorkBudget {
  return new WorkBudget(PER_SECOND, AT_ONCE);
}
