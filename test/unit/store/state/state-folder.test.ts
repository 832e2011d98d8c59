import { chmod, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkStateFolder, openStateFolder } from "../../../../src/store/state/state-folder.ts";
import { makeTempFolder } from "../exchange/temp-folder.ts";

test("a folder that is looked for and not there is not made", async () => {
  const above = await makeTempFolder();
  expect(await checkStateFolder(join(above, "state"), "contacts")).toBeUndefined();
  expect(await checkStateFolder(above, "contacts")).toBeUndefined();
  expect(await readdir(above)).toEqual([]);
});

test("a folder that its owner has closed to themselves stays as it is", async () => {
  const stateDir = await makeTempFolder();
  const path = join(stateDir, "contacts");
  await mkdir(path);
  await chmod(path, 0o500);
  // Only root may write there all the same.
  await openStateFolder(stateDir, "contacts").catch(() => {});
  expect((await lstat(path)).mode & 0o777).toBe(0o500);
});
