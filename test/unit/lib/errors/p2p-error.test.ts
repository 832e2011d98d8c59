// Whatever is thrown becomes an error with a code.
import { expect, test } from "vitest";
import { P2pError, toP2pError } from "../../../../src/lib/errors/p2p-error.ts";

test("an error of ours stays itself, and anything else is a bug", () => {
  const error = new P2pError("FILE_OWN", { path: "a" });
  expect(toP2pError(error)).toBe(error);
  expect(toP2pError("no")).toMatchObject({ code: "INTERNAL", params: { detail: "no" } });
});

test("a current folder that is gone is named, whoever asks for it", () => {
  const thrown = Object.assign(new Error("ENOENT: no such file or directory, uv_cwd"), { syscall: "uv_cwd" });
  expect(toP2pError(thrown)).toMatchObject({ code: "CURRENT_FOLDER_GONE", exit: 8, cause: thrown });
});
