import { expect, test } from "vitest";
import { expandHome } from "../../../src/cli/home-path.ts";

test.each([
  ["~", "/home/ann"],
  ["~/Downloads/x", "/home/ann/Downloads/x"],
  ["~\\Downloads", "/home/ann\\Downloads"],
  ["~bob/x", "~bob/x"],
  ["./~/x", "./~/x"],
  ["a~/x", "a~/x"],
  ["-", "-"],
])("%s → %s", (path, expected) => {
  expect(expandHome(path, "/home/ann")).toBe(expected);
});
