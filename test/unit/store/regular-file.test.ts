import { appendFile, chmod, open, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  oddOwnership,
  OddFileError,
  readNamedFile,
  readRegularFile,
  readRegularFileSync,
} from "../../../src/store/regular-file.ts";
import { makePipe, ODD_FILES } from "../../support/odd-files.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

const text = ({ bytes }: { bytes: Uint8Array }): string => new TextDecoder().decode(bytes);

/** What became of reading: the content, what it is instead, or the code of the system. */
async function outcome(read: () => unknown): Promise<string> {
  try {
    return text((await read()) as { bytes: Uint8Array });
  } catch (error) {
    return error instanceof OddFileError ? error.kind : ((error as NodeJS.ErrnoException).code ?? String(error));
  }
}

describe("a path that nobody named", () => {
  test.each(Object.entries(ODD_FILES))("with a %s in its place is not read", async (kind, plant) => {
    const path = join(await makeTempFolder(), "x");
    await plant(path);
    // A device is behind a link here, which is not followed either.
    const expected = kind === "device" ? "link" : kind;
    expect(await outcome(() => readRegularFile(path, { maxBytes: 100 }))).toBe(expected);
    expect(await outcome(() => readRegularFileSync(path, { maxBytes: 100 }))).toBe(expected);
  });

  test("is read up to its limit, and cut there where that is wanted", async () => {
    const path = join(await makeTempFolder(), "x");
    await writeFile(path, "0123456789");
    for (const read of [readRegularFile, readRegularFileSync]) {
      expect(await outcome(() => read(path, { maxBytes: 10 }))).toBe("0123456789");
      expect(await outcome(() => read(path, { maxBytes: 9 }))).toBe("too-large");
      expect(await outcome(() => read(path, { maxBytes: 9, truncates: true }))).toBe("012345678");
      expect(await outcome(() => read(`${path}y`, { maxBytes: 9 }))).toBe("ENOENT");
    }
  });

  test("has its end where it says, not where its size was", async () => {
    expect(await outcome(() => readRegularFile("/proc/self/comm", { maxBytes: 4_096, isNamed: true }))).not.toBe("");
  });

  test.each([0o666, 0o620, 0o602])("that is to be private and has mode %o is not read", async (mode) => {
    const path = join(await makeTempFolder(), "x");
    await writeFile(path, "mine");
    await chmod(path, mode);
    expect(await outcome(() => readRegularFile(path, { maxBytes: 9, isPrivate: true }))).toBe("open");
    await chmod(path, 0o600);
    expect(await outcome(() => readRegularFile(path, { maxBytes: 9, isPrivate: true }))).toBe("mine");
  });

  test("is foreign where its owner is neither this user nor root", () => {
    const user = process.getuid?.() ?? 0;
    expect(oddOwnership({ uid: user, mode: 0o600 })).toBeUndefined();
    expect(oddOwnership({ uid: 0, mode: 0o644 })).toBeUndefined();
    expect(oddOwnership({ uid: user + 4_242, mode: 0o600 })).toBe("foreign");
  });
});

describe("a path that a person named", () => {
  test("may be a link, and is looked at behind it", async () => {
    const folder = await makeTempFolder();
    await writeFile(join(folder, "x"), "behind");
    await symlink(join(folder, "x"), join(folder, "link"));
    await symlink("/dev/zero", join(folder, "endless"));
    expect(await outcome(() => readNamedFile(join(folder, "link"), { maxBytes: 9 }))).toBe("behind");
    expect(await outcome(() => readNamedFile(join(folder, "endless"), { maxBytes: 9 }))).toBe("device");
    expect(await outcome(() => readNamedFile(folder, { maxBytes: 9 }))).toBe("folder");
  });

  test("may be a pipe, read to its end however late somebody writes", async () => {
    const path = join(await makeTempFolder(), "x");
    makePipe(path);
    const reading = outcome(() => readNamedFile(path, { maxBytes: 9 }));
    const writer = await open(path, "w");
    await writer.write("late");
    await writer.close();
    expect(await reading).toBe("late");
  });

  test("is read of a pipe no further than to its limit", async () => {
    const path = join(await makeTempFolder(), "x");
    makePipe(path);
    const reading = outcome(() => readNamedFile(path, { maxBytes: 9 }));
    await appendFile(path, "0123456789");
    expect(await reading).toBe("too-large");
  });
});
