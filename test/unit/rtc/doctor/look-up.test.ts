import { expect, test } from "vitest";
import { lookUp } from "../../../../src/rtc/doctor/look-up.ts";

test("an address is its own answer, and gives no reason", async () => {
  expect(await lookUp("127.0.0.1")).toEqual({ found: [{ address: "127.0.0.1", family: 4 }], reason: undefined });
});

test("a name that cannot be looked up gives the code of the system", async () => {
  const { found, reason } = await lookUp("no-such-name.invalid");
  expect(found).toEqual([]);
  expect(reason).toMatch(/^(EAI_AGAIN|ENOTFOUND|ETIMEOUT)$/);
});
