// @ts-check
// `npm run bench [-- PART…]`: measures the speed of files and channels, next to other stacks in the same run. Parts:
// loopback, wan, file (next to our own channel), duplex (messages while files go both ways), foreign (ours with other
// stacks), page (the browser peer, next to a bare channel of its browser), paths (next to the system's TCP, and with
// --against FOLDER to another p2p), call (sound and picture while a file goes), pairing (the time until two sides are connected, by each carrier), ssh
// (one command that pairs and sends, next to scp), small (small files); default: all.
// Rounds are interleaved, figures are medians. `npm run bench -- publish --json FILE` draws docs/benchmarks.svg and fills
// the tables of docs/benchmarks.md from the results that --json saved.
import { randomFillSync } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pictureOf } from "./bench/picture.mjs";
import { PATH_ROWS } from "./bench/path-plan.mjs";
import { COMPARISONS, scenariosOf, smallFilesScenario } from "./bench/plan.mjs";
import {
  callTableOf,
  chatTableOf,
  oneLine,
  pairingTableOf,
  pathsTableOf,
  secondsTableOf,
  tableOf,
} from "./bench/results.mjs";
import { build, root } from "./support/project.mjs";

/** @typedef {import("./bench/results.mjs").ScenarioResults} ScenarioResults */

const SMALL_FILE_BYTES = 1_024;
/** Size of the block that a large file repeats. */
const PIECE_BYTES = 64 * 1_024 * 1_024;
const PARTS = [...COMPARISONS, "small", "publish"];
const OPTIONS = /** @type {const} */ ({
  rounds: { type: "string" },
  // Over loopback: with packets for 1,500 B it takes about as long as a channel is measured.
  megabytes: { type: "string", default: "1500" },
  "wan-megabytes": { type: "string", default: "80" },
  "page-megabytes": { type: "string", default: "300" }, // a page from the disk keeps 1 GB in memory
  files: { type: "string", default: "2000" },
  "call-seconds": { type: "string", default: "30" }, // seconds of a call, at least
  seconds: { type: "string", default: "20" }, // seconds that a channel or TCP is measured, and that the file of a path takes at its rate
  limit: { type: "string", default: "60" }, // seconds for a file over a link
  scenarios: { type: "string", default: "" }, // only scenarios whose id matches this expression, as "50ms-1%"
  subjects: { type: "string", default: "" }, // only subjects whose name matches this expression, as "^p2p"
  against: { type: "string" }, // the folder of another p2p, built, for the paths
  json: { type: "string" }, // saves the runs; keeps its results of other scenarios
  help: { type: "boolean" },
});
const { values, positionals } = readCommand();
const scratch = mkdtempSync(join(tmpdir(), "p2p-bench-"));

/** Ends the process when nothing can be measured: help was requested, or a part does not exist. */
function readCommand() {
  const usage = `npm run bench [-- PART… OPTIONS]
  parts:   ${PARTS.join(", ")}
  options: --${Object.keys(OPTIONS).join(" --")}
docs/benchmarks.md says what they do`;
  try {
    const command = parseArgs({ allowPositionals: true, options: OPTIONS });
    const unknown = command.positionals.find((part) => !PARTS.includes(part));
    if (unknown !== undefined) throw new Error(`there is no part '${unknown}'`);
    if (command.values.help !== true) return command;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

/** @param {string} path @param {number} bytes */
function writeRandom(path, bytes) {
  if (existsSync(path)) return path;
  const piece = randomFillSync(Buffer.alloc(Math.min(bytes, PIECE_BYTES)));
  for (let left = bytes; left > 0; left -= piece.length) appendFileSync(path, piece.subarray(0, left));
  return path;
}

/** @type {import("./bench/plan.mjs").Settings} */
const settings = {
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  seconds: Number(values.seconds),
  limitSeconds: Number(values.limit),
  scenarios: new RegExp(values.scenarios),
  subjects: new RegExp(values.subjects),
  scratch,
  dataFile: (megabytes) => writeRandom(join(scratch, `${megabytes}.bin`), megabytes * 1e6),
  loopbackMegabytes: Number(values.megabytes),
  linkMegabytes: Number(values["wan-megabytes"]),
  pageMegabytes: Number(values["page-megabytes"]),
  callSeconds: Number(values["call-seconds"]),
  ...(values.against !== undefined && { against: resolve(values.against) }),
};

function smallFiles() {
  const fileCount = Number(values.files);
  const tree = join(scratch, "tree");
  mkdirSync(tree);
  for (let index = 0; index < fileCount; index += 1) writeRandom(join(tree, String(index)), SMALL_FILE_BYTES);
  const file = writeRandom(join(scratch, "single.bin"), fileCount * SMALL_FILE_BYTES);
  return smallFilesScenario(settings, { tree, file, fileCount, fileBytes: SMALL_FILE_BYTES });
}

/** @param {string} part */
function scenariosOfPart(part) {
  return part === "small" ? [smallFiles()] : scenariosOf(part, settings);
}

/**
 * @param {import("./bench/plan.mjs").Scenario} scenario
 * @returns {Promise<ScenarioResults>}
 */
async function measure({ id, title, rounds, yardsticks, subjects }) {
  /** @type {ScenarioResults} */
  const results = { id, title, yardsticks, subjects: subjects.map(({ name }) => ({ name, runs: [] })) };
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, { name, run }] of subjects.entries()) {
      // A failed run is shown as failed, and does not end an hour of measurements.
      const result = await run(round).catch((/** @type {Error} */ { message }) => ({ error: message }));
      results.subjects[index]?.runs.push(result);
      console.log(`${id} round ${round}: ${name}: ${oneLine(result)}`);
    }
  }
  return results;
}

