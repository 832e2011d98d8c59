// Parts without a journal, on systems that do not report processes.
import { link, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { plainDisk } from "../../../../src/store/transfer/disk.ts";
import { nodeFileSystem } from "../../../../src/store/file-system.ts";
import { UnfinishedParts } from "../../../../src/store/transfer/unfinished-parts.ts";
import { journalName, partLockName, partName } from "../../../../src/store/transfer/part-journal.ts";
import type * as partOwner from "../../../../src/store/transfer/part-owner.ts";
import { makeTempFolder } from "../exchange/temp-folder.ts";

vi.mock("../../../../src/store/transfer/part-owner.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof partOwner>()),
  orphanTest: () => () => false,
  reportsProcesses: () => false,
}));

const [OLD, NEW] = ["0123456789abcdef", "fedcba9876543210"];
const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

test("the second name of a finished file is removed, and a part that nothing has changed for a day", async () => {
  const folder = await makeTempFolder();
  const parts = new UnfinishedParts(plainDisk(nodeFileSystem));
  await writeFile(join(folder, partName(OLD)), "x");
  for (const name of [partLockName(OLD), `${journalName(OLD)}.tmp`]) await writeFile(join(folder, name), "x");
  expect(await parts.findIn(folder)).toEqual({ parts: [], orphans: [] });

  await writeFile(join(folder, "whole.txt"), "y");
  await link(join(folder, "whole.txt"), join(folder, partName(NEW)));
  expect(await parts.findIn(folder)).toEqual({ parts: [], orphans: [partName(NEW)] });
  await parts.clean(folder, [partName(NEW)]);
  expect(await readdir(folder)).toContain("whole.txt");

  vi.setSystemTime(Date.now() + DAY_MS - 60_000);
  expect(await parts.findIn(folder)).toEqual({ parts: [], orphans: [] });
  vi.setSystemTime(Date.now() + 120_000);
  expect(await parts.findIn(folder)).toEqual({ parts: [], orphans: [partName(OLD)] });
});
