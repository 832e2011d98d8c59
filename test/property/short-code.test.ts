// Short codes: whatever p2p makes comes back the same, and every wrong character is found.
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { encodeShortCode, readShortCode } from "../../src/exchange/code/short-code.ts";
import type { ExchangeDocument, IceCandidate, OwnDocument, P2pKey } from "../../src/exchange/description.ts";
import { withDigest } from "../../src/exchange/digest.ts";
import { documentId } from "../../src/exchange/document-id.ts";
import { addressKind } from "../../src/lib/address.ts";
import { NAT_FILTERINGS, NAT_MAPPINGS, type NatSummary } from "../../src/lib/nat-summary.ts";
import { scaled } from "../support/scale.ts";

const RUNS = scaled<{ numRuns: number; seed?: number }>({ numRuns: 1_000, seed: 2018 }, { numRuns: 10_000 });
const TYPO_RUNS = scaled<{ numRuns: number; seed?: number }>({ numRuns: 1, seed: 2018 }, { numRuns: 50 });

const ALPHABET = Array.from("0123456789abcdefghjkmnpqrstvwxyz");
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("");
const letters = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...BASE64), minLength: length, maxLength: length });
const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString("hex"));
const isUsable = (text: string): boolean =>
  !["unspecified", "not-unicast"].includes(addressKind(text) ?? "unspecified");
const ipv4 = fc.ipV4().filter(isUsable);
/** In the text form of RFC 5952, as Node gives it. */
const ipv6 = fc
  .ipV6()
  .map((text) => new URL(`http://[${text}]`).hostname.slice(1, -1))
  .filter(isUsable);
const port = fc.integer({ min: 1_024, max: 65_535 });

/** The candidates of one socket as rtc/ice/gather.ts makes them. */
interface Base {
  host: string;
  port: number;
  tcpPort: number | undefined;
  mapped: { address: string; port: number } | undefined;
}

function candidatesOf(bases: readonly Base[]): IceCandidate[] {
  const udp = (number: number, rest: Pick<IceCandidate, "address" | "port" | "type">, type: number): IceCandidate => ({
    foundation: String(number),
    component: 1,
    transport: "udp",
    priority: type * 2 ** 24 + (0xffff - (number - 1)) * 2 ** 8 + 255,
    ...rest,
  });
  const hosts = bases.map(({ host, port: at }, index) =>
    udp(index + 1, { address: host, port: at, type: "host" }, 126),
  );
  const mappings = bases.flatMap(({ host, port: at, mapped }, index) =>
    mapped === undefined
      ? []
      : [
          {
            ...udp(index + 1, { ...mapped, type: "srflx" }, 100),
            foundation: `s${index + 1}`,
            relatedAddress: host,
            relatedPort: at,
          },
        ],
  );
  const tcp = bases.flatMap(({ host, tcpPort }, index) => {
    if (tcpPort === undefined) return [];
    const of = (tcpType: "active" | "passive", direction: number, at: number): IceCandidate => ({
      foundation: `${tcpType.charAt(0)}${index + 1}`,
      component: 1,
      transport: "tcp",
      priority: 90 * 2 ** 24 + (direction * 2 ** 13 + (2 ** 13 - 1 - index)) * 2 ** 8 + 255,
      address: host,
      port: at,
      type: "host",
      tcpType,
    });
    return [of("active", 6, 9), of("passive", 4, tcpPort)];
  });
  return [...hosts, ...mappings, ...tcp];
}

const base: fc.Arbitrary<Base> = fc
  .record({
    isIpv6: fc.boolean(),
    addresses: fc.tuple(ipv4, ipv4, ipv6, ipv6),
    port,
    tcp: fc.option(fc.oneof(fc.constant("same" as const), port)),
    mapped: fc.option(fc.oneof(fc.constant("same" as const), port)),
  })
  .map(({ isIpv6, addresses: [host4, mapped4, host6, mapped6], port: at, tcp, mapped }) => ({
    host: isIpv6 ? host6 : host4,
    port: at,
    tcpPort: tcp === null ? undefined : tcp === "same" ? at : tcp,
    mapped:
      mapped === null ? undefined : { address: isIpv6 ? mapped6 : mapped4, port: mapped === "same" ? at : mapped },
  }));

