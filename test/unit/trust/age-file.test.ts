// Sealing and opening, and what each thing that can be wrong is called. Work factors are small here: what they cost is
// measured nowhere but on the clock of a person.
import { generateIdentity, identityToRecipient } from "age-encryption";
import { beforeAll, describe, expect, test } from "vitest";
import { readSealed } from "../../../src/exchange/sealed.ts";
import {
  isIdentity,
  isRecipient,
  MAX_WORK_FACTOR,
  openSealed,
  SEAL_WORK_FACTOR,
  sealToRecipients,
  sealWithPassphrase,
} from "../../../src/trust/age-file.ts";

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

let sealed = "";
let inside = "";

beforeAll(async () => {
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

  test.each(["0", "08", "-1", "8.5", "1e1", "0x8", "9999999999"])("a work factor of %s is none", async (factor) => {
    expect(await codeOf(inside.replace(/ 8\n/, ` ${factor}\n`))).toBe("FILE_SEAL_DAMAGED");
  });

  test("beside another stanza a passphrase proves nothing, and is refused", async () => {
    const other = insideOf(await sealToRecipients(PLAIN, [await identityToRecipient(await generateIdentity())]));
    const stanza = /-> X25519[^]*?\n(?=---)/.exec(other)?.[0] ?? "";
    expect(stanza).not.toBe("");
    expect(await codeOf(inside.replace("\n--- ", `\n${stanza}--- `))).toBe("FILE_SEAL_DAMAGED");
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
