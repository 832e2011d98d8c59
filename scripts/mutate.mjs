// @ts-check
// `npm run mutate -- FOLDER… | FOLDER/FILE…`: changes the code of a folder of src in one place at a time and looks whether
// a test notices. A few files at a time, and each batch is kept (scripts/mutation/results.mjs), so it may be interrupted:
// what has been judged is judged again only where its code or the tests that reach it have changed. `npm run mutate --
// table` writes the table of docs/testing.md. It yields to everything else on the machine, unless P2P_MUTATION_NICE says
// otherwise.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { RESULTS, reportOf, reportPath, rowOf, scoreOf, survivorsOf, tableOf } from "./mutation/results.mjs";
import { distancesFrom, importsOf, read, sources } from "./support/imports.mjs";
import { root } from "./support/project.mjs";

/** The folders that are judged: what decides about limits, consent, names, signatures and what is on the disk. */
const FOLDERS = ["control", "guard", "trust", "store", "exchange", "transfer"];
/** A batch costs a run of all its tests first; the more lines, the more is lost when it is interrupted. */
const BATCH_LINES = 700;
/** What a mutant may take beyond its share of the tests, on a machine that does other things too. */
const PATIENCE_MS = 10_000;
/**
 * Kinds of mutants that nobody can write here, since they do not compile: an object without its fields, a possibly
 * undefined value that is used, an empty text where a union names what there is. The texts of the wire are held by vectors.
 */
const UNCOMPILABLE = ["ObjectLiteral", "OptionalChaining", "StringLiteral"];
const LOWEST_PRIORITY = 19;
/**
 * Tests that hold no rule of a mutant: they look for anything that breaks, by so many tries that a mutant would take a
 * minute, or measure time, and mutated code is slower by a factor that nobody knows.
 */
const LEFT_OUT_TESTS = /^test\/(?:property\/(?:.*fuzz|mangled-documents)|.*linear-time)\.test\.ts$/;
/** Files of src on the way from a test to a file of the folder that it mirrors. */
const MAX_DISTANCE = 2;
const TABLE = { path: join(root, "docs/testing.md"), begin: "<!-- mutation table -->", end: "<!-- end of table -->" };

/** @param {string} folder @returns {string[]} its files with something to run */
function filesOf(folder) {
  return sources(`src/${folder}`).filter((file) =>
    /^(?:export )?(?:async )?(?:function|class|const)/m.test(read(file)),
  );
}

/** @param {string} folder @returns {string[]} the tests that mirror it, and the property tests that take a value of it */
function testsOf(folder) {
  const properties = sources("test/property").filter((test) =>
    importsOf(test).some((path) => path.startsWith(`src/${folder}/`)),
  );
  return [...sources(`test/unit/${folder}`), ...properties].filter(
    (test) => test.endsWith(".test.ts") && !LEFT_OUT_TESTS.test(test),
  );
}

/** @param {readonly string[]} files @returns {string[][]} */
function batchesOf(files) {
  /** @type {string[][]} */
  const batches = [];
  let lines = Number.POSITIVE_INFINITY;
  for (const file of files) {
    const more = read(file).split("\n").length;
    if (lines + more > BATCH_LINES) {
      batches.push([]);
      lines = 0;
    }
    batches.at(-1)?.push(file);
    lines += more;
  }
  return batches;
}

/** @param {string} test @returns {string} the file that it mirrors */
function mirroredBy(test) {
  return test.replace("test/unit", "src").replace(".test.ts", ".ts");
}

/**
 * Chooses the tests that hold the rules of these files: for each those that import it, those of its mirrored folder that
 * reach it through one other file, or else the nearest ones. All that reach it would take minutes for each constant that no
 * test holds.
 * @param {readonly string[]} tests
 * @param {readonly string[]} files
 * @returns {string[]} those that mirror one of the files first, then the nearest
 */
function holding(tests, files) {
  /** @type {Map<string, number>} */
  const chosen = new Map();
  const reached = new Map(tests.map((test) => [test, distancesFrom(test)]));
  for (const file of files) {
    const ways = tests.flatMap((test) => {
      const distance = reached.get(test)?.get(file);
      return distance === undefined ? [] : [{ test, distance }];
    });
    const nearest = Math.min(...ways.map(({ distance }) => distance));
    for (const { test, distance } of ways) {
      const allowed = dirname(mirroredBy(test)) === dirname(file) ? MAX_DISTANCE : 1;
      if (distance > Math.max(allowed, nearest)) continue;
      const rank = mirroredBy(test) === file ? 0 : distance;
      chosen.set(test, Math.min(rank, chosen.get(test) ?? rank));
    }
  }
  return [...chosen].sort(([, one], [, other]) => one - other).map(([test]) => test);
}

