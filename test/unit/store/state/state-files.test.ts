// What somebody else may have put into the state directory, or what a crash has left there.
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createCertificate, type LocalCertificate } from "../../../../src/rtc/certificate.ts";
import { ContactBook } from "../../../../src/store/state/contact-book.ts";
import { PairingMemory, type RememberedPairing } from "../../../../src/store/state/pairing-memory.ts";
import { openStateFolder } from "../../../../src/store/state/state-folder.ts";
import { UnfinishedIndex } from "../../../../src/store/transfer/unfinished-index.ts";
import { UsedIds } from "../../../../src/store/state/used-ids.ts";
import { generateOwnKey } from "../../../../src/trust/signing.ts";
import { ODD_FILES } from "../../../support/odd-files.ts";
import { makeTempFolder } from "../exchange/temp-folder.ts";

const modeOf = async (path: string): Promise<number> => (await lstat(path)).mode & 0o777;

describe("a folder of the state directory", () => {
  test("that others may look into is theirs no more", async () => {
    const stateDir = await makeTempFolder();
    await mkdir(join(stateDir, "contacts"), { mode: 0o755 });
    await chmod(join(stateDir, "contacts"), 0o755);
    await openStateFolder(stateDir, "contacts");
    expect(await modeOf(join(stateDir, "contacts"))).toBe(0o700);
  });

  test.each([0o777, 0o720, 0o702])("that others may write into (mode %o) is refused by name", async (mode) => {
    const stateDir = await makeTempFolder();
    const path = join(stateDir, "contacts");
    await mkdir(path);
    await chmod(path, mode);
    await expect(openStateFolder(stateDir, "contacts")).rejects.toMatchObject({
      code: "STATE_UNSAFE",
      exit: 8,
      params: { path, kind: "open" },
      hint: `look at what is in it, then: chmod 700 ${path}`,
    });
    expect(await modeOf(path)).toBe(mode);
  });

  test("in one that everybody may change is refused, but for one like /tmp", async () => {
    const stateDir = await makeTempFolder();
    await chmod(stateDir, 0o777);
    await expect(openStateFolder(stateDir, "contacts")).rejects.toMatchObject({ params: { path: stateDir } });
    await chmod(stateDir, 0o1777);
    await openStateFolder(stateDir, "contacts");
  });

  test("that is a link is refused, and what it leads to stays as it is", async () => {
    const [stateDir, elsewhere] = [await makeTempFolder(), await makeTempFolder()];
    await chmod(elsewhere, 0o755);
    for (const name of ["contacts", "pairings", "used-offers", "transfers"]) {
      await symlink(elsewhere, join(stateDir, name));
    }
    const refused = { code: "STATE_UNSAFE", params: { kind: "link" } };
    await expect(ContactBook.open(stateDir)).rejects.toMatchObject(refused);
    await expect(UsedIds.open(stateDir)).rejects.toMatchObject(refused);
    await expect(PairingMemory.open(stateDir, "offer", { dir: stateDir }, 0)).rejects.toMatchObject(refused);
    await expect(new UnfinishedIndex(stateDir).list()).rejects.toMatchObject(refused);
    expect([await modeOf(elsewhere), await readdir(elsewhere)]).toEqual([0o755, []]);
  });

  test.each(["pipe", "socket", "too-large"] as const)("that is a %s is refused", async (kind) => {
    const stateDir = await makeTempFolder();
    await ODD_FILES[kind](join(stateDir, "contacts"));
    await expect(ContactBook.open(stateDir)).rejects.toMatchObject({ code: "STATE_UNSAFE" });
  });
});

