// How long-term keys come from Node: as bytes, since the export of a key object that was generated can wait for ever.
import * as crypto from "node:crypto";
import { expect, test, vi } from "vitest";
import { generateOwnKey, isSignedBy, signBytes } from "../../../src/trust/signing.ts";

vi.mock("node:crypto", async (load) => {
  const actual = await load<typeof crypto>();
  return { ...actual, generateKeyPairSync: vi.fn(actual.generateKeyPairSync) };
});

test("a key is generated without an object that would have to be exported", () => {
  const key = generateOwnKey();
  const made = vi.mocked(crypto.generateKeyPairSync).mock.results[0]?.value as unknown;
  expect(made).toEqual({ publicKey: expect.any(Buffer) as unknown, privateKey: expect.any(Buffer) as unknown });
  expect(key.publicKey).toMatch(/^[0-9a-f]{64}$/);
  const text = new TextEncoder().encode("hello");
  expect(isSignedBy(key.publicKey, signBytes(key, text), text)).toBe(true);
});
