// Whose file it is: known, another key under a known name, no signature, forged; and when ours are signed.
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inspectSignedFile, People, signDocument } from "../../../src/pairing/people.ts";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { ExchangeDocument } from "../../../src/exchange/description.ts";
import { ContactMeeting } from "../../../src/trust/contact-meeting.ts";
import { generateOwnKey, type OwnKey } from "../../../src/trust/signing.ts";
import { bytesOf, decode, NOW_MS, offer } from "../exchange/fixtures.ts";
import { makeTempFolder } from "../store/exchange/temp-folder.ts";

const WANG = generateOwnKey();
const VERIFIED_AT = "2026-05-03T10:00:00.000Z";
const KEPT = { name: "王芳", verifiedAt: VERIFIED_AT };

async function peopleWithWang(): Promise<People> {
  const people = await People.open(await makeTempFolder());
  await people.keep({ publicKey: WANG.publicKey, calledThemselves: "Wang Fang", ...KEPT });
  return people;
}

/** A document of somebody who calls himself so, as it is read. */
function fileOf(name: string, key: OwnKey | undefined): ExchangeDocument {
  const document = offer(name === "" ? {} : { name });
  return decode(encodeExchangeDocument(key === undefined ? document : signDocument(document, key)));
}

describe("a file", () => {
  test.each(["", "Wang Fang", "somebody else"])(
    "signed by a known key is known, whatever it is called: %j",
    async (name) => {
      expect(await (await peopleWithWang()).recognise(fileOf(name, WANG), "f")).toEqual({
        event: "peer-known",
        ...KEPT,
      });
    },
  );

  test.each(["王芳", "Wang Fang", "  wang fang ", "Ｗａｎｇ Fang"])(
    "with a known name and another key: %j",
    async (name) => {
      const other = fileOf(name, generateOwnKey());
      expect(await (await peopleWithWang()).recognise(other, "f")).toEqual({ event: "peer-other-key", ...KEPT });
    },
  );

  test.each([
    ["a letter of another script", "W\u0430ng F\u0430ng"],
    ["capitals", "WANG FANG"],
    ["a mathematical letter", "𝐖ang Fang"],
    ["a zero-width space", "Wang\u200b Fang"],
    ["a soft hyphen", "Wa\u00adng Fang"],
    ["a Hangul filler", "Wang Fang\u3164"],
    ["a Braille blank", "Wang\u2800Fang"],
    ["an override", "\u202aWang Fang\u202c"],
    ["a tag", "Wang Fang\u{e0041}"],
    ["two blanks", "Wang  Fang"],
    ["no blank", "WangFang"],
    ["a full stop", "Wang Fang."],
    ["a mark", "Wang Fang ✓"],
    ["an accent", "Wáng Fạng"],
    ["brackets", "Wang Fang (new phone)"],
    ["brackets that do not end", "Wang Fang（新手机"],
    ["a blank between Chinese characters", "王 芳"],
    ["an ideographic space", "王　芳"],
    ["a zero-width space between them", "王\u200b芳"],
    ["a radical", "⺩芳"],
    ["a variation selector", "王\u{e0100}芳\ufe00"],
  ])("with a name that looks like a known one: %s", async (_, name) => {
    const { event } = (await (await peopleWithWang()).recognise(fileOf(name, undefined), "f")) ?? {};
    expect(event).toBe("peer-unsigned");
  });

  test("with a known name and no signature", async () => {
    const unsigned = fileOf("Wang Fang", undefined);
    expect(await (await peopleWithWang()).recognise(unsigned, "f")).toEqual({ event: "peer-unsigned", ...KEPT });
  });

  test.each([
    ["", undefined],
    ["Li", undefined],
    ["Li", generateOwnKey()],
    ["", generateOwnKey()],
  ])("of nobody known says nothing: %j", async (name, key) => {
    expect(await (await peopleWithWang()).recognise(fileOf(name, key), "f")).toBeUndefined();
  });

  test("changed after it was signed is refused, by whoever reads it", async () => {
    const text = encodeExchangeDocument(signDocument(offer(), WANG));
    const forged = text.replace("127.0.0.1 4000", "127.0.0.1 4001");
    const wrong = { code: "FILE_SIGNATURE_WRONG", exit: 6 };
    for (const people of [await peopleWithWang(), await People.open(await makeTempFolder())]) {
      await expect(people.recognise(decode(forged), "f")).rejects.toMatchObject(wrong);
    }
    expect(() => inspectSignedFile(bytesOf(forged), "f", NOW_MS)).toThrow(expect.objectContaining(wrong) as Error);
    expect(inspectSignedFile(bytesOf(text), "f", NOW_MS).remarks).toContainEqual({
      remark: "signed",
      key: WANG.publicKey,
    });
  });

  test("with the signature of another file is refused", async () => {
    const [one, other] = [offer(), offer({ revision: 2 })].map((document) => signDocument(document, WANG));
    const text = encodeExchangeDocument(other ?? offer()).replace(
      other?.signature?.value ?? "",
      one?.signature?.value ?? "",
    );
    await expect((await peopleWithWang()).recognise(decode(text), "f")).rejects.toMatchObject({
      code: "FILE_SIGNATURE_WRONG",
    });
  });
});