describe("somebody who is kept", () => {
  const contact = { publicKey: "a".repeat(64), name: "Wang", verifiedAt: "2026-05-03T00:00:00Z" };
  const another = { ...contact, publicKey: "c".repeat(64), name: "Bob" };

  async function bookWith(...contacts: (typeof contact)[]): Promise<{ book: ContactBook; folder: string }> {
    const stateDir = await makeTempFolder();
    const book = await ContactBook.open(stateDir);
    for (const one of contacts) await book.keep(one);
    return { book, folder: join(stateDir, "contacts") };
  }

  test("is removed whatever the file is called, with all copies", async () => {
    const { book, folder } = await bookWith(contact, another);
    const text = await readFile(join(folder, `${contact.publicKey}.json`), "utf8");
    await rename(join(folder, `${contact.publicKey}.json`), join(folder, `${"b".repeat(64)}.json`));
    await writeFile(join(folder, `${"d".repeat(64)}.json`), text, { mode: 0o600 });
    expect((await book.list()).map(({ name }) => name)).toEqual(["Bob", "Wang"]);
    await book.remove(contact);
    expect(await book.list()).toEqual([another]);
    expect(await readdir(folder)).toEqual([`${another.publicKey}.json`]);
  });

  test("is what stands in the file of the key where a copy says something else", async () => {
    const { book, folder } = await bookWith(contact);
    const copy = { version: 1, ...contact, name: "Mallory" };
    for (const name of ["0", "f"]) {
      await writeFile(join(folder, `${name.repeat(64)}.json`), JSON.stringify(copy), { mode: 0o600 });
    }
    expect(await book.list()).toEqual([contact]);
  });

  test.each(Object.entries(ODD_FILES))("is not waited for where a %s lies in the folder", async (_kind, plant) => {
    const { book, folder } = await bookWith(contact);
    const path = join(folder, `${"e".repeat(64)}.json`);
    await plant(path);
    expect(await book.list()).toEqual([contact]);
    expect(await book.unusable()).toEqual([path]);
  });

  test("is not believed where others could have written it", async () => {
    const { book, folder } = await bookWith(contact);
    await chmod(join(folder, `${contact.publicKey}.json`), 0o666);
    expect(await book.list()).toEqual([]);
    expect(await book.unusable()).toEqual([join(folder, `${contact.publicKey}.json`)]);
  });
});

describe("the own long-term key", () => {
  test.each<[string, (path: string) => Promise<unknown>]>([
    ["cut off", (path) => writeFile(path, "{")],
    ["of another pair", (path) => writeFile(path, JSON.stringify({ version: 1, ...mixedKey() }))],
    [
      "no key",
      (path) => writeFile(path, JSON.stringify({ version: 1, publicKey: "a".repeat(64), privateKey: "AAAA" })),
    ],
    ["a link", (path) => rename(path, `${path}.x`).then(() => symlink(`${path}.x`, path))],
    ["a pipe", (path) => rm(path).then(() => ODD_FILES.pipe(path))],
    ["one that others may change", (path) => chmod(path, 0o666)],
  ])("that is %s is named, and not replaced", async (_name, spoil) => {
    const stateDir = await makeTempFolder();
    const book = await ContactBook.open(stateDir);
    await book.keepOwnKey(generateOwnKey());
    const path = join(stateDir, "contacts", "own-key.json");
    await spoil(path);
    const refused = { code: "SECRET_UNREADABLE", exit: 8, params: { path, problem: "no-own-key" } };
    await expect(book.ownKey()).rejects.toMatchObject(refused);
    await expect(book.keepOwnKey(generateOwnKey())).rejects.toMatchObject(refused);
  });

  function mixedKey(): { publicKey: string; privateKey: string } {
    return { publicKey: generateOwnKey().publicKey, privateKey: generateOwnKey().privateKey };
  }
});