const nat: fc.Arbitrary<NatSummary> = fc.record(
  {
    mapping: fc.constantFrom(...NAT_MAPPINGS),
    filtering: fc.constantFrom(...NAT_FILTERINGS),
    udp: fc.constantFrom("open" as const, "silent" as const),
    ipv6: fc.boolean(),
    relay: fc.boolean(),
    portMapping: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** A document as p2p makes it, also one of a version that made other ids, and with any time. */
const ownDocument: fc.Arbitrary<OwnDocument> = fc
  .record({
    type: fc.constantFrom("offer" as const, "answer" as const),
    isLegacy: fc.boolean(),
    credentials: fc.oneof(fc.tuple(letters(4), letters(22)), fc.tuple(letters(8), letters(24))),
    fingerprint: hex(32),
    bases: fc.uniqueArray(base, { maxLength: 6, selector: ({ host }) => host }),
    otherId: fc.option(hex(16), { nil: undefined }),
    reply: fc.record({ inReplyTo: hex(16), inReplyToRevision: fc.integer({ min: 1, max: 40 }) }),
    revision: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    createdMs: fc.oneof(
      fc.integer({ min: 1_600_000_000, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
      fc.integer({ min: -62_000_000_000_000, max: 253_000_000_000_000 }),
    ),
    waitMs: fc.oneof(fc.constantFrom(86_400_000, 300_000, 90_000, 1), fc.integer({ min: 0, max: 10_000_000_000 })),
    name: fc.option(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), { nil: undefined }),
    nat: fc.option(nat, { nil: undefined }),
    hasDigest: fc.boolean(),
  })
  .map(({ type, isLegacy, credentials: [iceUfrag, icePwd], fingerprint, bases, ...key }) => {
    const fingerprints = [{ algorithm: "sha-256", value: fingerprint.toUpperCase().replaceAll(/(..)(?!$)/g, "$1:") }];
    const description = {
      type,
      form: isLegacy ? ("legacy" as const) : ("modern" as const),
      mid: "data",
      iceUfrag,
      icePwd,
      iceLite: false,
      fingerprints,
      setup: type === "offer" ? ("actpass" as const) : ("active" as const),
      sctpPort: 5_000,
      maxMessageSize: isLegacy ? 65_536 : 262_144,
      candidates: candidatesOf(bases),
    };
    const p2p: P2pKey = {
      version: 1,
      id: key.otherId ?? documentId(description),
      ...(type === "answer" ? key.reply : {}),
      revision: key.revision,
      createdAt: new Date(key.createdMs).toISOString(),
      expiresAt: new Date(key.createdMs + key.waitMs).toISOString(),
      ...(key.name === undefined || key.name.trim() === "" ? {} : { name: key.name }),
      tool: "p2p/1",
      ...(key.nat === undefined ? {} : { nat: key.nat }),
    };
    return { description, p2p: key.hasDigest ? withDigest(description, p2p) : p2p };
  });

function read(text: string): ExchangeDocument {
  const decoding = decodeExchangeDocument(Buffer.from(text), "code");
  if (!decoding.ok) throw decoding.error;
  return decoding.document;
}

function codeOf(document: OwnDocument): string {
  const encoded = encodeShortCode(document);
  if (!("code" in encoded)) throw new Error(encoded.why);
  return encoded.code;
}

test("a document of ours is the same after it went as a code", () => {
  fc.assert(
    fc.property(ownDocument, (document) => {
      const code = codeOf(document);
      if (!/^p2p:[0-9a-hjkmnp-tv-z]+$/.test(code)) throw new Error(code);
      const rebuilt = readShortCode(code);
      if (rebuilt?.ok !== true) throw new Error(JSON.stringify(rebuilt));
      expect(rebuilt.document).toEqual(document);
    }),
    RUNS,
  );
});

test("a code is read as the file is, in capitals too", () => {
  fc.assert(
    fc.property(ownDocument, (document) => {
      const { remarks: _, ...ofFile } = read(encodeExchangeDocument(document));
      const { remarks, ...ofCode } = read(codeOf(document).toUpperCase());
      expect(ofCode).toEqual(ofFile);
      expect(remarks).toContainEqual({ remark: "code" });
      expect(remarks).not.toContainEqual({ remark: "altered" });
    }),
    { ...RUNS, numRuns: RUNS.numRuns / 10 },
  );
});

/** The flaw with which a text is refused. */
function flawOf(text: string): { flaw: string; from?: number; to?: number; group?: string } {
  const reading = readShortCode(text);
  if (reading === undefined || reading.ok) throw new Error(`read: ${text}`);
  return reading.flaw;
}

const SAMPLES = fc.sample(ownDocument, { numRuns: TYPO_RUNS.numRuns, seed: 7 });

test("every wrong character is found, and its place is told", () => {
  for (const document of SAMPLES) {
    const digits = codeOf(document).slice("p2p:".length);
    for (const [at, right] of Array.from(digits).entries()) {
      for (const wrong of [...ALPHABET, "u"]) {
        if (wrong === right) continue;
        const flaw = flawOf(`p2p:${digits.slice(0, at)}${wrong}${digits.slice(at + 1)}`);
        expect(flaw.flaw, `${right} at ${at} as ${wrong}`).toBe("code-typo");
        expect(flaw.from).toBeLessThanOrEqual(at + 1);
        expect(flaw.to).toBeGreaterThanOrEqual(at + 1);
        expect((flaw.to ?? 0) - (flaw.from ?? 0)).toBeLessThan(5);
      }
    }
  }
});

test("every swap of two unequal neighbours is found, and its place is told", () => {
  for (const document of SAMPLES) {
    const digits = codeOf(document).slice("p2p:".length);
    for (let at = 0; at + 1 < digits.length; at += 1) {
      const [one = "", other = ""] = digits.slice(at, at + 2);
      if (one === other) continue;
      const flaw = flawOf(`p2p:${digits.slice(0, at)}${other}${one}${digits.slice(at + 2)}`);
      expect(flaw.flaw).toMatch(/^code-(?:typo|damaged|cut-off)$/);
      if (flaw.flaw === "code-typo") {
        expect(flaw.from).toBeLessThanOrEqual(at + 1);
        expect(flaw.to).toBeGreaterThanOrEqual(at + 2);
      }
    }
  }
});

test("a character too many or too few is found", () => {
  for (const document of SAMPLES) {
    const digits = codeOf(document).slice("p2p:".length);
    for (let at = 0; at < digits.length; at += 7) {
      const shorter = `p2p:${digits.slice(0, at)}${digits.slice(at + 1)}`;
      // Without its first digit a code that is too long to be searched does not look like one: it is not read either.
      if (at === 0 && digits.length > 400) expect(readShortCode(shorter)?.ok).not.toBe(true);
      else expect(flawOf(shorter).flaw).toMatch(/^code-/);
      expect(flawOf(`p2p:${digits.slice(0, at)}7${digits.slice(at)}`).flaw).toMatch(/^code-/);
    }
  }
});

test("any text is read or refused", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...ALPHABET, " ", "\n", ":", "u", "=", "&", ";", "<"), maxLength: 400 }),
      (text) => {
        const reading = readShortCode(`p2p:4${text}`);
        if (reading !== undefined) expect(reading).toHaveProperty("ok");
      },
    ),
    { ...RUNS, numRuns: 500 },
  );
});
