// @ts-check
// The ways in which two sides find each other, and how long each takes on loopback; and one command that pairs and sends,
// next to scp.
import { missingForPaths } from "./path-lab.mjs";
import { PATH_ROWS } from "./path-plan.mjs";
import { runCopy } from "./run-copy.mjs";
import { hasMosquitto, runBroker, runCarried, runCommand, runFolder, runSshAlone } from "./run-pairing.mjs";
import { missingForSsh } from "./sshd.mjs";

/**
 * @typedef {import("./plan.mjs").Scenario} Scenario
 * @typedef {import("./plan.mjs").Settings} Settings
 */

const ROUNDS = 7;
const COPY_ROUNDS = 3;
const COPY_PATHS = ["50ms-1%", "lan"];

/** @param {Settings} settings @returns {Scenario[]} */
export function pairingScenarios({ rounds, scratch }) {
  const broker = hasMosquitto ? "mosquitto" : "a broker in this process";
  const missing = missingForSsh();
  if (missing !== undefined) console.log(`pairing: without ssh: ${missing}`);
  const overSsh = [
    { name: "`--via ssh://`, until a file of 1 KB is there", run: () => runCommand(scratch, "ssh") },
    { name: "`ssh HOST true` alone", run: () => runSshAlone(scratch) },
  ];
  return [
    {
      id: "pairing",
      title: `From the start of the commands to connected at both, over loopback, with ${broker}`,
      rounds: rounds ?? ROUNDS,
      yardsticks: [],
      subjects: [
        { name: "`--via mqtt://`, both at once", run: () => runBroker(scratch, false) },
        { name: "`--via mqtt://`, the offer waits there", run: () => runBroker(scratch, true) },
        { name: "`--via folder:`, both at once", run: () => runFolder(scratch) },
        { name: "two files, copied at once", run: () => runCarried(scratch) },
        { name: "`--via exec:`, until a file of 1 KB is there", run: () => runCommand(scratch, "exec") },
        ...(missing === undefined ? overSsh : []),
      ],
    },
  ];
}

/** @param {Settings} settings @returns {Scenario[]} */
export function copyScenarios({ rounds, scratch, dataFile, linkMegabytes, limitSeconds }) {
  const missing = missingForPaths() ?? missingForSsh();
  if (missing !== undefined) {
    console.log(`ssh: not measured: ${missing}`);
    return [];
  }
  return PATH_ROWS.filter(({ id }) => COPY_PATHS.includes(id)).map(({ id, title, path }) => {
    const copy = (/** @type {"p2p" | "scp"} */ by, /** @type {string} */ congestion) => (/** @type {number} */ seed) =>
      runCopy({ by, congestion, path, file: dataFile(linkMegabytes), seed, limitMs: limitSeconds * 1_000, scratch });
    return {
      id: `ssh-${id}`,
      title: `${linkMegabytes} MB by one command, start and end included: ${title}`,
      rounds: rounds ?? COPY_ROUNDS,
      yardsticks: ["scp", "scp over TCP BBR"],
      subjects: [
        { name: "`p2p offer --via ssh://`", run: copy("p2p", "cubic") },
        { name: "scp", run: copy("scp", "cubic") },
        { name: "scp over TCP BBR", run: copy("scp", "bbr") },
      ],
    };
  });
}
