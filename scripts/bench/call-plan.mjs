// @ts-check
// A call while a file goes, over an emulated path: what each takes from the other.
import { existsSync } from "node:fs";
import { missingForPaths, openPath } from "./path-lab.mjs";
import { PATH_ROWS } from "./path-plan.mjs";
import { runCall } from "./run-call.mjs";
import { runFile } from "./run-file.mjs";
import { CHROMIUM } from "./run-page.mjs";
import { runPageCall } from "./run-page-call.mjs";

/**
 * @typedef {import("./plan.mjs").Scenario} Scenario
 * @typedef {import("./plan.mjs").Settings} Settings
 */

const ROUNDS = 3;
const PATH = "50ms-1%";
const ALONE = "the file alone";
const WITH_CALL = "the file with a call";
/** What a call is on this path and this machine where the file takes next to nothing. */
const CONTROL = { name: "a file at 0.1 MB/s with a call", args: ["--limit", "100K"] };

/** @param {Settings} settings @returns {Scenario[]} */
export function callScenarios(settings) {
  const missing = missingForPaths();
  if (missing === undefined)
    return PATH_ROWS.filter(({ id }) => id === PATH).flatMap((row) => scenariosOn(row, settings));
  console.log(`call: not measured: ${missing}`);
  return [];
}

/** @param {import("./path-plan.mjs").PathRow} row @param {Settings} settings @returns {Scenario[]} */
function scenariosOn({ title, path }, { rounds = ROUNDS, scratch, dataFile, callSeconds, limitSeconds }) {
  // At the rate of the path the file takes as long as the call is to, and headers make it a little longer.
  const megabytes = Math.ceil(((path.bytesPerSecond ?? 0) * callSeconds) / 1e6);
  const onPath = (/** @type {number} */ seed) => ({
    path: dataFile(megabytes),
    scratch,
    openPath: () => openPath(path, seed, scratch),
  });
  const fileRun = (/** @type {number} */ seed) => ({
    ...onPath(seed),
    args: [],
    link: undefined,
    limitMs: limitSeconds * 1_000,
    transport: /** @type {const} */ ("all"),
  });
  const pageRun = (/** @type {boolean} */ hasCall) => (/** @type {number} */ seed) =>
    runPageCall({ ...onPath(seed), delayMs: path.delayMs, seconds: callSeconds, hasCall });
  const shared = { rounds, yardsticks: [ALONE] };
  /** @type {Scenario} */
  const fromPage = {
    ...shared,
    id: "call-from-the-page",
    title: `The camera of a page while it sends a file for ${callSeconds} s: ${title}`,
    subjects: [
      { name: ALONE, run: pageRun(false) },
      { name: WITH_CALL, run: pageRun(true) },
    ],
  };
  return [
    {
      ...shared,
      id: "call",
      title: `A call of 1 Mbit/s while ${megabytes} MB go the same way: ${title}`,
      subjects: [
        { name: ALONE, run: (round) => runFile(fileRun(round)) },
        { name: WITH_CALL, run: (round) => runCall(fileRun(round)) },
        {
          name: CONTROL.name,
          run: (round) => runCall({ ...fileRun(round), args: CONTROL.args, limitMs: callSeconds * 1_000 }),
        },
      ],
    },
    ...(existsSync(CHROMIUM) ? [fromPage] : []),
  ];
}
