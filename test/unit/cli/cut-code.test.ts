import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refuseCutCode } from "../../../src/cli/cut-code.ts";
import { makeTempFolder } from "../store/exchange/temp-folder.ts";

test.each(["p2p:", "p2p:5kk5", " P2P:5KK5 6abc"])("'%s' is the beginning of a code", (argument) => {
  expect(() => refuseCutCode(argument)).toThrow(/only the beginning of a code/);
});

test("a whole code, a path and a name with more in it are none", async () => {
  const path = join(await makeTempFolder(), "p2p:5kk5");
  await writeFile(path, "");
  for (const argument of [`p2p:${"5".repeat(90)}`, path, "./p2p:5kk5", "p2p:a short name.txt", "photo.jpg", "-"]) {
    refuseCutCode(argument);
  }
});
