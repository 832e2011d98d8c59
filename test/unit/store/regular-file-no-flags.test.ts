// Windows has neither O_NOFOLLOW nor O_NONBLOCK.
import type * as fs from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { readRegularFile, readRegularFileSync } from "../../../src/store/regular-file.ts";
import { makePipe } from "../../support/odd-files.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

vi.mock("node:fs", async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  const constants = { ...original.constants, O_NOFOLLOW: undefined, O_NONBLOCK: undefined };
  return { ...original, constants };
});

test("what is there is looked at before it is opened where the flags are missing", async () => {
  const folder = await makeTempFolder();
  const [file, link, pipe] = ["file", "link", "pipe"].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(file, "text");
  await symlink(file, link);
  makePipe(pipe);
  expect((await readRegularFile(file, { maxBytes: 9 })).bytes).toHaveLength(4);
  expect(readRegularFileSync(file, { maxBytes: 9 }).bytes).toHaveLength(4);
  for (const [path, kind] of [
    [link, "link"],
    [pipe, "pipe"],
  ] as const) {
    await expect(readRegularFile(path, { maxBytes: 9 })).rejects.toMatchObject({ kind });
    expect(() => readRegularFileSync(path, { maxBytes: 9 })).toThrow(expect.objectContaining({ kind }) as Error);
  }
});
