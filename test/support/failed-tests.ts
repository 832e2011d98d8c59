// A vitest reporter for CI: writes which tests failed, and how many passed, to coverage/failed-tests.json, for
// scripts/try-again.mjs.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";

const FILE = "coverage/failed-tests.json";

/** @see scripts/try-again.mjs, which reads it */
interface FailedTest {
  project: string;
  file: string;
  /** As `vitest -t` matches it: the names of the suites and of the test, with a blank between them. */
  name: string;
  error: string;
}

export default class FailedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const failed = modules.flatMap((module) => [...module.children.allTests("failed")]);
    // What fails beside a test (a file that cannot be loaded, a hook, an error that nobody caught) is no test's chance.
    const beside = unhandled.length + modules.flatMap(errorsOfSuites).length;
    mkdirSync(dirname(FILE), { recursive: true });
    const passed = modules.flatMap((module) => [...module.children.allTests("passed")]).length;
    writeFileSync(FILE, JSON.stringify({ failed: failed.map(describeTest), beside, passed }));
  }
}

function errorsOfSuites(module: TestModule): unknown[] {
  return [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())];
}

function describeTest(test: TestCase): FailedTest {
  const names = [test.name];
  for (let { parent } = test; parent.type === "suite"; { parent } = parent) names.unshift(parent.name);
  const [error] = test.result().errors ?? [];
  return {
    project: test.project.name,
    file: test.module.relativeModuleId,
    name: names.join(" "),
    error: error?.message ?? "no message",
  };
}
