// Which lists of capabilities a hello may have, and what an older program without one can do.
import { describe, expect, test } from "vitest";
import {
  capabilitiesOf,
  isCapabilityList,
  MAX_CAPABILITIES,
  MAX_CAPABILITY_BYTES,
} from "../../../src/control/capabilities.ts";

const listOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}/1`);
/** A capability of this many bytes. */
const long = (bytes: number): string => `${"a".repeat(bytes - 2)}/1`;

describe("a list of capabilities", () => {
  test.each<[string, unknown]>([
    ["none", []],
    ["one of a later program", ["p2p-media/12"]],
    ["one twice", ["path/1", "path/1"]],
    ["as many as there may be", listOf(MAX_CAPABILITIES)],
    ["as long as one may be", [long(MAX_CAPABILITY_BYTES)]],
    ["the highest version", ["a/9999"]],
  ])("is right: %s", (_name, value) => {
    expect(isCapabilityList(value)).toBe(true);
  });

  test.each<[string, unknown]>([
    ["no list", "path/1"],
    ["an object", { 0: "path/1", length: 1 }],
    ["one too many", listOf(MAX_CAPABILITIES + 1)],
    ["one too long", [long(MAX_CAPABILITY_BYTES + 1)]],
    ["a number", [1]],
    ["a list in the list", [["path/1"]]],
    ["an empty one", [""]],
    ["no version", ["path"]],
    ["version 0", ["path/0"]],
    ["a version with a leading zero", ["path/01"]],
    ["a version of five digits", ["path/10000"]],
    ["a second slash", ["path/1/1"]],
    ["upper case", ["Path/1"]],
    ["a letter that is not ASCII", ["päth/1"]],
    ["a line break at the end", ["path/1\n"]],
    ["an escape sequence", ["\u001b[2J/1"]],
  ])("is wrong: %s", (_name, value) => {
    expect(isCapabilityList(value)).toBe(false);
  });
});

describe("what a hello shows", () => {
  test("is its list, whatever the older keys say", () => {
    const found = capabilitiesOf({ capabilities: ["verify/1", "x/7"], recovers: true, contacts: true });
    expect([...found]).toEqual(["verify/1", "x/7"]);
  });

  test.each<[Parameters<typeof capabilitiesOf>[0], string[]]>([
    [{}, []],
    [{ recovers: false }, []],
    [{ recovers: true }, ["path/1"]],
    [{ verify: "possible" }, ["verify/1"]],
    [{ verify: "required", recovers: true, contacts: true }, ["path/1", "verify/1", "contacts/1"]],
  ])("without a list follows from the older keys, and files go: %j", (hello, others) => {
    expect([...capabilitiesOf(hello)]).toEqual(["p2p-transfer/1", ...others]);
  });
});
