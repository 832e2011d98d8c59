// Candidates with a `.local` name in the place of the address: kept aside, written again, and no part of the digest.
import { describe, expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { documentDigest } from "../../../src/exchange/digest.ts";
import { MAX_LOCAL_NAMES } from "../../../src/exchange/limits.ts";
import { decode, offer } from "./fixtures.ts";
import { withCandidates } from "./odd-documents.ts";

const nameOf = (at: number): string => `${String(at).padStart(8, "0")}-e53d-40ee-b67c-5d098b73da58.local`;
const lineOf = (name: string, rest = "4000 typ host"): string => `candidate:1 1 udp 5 ${name} ${rest}`;

describe("a candidate with a name", () => {
  test("is left out with a remark, and kept aside", () => {
    const read = decode(withCandidates(lineOf(nameOf(1)), lineOf(nameOf(1))));
    expect(read.description.candidates).toEqual([]);
    expect(read.localNames).toEqual([
      { foundation: "1", component: 1, transport: "udp", priority: 5, address: nameOf(1), port: 4000, type: "host" },
    ]);
    expect(read.remarks).toContainEqual(expect.objectContaining({ remark: "candidate-skipped", why: "mdns" }));
  });

  test.each([
    ["a name that somebody chose", lineOf("printer.local")],
    ["an UUID of another version", lineOf("00000001-e53d-10ee-b67c-5d098b73da58.local")],
    ["a longer name", lineOf(`x.${nameOf(1)}`)],
    ["another type", lineOf(nameOf(1), "4000 typ srflx")],
    ["no port", lineOf(nameOf(1), "0 typ host")],
    ["TCP", `candidate:1 1 tcp 5 ${nameOf(1)} 9 typ host tcptype active`],
    ["another generation", lineOf(nameOf(1), "4000 typ host ufrag other")],
  ])("is not looked up: %s", (_name, line) => {
    expect(decode(withCandidates(line)).localNames).toBeUndefined();
  });

  test("is one of eight at most", () => {
    const read = decode(withCandidates(...Array.from({ length: 20 }, (_, at) => lineOf(nameOf(at)))));
    expect(read.localNames).toHaveLength(MAX_LOCAL_NAMES);
  });

  test("is written and read again, and the digest is that of older programs, which leave it out", () => {
    const own = offer();
    const p2p = own.p2p ?? expect.fail("no key");
    const digest = documentDigest(own.description, p2p);
    const localNames = decode(withCandidates(lineOf(nameOf(7)))).localNames ?? [];
    const read = decode(encodeExchangeDocument({ ...own, p2p: { ...p2p, digest }, localNames }));
    expect(read.localNames).toEqual(localNames);
    expect(read.remarks.map(({ remark }) => remark)).toEqual(["candidate-skipped"]);
  });

  test("is not looked up where a file is signed, whoever has added it: no signature covers it", () => {
    const localNames = decode(withCandidates(lineOf(nameOf(7)))).localNames ?? [];
    const signature = { key: "ab".repeat(32), value: "cd".repeat(64), text: "" };
    const plain = decode(encodeExchangeDocument({ ...offer(), signature }));
    const read = decode(encodeExchangeDocument({ ...offer(), signature, localNames }));
    expect(read.signature?.text).toBe(plain.signature?.text);
    expect(read.localNames).toBeUndefined();
    expect(read.remarks).toContainEqual(expect.objectContaining({ remark: "candidate-skipped", why: "mdns" }));
  });
});
