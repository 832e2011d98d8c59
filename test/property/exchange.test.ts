// Exchange files: what is written reads as the same, and whatever is read, reading returns.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressKind } from "../../src/lib/address.ts";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../src/exchange/codec.ts";
import type { IceCandidate, OwnDocument, P2pKey, SessionDescription } from "../../src/exchange/description.ts";
import { inspectExchangeFile } from "../../src/exchange/inspect.ts";
import { judgeDocument } from "../../src/exchange/judge.ts";
import { P2pError } from "../../src/lib/errors/p2p-error.ts";
import { scaled } from "../support/scale.ts";
import { offer, sampleBytes } from "../unit/exchange/fixtures.ts";

/** One seed in the short tiers, so that a red test is red again; a new one each time in the long one. */
const RUNS = scaled<{ numRuns: number; seed?: number }>({ numRuns: 500, seed: 2018 }, { numRuns: 20_000 });

/** Damaged documents are repaired, which takes twenty times as long as reading does; mangled-documents.test.ts has more. */
const REPAIR_RUNS = scaled<{ numRuns: number; seed?: number }>({ numRuns: 120, seed: 2018 }, { numRuns: 20_000 });

const ICE_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("");
const iceText = (minLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...ICE_CHARS), minLength, maxLength: 256 });
const port = fc.integer({ min: 10, max: 65_535 });
const hexPairs = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((value) => [...value].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(":"));

const ipAddress = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => text.toLowerCase());
const address = ipAddress.filter((text) => !["unspecified", "not-unicast"].includes(addressKind(text) ?? ""));

const candidate: fc.Arbitrary<IceCandidate> = fc
  .record(
    {
      foundation: fc.string({ unit: fc.constantFrom(...ICE_CHARS), minLength: 1, maxLength: 32 }),
      component: fc.constant(1),
      transport: fc.constantFrom("udp" as const, "tcp" as const),
      priority: fc.integer({ min: 0, max: 0xffff_ffff }),
      address,
      port,
      type: fc.constantFrom("host" as const, "srflx" as const, "prflx" as const, "relay" as const),
      related: fc.record({ relatedAddress: address, relatedPort: fc.integer({ min: 0, max: 65_535 }) }),
      tcpType: fc.constantFrom("active" as const, "passive" as const, "so" as const),
    },
    { requiredKeys: ["foundation", "component", "transport", "priority", "address", "port", "type"] },
  )
  .map(({ related, tcpType, ...rest }) => ({
    ...rest,
    ...related,
    ...(rest.transport === "tcp" && tcpType !== undefined ? { tcpType } : {}),
  }));

const description: fc.Arbitrary<SessionDescription> = fc
  .record({
    type: fc.constantFrom("offer" as const, "answer" as const),
    form: fc.constantFrom("modern" as const, "legacy" as const),
    mid: fc.string({ unit: fc.constantFrom(..."abcdefXYZ0189-_.!#$%&'*".split("")), minLength: 1, maxLength: 64 }),
    iceUfrag: iceText(4),
    icePwd: iceText(22),
    iceLite: fc.boolean(),
    fingerprints: fc
      .tuple(hexPairs(32), fc.option(hexPairs(64), { nil: undefined }))
      .map(([sha256, sha512]) => [
        { algorithm: "sha-256", value: sha256 },
        ...(sha512 === undefined ? [] : [{ algorithm: "sha-512", value: sha512 }]),
      ]),
    setup: fc.constantFrom("actpass" as const, "active" as const, "passive" as const),
    sctpPort: fc.integer({ min: 1, max: 65_535 }),
    // A p2p takes 32 KiB at least; 0 is no limit.
    maxMessageSize: fc.oneof(fc.constant(0), fc.integer({ min: 32_768, max: Number.MAX_SAFE_INTEGER })),
    candidates: fc.uniqueArray(candidate, {
      maxLength: 20,
      selector: (c) => `${c.transport} ${c.address} ${c.port} ${c.type} ${c.tcpType ?? ""}`,
    }),
  })
  .map((value) => (value.type === "answer" && value.setup === "actpass" ? { ...value, setup: "active" } : value));

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const time = fc
  .date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
