// Commands on Windows that need nobody else, and the lock of a folder.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { offer, OWN_FILE, run } from "../support/processes.ts";
import { WindowsMachine } from "../support/wine.ts";

const windows = new WindowsMachine(inject("winePrefix"));

test("a folder has one line at a time, and the lock of a killed one is taken over", async (t) => {
  const { ann } = await windows.people(t, "ann");
  const first = offer(ann, ["--json"]);
  await first.event("waiting");
  const second = offer(ann, ["--json"]);
  expect(await second.exit()).toBe(8);
  expect(second.eventsOf("error")).toMatchObject([{ code: "FOLDER_IN_USE" }]);
  await first.kill();
  const third = offer(ann, ["--json"]);
  await third.event("waiting");
  expect(existsSync(join(ann.dir, OWN_FILE))).toBe(true);
});

test("a file is inspected, sealed and unsealed", async (t) => {
  const { ann } = await windows.people(t, "ann");
  const side = offer(ann, ["--json"]);
  await side.event("waiting");
  await side.kill();
  const inspected = run(ann, ["inspect", OWN_FILE, "--json"]);
  expect(await inspected.exit()).toBe(0);
  expect(JSON.parse(inspected.stdout)).toMatchObject({ type: "offer" });

  await writeFile(join(ann.dir, "words"), "correct horse battery staple\r\n");
  const sealed = run(ann, ["seal", "--passphrase-file", "words", OWN_FILE]);
  expect(await sealed.exit()).toBe(0);
  await writeFile(join(ann.dir, "sealed.txt"), sealed.stdout.replaceAll("\n", "\r\n"));
  const opened = run(ann, ["unseal", "--passphrase-file", "words", "sealed.txt"]);
  expect(await opened.exit()).toBe(0);
  expect(opened.stdout).toBe(await readFile(join(ann.dir, OWN_FILE), "utf8"));
});
