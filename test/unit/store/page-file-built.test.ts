// The page that the build has made, and an installation without one.
import type * as fs from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { readPage } from "../../../src/store/page-file.ts";
import { systemError } from "../../support/fake-disk.ts";

const built = vi.hoisted(() => ({ isThere: true, url: undefined as unknown }));

vi.mock("node:fs/promises", async (importOriginal) => ({
  ...(await importOriginal<typeof fs>()),
  readFile: (url: URL) => {
    built.url = url.pathname;
    return built.isThere ? Promise.resolve(Uint8Array.of(1, 2)) : Promise.reject(systemError("ENOENT"));
  },
}));

test("the page is read from the build, and its absence has a code", async () => {
  expect(await readPage()).toEqual(Uint8Array.of(1, 2));
  expect(built.url).toMatch(/\/dist\/p2p\.html$/);
  built.isThere = false;
  await expect(readPage()).rejects.toMatchObject({
    code: "PAGE_MISSING",
    params: { reason: "ENOENT: made by a test" },
  });
});
