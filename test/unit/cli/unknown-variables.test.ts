import { expect, test } from "vitest";
import { unknownVariables } from "../../../src/cli/unknown-variables.ts";

test("a misspelt variable is named with the one that was meant", () => {
  const env = { P2P_WAITT: "3", P2P_NO_CHAT: "1", P2P_CONFIG: "/x", P2P_ZEBRA: "1", P2P_EMPTY: "", PATH: "/bin" };
  expect(unknownVariables(env)).toEqual([
    { name: "P2P_WAITT", meant: "P2P_WAIT" },
    { name: "P2P_ZEBRA", meant: undefined },
  ]);
});

test("a short name that is none is not taken for another short one", () => {
  const meant = (name: string): string | undefined => unknownVariables({ [name]: "1" })[0]?.meant;
  expect(meant("P2P_A")).toBeUndefined();
  expect(meant("P2P_XY")).toBeUndefined();
  expect(meant("P2P_IM")).toBe("P2P_IN");
  expect(meant("P2P_WIAT")).toBe("P2P_WAIT");
});

test("variables of other spellings and of the tests are left alone, and many are not all named", () => {
  expect(unknownVariables({ p2p_wait: "1", P2P_TEST_LONG: "1", P2P_LANG: "zh", P2P_DEBUG: "1" })).toEqual([]);
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`P2P_UNKNOWN_${index}`, "1"]));
  expect(unknownVariables(many)).toHaveLength(5);
});
