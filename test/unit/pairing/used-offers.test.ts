// Offers from which this process was connected.
import { expect, test } from "vitest";
import { offersUsedByProcess } from "../../../src/pairing/used-offers.ts";

/** MAX_USED_IDS of used-offers.ts. */
const LIMIT = 10_000;

test("are known until so many others were used after them", async () => {
  expect(offersUsedByProcess.has("first")).toBe(false);
  await offersUsedByProcess.add("first", 0);
  for (let count = 1; count < LIMIT; count += 1) await offersUsedByProcess.add(`id ${count}`, 0);
  expect(offersUsedByProcess.has("first")).toBe(true);
  await offersUsedByProcess.add("one more", 0);
  expect(offersUsedByProcess.has("first")).toBe(false);
  expect(offersUsedByProcess.has("one more")).toBe(true);
});
