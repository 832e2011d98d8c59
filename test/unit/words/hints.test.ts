// Hints that depend on what was typed.
import { expect, test } from "vitest";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { errorText } from "../../../src/words/errors.ts";

test.each(["*.txt", "photo?.jpg", "/a/[ab]", "{a,b}"])("%s does not exist: patterns are not expanded", (path) => {
  const error = new P2pError("PATH_MISSING", { path });
  expect(errorText(error, "en").hint).toMatch(/^patterns are not expanded here/);
  expect(errorText(error, "zh").hint).toMatch(/^这里不展开通配符/);
});

test("a plain path that does not exist may be misspelt", () => {
  expect(errorText(new P2pError("PATH_MISSING", { path: "foto.jpg" }), "en").hint).toBe("check the spelling");
});

test("a long dash is no hyphen, and a name with spaces goes into quotes", () => {
  const dash = new P2pError("PATH_MISSING", { path: "\u2014wait" });
  expect(errorText(dash, "en").hint).toMatch(/type it with hyphens/);
  expect(errorText(dash, "zh").hint).toMatch(/半角连字符/);
  const apart = new P2pError("PATH_MISSING", { path: "my", isPart: true, whole: "my photo.jpg" });
  expect(errorText(apart, "en").hint).toMatch(/'my photo\.jpg'$/);
  expect(errorText(apart, "zh").hint).toMatch(/加引号：'my photo\.jpg'$/);
});

test("who has moved a file while it was sent is not told to wait until nothing writes to it", () => {
  const gone = new P2pError("SOURCE_CHANGED", { path: "f", isGone: true });
  expect(errorText(gone, "en")).toEqual({
    message: "'f' is not there any more: it was moved or removed before it was sent",
    hint: "if it was moved, send it from where it is now",
  });
  expect(errorText(gone, "zh").message).toMatch(/移走或删除/);
  expect(errorText(new P2pError("SOURCE_CHANGED", { path: "f" }), "en").hint).toMatch(/when nothing writes to it/);
});

test("p2p unseal speaks of the file, not of a line", () => {
  const error = new P2pError("FILE_NOT_SEALED", { path: "f", by: "unseal" });
  expect(errorText(error, "en")).toEqual({
    message: "f: not sealed",
    hint: "there is nothing to undo: an exchange file that is not sealed can be used as it is",
  });
  expect(errorText(error, "zh").message).toBe("f：没有密封");
  expect(errorText(new P2pError("FILE_NOT_SEALED", { path: "f" }), "en").message).toMatch(
    /this line takes only sealed/,
  );
});

const PASTED = [
  new P2pError("FILE_OWN", { path: "" }),
  new P2pError("FILE_USED", { path: "" }),
  new P2pError("FILE_MISMATCHED", { path: "" }),
  new P2pError("FILE_WRONG_TYPE", { path: "", wanted: "offer" }),
  new P2pError("FILE_SECOND_ANSWER", { path: "" }),
  new P2pError("FILE_SUPERSEDED", { path: "" }),
  new P2pError("FILE_SEALED", { path: "", needs: "passphrase" }),
  new P2pError("FILE_NOT_SEALED", { path: "" }),
  new P2pError("FILE_SIGNATURE_WRONG", { path: "" }),
];

test.each(PASTED)("a pasted text has a name in the sentence of $code", (error) => {
  expect(errorText(error, "en").message).toMatch(/^the pasted text: /);
  expect(errorText(error, "zh").message).toMatch(/^粘贴的内容：/);
});
