// Files that another program holds: Windows then lets nobody rename, replace or remove them, or not even read them.
import { copyFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import {
  answer,
  carry,
  clearExchange,
  connect,
  exits,
  offer,
  OWN_FILE,
  PEER_FILE,
  people,
} from "../support/processes.ts";
import { WindowsMachine } from "../support/wine.ts";

const windows = new WindowsMachine(inject("winePrefix"));

describe("the exchange file", () => {
  test("of an earlier run that is held cannot be replaced, and the hint says what to do", async (t) => {
    const { ann } = await windows.people(t, "ann");
    await writeFile(join(ann.dir, OWN_FILE), "{}");
    await windows.hold(ann, OWN_FILE, "readable");
    const side = offer(ann, ["--json"]);
    expect(await side.exit()).toBe(8);
    expect(side.eventsOf("error")).toMatchObject([
      {
        code: "WRITE_FAILED",
        message: expect.stringContaining("EPERM"),
        hint: "close the program that may have it open, or check its permissions, or choose another with --dir",
      },
    ]);
    expect(await readFile(join(ann.dir, OWN_FILE), "utf8")).toBe("{}");
  });

  test("of the other side that is held is told, and read once it is free", async (t) => {
    const { ann } = await windows.people(t, "ann");
    const { bob } = await people(t, "bob");
    const annSide = offer(ann, ["--json", "--no-chat", "-m", "hi"]);
    await carry(ann, bob);
    const bobSide = answer(bob, ["--json", "--no-chat"]);
    await carry(bob, ann, "coming.tmp");
    const holder = await windows.hold(ann, "coming.tmp", "alone");
    await rename(join(ann.dir, "coming.tmp"), join(ann.dir, PEER_FILE));
    await annSide.event("error", ({ code, message }) => code === "FILE_MALFORMED" && message.includes("EBUSY"));
    await holder.release();
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
  });

  test("of this side that is held while the other's is saved over it does not end the wait", async (t) => {
    const { ann } = await windows.people(t, "ann");
    const { bob } = await people(t, "bob");
    const annSide = offer(ann, ["--json", "--no-chat", "-m", "hi"]);
    await carry(ann, bob);
    const bobSide = answer(bob, ["--json", "--no-chat"]);
    await bobSide.event("local-file");
    const holder = await windows.hold(ann, OWN_FILE, "readable");
    await copyFile(join(bob.dir, OWN_FILE), join(ann.dir, OWN_FILE));
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    expect(annSide.eventsOf("error")).toMatchObject([{ code: "WRITE_FAILED" }]);
    expect(annSide.eventsOf("message")).toMatchObject([{ from: "me", text: "hi" }]);
    await holder.release();
  });
});

test("a received file whose place is held keeps what came, and gets its place the next time", async (t) => {
  const { bob } = await windows.people(t, "bob");
  const { ann } = await people(t, "ann");
  await writeFile(join(ann.dir, "f.txt"), "new".repeat(50_000));
  await writeFile(join(bob.dir, "f.txt"), "old");
  const holder = await windows.hold(bob, "f.txt", "readable");
  const first = await connect(
    { ann, bob },
    ["--no-chat", "f.txt"],
    ["--json", "--no-chat", "-y", "--conflict", "overwrite"],
  );
  expect(await exits(first)).toEqual([7, 8]);
  expect(first.bob.eventsOf("error")).toMatchObject([{ code: "WRITE_FAILED" }]);
  expect(await readFile(join(bob.dir, "f.txt"), "utf8")).toBe("old");
  await holder.release();

  await clearExchange(ann, bob);
  const second = await connect(
    { ann, bob },
    ["--no-chat", "f.txt"],
    ["--json", "--no-chat", "-y", "--conflict", "overwrite"],
  );
  expect(await exits(second)).toEqual([0, 0]);
  expect(second.bob.eventsOf("accepted")).toMatchObject([{ resumedFrom: 150_000 }]);
  expect((await readdir(bob.dir)).toSorted()).toEqual([OWN_FILE, PEER_FILE, "f.txt"].toSorted());
  expect(await readFile(join(bob.dir, "f.txt"), "utf8")).toBe(await readFile(join(ann.dir, "f.txt"), "utf8"));
});
