// The files of the contact book: which are read, in what order, and what becomes of the own key.
import { generateKeyPairSync } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ContactBook } from "../../../../src/store/state/contact-book.ts";
import { generateOwnKey } from "../../../../src/trust/signing.ts";
import { makeTempFolder } from "../exchange/temp-folder.ts";

const PRIVATE = { mode: 0o600 };
const contact = { publicKey: "a".repeat(64), name: "Wang", verifiedAt: "2026-05-03T00:00:00Z" };

async function openBook(): Promise<{ book: ContactBook; folder: string }> {
  const stateDir = await makeTempFolder();
  return { book: await ContactBook.open(stateDir), folder: join(stateDir, "contacts") };
}

test("contacts are in the order of their names, with the names that they used for themselves", async () => {
  const { book } = await openBook();
  const people = ["Dora", "Bob", "Eve", "Ann", "Carl"].map((name, at) => ({
    ...contact,
    publicKey: String(at).repeat(64),
    name,
    ...(name === "Bob" ? { calledThemselves: "robert" } : {}),
  }));
  for (const person of people) await book.keep(person);
  const listed = await book.list();
  expect(listed.map(({ name }) => name)).toEqual(["Ann", "Bob", "Carl", "Dora", "Eve"]);
  expect(listed.slice(0, 2)).toStrictEqual([people[3], people[1]]);
});

test.each(["x", ""].flatMap((before) => ["x", ""].map((after) => [before, after])))(
  "a key or a file name of 64 digits with %j before and %j after it is none",
  async (before = "", after = "") => {
    const { book, folder } = await openBook();
    const name = `${before}${"b".repeat(64)}.json${after}`;
    await writeFile(join(folder, name), "{", PRIVATE);
    const publicKey = `${before}${"c".repeat(64)}${after}`;
    const path = join(folder, `${"d".repeat(64)}.json`);
    await writeFile(path, JSON.stringify({ version: 1, ...contact, publicKey }), PRIVATE);
    const isPlain = before === "" && after === "";
    expect(await book.unusable()).toEqual([isPlain ? join(folder, name) : path]);
    expect((await book.list()).length).toBe(isPlain ? 1 : 0);
  },
);

test("a folder that has gone holds nobody", async () => {
  const { book, folder } = await openBook();
  await book.keep(contact);
  await rm(folder, { recursive: true });
  expect(await book.list()).toEqual([]);
  await book.remove(contact);
});

test("a contact that two runs remove at once is removed", async () => {
  const { book, folder } = await openBook();
  await book.keep(contact);
  await Promise.all([book.remove(contact), book.remove(contact), book.remove(contact)]);
  expect(await readdir(folder)).toEqual([]);
});

test("the first own key is kept, and nothing else is left beside it", async () => {
  const { book, folder } = await openBook();
  expect(await book.ownKey()).toBeUndefined();
  const [first, second] = [generateOwnKey(), generateOwnKey()];
  expect(await book.keepOwnKey(first)).toEqual(first);
  expect(await book.keepOwnKey(second)).toEqual(first);
  expect(await book.ownKey()).toEqual(first);
  expect(await readdir(folder)).toEqual(["own-key.json"]);
});

test("a pair of keys that signs nothing is no own key", async () => {
  const { book, folder } = await openBook();
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const pair = {
    version: 1,
    publicKey: Buffer.from(x, "base64url").toString("hex"),
    privateKey: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
  };
  await writeFile(join(folder, "own-key.json"), JSON.stringify(pair), PRIVATE);
  await expect(book.ownKey()).rejects.toMatchObject({ code: "SECRET_UNREADABLE" });
});
