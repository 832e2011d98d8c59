// The arguments with their bytes, as far as the system tells them.
import { expect, it } from "vitest";
import { givenArguments } from "../../../src/cli/given-arguments.ts";

const told = (...parts: string[]) => {
  return (): Uint8Array => Buffer.from(parts.map((part) => `${part}\0`).join(""), "latin1");
};
const argv = ["node", "p2p", "offer", "caf\ufffd", "\u00e9"];

it("have the bytes that are not UTF-8, behind the options of Node itself", () => {
  const commandLine = told("node", "--no-warnings", "p2p", "offer", "caf\xe9", "\xc3\xa9");
  expect(givenArguments(argv, commandLine)).toEqual(["offer", "caf\udce9", "\u00e9"]);
});

it("are Node's own when all of them are UTF-8: nothing is read", () => {
  const fail = (): never => expect.unreachable();
  expect(givenArguments(["node", "p2p", "offer", "\u00e9"], fail)).toEqual(["offer", "\u00e9"]);
});

it.each([
  ["other arguments", told("node", "p2p", "offer", "tea\xe9", "\xc3\xa9")],
  ["too few", told("caf\xe9", "\xc3\xa9")],
  ["none", told()],
])("are Node's own when the system tells %s", (_, commandLine) => {
  expect(givenArguments(argv, commandLine)).toEqual(argv.slice(2));
});

it("are Node's own when the system tells nothing", () => {
  const fail = (): Uint8Array => {
    throw new Error("ENOENT");
  };
  expect(givenArguments(argv, fail)).toEqual(argv.slice(2));
});
