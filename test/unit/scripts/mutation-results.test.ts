// What becomes of a report of mutants: the table, the list of survivors, and what is not judged at all.
import { describe, expect, it } from "vitest";
import { noiseOf } from "../../../scripts/mutation/noise.mjs";
import { type Mutant, type Report, rowOf, scoreOf, survivorsOf, tableOf } from "../../../scripts/mutation/results.mjs";

const SOURCE = "const a = 1;\nif (a > 0) {\n  run();\n}\n";

function mutant(status: string, line: number, from: number, to: number, endLine = line): Mutant {
  const location = { start: { line, column: from }, end: { line: endLine, column: to } };
  return { status, mutatorName: "Kind", replacement: "false", location };
}

const report: Report = {
  files: {
    "src/x/a.ts": {
      source: SOURCE,
      mutants: [
        mutant("NoCoverage", 2, 12, 2, 4),
        mutant("Survived", 2, 5, 10),
        mutant("Timeout", 1, 1, 2),
        ...[1, 2, 3, 4, 5].map(() => mutant("Killed", 1, 1, 2)),
        mutant("Ignored", 1, 1, 2),
      ],
    },
  },
};

describe("a report of mutants", () => {
  it("counts one that does not end as noticed, and what is left out as none", () => {
    expect(scoreOf(report)).toEqual({ killed: 5, survived: 1, uncovered: 1, timeouts: 1, score: 75 });
    expect(scoreOf({ files: {} }).score).toBe(100);
  });

  it("makes a row for each folder, with how much of it has been run", () => {
    const row = rowOf("x", report, 3);
    expect(row).toBe("| `src/x` | 1 of 3 | 8 | 5 | 1 | 1 | 1 | 75.0 % |");
    expect(tableOf([row]).split("\n")[2]).toBe(row);
  });

  it("lists what no test notices, in the order of the code, with what stands there", () => {
    expect(survivorsOf(report)).toBe("src/x/a.ts: 2 of 8\n  2 Kind: a > 0  →  false\n- 2 Kind: { run(); }  →  false\n");
  });
});

describe("what is not judged", () => {
  const thrown = (name: string) => ({ type: "NewExpression", callee: { type: "Identifier", name } });

  it("is the text of an error for developers", () => {
    for (const type of ["StringLiteral", "TemplateLiteral"]) {
      expect(noiseOf({ node: { type }, parent: thrown("RangeError"), listKey: "arguments" })).toBeDefined();
    }
  });

  it.each([
    ["the code of an error for people", { type: "StringLiteral" }, thrown("P2pError"), "arguments"],
    ["what is given beside the text", { type: "ObjectExpression" }, thrown("Error"), "arguments"],
    ["another text", { type: "StringLiteral" }, { type: "CallExpression" }, "arguments"],
  ])("is not %s", (_what, node, parent, listKey) => {
    expect(noiseOf({ node, parent, listKey })).toBeUndefined();
  });
});
