// What p2p brings beside its program: from the package, or from inside a single binary.
import { expect, test } from "vitest";
import { readShippedFile } from "../../../src/store/shipped-file.ts";

test("in a single binary they are inside it", async () => {
  const asked: string[] = [];
  const inside = (name: string): ArrayBuffer => {
    asked.push(name);
    return new TextEncoder().encode(name).buffer;
  };
  expect(new TextDecoder().decode(await readShippedFile("licenses.txt", inside))).toBe("licenses.txt");
  expect(asked).toEqual(["licenses.txt"]);
});
