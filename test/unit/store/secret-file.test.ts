import { appendFile, chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readIdentityFile, readPassphraseFile } from "../../../src/store/secret-file.ts";
import { makePipe, ODD_FILES } from "../../support/odd-files.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

async function file(content: string, mode = 0o600): Promise<string> {
  const path = join(await makeTempFolder(), "secret");
  await writeFile(path, content, { mode });
  await chmod(path, mode);
  return path;
}

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
  });

  test("is refused where others can change it, and where it is no file", async () => {
    for (const mode of [0o620, 0o602]) {
      await expect(readPassphraseFile(await file("able", mode))).rejects.toMatchObject({ params: { problem: "open" } });
    }
    const folder = await makeTempFolder();
    for (const kind of ["folder", "socket", "device", "too-large"] as const) {
      await ODD_FILES[kind](join(folder, kind));
      await expect(readPassphraseFile(join(folder, kind))).rejects.toMatchObject({ params: { problem: kind } });
    }
  });

  test("may be a pipe of the shell, whoever it belongs to", async () => {
    const path = join(await makeTempFolder(), "pipe");
    makePipe(path);
    const reading = readPassphraseFile(path);
    await appendFile(path, "able crane\n");
    expect(await reading).toBe("able crane");
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
