// The real clock of a polled folder.
import { expect, test } from "vitest";
import { realFolderClock } from "../../../../src/store/exchange/folder-clock.ts";

const AN_HOUR_MS = 3_600_000;

test("sleep ends when its time is over, or at once when it is aborted before or meanwhile", async () => {
  await expect(realFolderClock.sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  await expect(realFolderClock.sleep(AN_HOUR_MS, AbortSignal.abort())).resolves.toBeUndefined();
  const end = new AbortController();
  const asleep = realFolderClock.sleep(AN_HOUR_MS, end.signal);
  end.abort();
  await expect(asleep).resolves.toBeUndefined();
});
