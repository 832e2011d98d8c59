// A vitest reporter for CI: a test that was skipped there is a failure, as nobody would see that it never ran.
import type { Reporter, TestModule } from "vitest/node";

export default class NoSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        console.error(`skipped: ${module.relativeModuleId} > ${test.fullName}`);
        process.exitCode = 1;
      }
    }
  }
}
