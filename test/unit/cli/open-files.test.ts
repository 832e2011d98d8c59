// Too few files that may be open: told before anything is loaded.
import { expect, it } from "vitest";
import { fewOpenFiles, NEEDED_OPEN_FILES } from "../../../src/cli/open-files.ts";

const limits = (soft: string) => (): string =>
  [
    "Limit                     Soft Limit           Hard Limit           Units",
    "Max processes             7823                 7823                 processes",
    `Max open files            ${soft.padEnd(20)} 1048576              files`,
  ].join("\n");

it("are told in the person's language, with what to do", () => {
  expect(fewOpenFiles({}, limits("64"))).toBe(
    "p2p: error: too few files may be open at a time: 64, p2p needs 128\np2p: hint: run it after: ulimit -n 1024\n",
  );
  expect(fewOpenFiles({ LANG: "zh_CN.UTF-8" }, limits("64"))).toContain("可同时打开的文件太少：64 个，p2p 需要 128 个");
});

it.each([String(NEEDED_OPEN_FILES), "1048576", "unlimited"])("%s are enough", (soft) => {
  expect(fewOpenFiles({}, limits(soft))).toBeUndefined();
});

it("are not told where the system tells nothing", () => {
  const fail = (): string => {
    throw new Error("ENOENT");
  };
  expect([fewOpenFiles({}, fail), fewOpenFiles({}, () => "")]).toEqual([undefined, undefined]);
});
