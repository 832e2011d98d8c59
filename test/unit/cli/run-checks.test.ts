// What is checked before a run writes anything: in which order, and what an error says beyond that of the check itself.
import { expect, test } from "vitest";
import { P2pError } from "../../../src/index.ts";
import type { PairSettings } from "../../../src/cli/options.ts";
import { type CheckPorts, checkBeforeRun } from "../../../src/cli/run-checks.ts";

function settings(changes: { outputDir?: string; via?: object; checksOutput?: boolean } = {}): PairSettings {
  const { outputDir = "in", via, checksOutput = true } = changes;
  const line = { files: { dir: "./in/", out: "-" }, via, settings: { session: { outputDir } } };
  const given = { role: "answer", paths: ["f"], stdinName: "s", stdin: "unread", media: {}, checksOutput, line };
  return given as unknown as PairSettings;
}

function ports(changes: Partial<CheckPorts> = {}): { asked: unknown[]; ports: CheckPorts } {
  const asked: unknown[] = [];
  const note =
    (what: string) =>
    async (...given: unknown[]): Promise<void> => {
      asked.push([what, ...given]);
    };
  const all = { planPaths: note("paths"), checkStream: note("stream"), checkOutput: note("output"), ...changes };
  return { asked, ports: all };
}

test("what is sent, then the streams, then the folder for what comes", async () => {
  const { asked, ports: all } = ports();
  await checkBeforeRun(settings(), all);
  expect(asked).toEqual([
    ["paths", ["f"], ["s"]],
    ["stream", "stdout", "--out -"],
    ["output", "in"],
  ]);
});

test("the folder is not looked at where nothing is expected", async () => {
  const { asked, ports: all } = ports();
  await checkBeforeRun(settings({ checksOutput: false }), all);
  expect(asked).not.toContainEqual(["output", "in"]);
});

test.each([
  ["/nowhere/LocaltionJson_p.json", "answer"],
  ["/nowhere/photo.jpg", undefined],
])("%s that is missing is awaited by %s", async (path, awaitedBy) => {
  const planPaths = () => Promise.reject(new P2pError("PATH_MISSING", { path }));
  const failed: unknown = await checkBeforeRun(settings(), ports({ planPaths }).ports).catch((error) => error);
  expect(failed).toMatchObject({ code: "PATH_MISSING", params: { path } });
  expect((failed as P2pError<"PATH_MISSING">).params.awaitedBy).toBe(awaitedBy);
});

test.each([
  ["the folder of the exchange files", {}, true],
  ["another folder", { outputDir: "elsewhere" }, undefined],
  ["that folder where nobody carries files", { via: { kind: "folder" } }, undefined],
])("what comes cannot be received into %s", async (_, changes, isOfDocuments) => {
  const error = new P2pError("OUTPUT_UNUSABLE", { path: "in", reason: "EACCES" } as never);
  const checkOutput = () => Promise.reject(error);
  const failed: unknown = await checkBeforeRun(settings(changes), ports({ checkOutput }).ports).catch((one) => one);
  expect(failed).toMatchObject({ code: "OUTPUT_UNUSABLE" });
  expect((failed as P2pError<"OUTPUT_UNUSABLE">).params.isOfDocuments).toBe(isOfDocuments);
});
