// The end of a folder: it is unlocked when what had begun is written in it, and nothing is written after that.
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test, vi } from "vitest";
import { nodeFileSystem } from "../../../../src/store/file-system.ts";
import { withResolvers } from "../../../support/with-resolvers.ts";
import { offer } from "../../exchange/fixtures.ts";
import { folders, offering, Side, text } from "./side.ts";

const OWN = "LocaltionJson.json";
/** A clock on which no time passes. */
const STILL = { now: () => 0, sleep: () => new Promise<void>(() => {}) };

test("waits for our file, and unlocks the folder then", async () => {
  const side = await Side.open("offer", { ...(await folders()), clock: STILL });
  const [begun, mayGoOn] = [withResolvers<void>(), withResolvers<void>()];
  const rename = nodeFileSystem.rename.bind(nodeFileSystem);
  const order: string[] = [];
  vi.spyOn(nodeFileSystem, "rename").mockImplementation(async (from, to) => {
    if (basename(to) !== OWN) return await rename(from, to);
    begun.resolve();
    await mayGoOn.promise;
    await rename(from, to);
    order.push("written");
  });
  const writing = side.write(offer());
  await begun.promise;
  const closing = side.folder.close().then(() => order.push("closed"));
  // A folder that did not wait would be unlocked by then.
  for (let look = 0; look < 50; look += 1) await lstat(join(side.dir, ".p2p-lock")).catch(() => {});
  expect(await readdir(side.dir)).toContain(".p2p-lock");
  mayGoOn.resolve();
  await Promise.all([writing, closing]);
  expect(order).toEqual(["written", "closed"]);
  expect(await readdir(side.dir)).toEqual([OWN]);
});

test("does not wait for ever for a disk that hangs", async () => {
  const side = await offering();
  const begun = withResolvers<void>();
  vi.spyOn(nodeFileSystem, "rename").mockImplementation(() => {
    begun.resolve();
    return new Promise(() => {});
  });
  void side.write(offer({ revision: 2 }));
  // Otherwise it might get there after this test, where the disk works and the folder is gone.
  await begun.promise;
  await side.folder.close();
  expect(await side.read(OWN)).toBe(text(offer()));
});

test("our file is not put back any more", async () => {
  const side = await offering();
  await side.folder.close();
  await side.put(OWN, "something else");
  expect(await side.watch(1_000)).toEqual([]);
  expect(await side.read(OWN)).toBe("something else");
});
