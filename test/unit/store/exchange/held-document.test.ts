// A document that another program holds, as a virus scanner or a download does on Windows: nothing about the file changes
// when it is let go.
import { beforeEach, expect, test, vi } from "vitest";
import type * as documentFile from "../../../../src/store/exchange/document-file.ts";
import { systemError } from "../../../support/fake-disk.ts";
import { answer } from "../../exchange/fixtures.ts";
import { offering } from "./side.ts";

let isHeld = true;
let tries = 0;

vi.mock("../../../../src/store/exchange/document-file.ts", async (importOriginal) => {
  const real = await importOriginal<typeof documentFile>();
  return {
    ...real,
    readDocumentFile: (path: string, isNamed: boolean) => {
      tries += 1;
      return isHeld ? Promise.reject(systemError("EBUSY")) : real.readDocumentFile(path, isNamed);
    },
  };
});

beforeEach(() => {
  isHeld = true;
  tries = 0;
});

test("is told once, and read as soon as it is free", async () => {
  const side = await offering();
  await side.put("LocaltionJson_p.json", answer());
  const told = await side.watch(12_000, [
    10_000,
    () => {
      isHeld = false;
      return Promise.resolve();
    },
  ]);
  expect(told).toEqual([
    "5000 refused LocaltionJson_p.json: FILE_MALFORMED",
    "10000 peer LocaltionJson_p.json: serve 3210",
  ]);
  expect(tries).toBeGreaterThan(10);
});
