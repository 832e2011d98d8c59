// Disks that refuse to remove or to link what lies in the contact book, and a folder of too many files.
import type * as fs from "node:fs/promises";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ContactBook } from "../../../../src/store/state/contact-book.ts";
import { generateOwnKey } from "../../../../src/trust/signing.ts";
import { makeTempFolder } from "../exchange/temp-folder.ts";

const { refuse, crowd } = vi.hoisted(() => ({
  refuse: (): Promise<never> => Promise.reject(Object.assign(new Error("EPERM: refused"), { code: "EPERM" })),
  /** When it has names, these are in every folder, and none of them can be looked at. */
  crowd: { names: [] as string[] },
}));

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  return {
    ...real,
    link: refuse,
    unlink: refuse,
    lstat: (path: string) => (crowd.names.length > 0 ? refuse() : real.lstat(path)),
    readdir: (path: string) => (crowd.names.length > 0 ? Promise.resolve(crowd.names) : real.readdir(path)),
  };
});

test("a folder with more files than contacts are kept is not read to its end", async () => {
  const book = await ContactBook.open(await makeTempFolder());
  crowd.names = Array.from({ length: 5_000 }, (_, at) => `${String(at).padStart(64, "0")}.json`);
  onTestFinished(() => {
    crowd.names = [];
  });
  expect((await book.unusable()).length).toBe(4_096);
});

test("a contact that cannot be removed is told with the folder, and a key that cannot be kept with its file", async () => {
  const stateDir = await makeTempFolder();
  const book = await ContactBook.open(stateDir);
  const contact = { publicKey: "a".repeat(64), name: "Wang", verifiedAt: "2026-05-03T00:00:00Z" };
  await book.keep(contact);
  const folder = join(stateDir, "contacts");
  await expect(book.remove(contact)).rejects.toMatchObject({ code: "STATE_UNUSABLE", params: { path: folder } });
  expect(await book.list()).toEqual([contact]);
  await expect(book.keepOwnKey(generateOwnKey())).rejects.toMatchObject({
    code: "STATE_UNUSABLE",
    params: { path: join(folder, "own-key.json") },
  });
  expect(await readdir(folder)).not.toContain("own-key.json");
});
