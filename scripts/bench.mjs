// `npm run bench`: how fast a file goes over loopback, next to a bare werift data channel in the same run, and
// small files next to one file of the same size. Rounds are interleaved, figures are medians and their ratios.
// Options: --rounds N (5), --megabytes N (100), --files N (2000).
import { fork, spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const binary = join(here, "..", "bin", "p2p.js");
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    megabytes: { type: "string", default: "100" },
    files: { type: "string", default: "2000" },
  },
});
const rounds = Number(values.rounds);
const megabytes = Number(values.megabytes);
const fileCount = Number(values.files);
const SMALL_FILE_BYTES = 1_024;
const ROUND_LIMIT_MS = 300_000;

/** A file through two real p2p processes: from `accepted` to `transfer-done` at the sender. */
async function runP2p(file, scratch) {
  const folders = ["a", "b"].map((name) => join(scratch, name));
  for (const folder of folders) mkdirSync(folder);
  const [a, b] = folders;
  writeFileSync(join(scratch, "config.json"), "{}");
  const environment = {
    ...process.env,
    P2P_STATE_DIR: join(scratch, "state"),
    P2P_CONFIG: join(scratch, "config.json"),
  };
  const start = (...args) =>
    spawn(process.execPath, [binary, ...args, "--bind", "127.0.0.1", "--no-stun", "--json", "--no-chat"], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
  const offer = start("offer", "--dir", a, file);
  const children = [offer];
  try {
    return await new Promise((resolve, reject) => {
      let acceptedMs = 0;
      createInterface({ input: offer.stdout }).on("line", (line) => {
        const event = JSON.parse(line);
        if (event.event === "local-file") {
          copyFileSync(join(a, "LocaltionJson.json"), join(b, "LocaltionJson_p.json"));
          const answer = start("answer", "--dir", b, "--output", b, "--yes");
          children.push(answer);
          createInterface({ input: answer.stdout }).on("line", (answerLine) => {
            if (JSON.parse(answerLine).event === "local-file") {
              copyFileSync(join(b, "LocaltionJson.json"), join(a, "LocaltionJson_p.json"));
            }
          });
        }
        if (event.event === "accepted") acceptedMs = performance.now();
        if (event.event === "transfer-done") resolve({ ms: performance.now() - acceptedMs });
        if (event.event === "error") reject(new Error(event.message));
      });
      setTimeout(reject, ROUND_LIMIT_MS, new Error("time is up")).unref();
    });
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

/** The same amount through a bare werift data channel, in two processes too. */
async function runBareWerift() {
  const sides = ["offer", "answer"].map((role) =>
    fork(join(here, "bench", "bare-werift.mjs"), [role, String(megabytes)]),
  );
  const [offer, answer] = sides;
  try {
    return await new Promise((resolve, reject) => {
      offer.on("message", ({ description }) => answer.send(description));
      answer.on("message", ({ description, ms }) => {
        if (description !== undefined) offer.send(description);
        else resolve({ ms });
      });
      setTimeout(reject, ROUND_LIMIT_MS, new Error("time is up")).unref();
    });
  } finally {
    for (const side of sides) side.kill("SIGKILL");
  }
}

const median = (numbers) => numbers.toSorted((x, y) => x - y)[Math.floor(numbers.length / 2)];

function summarize(name, figures, unit) {
  const [low, mid, high] = [Math.min(...figures), median(figures), Math.max(...figures)].map((one) => one.toFixed(1));
  console.log(`${name.padEnd(28)} ${mid.padStart(7)} ${unit}   (${low} … ${high})`);
}

const scratch = mkdtempSync(join(tmpdir(), "p2p-bench-"));

/** One transfer in a folder of its own. */
async function timeP2p(path) {
  const folder = mkdtempSync(join(scratch, "round-"));
  const { ms } = await runP2p(path, folder);
  rmSync(folder, { recursive: true });
  return ms;
}

async function compareWithBareWerift() {
  const file = join(scratch, "data.bin");
  writeFileSync(file, randomFillSync(Buffer.alloc(megabytes * 1e6)));
  const rates = { p2p: [], bare: [] };
  for (let round = 1; round <= rounds; round += 1) {
    rates.p2p.push((megabytes * 1_000) / (await timeP2p(file)));
    rates.bare.push((megabytes * 1_000) / (await runBareWerift()).ms);
    console.log(`round ${round}: p2p ${rates.p2p.at(-1).toFixed(1)}, bare werift ${rates.bare.at(-1).toFixed(1)} MB/s`);
  }
  console.log(`\n${megabytes} MB over loopback, ${rounds} rounds, Node ${process.versions.node}: median (spread)`);
  summarize("p2p, file to file", rates.p2p, "MB/s");
  summarize("bare werift data channel", rates.bare, "MB/s");
  console.log(`ratio of medians             ${(median(rates.p2p) / median(rates.bare)).toFixed(2)}\n`);
}

async function compareSmallFiles() {
  const tree = join(scratch, "tree");
  mkdirSync(tree);
  for (let index = 0; index < fileCount; index += 1) {
    writeFileSync(join(tree, String(index)), randomFillSync(Buffer.alloc(SMALL_FILE_BYTES)));
  }
  const single = join(scratch, "single.bin");
  writeFileSync(single, randomFillSync(Buffer.alloc(fileCount * SMALL_FILE_BYTES)));
  const seconds = { tree: [], single: [] };
  for (let round = 1; round <= rounds; round += 1) {
    seconds.tree.push((await timeP2p(tree)) / 1_000);
    seconds.single.push((await timeP2p(single)) / 1_000);
  }
  console.log(`${fileCount} files of ${SMALL_FILE_BYTES} bytes, ${rounds} rounds: median (spread)`);
  summarize("as files", seconds.tree, "s");
  summarize("as one file of that size", seconds.single, "s");
}

try {
  await compareWithBareWerift();
  await compareSmallFiles();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
