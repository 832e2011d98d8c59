// Our exchange file while another program holds it, as an editor or a sync client does on Windows: nothing can take its
// name until it is let go.
import { basename } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { nodeFileSystem } from "../../../../src/store/file-system.ts";
import { systemError } from "../../../support/fake-disk.ts";
import { answer, offer } from "../../exchange/fixtures.ts";
import { offering, text } from "./side.ts";

let isHeld = false;

beforeEach(() => {
  isHeld = false;
  const rename = nodeFileSystem.rename.bind(nodeFileSystem);
  vi.spyOn(nodeFileSystem, "rename").mockImplementation((from, to) =>
    isHeld && basename(to) === "LocaltionJson.json"
      ? Promise.reject(Object.assign(systemError("EPERM"), { syscall: "rename" }))
      : rename(from, to),
  );
});

test("what was put in its place is read meanwhile, and ours is put back once it is let go", async () => {
  const side = await offering();
  const own = await side.read("LocaltionJson.json");
  isHeld = true;
  await side.put("LocaltionJson.json", answer());
  const told = await side.watch(9_000, [
    8_000,
    () => {
      isHeld = false;
    },
  ]);
  expect(told).toEqual([
    "0 own-overwritten LocaltionJson.json → LocaltionJson_p.json",
    "0 refused LocaltionJson.json: WRITE_FAILED",
    "250 peer LocaltionJson_p.json: serve 3210",
  ]);
  expect(await side.read("LocaltionJson.json")).toBe(own);
});

test("a newer document of ours waits for that, and is told once", async () => {
  const side = await offering();
  isHeld = true;
  const newer = text(offer({ revision: 2 }));
  let isWritten = false;
  const writing = side.folder.writeOwn(newer).then(() => {
    isWritten = true;
  });
  const told = await side.watch(9_000, [
    8_000,
    () => {
      expect(isWritten).toBe(false);
      isHeld = false;
    },
  ]);
  await writing;
  expect(told).toEqual([expect.stringMatching(/ refused LocaltionJson\.json: WRITE_FAILED$/)]);
  expect(await side.read("LocaltionJson.json")).toBe(newer);
});

test("one that waited for that does not replace a newer one", async () => {
  const side = await offering();
  isHeld = true;
  const older = side.folder.writeOwn(text(offer({ revision: 2 })));
  const newest = text(offer({ revision: 3 }));
  await side.watch(2_000, [
    1_100,
    async () => {
      isHeld = false;
      await side.folder.writeOwn(newest);
    },
  ]);
  await older;
  expect(await side.read("LocaltionJson.json")).toBe(newest);
});

test("the first one fails: who asks for it is there", async () => {
  isHeld = true;
  await expect(offering()).rejects.toMatchObject({ code: "WRITE_FAILED", params: { place: "dir" } });
});
