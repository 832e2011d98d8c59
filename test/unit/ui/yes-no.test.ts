import { expect, test } from "vitest";
import { yesOrNo } from "../../../src/ui/yes-no.ts";

test.each(["y", "Y", " yes ", "是", "好", "可以", "对", "/accept", "ｙ", "／accept"])("'%s' is a yes", (text) => {
  expect(yesOrNo(text)).toBe(true);
});

test.each(["n", "NO", "否", "不", "/decline", "ｎ"])("'%s' is a no", (text) => {
  expect(yesOrNo(text)).toBe(false);
});

test.each(["", " ", "yy", "yes please", "sure", "maybe", "/accept 1", "不知道"])("'%s' is neither", (text) => {
  expect(yesOrNo(text)).toBeUndefined();
});
