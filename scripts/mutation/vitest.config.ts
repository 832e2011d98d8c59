// The tests as Stryker runs them: one file at a time, in threads, which start faster than processes. The files of a run
// share their modules, because reading them anew for each file takes longer than most tests; those that replace a module
// have their own. scripts/mutate.mjs names the files in P2P_MUTATION_TESTS, as JSON, the likeliest to notice something first.
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import workerThreads, { Worker, type WorkerOptions } from "node:worker_threads";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const SECOND_MS = 1000;
const TESTS = JSON.parse(process.env.P2P_MUTATION_TESTS ?? "[]") as string[];

/** Runs the files in the order of the list: the first failure ends the run, and the likeliest come first. */
class GivenOrder extends BaseSequencer {
  override sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => TESTS.findIndex((test) => moduleId.endsWith(test));
    return Promise.resolve(specifications.toSorted((one, other) => placeOf(one) - placeOf(other)));
  }
}

function project(name: string, isolate: boolean, include: string[]): TestProjectInlineConfiguration[] {
  if (include.length === 0) return [];
  const patience = { testTimeout: 5 * SECOND_MS, hookTimeout: 5 * SECOND_MS };
  return [{ test: { name, isolate, include, ...patience, restoreMocks: true, unstubEnvs: true } }];
}

const replacesModules = (test: string): boolean => readFileSync(test, "utf8").includes("vi.mock(");

/**
 * A thread that does not close file numbers at its end. A pipe's number belongs to its socket, and when a thread ends, its
 * number may long be that of another file, of the process that goes on: that would abort it.
 */
class KeepingWorker extends Worker {
  constructor(file: string | URL, options: WorkerOptions = {}) {
    super(file, { ...options, trackUnmanagedFds: false });
  }
}
workerThreads.Worker = KeepingWorker;
syncBuiltinESMExports();

export default defineConfig({
  test: {
    projects: [
      ...project(
        "shared",
        false,
        TESTS.filter((test) => !replacesModules(test)),
      ),
      ...project("own", true, TESTS.filter(replacesModules)),
    ],
    sequence: { sequencer: GivenOrder },
    maxWorkers: 1,
    fileParallelism: false,
  },
});
