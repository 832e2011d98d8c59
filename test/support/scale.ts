// How much a test does: reduced in `npm test` and `npm run test:system`, everything in `npm run test:long`.

/** True in `npm run test:long`. */
export const isLong = process.env.P2P_TEST_LONG === "1";

/** The count, size or wait for this run. */
export function scaled<T>(reduced: T, full: T): T {
  return isLong ? full : reduced;
}