describe("our files", () => {
  test("are signed while somebody is kept, and not before and not after", async () => {
    const people = await People.open(await makeTempFolder());
    expect(await people.signingKey()).toBeUndefined();
    const own = await people.ownKey();
    expect(await people.signingKey()).toBeUndefined();
    const contact = { publicKey: WANG.publicKey, ...KEPT };
    await people.keep(contact);
    expect(await people.signingKey()).toMatchObject({ publicKey: own.publicKey });
    await people.remove(contact);
    await people.remove(contact);
    expect([await people.list(), await people.signingKey()]).toEqual([[], undefined]);
    expect((await people.ownKey()).publicKey).toBe(own.publicKey);
  });

  test("have one key, even if it is made twice at once", async () => {
    const stateDir = await makeTempFolder();
    const both = await Promise.all([People.open(stateDir), People.open(stateDir)]);
    const keys = await Promise.all(both.map((people) => people.ownKey()));
    expect(keys[0]).toEqual(keys[1]);
  });
});

test("what is kept is the owner's alone; what cannot be read is nobody", async () => {
  const stateDir = await makeTempFolder();
  const people = await People.open(stateDir);
  await people.ownKey();
  await people.keep({ publicKey: WANG.publicKey, ...KEPT });
  const folder = join(stateDir, "contacts");
  const names = await readdir(folder);
  expect(names.toSorted()).toEqual([`${WANG.publicKey}.json`, "own-key.json"].toSorted());
  for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await writeFile(join(folder, `${"0".repeat(64)}.json`), "{");
  await writeFile(join(folder, `${"1".repeat(64)}.json`), JSON.stringify({ version: 1, publicKey: "x", ...KEPT }));
  expect(await people.list()).toEqual([{ publicKey: WANG.publicKey, ...KEPT }]);
});

describe("a meeting with somebody who is kept", () => {
  test("comes of both keys", async () => {
    const people = await peopleWithWang();
    const { publicKey } = await people.ownKey();
    const [contact] = await people.list();
    if (contact === undefined) throw new TypeError("nobody is kept");
    const ours = await people.meetingWith(contact);
    const theirs = await ContactMeeting.derive(WANG, { publicKey, name: "me" });
    expect(ours.contact).toEqual({ publicKey: WANG.publicKey, name: KEPT.name });
    expect(ours.daysAt(NOW_MS)[0].seal.topic).toBe(theirs?.daysAt(NOW_MS)[0].seal.topic);
  });

  test("cannot be without a key of our own, nor with a key that is nobody's", async () => {
    const people = await peopleWithWang();
    const [contact] = await people.list();
    if (contact === undefined) throw new TypeError("nobody is kept");
    const of = (whose: string) => ({ code: "CONTACT_UNUSABLE", params: { name: KEPT.name, whose } });
    await expect(people.meetingWith(contact)).rejects.toMatchObject(of("own"));
    const { publicKey } = await people.ownKey();
    for (const key of ["00".repeat(32), publicKey]) {
      await expect(people.meetingWith({ ...contact, publicKey: key })).rejects.toMatchObject(of("theirs"));
    }
  });
});