const p2p: fc.Arbitrary<P2pKey> = fc.record(
  {
    version: fc.integer({ min: 1, max: 9 }),
    id,
    inReplyTo: id,
    inReplyToRevision: fc.integer({ min: 1 }),
    revision: fc.integer({ min: 1 }),
    createdAt: time,
    expiresAt: time,
    // White space alone is no name.
    name: fc.string({ unit: "binary", maxLength: 100 }).filter((text) => text.trim() !== ""),
    tool: fc.string({ maxLength: 20 }).filter((text) => text.trim() !== ""),
  },
  { requiredKeys: ["version", "id", "revision", "createdAt", "expiresAt"] },
);
const ownDocument: fc.Arbitrary<OwnDocument> = fc.record({ description, p2p }, { requiredKeys: ["description"] });

/** Reads, and if it can be read, judges and inspects: none may throw anything but a P2pError that is told. */
function readAll(bytes: Uint8Array): void {
  const decoding = decodeExchangeDocument(bytes, "peer.json");
  if (decoding.ok) {
    const own = { role: "offer" as const, document: offer() };
    judgeDocument(decoding.document, own, { path: "peer.json", nowMs: 0, isFromBefore: false, isUsed: () => false });
    expect(inspectExchangeFile(bytes, "peer.json", 0).path).toBe("peer.json");
    expect(
      decodeExchangeDocument(new TextEncoder().encode(encodeExchangeDocument(decoding.document)), "again").ok,
    ).toBe(true);
    return;
  }
  expect(decoding.error).toBeInstanceOf(P2pError);
  expect(decoding.error.message).toContain("peer.json");
  expect(decoding.error.hint).not.toBe("");
}

describe("exchange files", () => {
  test("every IP address is known as one", () => {
    fc.assert(
      fc.property(ipAddress, (text) => {
        expect(addressKind(text)).toBeDefined();
      }),
      RUNS,
    );
  });

  test("decode ∘ encode = identity", () => {
    fc.assert(
      fc.property(ownDocument, (document) => {
        const decoding = decodeExchangeDocument(new TextEncoder().encode(encodeExchangeDocument(document)), "own.json");
        if (!decoding.ok) throw decoding.error;
        const { remarks, ...read } = decoding.document;
        expect(read).toEqual(document);
        const expected = new Set(["newer-version", "no-candidates"]);
        expect(remarks.filter(({ remark }) => !expected.has(remark))).toEqual([]);
      }),
      RUNS,
    );
  });

  test("reading returns for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), readAll), RUNS);
  });

  test("reading returns for any JSON under the known keys", () => {
    const shape = fc.record(
      {
        sdp: fc.jsonValue(),
        type: fc.jsonValue(),
        icecandidate: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
        p2p: fc.jsonValue(),
      },
      { requiredKeys: ["sdp"] },
    );
    fc.assert(
      fc.property(shape, (value) => {
        readAll(new TextEncoder().encode(JSON.stringify(value)));
      }),
      RUNS,
    );
  });

  test("reading returns for a real document with bytes cut, changed or put in", () => {
    const originals = [sampleBytes("offer"), new TextEncoder().encode(encodeExchangeDocument(offer()))];
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      drop: fc.integer({ min: 0, max: 40 }),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.constantFrom("\\r\\na=", '"', "{", "a=mid:", " ").map((text) => new TextEncoder().encode(text)),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 4 }), (original, edits) => {
        let bytes = [...original];
        for (const { at, drop, insert } of edits) {
          const index = Math.floor(at * bytes.length);
          bytes = [...bytes.slice(0, index), ...insert, ...bytes.slice(index + drop)];
        }
        readAll(Uint8Array.from(bytes));
      }),
      REPAIR_RUNS,
    );
  });

  test("reading returns for a real document with any values of its SDP lines and candidates", () => {
    const sample = JSON.parse(new TextDecoder().decode(sampleBytes("offer"))) as {
      sdp: string;
      icecandidate: string[];
    };
    const { sdp } = JSON.parse(sample.sdp) as { sdp: string };
    const lines = sdp.split("\r\n");
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("", "0", "-1", "999999999999999999999", "a".repeat(300), "::", "\u0000"),
    );
    fc.assert(
      fc.property(fc.nat({ max: lines.length - 1 }), value, fc.array(fc.string()), (index, replacement, candidates) => {
        const changed = lines
          .map((line, at) => (at === index ? `${line.split(":")[0]}:${replacement}` : line))
          .join("\r\n");
        readAll(
          new TextEncoder().encode(
            JSON.stringify({
              sdp: { type: "offer", sdp: changed },
              icecandidate: [...candidates, ...candidates.map((c) => `candidate:${c}`)],
            }),
          ),
        );
      }),
      RUNS,
    );
  });
});