describe("a run to go on with", () => {
  const NOW_MS = Date.UTC(2026, 2, 1);
  let certificates: LocalCertificate[];

  beforeAll(async () => {
    certificates = [await createCertificate(), await createCertificate()];
  });

  const pem = (index: number): LocalCertificate => {
    const certificate = certificates[index];
    if (certificate === undefined) throw new Error("no certificate");
    return certificate;
  };

  const remembered = (): RememberedPairing => ({
    version: 1,
    id: "0123456789abcdef".repeat(2),
    revision: 3,
    createdAtMs: NOW_MS - 1_000.5,
    expiresAtMs: NOW_MS + 1_000,
    legacySdp: false,
    inReplyTo: "f".repeat(32),
    inReplyToRevision: 1,
    candidates: [{ type: "host", address: "fe80::1%eth0", port: 9 }],
    self: {
      certPem: pem(0).certPem,
      keyPem: pem(0).keyPem,
      signatureHash: pem(0).signatureHash,
      iceUfrag: "abcd",
      icePwd: "a".repeat(22),
      sockets: [{ address: "127.0.0.1", port: 4_000 }],
    },
  });

  async function kept(): Promise<{ memory: PairingMemory; path: string }> {
    const stateDir = await makeTempFolder();
    const memory = await PairingMemory.open(stateDir, "offer", { dir: stateDir }, NOW_MS);
    await memory.save(remembered());
    const [name = ""] = await readdir(join(stateDir, "pairings"));
    return { memory, path: join(stateDir, "pairings", name) };
  }

  test("is read as it was written", async () => {
    expect(await (await kept()).memory.load()).toEqual(remembered());
  });

  test.each<[string, (p: RememberedPairing) => unknown]>([
    ["a certificate that is none", (p) => (p.self.certPem = "x")],
    ["another certificate than the key", (p) => (p.self.certPem = pem(1).certPem)],
    ["no key", (p) => (p.self.keyPem = "")],
    ["another signature", (p) => (p.self.signatureHash = { signature: 99, hash: 1e9 })],
    ["a time past all calendars", (p) => (p.createdAtMs = 1e300)],
    ["an end past all calendars", (p) => (p.expiresAtMs = 1e300)],
    ["an end that is over", (p) => (p.expiresAtMs = NOW_MS - 1)],
    ["an id that is a path", (p) => (p.id = "../../x")],
    ["an id answered that is none", (p) => (p.inReplyTo = "zz")],
    ["a revision past all counting", (p) => (p.revision = Number.MAX_SAFE_INTEGER)],
    ["a password of 1 MB", (p) => (p.self.icePwd = "p".repeat(1_000_000))],
    ["a line feed in the ufrag", (p) => (p.self.iceUfrag = "a\r\na=x")],
    ["a port below 0", (p) => (p.self.sockets = [{ address: "127.0.0.1", port: -5 }])],
    ["a name for an address", (p) => (p.candidates = [{ type: "host", address: "\u001b[2J", port: 1 }])],
    ["a signer who has no key", (p) => (p.peer = { isSealed: false, recognised: { publicKey: "x", name: "Wang" } })],
    [
      "a signer of an endless name",
      (p) => (p.peer = { isSealed: false, recognised: { publicKey: "ab".repeat(32), name: "x".repeat(2_000) } }),
    ],
    ["too many sockets", (p) => (p.self.sockets = Array.from({ length: 300 }, () => ({ address: "::1", port: 1 })))],
  ])("with %s is none", async (_name, spoil) => {
    const { memory, path } = await kept();
    const pairing = remembered();
    spoil(pairing);
    await writeFile(path, JSON.stringify(pairing));
    expect(await memory.load()).toBeUndefined();
  });

  test.each(Object.entries(ODD_FILES))("is none where a %s lies in its place", async (_kind, plant) => {
    const { memory, path } = await kept();
    await rm(path);
    await plant(path);
    expect(await memory.load()).toBeUndefined();
  });

  test("is none where others could have written it", async () => {
    const { memory, path } = await kept();
    await chmod(path, 0o622);
    expect(await memory.load()).toBeUndefined();
  });

  test("is deleted by its own run only: another one may have taken its place", async () => {
    const { memory, path } = await kept();
    await memory.forget("f".repeat(32));
    expect(await memory.load()).toBeDefined();
    await memory.forget(remembered().id);
    await expect(lstat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("has its time on the file, and not on what a link leads to", async () => {
    const { path } = await kept();
    expect((await lstat(path)).mtimeMs).toBe(NOW_MS + 1_000);
    const elsewhere = join(await makeTempFolder(), "x");
    await writeFile(elsewhere, "");
    await utimes(elsewhere, 1, 1);
    const link = `${"a".repeat(64)}.json`;
    await symlink(elsewhere, join(path, "..", link));
    await PairingMemory.open(join(path, "..", ".."), "answer", { dir: elsewhere }, Date.now() - 3_600_000);
    // The link was made just now; how old its target is does not count.
    expect(await readdir(join(path, ".."))).toContain(link);
  });
});

describe("the list of unfinished transfers", () => {
  const ID = "0123456789abcdef";
  const entry = { folder: "/nowhere", path: "f", bytes: 5 };

  async function listed(content: string): Promise<unknown[]> {
    const stateDir = await makeTempFolder();
    const index = new UnfinishedIndex(stateDir);
    await index.add({ folder: "/nowhere", id: ID }, { path: "f", bytes: 5, mtimeUs: 0, from: "", createdMs: 0 });
    const path = join(stateDir, "transfers", `${ID}.json`);
    await writeFile(path, content);
    return await index.list();
  }

  test("has what was written", async () => {
    expect(await listed(JSON.stringify(entry))).toEqual([
      { place: { folder: "/nowhere", id: ID }, path: "f", bytes: 5 },
    ]);
  });

  test.each([
    { ...entry, bytes: -5 },
    { ...entry, bytes: 1.5 },
    { ...entry, folder: "near" },
    { ...entry, folder: "/a\0b" },
    { ...entry, path: "x".repeat(10_000) },
    [],
    null,
  ])("leaves out %j", async (content) => {
    expect(await listed(JSON.stringify(content))).toEqual([]);
  });

  test.each(Object.entries(ODD_FILES))("leaves out a %s", async (_kind, plant) => {
    const stateDir = await makeTempFolder();
    await mkdir(join(stateDir, "transfers"), { mode: 0o700 });
    await plant(join(stateDir, "transfers", `${ID}.json`));
    expect(await new UnfinishedIndex(stateDir).list()).toEqual([]);
  });
});
