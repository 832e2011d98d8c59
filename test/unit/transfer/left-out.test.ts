// What a transfer leaves out: all is counted, and as much is named as fits into one message.
import { expect, test } from "vitest";
import {
  decodeLeftOutReason,
  encodeLeftOutReason,
  LeftOutList,
  MAX_TOLD_LEFT_OUT,
  MAX_TOLD_LEFT_OUT_BYTES,
} from "../../../src/transfer/left-out.ts";

test("the first ones are named, and all are counted", () => {
  const list = new LeftOutList();
  for (let count = 0; count < MAX_TOLD_LEFT_OUT + 50; count += 1) list.add(`d/${count}`, "special");
  expect([list.count, list.told.length]).toEqual([MAX_TOLD_LEFT_OUT + 50, MAX_TOLD_LEFT_OUT]);
  expect(list.told[0]).toEqual({ path: "d/0", why: "special" });
  const further = new LeftOutList(list);
  further.add("more", "link");
  expect([further.count, further.told.length]).toEqual([MAX_TOLD_LEFT_OUT + 51, MAX_TOLD_LEFT_OUT]);
});

test("long names are left out of the list, not of the count", () => {
  const list = new LeftOutList();
  list.add("汉".repeat(MAX_TOLD_LEFT_OUT_BYTES / 3), "path");
  list.add("x".repeat(10), "path");
  list.add("", "path");
  expect(list.count).toBe(3);
  expect(list.told.map(({ path }) => path.length)).toEqual([Math.floor(MAX_TOLD_LEFT_OUT_BYTES / 3), 0]);
});

test("names are listed up to the last byte there is for them", () => {
  const list = new LeftOutList();
  list.add("x".repeat(MAX_TOLD_LEFT_OUT_BYTES - 1), "path");
  list.add("y", "path");
  list.add("z", "path");
  expect(list.told.map(({ path }) => path[0])).toEqual(["x", "y"]);
});

test("reasons survive the wire, and those of later versions are some other reason", () => {
  const all = ["unreadable", "special", "link-outside", "link", "name", "path", "own", "endless", "other"] as const;
  expect(all.map((why) => decodeLeftOutReason(encodeLeftOutReason(why)))).toEqual(all);
  expect([0, 9, 254].map(decodeLeftOutReason)).toEqual(["other", "other", "other"]);
});
