// Two people who exchange nothing but short codes.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readQrCode } from "../support/terminal-picture.ts";
import { answer, offer, OWN_FILE, people, run } from "../support/processes.ts";

/** Deriving the key takes a second of a quiet processor, and much of its memory. */
const SEALING_MS = 60_000;

test("a code stands for the file: on stdin, in the arguments, and both ways by p2p code", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const first = offer(ann, ["--json", "--code", "--in", "-", "--no-chat", "-m", "hello"], { stdin: "pipe" });
  const made = await first.event("local-file");
  const code = made.code ?? "";
  expect(code).toMatch(/^p2p:[0-9a-z]+$/);
  const shown = run(ann, ["code", join(ann.dir, OWN_FILE)]);
  expect(await shown.exit()).toBe(0);
  expect(shown.stdout).toBe(`${code}\n`);
  const drawn = run(ann, ["code", "--qr", join(ann.dir, OWN_FILE)]);
  expect(await drawn.exit()).toBe(0);
  expect(readQrCode(drawn.stdout.trimEnd().split("\n"), "dark")).toBe(code.toUpperCase());
  const file = run(bob, ["code", "-"], { stdin: "pipe" });
  file.type(`> ${code.slice(0, 60)}\n> ${code.slice(60)}\n`);
  file.endInput();
  expect(await file.exit()).toBe(0);
  expect(JSON.parse(file.stdout)).toEqual(JSON.parse(await readFile(join(ann.dir, OWN_FILE), "utf8")));

  const groups = `p2p:${(code.slice(4).match(/.{1,5}/g) ?? []).join(" ")}`;
  const grouped = run(bob, ["code", groups]);
  expect(await grouped.exit()).toBe(0);
  expect(grouped.stdout).toBe(file.stdout);

  const second = answer(bob, ["--json", "--code", "--in", code.toUpperCase(), "--no-chat", "--out", "x.json"]);
  const reply = (await second.event("local-file")).code ?? "";
  expect(await second.event("peer-file")).toMatchObject({ path: "p2p:…", type: "offer", id: made.id });
  expect(second.stderr).toContain("other users of this computer can see the code");
  first.type(`${reply}\n`);
  expect(await second.event("message")).toMatchObject({ from: "peer", text: "hello" });
  expect([await first.exit(), await second.exit()]).toEqual([0, 0]);
  expect(await readdir(bob.dir)).toEqual(["x.json"]);
});

test("a typo in a code ends with exit 6, and the place of the typo", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const first = offer(ann, ["--json", "--code"]);
  const { code = "" } = await first.event("local-file");
  const wrong = code.slice(0, 40) + (code.at(40) === "7" ? "8" : "7") + code.slice(41);
  const second = answer(bob, ["--in", wrong]);
  expect(await second.exit()).toBe(6);
  expect(second.stderr).toMatch(/typo in characters 36 to 40 behind 'p2p:' \([0-9a-z]{5}\)/);
});

test("a sealed file has no code, which is said", async (t) => {
  const { ann } = await people(t, "ann");
  const first = offer(ann, ["--code", "--seal"], { env: { P2P_PASSPHRASE: "twelve angry words of no meaning" } });
  await first.says(/no short code: it is sealed/, SEALING_MS);
});
