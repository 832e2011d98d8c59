// Sealing and opening, and what each thing that can be wrong is called. Work factors are small here: what they cost is
// measured nowhere but on the clock of a person.
import { SEAL_WORK_FACTOR } from "../../../src/exchange/sealed.ts";
import { createCipheriv, randomBytes, scryptSync } from "node:crypto";
import { armor, Encrypter, generateIdentity, identityToRecipient, type Recipient, Stanza } from "age-encryption";
import { beforeEach, describe, expect, test } from "vitest";
import { readSealed } from "../../../src/exchange/sealed.ts";
import { MAX_WORK_FACTOR, openSealed, sealToRecipients, sealWithPassphrase } from "../../../src/trust/age-file.ts";
import { isIdentity, isRecipient } from "../../../src/trust/age-sealing.ts";

const PLAIN = '{ "sdp" : "…" }\n';
const PASSPHRASE = "able crane mutual";
const WORK_FACTOR = 8;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The file inside the armor, as Latin-1, so that each character is a byte. */
function insideOf(armored: string): string {
  const sealed = readSealed(bytesOf(armored));
  if (sealed?.state !== "whole") throw new Error("not sealed");
  return Buffer.from(sealed.bytes).toString("latin1");
}

async function codeOf(content: string | Uint8Array, passphrase = PASSPHRASE): Promise<unknown> {
  const bytes = typeof content === "string" ? Uint8Array.from(Buffer.from(content, "latin1")) : content;
  return await openSealed(bytes, "f.json", { passphrase }).then(textOf, (error: { code: string }) => error.code);
}

/** A recipient as https://age-encryption.org/v1 has it for passphrases, made without our code. */
function scryptRecipient(passphrase: string, ...further: string[]): Recipient {
  return {
    wrapFileKey: (fileKey) => {
      const salt = randomBytes(16);
      const labelled = Buffer.concat([Buffer.from("age-encryption.org/v1/scrypt"), salt]);
      const key = scryptSync(passphrase, labelled, 32, { N: 2 ** WORK_FACTOR, r: 8, p: 1 });
      const cipher = createCipheriv("chacha20-poly1305", key, Buffer.alloc(12), { authTagLength: 16 });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      const saltText = salt.toString("base64").replaceAll("=", "");
      return [new Stanza(["scrypt", saltText, String(WORK_FACTOR), ...further], body)];
    },
  };
}

