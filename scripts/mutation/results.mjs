// @ts-check
// Keeps what Stryker found, one file for each folder of src, and makes the table of docs/testing.md and the lists of
// survivors of it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/project.mjs";

/**
 * What Stryker keeps of one mutant, by its report schema; places count from 1.
 * @typedef {{
 *   status: string, mutatorName: string, replacement?: string, static?: boolean, coveredBy?: string[],
 *   location: { start: Place, end: Place },
 * }} Mutant
 * @typedef {{ line: number, column: number }} Place
 * @typedef {{ files: Record<string, { source: string, mutants: Mutant[] }> }} Report
 * @typedef {{ killed: number, survived: number, uncovered: number, timeouts: number, score: number }} Score
 *   - `score`: percent of all mutants that a test notices, by failing or by not ending
 */

/** Where reports and lists are kept: outside git, and outside node_modules, which `npm ci` empties. */
export const RESULTS = join(root, "coverage", "mutation");
/** Characters of code that a list of survivors shows of a mutant. */
const SHOWN_CHARACTERS = 100;

/**
 * @param {string} folder - of src
 * @returns {string} where its report is
 */
export function reportPath(folder) {
  return join(RESULTS, `${folder}.json`);
}

/**
 * @param {string} folder
 * @returns {Report | undefined} undefined when it has never been run
 */
export function reportOf(folder) {
  return existsSync(reportPath(folder)) ? JSON.parse(readFileSync(reportPath(folder), "utf8")) : undefined;
}

/**
 * @param {Report} report
 * @returns {Score}
 */
export function scoreOf(report) {
  const counts = new Map();
  for (const { status } of mutantsOf(report)) counts.set(status, (counts.get(status) ?? 0) + 1);
  const [killed, survived, uncovered, timeouts] = ["Killed", "Survived", "NoCoverage", "Timeout"].map(
    (status) => counts.get(status) ?? 0,
  );
  const all = killed + survived + uncovered + timeouts;
  return { killed, survived, uncovered, timeouts, score: all === 0 ? 100 : (100 * (killed + timeouts)) / all };
}

/** @param {Report} report */
function mutantsOf(report) {
  return Object.values(report.files).flatMap((file) => file.mutants);
}

/**
 * @param {readonly string[]} rows
 * @returns {string} a Markdown table
 */
export function tableOf(rows) {
  return [
    "| folder | files run | mutants | killed | timeouts | survived | no coverage | score |",
    "| ------ | --------- | ------- | ------ | -------- | -------- | ----------- | ----- |",
    ...rows,
  ].join("\n");
}

/**
 * @param {string} folder - of src
 * @param {Report} report
 * @param {number} files - how many it has to mutate
 * @returns {string} its row in the table
 */
export function rowOf(folder, report, files) {
  const { killed, survived, uncovered, timeouts, score } = scoreOf(report);
  const cells = [
    `\`src/${folder}\``,
    `${Object.keys(report.files).length} of ${files}`,
    killed + survived + uncovered + timeouts,
    killed,
    timeouts,
    survived,
    uncovered,
    `${score.toFixed(1)} %`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/**
 * @param {Report} report
 * @returns {string} one line for each mutant that no test notices, by file, with its place, its code and what replaced it
 */
export function survivorsOf(report) {
  const lines = [];
  for (const [path, { source, mutants }] of Object.entries(report.files)) {
    const left = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
    lines.push(`${path}: ${left.length} of ${mutants.filter(({ status }) => status !== "Ignored").length}`);
    const inOrder = left.sort(({ location: { start: a } }, { location: { start: b } }) =>
      a.line === b.line ? a.column - b.column : a.line - b.line,
    );
    for (const { status, mutatorName, replacement, location } of inOrder) {
      const mark = status === "Survived" ? " " : "-";
      const was = shortened(codeAt(source, location));
      lines.push(`${mark} ${location.start.line} ${mutatorName}: ${was}  →  ${shortened(replacement ?? "")}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** @param {string} code */
function shortened(code) {
  const line = code.replace(/\s+/g, " ").trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)} …` : line;
}

/**
 * @param {string} source
 * @param {Mutant["location"]} location
 */
function codeAt(source, { start, end }) {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = (lines[last] ?? "").slice(0, end.column - 1);
  lines[0] = (lines[0] ?? "").slice(start.column - 1);
  return lines.join("\n");
}