/** @param {string} folder @param {readonly string[]} files */
async function judge(folder, files) {
  const tests = holding(testsOf(folder), files);
  // By its option `testFiles`, Stryker 9.6.1 would not activate mutants of what runs while a file is loaded.
  process.env.P2P_MUTATION_TESTS = JSON.stringify(tests);
  await new Stryker({
    mutate: [...files],
    testRunner: "vitest",
    vitest: { configFile: "scripts/mutation/vitest.config.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner", join(root, "scripts/mutation/noise.mjs")],
    ignorers: ["noise"],
    mutator: { excludedMutations: UNCOMPILABLE },
    coverageAnalysis: "perTest",
    concurrency: 1,
    timeoutMS: PATIENCE_MS,
    incremental: true,
    incrementalFile: reportPath(folder),
    disableTypeChecks: false,
    // It would rewrite tsconfig.json by the compiler's API, which TypeScript 7 does not offer; the tests run without it.
    tsconfigFile: "none",
    ignorePatterns: ["build", "coverage", "dist", "release"],
    tempDirName: join(tmpdir(), "p2p-mutation"),
    cleanTempDir: "always",
    reporters: ["progress-append-only"],
    allowConsoleColors: false,
  }).runMutationTest();
}

/**
 * Forgets what no test noticed of code that runs while a file is loaded, and of code that no single test is known to reach:
 * Stryker would keep the result whatever tests there are since.
 * @param {string} folder
 * @param {readonly string[]} files
 */
function forgetLoaded(folder, files) {
  const report = reportOf(folder);
  if (report === undefined) return;
  for (const [path, file] of Object.entries(report.files)) {
    if (!files.includes(path)) continue;
    file.mutants = file.mutants.filter(
      ({ status, static: isLoaded, coveredBy = [] }) =>
        status === "Killed" || (isLoaded !== true && coveredBy.length > 0),
    );
  }
  writeFileSync(reportPath(folder), JSON.stringify(report));
}

/**
 * @param {string} folder
 * @param {readonly string[]} beginnings - of the paths of files in it
 */
async function mutate(folder, beginnings) {
  const files = filesOf(folder).filter((file) => beginnings.some((begin) => file.startsWith(`src/${begin}`)));
  for (const batch of batchesOf(files)) {
    console.log(`${new Date().toISOString()} ${batch.join(" ")}`);
    forgetLoaded(folder, batch);
    await judge(folder, batch);
    const report = reportOf(folder);
    if (report === undefined) continue;
    const { score, survived, uncovered } = scoreOf(report);
    writeFileSync(join(RESULTS, `${folder}.txt`), survivorsOf(report));
    console.log(
      `src/${folder}: ${score.toFixed(1)} %, ${survived + uncovered} unnoticed: coverage/mutation/${folder}.txt`,
    );
  }
}

function publish() {
  const text = readFileSync(TABLE.path, "utf8");
  const [before, after] = text.split(/<!-- mutation table -->[\s\S]*<!-- end of table -->/);
  if (after === undefined) throw new Error(`${TABLE.path} has no place for the table`);
  const rows = FOLDERS.flatMap((folder) => {
    const report = reportOf(folder);
    // What was judged on another machine stays as it is.
    const known = text.split("\n").filter((line) => line.startsWith(`| \`src/${folder}\` |`));
    return report === undefined ? known : [rowOf(folder, report, filesOf(folder).length)];
  });
  writeFileSync(TABLE.path, `${before}${TABLE.begin}\n${tableOf(rows)}\n${TABLE.end}${after}`);
}

const wishes = process.argv.slice(2);
const strange = wishes.find((wish) => wish !== "table" && !FOLDERS.includes(wish.split("/")[0] ?? ""));
if (wishes.length === 0 || strange !== undefined) {
  console.log(`npm run mutate -- FOLDER… | FOLDER/FILE… | table   (${FOLDERS.join(", ")})`);
  process.exitCode = strange === undefined ? 0 : 2;
} else {
  setPriority(Number(process.env.P2P_MUTATION_NICE ?? LOWEST_PRIORITY));
  mkdirSync(RESULTS, { recursive: true });
  for (const folder of FOLDERS) {
    const beginnings = wishes.filter((wish) => wish.split("/")[0] === folder);
    if (beginnings.length > 0) await mutate(folder, beginnings);
  }
  if (wishes.includes("table")) publish();
}
