// What the build has made beside the command, and an installation without it.
import type * as fs from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { readLicenses } from "../../../src/store/licenses.ts";
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

test.each([
  { name: "licenses.txt", read: readLicenses, code: "LICENSES_MISSING" },
  { name: "p2p.html", read: readPage, code: "PAGE_MISSING" },
])("$name is read from the build, and its absence has a code", async ({ name, read, code }) => {
  built.isThere = true;
  expect(await read()).toEqual(Uint8Array.of(1, 2));
  expect(String(built.url).endsWith(`/dist/${name}`)).toBe(true);
  built.isThere = false;
  await expect(read()).rejects.toMatchObject({ code, params: { reason: "ENOENT: made by a test" } });
});
