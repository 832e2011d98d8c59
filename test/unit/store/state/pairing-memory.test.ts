// Which entries of the folder of pairings are read, which are deleted, and whose an entry is.
import { mkdir, readdir, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createCertificate } from "../../../../src/rtc/certificate.ts";
import { type MemoryPlace, PairingMemory, type RememberedPairing } from "../../../../src/store/state/pairing-memory.ts";
import { makeTempFolder } from "../exchange/temp-folder.ts";

const NOW_MS = Date.UTC(2026, 2, 1);
const certificate = await createCertificate();
let stateDir: string;

beforeEach(async () => {
  stateDir = await makeTempFolder();
});

const pairing = (): RememberedPairing & { peer: object } => ({
  version: 1,
  id: "0123456789abcdef".repeat(2),
  revision: 1,
  createdAtMs: NOW_MS,
  expiresAtMs: NOW_MS + 1_000,
  legacySdp: false,
  inReplyTo: "f".repeat(32),
  peer: { isSealed: true, recognised: { publicKey: "ab".repeat(32), name: "Wang" } },
  candidates: [],
  self: {
    certPem: certificate.certPem,
    keyPem: certificate.keyPem,
    signatureHash: certificate.signatureHash,
    iceUfrag: "ab+/",
    icePwd: "a".repeat(22),
    sockets: [],
  },
});

const at = async (place: MemoryPlace, nowMs = NOW_MS, role: "offer" | "answer" = "offer"): Promise<PairingMemory> =>
  await PairingMemory.open(stateDir, role, place, nowMs);

test("an entry is read up to its last moment", async () => {
  await (await at({ name: "x" })).save(pairing());
  expect(await (await at({ name: "x" }, NOW_MS + 1_000)).load()).toEqual(pairing());
  // Its file is there: only the clock of this run is later than that of the run which looked for expired ones.
  const late = await at({ name: "x" }, NOW_MS + 1_000);
  await utimes(await onlyEntry(), NOW_MS, NOW_MS);
  expect(await late.load()).toBeDefined();
});

async function onlyEntry(): Promise<string> {
  const folder = join(stateDir, "pairings");
  const names = await readdir(folder);
  expect(names).toHaveLength(1);
  return join(folder, names[0] ?? "");
}

describe.each<[string, (p: ReturnType<typeof pairing>, text: (valid: string) => string) => unknown]>([
  ["an id", (p, text) => (p.id = text(p.id))],
  ["an id that is answered", (p, text) => (p.inReplyTo = text("f".repeat(32)))],
  ["a key", (p, text) => (p.peer = { isSealed: true, recognised: { publicKey: text("ab".repeat(32)), name: "W" } })],
  ["a ufrag", (p, text) => (p.self.iceUfrag = text(p.self.iceUfrag))],
  ["a password", (p, text) => (p.self.icePwd = text(p.self.icePwd))],
])("%s", (_name, put) => {
  test.each([
    [1, "", ""],
    [0, "\n", ""],
    [0, "", " "],
  ])("is used (%d) with %j before and %j behind it", async (used, before, after) => {
    const memory = await at({ name: "x" });
    const changed = pairing();
    put(changed, (valid) => `${before}${valid}${after}`);
    await memory.save(changed);
    expect(await memory.load()).toEqual(used === 1 ? changed : undefined);
  });
});

test("what is expired goes, of all places, and nothing else", async () => {
  await mkdir(join(stateDir, "pairings"), { mode: 0o700 });
  const digits = "0".repeat(64);
  const stays = [`x${digits}.json`, `${digits}.jsonx`, "0.json", `${"1".repeat(64)}.json`];
  for (const name of [`${digits}.json`, ...stays]) {
    const path = join(stateDir, "pairings", name);
    await writeFile(path, "{}");
    const seconds = (name.startsWith("1") ? NOW_MS : NOW_MS - 1_000) / 1_000;
    await utimes(path, seconds, seconds);
  }
  await at({ name: "x" });
  expect((await readdir(join(stateDir, "pairings"))).toSorted()).toEqual(stays.toSorted());
});

test("an entry that is not ours to read is forgotten", async () => {
  const memory = await at({ name: "x" });
  await memory.save(pairing());
  await writeFile(await onlyEntry(), "{");
  await memory.forget(pairing().id);
  expect(await readdir(join(stateDir, "pairings"))).toEqual([]);
});

test("each role in each place has its own entry, however a folder is named", async () => {
  const [one, other] = [join(stateDir, "one"), join(stateDir, "other")];
  await mkdir(one);
  await mkdir(other);
  await symlink(one, join(stateDir, "link"));
  await (await at({ dir: one })).save(pairing());
  const isThere = async (place: MemoryPlace, role?: "answer"): Promise<boolean> =>
    (await (await at(place, NOW_MS, role)).load()) !== undefined;
  expect(await isThere({ dir: one })).toBe(true);
  expect(await isThere({ dir: join(stateDir, "link") })).toBe(true);
  expect(await isThere({ dir: relative(process.cwd(), one) })).toBe(true);
  expect(await isThere({ dir: other })).toBe(false);
  expect(await isThere({ dir: one }, "answer")).toBe(false);
  expect(await isThere({ name: one })).toBe(false);
  await (await at({ name: "n" })).save(pairing());
  expect(await isThere({ name: "n" })).toBe(true);
  expect(await isThere({ name: "m" })).toBe(false);
});

test("a folder that is not there any more has its own entry too", async () => {
  const gone = join(stateDir, "gone");
  await (await at({ dir: gone })).save(pairing());
  expect(await (await at({ dir: relative(process.cwd(), gone) })).load()).toBeDefined();
  expect(await (await at({ dir: `${gone}2` })).load()).toBeUndefined();
  expect((await stat(await onlyEntry())).mtimeMs).toBe(NOW_MS + 1_000);
});
