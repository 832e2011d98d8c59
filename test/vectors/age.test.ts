// Community Cryptography Test Vectors for age (C2SP, by its author; 0BSD): what must open opens to the right bytes, and
// what must not is refused for the right reason. Where we take more than age does, it is named here and in
// docs/exchange-format.md.
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import * as vectors from "cctv-age";
import { describe, expect, test } from "vitest";
import { P2pError } from "../../src/lib/errors/p2p-error.ts";
import { openSealed, type SealKey } from "../../src/trust/age-file.ts";

/** What age refuses and we take: white space, line widths and text around, which programs that carry text change. */
const LIBERAL: ReadonlySet<string> = new Set([
  "armor_empty_last_line",
  "armor_empty_line_begin",
  "armor_empty_line_end",
  "armor_eol_between_padding",
  "armor_garbage_leading",
  "armor_garbage_trailing",
  "armor_long_line",
  "armor_short_line",
  "armor_whitespace_eol",
  "armor_whitespace_last_line",
  "armor_whitespace_line_start",
]);
/** Ours is another reason than the vector names, and right as well. */
const REASONS: Readonly<Record<string, string>> = {
  // More work than is done for a file of somebody else.
  scrypt_work_factor_23: "FILE_SEAL_TOO_COSTLY",
};
/** What each kind of failure is called here. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  "armor failure": ["FILE_SEAL_DAMAGED"],
  "header failure": ["FILE_SEAL_DAMAGED"],
  "HMAC failure": ["FILE_SEAL_DAMAGED"],
  "payload failure": ["FILE_SEAL_DAMAGED"],
  // The key is another one, or of another kind.
  "no match": ["FILE_WRONG_PASSPHRASE", "FILE_SEALED"],
};

interface Vector {
  expect: string;
  payload: string | undefined;
  key: SealKey;
  file: Uint8Array;
}

/** Lines `name: value`, an empty line, the file. */
function readVector(bytes: Uint8Array): Vector {
  const values = new Map<string, string[]>();
  const buffer = Buffer.from(bytes);
  let at = 0;
  for (;;) {
    const end = buffer.indexOf("\n", at);
    const line = buffer.subarray(at, end).toString();
    at = end + 1;
    if (line === "") break;
    const [name = "", value = ""] = line.split(": ", 2);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const rest = buffer.subarray(at);
  const passphrase = values.get("passphrase")?.[0];
  return {
    expect: values.get("expect")?.[0] ?? "",
    payload: values.get("payload")?.[0],
    key: passphrase === undefined ? { identities: values.get("identity") ?? [] } : { passphrase },
    file: values.get("compressed")?.[0] === "zlib" ? inflateSync(rest) : rest,
  };
}

/** @returns SHA-256 of what is inside, or the code of the error */
async function opened({ file, key }: Vector): Promise<string> {
  try {
    return createHash("sha256")
      .update(await openSealed(file, "f", key))
      .digest("hex");
  } catch (error) {
    if (!(error instanceof P2pError)) throw error;
    return error.code;
  }
}

const all = Object.entries(vectors).map(([name, bytes]) => ({ name, ...readVector(bytes) }));

test("there are all of them, and each liberty is one", () => {
  expect(all).toHaveLength(143);
  const refused = all.filter(({ expect: wanted }) => wanted !== "success").map(({ name }) => name);
  expect([...LIBERAL, ...Object.keys(REASONS)].filter((name) => !refused.includes(name))).toEqual([]);
});

describe("age", () => {
  test.each(all)("$name: $expect", async (vector) => {
    const result = await opened(vector);
    if (vector.expect === "success") expect(result).toBe(vector.payload);
    else if (LIBERAL.has(vector.name)) expect(result).toMatch(/^[0-9a-f]{64}$/);
    else expect(REASONS[vector.name] === undefined ? CODES[vector.expect] : [REASONS[vector.name]]).toContain(result);
  });
});
