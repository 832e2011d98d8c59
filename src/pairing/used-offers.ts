// Offers from which this process was connected, for lines that have no state directory to remember them in.
import { RecentMap } from "../lib/recent-map.ts";

/** Which offers have served; `UsedIds` remembers them on the disk. */
export interface UsedOffers {
  /** @param id - `usedIdOf` an offer */
  has(id: string): boolean;
  /** @param nowMs - milliseconds since 1970, UTC @throws P2pError WRITE_FAILED */
  add(id: string, nowMs: number): Promise<void>;
}

/** An id has 32 to about 320 characters; beyond the limit the oldest are forgotten. */
const MAX_USED_IDS = 10_000;

const ids = new RecentMap<true>(MAX_USED_IDS);

/** One memory for all lines of this process. */
export const offersUsedByProcess: UsedOffers = {
  has: (id) => ids.has(id),
  add: async (id) => {
    ids.set(id, true);
    await Promise.resolve();
  },
};