/** @param {string} path @returns {{ machine: string, scenarios: ScenarioResults[] }} */
function savedIn(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { machine: "", scenarios: [] };
}

/** @param {ScenarioResults} results */
function save(results) {
  if (values.json === undefined) return;
  const others = savedIn(values.json).scenarios.filter(({ id }) => id !== results.id);
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.versions.node}`;
  writeFileSync(values.json, `${JSON.stringify({ machine, scenarios: [...others, results] }, undefined, 1)}\n`);
}

/** @param {ScenarioResults} results */
function shownAs(results) {
  if (results.id === "small") return secondsTableOf(results);
  if (results.id === "pairing") return pairingTableOf(results);
  if (results.id.startsWith("call")) return callTableOf(results);
  return results.id === "duplex" ? chatTableOf(results) : tableOf(results);
}

/** @param {readonly string[]} parts */
async function run(parts) {
  if (parts.length > 0) build();
  for (const scenario of parts.flatMap(scenariosOfPart)) {
    const results = await measure(scenario);
    save(results);
    console.log(`\n${scenario.title}, ${scenario.rounds} rounds, Node ${process.versions.node}: medians\n`);
    console.log(`${shownAs(results)}\n`);
  }
}

/** Those of the emulated paths that were measured, in the order of the plan. @param {readonly ScenarioResults[]} scenarios */
function measuredPaths(scenarios) {
  return PATH_ROWS.flatMap((row) => scenarios.find(({ id }) => id === `path-${row.id}`) ?? []);
}

/** MB/s. @param {string} scenario */
function pathRate(scenario) {
  const rate = PATH_ROWS.find(({ id }) => scenario === `path-${id}`)?.path.bytesPerSecond;
  return rate === undefined ? undefined : rate / 1e6;
}

/** Replaces the text of a page between `<!-- figures: ID -->` and `<!-- end -->` with the figures of that scenario. */
function publish() {
  if (values.json === undefined) throw new Error("say with --json FILE which results to publish");
  const { machine, scenarios } = savedIn(values.json);
  const page = join(root, "docs/benchmarks.md");
  const filled = readFileSync(page, "utf8").replaceAll(
    /(<!-- figures: (\S+) -->\n).*?(<!-- end -->)/gs,
    (old, start, id, end) => {
      if (id === "machine") return `${start}${machine}.\n${end}`;
      if (id === "paths") return `${start}\n${pathsTableOf(measuredPaths(scenarios), pathRate)}\n\n${end}`;
      const results = scenarios.find((scenario) => scenario.id === id);
      return results === undefined ? old : `${start}\n${shownAs(results)}\n\n${end}`;
    },
  );
  writeFileSync(page, filled);
  writeFileSync(join(root, "docs/benchmarks.svg"), pictureOf(scenarios));
}

try {
  const parts = positionals.length === 0 ? [...COMPARISONS, "small"] : positionals;
  await run(parts.filter((part) => part !== "publish"));
  if (parts.includes("publish")) publish();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
