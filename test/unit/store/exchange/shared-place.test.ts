// The disk of a shared folder: what is read of it, how much at once, and what is left alone.
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { encodeEntry, entryName, MAX_ENTRY_BYTES } from "../../../../src/exchange/shared-entry.ts";
import { SharedPlace } from "../../../../src/store/exchange/shared-place.ts";
import { HOUR_MS, NOW_MS } from "../../exchange/fixtures.ts";
import { makeTempFolder } from "./temp-folder.ts";

const slotOf = (number: number): string => number.toString(16).padStart(32, "0");

function entryOf(number: number, document = "x"): { name: string; text: string } {
  const id = { kind: "offer", slot: slotOf(number) } as const;
  const times = { createdAtMs: NOW_MS, expiresAtMs: NOW_MS + HOUR_MS };
  return { name: entryName(id), text: encodeEntry({ ...id, by: "1".repeat(16), revision: 1, ...times, document }) };
}

async function fill(dir: string, numbers: readonly number[], document?: string): Promise<void> {
  for (const number of numbers) {
    const { name, text } = entryOf(number, document);
    await writeFile(join(dir, name), text);
  }
}

test("looks at 500 of our files, those of one slot among them", async () => {
  const dir = await makeTempFolder();
  await fill(
    dir,
    Array.from({ length: 520 }, (_, at) => at),
  );
  const place = await SharedPlace.open(dir);
  for (const slot of [slotOf(0), slotOf(519)]) {
    const found = await place.look(slot);
    expect(found).toHaveLength(500);
    expect(found[0]).toMatchObject({ id: { slot }, head: { slot, revision: 1 } });
  }
});

test("takes a name apart once in a look, however many there are", async () => {
  const dir = await makeTempFolder();
  const count = 1_000;
  for (let at = 0; at < count; at += 1) await writeFile(join(dir, entryOf(at).name), "");
  const place = await SharedPlace.open(dir);
  const matched = vi.spyOn(RegExp.prototype, "exec");
  await place.look(slotOf(7));
  const ofNames = matched.mock.contexts.filter((pattern) => (pattern as RegExp).source.startsWith("^p2p-"));
  matched.mockRestore();
  expect(ofNames.length).toBeGreaterThanOrEqual(count);
  expect(ofNames.length).toBeLessThan(2 * count);
});

test("reads 4 MiB in a look, and the rest in the next ones", async () => {
  const dir = await makeTempFolder();
  await fill(dir, [1, 2, 3, 4, 5, 6], "y".repeat(1_048_576));
  const place = await SharedPlace.open(dir);
  const readIn = async (): Promise<number> =>
    (await place.look(undefined)).filter(({ head }) => head !== undefined).length;
  expect([await readIn(), await readIn(), await readIn()]).toEqual([3, 6, 6]);
});

test("reads nothing that is larger than an entry, no link and no folder", async () => {
  const dir = await makeTempFolder();
  const elsewhere = await makeTempFolder();
  await fill(elsewhere, [1]);
  await symlink(join(elsewhere, entryOf(1).name), join(dir, entryOf(1).name));
  await mkdir(join(dir, entryOf(2).name));
  await writeFile(join(dir, entryOf(3).name), Buffer.alloc(MAX_ENTRY_BYTES + 1, 0x20));
  const place = await SharedPlace.open(dir);
  expect((await place.look(undefined)).map(({ head }) => head)).toEqual([undefined, undefined, undefined]);
  expect(await place.read(entryOf(1).name)).toBeUndefined();
});

test("reads an entry again when it has changed, and forgets one that is gone", async () => {
  const dir = await makeTempFolder();
  const place = await SharedPlace.open(dir);
  const { name, text } = entryOf(1);
  await place.write(name, text.slice(0, 50));
  expect((await place.look(undefined))[0]?.head).toBeUndefined();
  await place.write(name, text);
  expect((await place.look(undefined))[0]?.head).toMatchObject({ revision: 1 });
  expect(await place.read(name)).toMatchObject({ document: "x" });
  expect(await place.has(name)).toBe(true);
  await place.remove(name);
  expect(await place.has(name)).toBe(false);
  expect(await place.look(undefined)).toEqual([]);
});

test("creates what is not there, once, and leaves no other file", async () => {
  const dir = await makeTempFolder();
  const place = await SharedPlace.open(dir);
  const { name, text } = entryOf(1);
  expect(await Promise.all([place.create(name, text), place.create(name, text)])).toContain(false);
  expect(await readdir(dir)).toEqual([name]);
});

test("says what cannot be written, and which option names another folder", async () => {
  const dir = await makeTempFolder();
  const place = await SharedPlace.open(dir);
  const { text } = entryOf(1);
  for (const write of [() => place.write("missing/x.json", text), () => place.create("missing/x.json", text)]) {
    await expect(write()).rejects.toMatchObject({
      code: "WRITE_FAILED",
      hint: expect.stringMatching(/--via$/) as string,
    });
  }
});
