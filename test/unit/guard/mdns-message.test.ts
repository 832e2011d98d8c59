// Multicast DNS messages: our questions, and what is taken from an answer that anybody in the network may have sent.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeMdnsAddresses,
  encodeMdnsQueries,
  MAX_MDNS_BYTES,
  MAX_MDNS_RECORDS,
} from "../../../src/guard/mdns-message.ts";

const NAME = "092e8605-e53d-40ee-b67c-5d098b73da58.local";

const labels = (name: string): number[] => [
  ...name.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]),
  0,
];
const u16 = (value: number): number[] => [value >> 8, value & 0xff];

interface Parts {
  flags?: number;
  questions?: number[][];
  answers?: number[][];
  answerCount?: number;
}

function message({ flags = 0x8400, questions = [], answers = [], answerCount = answers.length }: Parts): Uint8Array {
  const header = [0, 0, ...u16(flags), ...u16(questions.length), ...u16(answerCount), 0, 0, 0, 0];
  return Uint8Array.from([...header, ...questions.flat(), ...answers.flat()]);
}

function record(owner: number[], type: number, data: number[], recordClass = 0x8001): number[] {
  return [...owner, ...u16(type), ...u16(recordClass), 0, 0, 0, 120, ...u16(data.length), ...data];
}

describe("a question", () => {
  test("asks for one address family in one message", () => {
    const [a, aaaa] = encodeMdnsQueries(NAME);
    const expected = (type: number): Uint8Array =>
      Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels(NAME), 0, type, 0, 1]);
    expect(a).toEqual(expected(1));
    expect(aaaa).toEqual(expected(28));
  });

  test("is no answer to anybody", () => {
    for (const query of encodeMdnsQueries(NAME)) expect(decodeMdnsAddresses(query)).toEqual([]);
  });
});

describe("an answer", () => {
  test("gives IPv4 and IPv6 addresses, its names in lower case and through pointers", () => {
    const question = [...labels(NAME.toUpperCase()), 0, 1, 0, 1];
    const v6 = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    const answers = [record([0xc0, 12], 1, [10, 0, 0, 2]), record(labels(NAME), 28, v6)];
    expect(decodeMdnsAddresses(message({ questions: [question], answers }))).toEqual([
      { name: NAME, address: "10.0.0.2" },
      { name: NAME, address: "fd00:0:0:0:0:0:0:2" },
    ]);
  });

  test.each<[string, Uint8Array]>([
    ["with an error", message({ flags: 0x8403, answers: [record(labels(NAME), 1, [10, 0, 0, 2])] })],
    ["of another kind", message({ answers: [record(labels(NAME), 16, [1, 2, 3, 4])] })],
    ["of another class", message({ answers: [record(labels(NAME), 1, [10, 0, 0, 2], 3)] })],
    ["with an address that is too short", message({ answers: [record(labels(NAME), 1, [10, 0, 0])] })],
    ["whose name is a loop", message({ answers: [record([0xc0, 12], 1, [10, 0, 0, 2])] })],
    ["whose name points ahead", message({ answers: [record([0xc0, 40], 1, [10, 0, 0, 2])] })],
    ["that is cut off", message({ answers: [record(labels(NAME), 1, [10, 0, 0, 2])] }).subarray(0, 60)],
    ["that says more than it has", message({ answers: [], answerCount: 1 })],
    [
      "of too many records",
      message({ answers: Array.from({ length: MAX_MDNS_RECORDS + 1 }, () => record([0], 1, [10, 0, 0, 2])) }),
    ],
    ["that is too long", new Uint8Array(MAX_MDNS_BYTES + 1).fill(0x80)],
  ])("%s gives nothing", (_name, bytes) => {
    expect(decodeMdnsAddresses(bytes)).toEqual([]);
  });

  test("of any bytes gives few addresses or none, and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: MAX_MDNS_BYTES }), (bytes) => {
        if (bytes.length > 3) bytes.set([0x84, 0], 2);
        expect(decodeMdnsAddresses(bytes).length).toBeLessThanOrEqual(MAX_MDNS_RECORDS);
      }),
    );
  });
});