async function sealedTo(...recipients: (Recipient | string)[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return bytesOf(armor.encode(await encrypter.encrypt(PLAIN)));
}

let sealed = "";
let inside = "";

// Before each one: what fails before all of them fails none.
beforeEach(async () => {
  sealed = await sealWithPassphrase(PLAIN, PASSPHRASE, WORK_FACTOR);
  inside = insideOf(sealed);
});

describe("with a passphrase", () => {
  test("opens again, armored and not", async () => {
    expect(await codeOf(sealed)).toBe(PLAIN);
    expect(await codeOf(inside)).toBe(PLAIN);
    expect(inside).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S{22} 8\n/);
  });

  test("holds nothing of what is inside, and is another one each time", async () => {
    expect(inside).not.toContain("sdp");
    expect(await sealWithPassphrase(PLAIN, PASSPHRASE, WORK_FACTOR)).not.toBe(sealed);
  });

  test("takes any text", async () => {
    const passphrase = "口令 🔑 \u0000";
    expect(await codeOf(await sealWithPassphrase(bytesOf(PLAIN), passphrase, WORK_FACTOR), passphrase)).toBe(PLAIN);
  });

  test.each(["", "able crane mutua", "able crane mutual "])("does not open with %j", async (wrong) => {
    expect(await codeOf(sealed, wrong)).toBe("FILE_WRONG_PASSPHRASE");
  });

  test("a change of any byte is found", async () => {
    const codes = new Set<unknown>();
    for (let at = 0; at < inside.length; at += 3) {
      const changed = inside.slice(0, at) + String.fromCharCode(inside.charCodeAt(at) ^ 1) + inside.slice(at + 1);
      codes.add(await codeOf(changed));
    }
    // FILE_TOO_COSTLY: another digit of the work factor.
    codes.delete("FILE_SEAL_TOO_COSTLY");
    expect(codes).toEqual(new Set(["FILE_SEALED", "FILE_SEAL_DAMAGED", "FILE_WRONG_PASSPHRASE"]));
  });

  test("a file that was cut off is damaged, wherever", async () => {
    for (let length = 60; length < inside.length; length += 7) {
      expect(await codeOf(inside.slice(0, length))).toBe("FILE_SEAL_DAMAGED");
    }
  });

  test("one that is too costly is refused before any work", async () => {
    for (const factor of [MAX_WORK_FACTOR + 1, 30, 64, 999_999_999]) {
      expect(await codeOf(inside.replace(/ 8\n/, ` ${factor}\n`))).toBe("FILE_SEAL_TOO_COSTLY");
    }
  });

  test("one that costs as much as may be is opened, and one more says what it asks for", async () => {
    const open = (limit: number) => openSealed(bytesOf(sealed), "f.json", { passphrase: PASSPHRASE }, limit);
    expect(textOf(await open(WORK_FACTOR))).toBe(PLAIN);
    await expect(open(WORK_FACTOR - 1)).rejects.toMatchObject({
      code: "FILE_SEAL_TOO_COSTLY",
      params: { path: "f.json", workFactor: WORK_FACTOR, limit: WORK_FACTOR - 1 },
    });
  });

  test.each([
    ["another word behind the work factor", / 8\n/, " 8 x\n"],
    ["a salt that is too short", /scrypt \S{22}/, `scrypt ${"A".repeat(20)}`],
    ["a salt that is too long", /scrypt \S{22}/, `scrypt ${"A".repeat(24)}`],
    ["a salt whose last bits are not zero", /scrypt \S{22}/, `scrypt ${"A".repeat(21)}B`],
    ["a longer key", /\n(?=--- )/, "AAAA\n"],
    ["no work factor", / 8\n/, "\n"],
  ])("with %s it is damaged", async (_what, from, to) => {
    expect(inside).toMatch(from);
    await expect(
      openSealed(Uint8Array.from(Buffer.from(inside.replace(from, to), "latin1")), "f.json", {
        passphrase: PASSPHRASE,
      }),
    ).rejects.toMatchObject({ code: "FILE_SEAL_DAMAGED", params: { path: "f.json" } });
  });

  test("what is not sealed is not opened", async () => {
    expect(await codeOf(bytesOf(PLAIN))).toBe("FILE_SEAL_DAMAGED");
    expect(await codeOf(new Uint8Array(0))).toBe("FILE_SEAL_DAMAGED");
  });

  test("a wrong passphrase is named with its file", async () => {
    await expect(openSealed(bytesOf(sealed), "f.json", { passphrase: "x" })).rejects.toMatchObject({
      code: "FILE_WRONG_PASSPHRASE",
      params: { path: "f.json", by: "passphrase" },
    });
  });

  test.each(["0", "08", "-1", "8.5", "1e1", "0x8", "9999999999"])("a work factor of %s is none", async (factor) => {
    expect(await codeOf(inside.replace(/ 8\n/, ` ${factor}\n`))).toBe("FILE_SEAL_DAMAGED");
  });

  test("is opened when another program has sealed it", async () => {
    expect(await codeOf(await sealedTo(scryptRecipient(PASSPHRASE)))).toBe(PLAIN);
  });

  test("beside another stanza a passphrase proves nothing, and is refused", async () => {
    const other = await identityToRecipient(await generateIdentity());
    const ours = scryptRecipient(PASSPHRASE);
    for (const recipients of [
      [ours, other],
      [ours, ours],
      [ours, scryptRecipient("x")],
    ]) {
      expect(await codeOf(await sealedTo(...recipients))).toBe("FILE_SEAL_DAMAGED");
    }
    expect(await codeOf(await sealedTo(scryptRecipient(PASSPHRASE, "x")))).toBe("FILE_SEAL_DAMAGED");
  });

  test("we seal with no more work than we do", () => {
    expect(SEAL_WORK_FACTOR).toBeLessThan(MAX_WORK_FACTOR);
  });
});

describe("to a key", () => {
  test("opens with that key, one of several", async () => {
    const [mine, other] = [await generateIdentity(), await generateIdentity()];
    const text = await sealToRecipients(PLAIN, [await identityToRecipient(mine)]);
    expect(textOf(await openSealed(bytesOf(text), "f", { identities: [other, mine] }))).toBe(PLAIN);
    await expect(openSealed(bytesOf(text), "f", { identities: [other] })).rejects.toMatchObject({
      code: "FILE_WRONG_PASSPHRASE",
      params: { by: "identity" },
    });
  });

  test("tells what it needs when it is given the other", async () => {
    const identity = await generateIdentity();
    const text = await sealToRecipients(PLAIN, [await identityToRecipient(identity)]);
    expect(await codeOf(text)).toBe("FILE_SEALED");
    await expect(openSealed(bytesOf(sealed), "f", { identities: [identity] })).rejects.toMatchObject({
      code: "FILE_SEALED",
      params: { needs: "passphrase" },
    });
  });

  test("every owner of several keys opens it", async () => {
    const identities = [await generateIdentity(), await generateIdentity()];
    const text = await sealToRecipients(PLAIN, await Promise.all(identities.map((one) => identityToRecipient(one))));
    for (const identity of identities) {
      expect(textOf(await openSealed(bytesOf(text), "f", { identities: [identity] }))).toBe(PLAIN);
    }
    expect(text).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  });

  test("knows recipients and identities", async () => {
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    expect([await isIdentity(identity), await isRecipient(recipient)]).toEqual([true, true]);
    for (const text of ["", "age1", recipient.toUpperCase(), `${recipient.slice(0, -1)}x`, "ssh-ed25519 AAAA"]) {
      expect([await isIdentity(text), await isRecipient(text)]).toEqual([false, false]);
    }
    await expect(sealToRecipients(PLAIN, ["age1foo"])).rejects.toThrow(RangeError);
  });
});
