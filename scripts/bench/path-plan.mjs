// @ts-check
// The paths on which a file is measured next to the system's own TCP, and what is measured on each.
import { missingForPaths, openPath } from "./path-lab.mjs";
import { runFile } from "./run-file.mjs";
import { runTcp } from "./run-tcp.mjs";

/**
 * @typedef {import("./path-lab.mjs").PathConditions} PathConditions
 * @typedef {import("./plan.mjs").Scenario} Scenario
 * @typedef {import("./plan.mjs").Settings} Settings
 * @typedef {import("./plan.mjs").Subject} Subject
 * @typedef {{ id: string, title: string, path: PathConditions }} PathRow
 */

const ROUNDS = 3;
const TCP = [
  { name: "TCP BBR", congestion: "bbr" },
  { name: "TCP CUBIC", congestion: "cubic" },
];
/** The file with only the TCP candidates carried. */
const TCP_ALONE = "p2p, TCP candidates only";
/** One way, of a LAN. */
const SHORT_DELAY_MS = 1;
/** 100 Mbit/s, and a queue of 48 ms. */
const LONG = { bytesPerSecond: 12.5e6, queueBytes: 600_000 };
/** Twenty full packets of 100 Mbit/s take so long. */
const TWENTY_PACKETS_MS = 2.4;
/** Nothing is faster here where no rate is given. */
const UNLIMITED_BYTES_PER_SECOND = 75e6;

/** @type {PathRow[]} */
export const PATH_ROWS = [
  { id: "50ms-0.1%", title: "50 ms, 0.1 % loss", path: { ...LONG, delayMs: 25, lossPercent: 0.1 } },
  { id: "50ms-1%", title: "50 ms, 1 % loss", path: { ...LONG, delayMs: 25, lossPercent: 1 } },
  { id: "80ms-5%", title: "80 ms, 5 % loss", path: { ...LONG, delayMs: 40, lossPercent: 5 } },
  {
    id: "bursts",
    title: "100 ms, 1 % loss in bursts of 10",
    path: { ...LONG, delayMs: 50, lossPercent: 1, burstPackets: 10 },
  },
  { id: "shallow", title: "50 ms, a queue of 60 KB", path: { ...LONG, delayMs: 25, queueBytes: 60_000 } },
  {
    id: "jitter",
    title: "10 ms with 8 ms of jitter, 0.2 % loss",
    path: { bytesPerSecond: 6.25e6, queueBytes: 250_000, delayMs: 5, jitterMs: 8, lossPercent: 0.2 },
  },
  {
    id: "reordering",
    title: "20 ms, 1 % late by 1 to 20 packets",
    path: { ...LONG, delayMs: 10, late: { percent: 1, ms: TWENTY_PACKETS_MS } },
  },
  { id: "bufferbloat", title: "40 ms, 1 s of queue", path: { bytesPerSecond: 2.5e6, queueBytes: 2.5e6, delayMs: 20 } },
  {
    id: "300mbit",
    title: "30 ms, 300 Mbit/s, 0.1 % loss",
    path: { bytesPerSecond: 37.5e6, queueBytes: 1e6, delayMs: 15, lossPercent: 0.1 },
  },
  {
    id: "600ms",
    title: "600 ms, 50 Mbit/s, 0.5 % loss",
    path: { bytesPerSecond: 6.25e6, queueBytes: 1e6, delayMs: 300, lossPercent: 0.5 },
  },
  {
    id: "overseas",
    title: "220 ms, 3 % loss in bursts of 3",
    path: { ...LONG, delayMs: 110, lossPercent: 3, burstPackets: 3 },
  },
  { id: "lan", title: "0.4 ms, 1 Gbit/s", path: { bytesPerSecond: 125e6, queueBytes: 1e6, delayMs: 0.2 } },
  { id: "unlimited", title: "no limit but this machine", path: { queueBytes: 0, delayMs: 0 } },
];

/**
 * The conditions of link.mjs, where there are no namespaces; undefined: it cannot make this path.
 * @param {PathConditions} path
 */
export function relayed({ bytesPerSecond, queueBytes, delayMs, lossPercent = 0, jitterMs, burstPackets, late }) {
  if ((bytesPerSecond === undefined || jitterMs) ?? burstPackets ?? late) return undefined;
  return { bytesPerSecond, queueBytes, delayMs, loss: lossPercent / 100, mtuBytes: 1_500 };
}

/** @param {Settings} settings @param {PathConditions} path @param {boolean} hasLab @returns {Subject[]} */
function subjectsOf(settings, path, hasLab) {
  const { seconds, scratch, limitSeconds, against } = settings;
  const megabytes = Math.ceil(((path.bytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND) * seconds) / 1e6);
  const link = relayed(path);
  if (!hasLab && link === undefined) return [];
  const file = (
    /** @type {string} */ name,
    /** @type {string | undefined} */ folder,
    /** @type {"tcp" | "all"} */ transport = "all",
  ) => ({
    name,
    run: (/** @type {number} */ round) =>
      runFile({
        path: settings.dataFile(megabytes),
        scratch,
        args: [],
        link: link && { ...link, seed: round },
        limitMs: limitSeconds * 1_000,
        ...(hasLab && { openPath: () => openPath(path, round, scratch), transport }),
        ...(folder !== undefined && { against: folder }),
      }),
  });
  const tcp = TCP.map(({ name, congestion }) => ({
    name,
    run: (/** @type {number} */ round) => runTcp({ path, congestion, seconds, seed: round, scratch }),
  }));
  return [
    file("p2p", undefined),
    ...(against === undefined ? [] : [file("the other p2p", against)]),
    // Where no delay makes the path, its two kinds of pairs differ by what each costs.
    ...(hasLab && path.delayMs < SHORT_DELAY_MS ? [file(TCP_ALONE, undefined, "tcp")] : []),
    ...(hasLab ? tcp : []),
  ];
}

/** @param {Settings} settings @returns {Scenario[]} */
export function pathScenarios(settings) {
  const missing = missingForPaths();
  if (missing !== undefined)
    console.log(`paths: without TCP, and only those that a relay of datagrams makes: ${missing}`);
  return PATH_ROWS.map(({ id, title, path }) => ({
    id: `path-${id}`,
    title,
    rounds: settings.rounds ?? ROUNDS,
    yardsticks: ["the other p2p", TCP_ALONE, ...TCP.map(({ name }) => name)],
    subjects: subjectsOf(settings, path, missing === undefined),
  }));
}
