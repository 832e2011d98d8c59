// A folder for one test, removed after it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** @returns the path of a new, empty folder */
export async function makeTempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "p2p-test-"));
  onTestFinished(async () => {
    // What a line has begun to write when it ends comes a moment later.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  return folder;
}
