// One project per kind of test (ARCHITECTURE.md, Tests). scripts/test.mjs chooses which of them run.
import { defineConfig } from "vitest/config";

const SECOND = 1000;
// With P2P_TEST_LONG=1 the same tests run with full counts, sizes and waits (test/support/scale.ts).
const patience = process.env.P2P_TEST_LONG === "1" ? 60 : 1;

interface Kind {
  name: string;
  testTimeout: number;
  /** Kinds of one group run together; those of real processes mostly wait, and two files of them at a time. */
  group: "pure" | "processes" | "system";
  /** Runs once before the tests of this kind. */
  globalSetup?: string;
}

// Limits that only a hang reaches: on a machine that many others use, what takes a tenth of a second takes twenty.
const kinds: Kind[] = [
  { name: "unit", testTimeout: 60 * SECOND, group: "pure" },
  { name: "property", testTimeout: 60 * SECOND, group: "pure" },
  { name: "vectors", testTimeout: 60 * SECOND, group: "pure" },
  { name: "sim", testTimeout: 60 * SECOND, group: "pure" },
  { name: "interop", testTimeout: 120 * SECOND, group: "processes" },
  { name: "e2e", testTimeout: 120 * SECOND, group: "processes" },
  { name: "system", testTimeout: 120 * SECOND, group: "system" },
  { name: "nat", testTimeout: 180 * SECOND, group: "system" },
  { name: "windows", testTimeout: 180 * SECOND, group: "system", globalSetup: "test/support/windows-setup.ts" },
  { name: "media", testTimeout: 180 * SECOND, group: "system" },
  { name: "web", testTimeout: 180 * SECOND, group: "system" },
  { name: "faults", testTimeout: 480 * SECOND, group: "system" },
];
const GROUPS: readonly Kind["group"][] = ["pure", "processes", "system"];

export default defineConfig({
  test: {
    reporters:
      process.env.CI === undefined
        ? ["default"]
        : ["default", "./test/support/no-skips.ts", "./test/support/failed-tests.ts"],
    // Of `describe.concurrent`: what mostly waits may wait together.
    maxConcurrency: 4,
    projects: kinds.map(({ name, testTimeout, group, globalSetup = [] }) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: testTimeout * patience,
        hookTimeout: 60 * SECOND,
        globalSetup,
        maxWorkers: 2,
        sequence: { groupOrder: GROUPS.indexOf(group) },
        restoreMocks: true,
        unstubEnvs: true,
      },
    })),
  },
});
