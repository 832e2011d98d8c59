// One project per kind of test (ARCHITECTURE.md, Tests). scripts/test.mjs chooses which of them run.
import { defineConfig } from "vitest/config";

const SECOND = 1000;
// With P2P_TEST_LONG=1 the same tests run with full counts, sizes and waits (test/support/scale.ts).
const patience = process.env.P2P_TEST_LONG === "1" ? 60 : 1;

interface Kind {
  name: string;
  testTimeout: number;
  /** Real processes: files one after the other, and only when the pure kinds are through. */
  usesProcesses: boolean;
}

const kinds: Kind[] = [
  { name: "unit", testTimeout: 20 * SECOND, usesProcesses: false },
  { name: "property", testTimeout: 30 * SECOND, usesProcesses: false },
  { name: "vectors", testTimeout: 10 * SECOND, usesProcesses: false },
  { name: "sim", testTimeout: 60 * SECOND, usesProcesses: false },
  { name: "interop", testTimeout: 60 * SECOND, usesProcesses: true },
  { name: "e2e", testTimeout: 60 * SECOND, usesProcesses: true },
  { name: "system", testTimeout: 120 * SECOND, usesProcesses: true },
  { name: "nat", testTimeout: 180 * SECOND, usesProcesses: true },
  { name: "faults", testTimeout: 480 * SECOND, usesProcesses: true },
];

export default defineConfig({
  test: {
    reporters: process.env.CI === undefined ? ["default"] : ["default", "./test/support/no-skips.ts"],
    // Of `describe.concurrent`: what mostly waits may wait together.
    maxConcurrency: 4,
    projects: kinds.map(({ name, testTimeout, usesProcesses }, index) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: testTimeout * patience,
        hookTimeout: 60 * SECOND,
        fileParallelism: !usesProcesses,
        sequence: { groupOrder: usesProcesses ? index : 0 },
        restoreMocks: true,
        unstubEnvs: true,
      },
    })),
  },
});
