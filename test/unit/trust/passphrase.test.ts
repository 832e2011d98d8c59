import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { englishWords } from "../../../src/control/verify-words.ts";
import {
  isWeakPassphrase,
  makePassphrase,
  readIdentityFile,
  readPassphraseFile,
} from "../../../src/trust/passphrase.ts";
import { makeTempFolder } from "../store/exchange/temp-folder.ts";

async function file(content: string, mode = 0o600): Promise<string> {
  const path = join(await makeTempFolder(), "secret");
  await writeFile(path, content, { mode });
  await chmod(path, mode);
  return path;
}

test("one that is made has six words of the list, others each time, and is not weak", () => {
  const made = makePassphrase();
  expect(made.split(" ")).toHaveLength(6);
  expect(made.split(" ").every((word) => englishWords().includes(word))).toBe(true);
  expect(makePassphrase()).not.toBe(made);
  expect(isWeakPassphrase(made)).toBe(false);
});

test.each(["", "a", "12345678901234567890", "aaaaaaaaaaaaaaaaaaaa", "hunter2", "Passw0rd", "密码"])(
  "weak: %j",
  (text) => {
    expect(isWeakPassphrase(text)).toBe(true);
  },
);

test.each(["correct horse battery staple", "kX8#vq2LmZ", "床前明月光"])("not weak: %j", (text) => {
  expect(isWeakPassphrase(text)).toBe(false);
});

describe("a file with a passphrase", () => {
  test.each([
    ["able crane", "able crane"],
    ["able crane\n", "able crane"],
    [" able \r\nmore\n", " able "],
    ["\u{feff}able", "able"],
  ])("%j", async (content, passphrase) => {
    expect(await readPassphraseFile(await file(content))).toBe(passphrase);
  });

  test.each(["", "\n", "\r\nable"])("has none: %j", async (content) => {
    await expect(readPassphraseFile(await file(content))).rejects.toMatchObject({
      code: "SECRET_UNREADABLE",
      exit: 8,
      params: { problem: "empty" },
    });
  });

  test("is refused where others can read it, and where it is not there", async () => {
    const folder = await makeTempFolder();
    for (const mode of [0o604, 0o640]) {
      await expect(readPassphraseFile(await file("able", mode))).rejects.toMatchObject({
        params: { problem: "others-can-read" },
      });
    }
    await expect(readPassphraseFile(join(folder, "none"))).rejects.toMatchObject({ params: { problem: "unreadable" } });
    await expect(readPassphraseFile(folder)).rejects.toMatchObject({ params: { problem: "unreadable" } });
  });
});

describe("a file with identities", () => {
  const isIdentity = async (line: string): Promise<boolean> => await Promise.resolve(line.startsWith("KEY"));

  test("has comments and empty lines, too", async () => {
    const path = await file("# created: today\n\nKEY-1\r\n  KEY-2  \n");
    expect(await readIdentityFile(path, isIdentity)).toEqual(["KEY-1", "KEY-2"]);
  });

  test.each([
    ["# only a comment\n", "empty"],
    ["KEY-1\nsecret\n", "no-identity"],
  ])("%j", async (content, problem) => {
    const reading = readIdentityFile(await file(content), isIdentity);
    await expect(reading).rejects.toMatchObject({ params: { problem } });
    await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining("secret\n") as unknown });
  });
});
