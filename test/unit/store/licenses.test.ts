// The licenses that the build has put together, and an installation without them.
import type * as fs from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { readLicenses } from "../../../src/store/licenses.ts";
import { systemError } from "../../support/fake-disk.ts";

const built = vi.hoisted(() => ({ isThere: true, url: undefined as unknown }));

vi.mock("node:fs/promises", async (importOriginal) => ({
  ...(await importOriginal<typeof fs>()),
  readFile: (url: URL) => {
    built.url = url.pathname;
    return built.isThere ? Promise.resolve(Uint8Array.of(1, 2)) : Promise.reject(systemError("ENOENT"));
  },
}));

test("they are read from the build, and their absence has a code", async () => {
  expect(await readLicenses()).toEqual(Uint8Array.of(1, 2));
  expect(built.url).toMatch(/\/dist\/licenses\.txt$/);
  built.isThere = false;
  await expect(readLicenses()).rejects.toMatchObject({
    code: "LICENSES_MISSING",
    params: { reason: "ENOENT: made by a test" },
  });
});
