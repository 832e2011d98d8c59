// What the accepted file of the other side demands of its replacement.
import { expect, test } from "vitest";
import type { ExchangeDocument } from "../../../src/exchange/description.ts";
import type { People } from "../../../src/pairing/people.ts";
import { Standing } from "../../../src/pairing/standing.ts";

const ANN = "a".repeat(64);
const people = {
  signerOf: ({ signature }: ExchangeDocument) => (signature?.key === ANN ? { publicKey: ANN, name: "Ann" } : undefined),
  recognise: async ({ signature }: ExchangeDocument) =>
    signature?.key === ANN ? { event: "peer-known", name: "Ann", verifiedAt: "2026-01-01T00:00:00Z" } : undefined,
} as unknown as People;

const signedBy = (key: string | undefined, remarks: object[] = []): ExchangeDocument =>
  ({
    remarks,
    ...(key === undefined ? {} : { signature: { key, value: "", text: "" } }),
  }) as unknown as ExchangeDocument;

test("after a file of somebody known only that person's will do", async () => {
  const standing = new Standing(people);
  expect(standing.check(signedBy(undefined), "f")).toBeUndefined();
  expect(await standing.take(signedBy(ANN), "f")).toMatchObject({ event: "peer-known" });
  expect(standing.check(signedBy(ANN), "f")).toBeUndefined();
  for (const other of [undefined, "b".repeat(64)]) {
    expect(standing.check(signedBy(other), "g.json")).toMatchObject({
      code: "FILE_NOT_RECOGNISED",
      params: { path: "g.json", name: "Ann" },
    });
  }
});

test("a run that resumes demands the same", async () => {
  const before = new Standing(people);
  await before.take(signedBy(ANN), "f");
  const after = new Standing(people);
  after.restore(before.state);
  expect(after.check(signedBy(undefined), "f")?.code).toBe("FILE_NOT_RECOGNISED");
  expect(after.nameOf(signedBy(ANN))).toBe("Ann");
});

test("one person who is awaited alone will do, before any file has come", async () => {
  const standing = new Standing(people);
  standing.await({ publicKey: ANN, name: "Ann" });
  for (const other of [undefined, "b".repeat(64)]) {
    expect(standing.check(signedBy(other), "g.json")).toMatchObject({
      code: "FILE_NOT_RECOGNISED",
      params: { path: "g.json", name: "Ann", isAwaited: true },
    });
  }
  expect(standing.check(signedBy(ANN), "f")).toBeUndefined();
  await standing.take(signedBy(ANN), "f");
  expect(standing.check(signedBy(undefined), "f")?.code).toBe("FILE_NOT_RECOGNISED");
});

test("without a contact book every file will do", async () => {
  const standing = new Standing(undefined);
  expect(await standing.take(signedBy(ANN), "f")).toBeUndefined();
  expect(standing.check(signedBy(undefined), "f")).toBeUndefined();
  expect(standing.isSealRequired).toBe(false);
});
