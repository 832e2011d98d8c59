import { mkdir, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UsedIds } from "../../../../src/store/state/used-ids.ts";
import { makeTempFolder } from "../exchange/temp-folder.ts";

const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.UTC(2026, 2, 1);

describe("UsedIds", () => {
  test("remembers for later processes, and each memory for itself", async () => {
    const stateDir = join(await makeTempFolder(), "p2p", "state");
    const used = await UsedIds.open(stateDir);
    expect(used.has("a")).toBe(false);
    await used.add("a", NOW_MS);
    expect(used.has("a")).toBe(true);
    expect((await UsedIds.open(stateDir)).has("a")).toBe(true);
    expect((await UsedIds.open(stateDir)).has("b")).toBe(false);
    expect((await UsedIds.open(stateDir, "own-documents")).has("a")).toBe(false);
  });

  test("is closed to others, and takes any text as id", async () => {
    const stateDir = join(await makeTempFolder(), "state");
    const used = await UsedIds.open(stateDir);
    await used.add("../../../etc/passwd\0", NOW_MS);
    expect(used.has("../../../etc/passwd\0")).toBe(true);
    const folder = join(stateDir, "used-offers");
    const [name = ""] = await readdir(folder);
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  test("loses nothing when several processes add at once", async () => {
    const stateDir = await makeTempFolder();
    const memories = await Promise.all([UsedIds.open(stateDir), UsedIds.open(stateDir)]);
    const ids = Array.from({ length: 20 }, (_, index) => `id ${index}`);
    await Promise.all(ids.map((id, index) => memories[index % 2 === 0 ? 0 : 1].add(id, NOW_MS)));
    expect(ids.filter((id) => !memories[0].has(id))).toEqual([]);
  });

  test("forgets after 30 days, and touches no other file", async () => {
    const stateDir = await makeTempFolder();
    const used = await UsedIds.open(stateDir);
    const others = ["README", `x${"0".repeat(64)}`, `${"0".repeat(64)}x`];
    for (const name of others) {
      await writeFile(join(stateDir, "used-offers", name), "");
      await utimes(join(stateDir, "used-offers", name), 1, 1);
    }
    await used.add("old", NOW_MS - 31 * DAY_MS);
    await used.add("recent", NOW_MS - 30 * DAY_MS);
    await used.add("new", NOW_MS);
    expect(["old", "recent", "new"].filter((id) => used.has(id))).toEqual(["recent", "new"]);
    expect(await readdir(join(stateDir, "used-offers"))).toEqual(expect.arrayContaining(others));
  });

  test("added again counts from then", async () => {
    const used = await UsedIds.open(await makeTempFolder());
    await used.add("a", NOW_MS - 40 * DAY_MS);
    await used.add("a", NOW_MS);
    await used.prune(NOW_MS + 29 * DAY_MS);
    expect(used.has("a")).toBe(true);
  });

  test("says when the state directory cannot be made", async () => {
    const folder = await makeTempFolder();
    await writeFile(join(folder, "file"), "");
    await expect(UsedIds.open(join(folder, "file"))).rejects.toMatchObject({
      code: "STATE_UNUSABLE",
      hint: "name a folder of your own with P2P_STATE_DIR, or set HOME to your own",
    });
    await mkdir(join(folder, "state"));
    await expect(UsedIds.open(join(folder, "state"))).resolves.toBeDefined();
  });
});
