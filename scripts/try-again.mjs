// @ts-check
// After a run in CI that failed: one or two tests that failed among thousands may have failed by chance. Each of them is
// run alone until it has passed three times; what fails then is broken, and so is a run with more failures than two. A
// test that passes is named with its first error, since it or the program has a fault that is to be found.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runNode } from "./support/project.mjs";

/** More failures at once have a cause in common. */
const MOST = 2;
const TIMES = 3;

/** @typedef {{ project: string, file: string, name: string, error: string }} FailedTest */

/** @returns {{ failed: FailedTest[], beside: number, passed: number }} of the last run */
const lastRun = () => JSON.parse(readFileSync(join(root, "coverage/failed-tests.json"), "utf8"));

/**
 * Whether a test passes when it runs alone. A name that matches no test has not passed.
 * @param {FailedTest} test
 */
function passesAlone({ project, file, name }) {
  const pattern = `^${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`;
  const reporters = ["--reporter", "default", "--reporter", "./test/support/failed-tests.ts"];
  const args = ["run", "--project", project, ...reporters, "-t", pattern, file];
  return runNode("node_modules/vitest/vitest.mjs", args) === 0 && lastRun().passed > 0;
}

const { failed, beside } = lastRun();
if (beside > 0 || failed.length === 0 || failed.length > MOST) {
  console.log(`not tried again: ${failed.length} tests failed, and ${beside} errors stand beside them`);
  process.exit(1);
}
for (const test of failed) {
  for (let time = 0; time < TIMES; time += 1) if (!passesAlone(test)) process.exit(1);
}
for (const { file, name, error } of failed) {
  console.log(`FAILED ONCE, then passed ${TIMES} times: ${file} > ${name}\n  ${error.split("\n")[0]}`);
}
