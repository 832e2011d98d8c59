// In-memory record of used offers, for lines without a state directory.
import { RecentMap } from "../lib/recent-map.ts";

/** The record of used offers; `UsedIds` is the persisted form. */
export interface UsedOffers {
  /** @param id - the `usedIdOf` of an offer */
  has(id: string): boolean;
  /** @param nowMs - milliseconds since 1970, UTC @throws P2pError STATE_UNUSABLE */
  add(id: string, nowMs: number): Promise<void>;
}

/** Limit of the record; beyond it the oldest ids are dropped. An id has 32 to about 320 characters. */
const MAX_USED_IDS = 10_000;

const ids = new RecentMap<true>(MAX_USED_IDS);

/** One record shared by all lines of this process. */
export const offersUsedByProcess: UsedOffers = {
  has: (id) => ids.has(id),
  add: async (id) => {
    ids.set(id, true);
    await Promise.resolve();
  },
};
