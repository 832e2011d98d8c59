// The texts of a carrier, read and judged.
import { expect, test } from "vitest";
import type { CarriedText, TextCarrier } from "../../../src/pairing/carrier.ts";
import { findingsOf, type TextReading, withCarrier } from "../../../src/pairing/findings.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";

const refusal = new P2pError("FILE_OWN", { path: "x" });

function carrierOf(texts: string[], isFirstDecisive: boolean): TextCarrier {
  async function* incoming(): AsyncGenerator<CarriedText> {
    for (const text of texts) yield { bytes: Buffer.from(text), label: text, isFromBefore: false };
  }
  return { isFirstDecisive, incoming } as unknown as TextCarrier;
}

/** Texts that begin with `bad` cannot be read, those with `no` cannot serve. */
const reading = {
  read: async (bytes: Uint8Array, path: string) =>
    Buffer.from(bytes).toString().startsWith("bad")
      ? { ok: false, error: refusal }
      : { ok: true, document: { name: path } },
  judge: ({ name }: { name: string }) => (name.startsWith("no") ? refusal : { verdict: "serve" }),
} as unknown as TextReading;

async function findings(texts: string[], isFirstDecisive: boolean): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const finding of findingsOf(carrierOf(texts, isFirstDecisive), reading, new AbortController().signal)) {
    found.push(finding);
  }
  return found;
}

test("a text that cannot be read or cannot serve is refused, the others are the peer's", async () => {
  expect(await findings(["bad", "no", "yes"], false)).toMatchObject([
    { kind: "refused", path: "bad", error: refusal, isFatal: false },
    { kind: "refused", path: "no", error: refusal, isFatal: false },
    { kind: "peer", path: "yes", verdict: { verdict: "serve" } },
  ]);
});

test("where nothing else can follow, a refusal is final until one text has served", async () => {
  expect(await findings(["bad", "yes", "no"], true)).toMatchObject([
    { kind: "refused", isFatal: true },
    { kind: "peer" },
    { kind: "refused", isFatal: false },
  ]);
});

test("a refusal that the carrier has told often enough is not told, and the carrier knows of it", async () => {
  const refused: string[] = [];
  async function* incoming(): AsyncGenerator<CarriedText> {
    for (const label of ["no 1", "no 2", "yes"]) {
      const onRefused = (): number => refused.push(label);
      yield { bytes: Buffer.from(label), label, isFromBefore: false, onRefused, tellsRefusal: () => label === "no 1" };
    }
  }
  const carrier = { isFirstDecisive: false, incoming } as unknown as TextCarrier;
  const found: string[] = [];
  for await (const { path } of findingsOf(carrier, reading, new AbortController().signal)) found.push(path);
  expect(found).toEqual(["no 1", "yes"]);
  expect(refused).toEqual(["no 1", "no 2"]);
});

test("an error of a document that no person carries says what brings it, and keeps the rest", () => {
  const cause = new Error("why");
  const error = withCarrier(new P2pError("FILE_USED", { path: "x" }, { cause }), "carrier");
  expect(error).toMatchObject({ code: "FILE_USED", params: { path: "x", carriedBy: "carrier" }, cause });
  expect(withCarrier(refusal, undefined)).toBe(refusal);
});
