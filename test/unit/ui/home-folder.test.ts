import { parse } from "node:path";
import { expect, test } from "vitest";
import { homeFolder } from "../../../src/ui/home-folder.ts";

test("the home of a user, and a folder that is there where nobody has one", () => {
  expect(homeFolder(() => "/home/ann")).toBe("/home/ann");
  const nobody = (): string => {
    throw new Error("uv_os_homedir returned ENOENT");
  };
  expect(homeFolder(nobody)).toBe(parse(process.cwd()).root);
});
