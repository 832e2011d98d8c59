// @ts-check
// The benchmark plan: the links, and the subjects that are measured on each of them.
import { runFile } from "./run-file.mjs";
import { runChannel } from "./run-channel.mjs";
import { callScenarios } from "./call-plan.mjs";
import { pathScenarios } from "./path-plan.mjs";
import { copyScenarios, pairingScenarios } from "./pairing-plan.mjs";
import { runDuplex } from "./run-duplex.mjs";
import { runBareChannel, runPageFile } from "./run-page.mjs";

/**
 * @typedef {import("./link-queue.mjs").LinkConditions} Link
 * @typedef {{ name: string, run: (round: number) => Promise<import("./results.mjs").Result> }} Subject
 *
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} title
 * @property {number} rounds
 * @property {readonly string[]} yardsticks - subjects to which the others are set in proportion
 * @property {Subject[]} subjects
 *
 * @typedef {object} Settings
 * @property {number} [rounds] - default: 5 on loopback, 3 over a link
 * @property {number} seconds - how long a channel is measured
 * @property {number} limitSeconds - after which a file over a link is counted as far as it came
 * @property {RegExp} subjects - whose name this finds
 * @property {RegExp} scenarios - whose id this finds
 * @property {string} scratch - a folder
 * @property {(megabytes: number) => string} dataFile - a file of random bytes
 * @property {number} loopbackMegabytes
 * @property {number} linkMegabytes
 * @property {number} pageMegabytes
 * @property {number} callSeconds - that a call goes on beside a file, at least
 * @property {string} [against] - the folder of another p2p, which is measured beside this one on the paths
 */

const LOOPBACK_ROUNDS = 5;
const LINK_ROUNDS = 3;
const WARM_UP_MS = 3_000;
const LOOPBACK_LIMIT_MS = 300_000;

/** 100 Mbit/s with a queue of 48 ms, and packets as Ethernet has them. */
const WIDE_AREA = { bytesPerSecond: 12.5e6, queueBytes: 600_000, mtuBytes: 1_500 };

/** Other stacks are measured only where a table compares with them; elsewhere they take time without new results. */
const WIDE_AREA_LINKS = [
  { rttMs: 50, lossPercent: 0, hasPeers: true },
  { rttMs: 50, lossPercent: 0.1, hasPeers: true },
  { rttMs: 50, lossPercent: 1, hasPeers: true },
  { rttMs: 50, lossPercent: 2, hasPeers: false },
  { rttMs: 200, lossPercent: 0, hasPeers: false },
  { rttMs: 200, lossPercent: 1, hasPeers: false },
];

/** Our own program, and its variants by option. */
const VARIANTS = [
  { name: "p2p", args: [] },
  { name: "p2p --congestion cubic", args: ["--congestion", "cubic"] },
];

/** Size of SCTP packets that fit into an Ethernet frame over IPv4; without it, loopback carries packets of 16 KiB. */
const ETHERNET_PACKET_BYTES = 1_435;

const STACKS = ["libwebrtc", "libdatachannel", "werift"];

/**
 * @param {Settings} settings
 * @param {Link | undefined} link
 * @returns {Subject[]}
 */
function fileSubjects(settings, link) {
  const megabytes = link === undefined ? settings.loopbackMegabytes : settings.linkMegabytes;
  const limitMs = link === undefined ? LOOPBACK_LIMIT_MS : settings.limitSeconds * 1_000;
  const subject = (/** @type {string} */ name, /** @type {object} */ more) => ({
    name,
    run: (/** @type {number} */ round) =>
      runFile({
        path: settings.dataFile(megabytes),
        scratch: settings.scratch,
        args: [],
        link: link && { ...link, seed: round },
        limitMs,
        ...more,
      }),
  });
  const variants = VARIANTS.map(({ name, args }) => subject(name, { args }));
  // A link drops packets that do not fit into a frame, so the size need not be set there.
  const small = subject("p2p, packets for 1,500 B", { maxPacketBytes: ETHERNET_PACKET_BYTES });
  const overTcp = subject("p2p over TCP", { transport: "tcp" });
  return link === undefined ? [small, ...variants, overTcp] : variants;
}

/**
 * @param {Settings} settings
 * @param {Link | undefined} link
 * @param {string} name
 * @param {string} sender
 * @param {string} receiver
 * @returns {Subject}
 */
function channelSubject(settings, link, name, sender, receiver) {
  const window = windowOf(settings);
  return { name, run: (round) => runChannel({ sender, receiver, link: link && { ...link, seed: round }, ...window }) };
}

/** @param {Settings} settings */
const windowOf = ({ seconds }) => ({ warmUpMs: WARM_UP_MS, measureMs: seconds * 1_000 });

/**
 * Our channel without files and disk, measured like the other stacks.
 * @param {Settings} settings
 * @returns {Subject[]}
 */
function ownChannelSubjects(settings) {
  const ours = { sender: "p2p", receiver: "p2p", link: undefined, ...windowOf(settings) };
  return [
    { name: "p2p, a channel", run: () => runChannel(ours) },
    { name: "p2p, a channel over TCP", run: () => runChannel({ ...ours, transport: "tcp" }) },
  ];
}

/** @param {Settings} settings @param {Link | undefined} link */
function peerSubjects(settings, link) {
  return STACKS.map((stack) => channelSubject(settings, link, stack, stack, stack));
}

/** @param {Settings} settings @param {Link | undefined} link */
function foreignSubjects(settings, link) {
  return [
    channelSubject(settings, link, "p2p → libwebrtc", "p2p", "libwebrtc"),
    channelSubject(settings, link, "p2p → libdatachannel", "p2p", "libdatachannel"),
    channelSubject(settings, link, "werift", "werift", "werift"),
  ];
}

/** @param {{ rttMs: number, lossPercent: number }} link */
const conditionsOf = ({ rttMs, lossPercent }) => ({ ...WIDE_AREA, delayMs: rttMs / 2, loss: lossPercent / 100 });

/** @type {Record<string, (settings: Settings) => Scenario[]>} */
const PARTS = {
  loopback: (settings) => [
    {
      id: "loopback",
      title: `${settings.loopbackMegabytes} MB over loopback`,
      rounds: settings.rounds ?? LOOPBACK_ROUNDS,
      yardsticks: ["libwebrtc", "werift"],
      subjects: [
        ...fileSubjects(settings, undefined),
        ...ownChannelSubjects(settings),
        ...peerSubjects(settings, undefined),
      ],
    },
  ],
  wan: (settings) =>
    WIDE_AREA_LINKS.map((link) => ({
      id: `wan-${link.rttMs}ms-${link.lossPercent}%`,
      title: `${settings.linkMegabytes} MB over 12.5 MB/s, ${link.rttMs} ms, ${link.lossPercent} % loss`,
      rounds: settings.rounds ?? LINK_ROUNDS,
      yardsticks: STACKS,
      subjects: [
        ...fileSubjects(settings, conditionsOf(link)),
        ...(link.hasPeers ? peerSubjects(settings, conditionsOf(link)) : []),
      ],
    })),
  file: (settings) => [
    {
      id: "file",
      title: `${settings.loopbackMegabytes} MB as a file, next to our channel alone`,
      rounds: settings.rounds ?? LOOPBACK_ROUNDS,
      yardsticks: ["the channel alone"],
      subjects: [
        ...fileSubjects(settings, undefined).filter(({ name }) => name === "p2p"),
        channelSubject(settings, undefined, "the channel alone", "p2p", "p2p"),
      ],
    },
  ],
  duplex: (settings) => [
    {
      id: "duplex",
      title: `Messages while ${settings.loopbackMegabytes} MB go each way`,
      rounds: settings.rounds ?? LINK_ROUNDS,
      yardsticks: [],
      subjects: [
        {
          name: "p2p",
          run: () => runDuplex({ path: settings.dataFile(settings.loopbackMegabytes), scratch: settings.scratch }),
        },
      ],
    },
  ],
  foreign: (settings) => [
    {
      id: "foreign-loopback",
      title: "Towards other stacks over loopback",
      rounds: settings.rounds ?? LOOPBACK_ROUNDS,
      yardsticks: ["werift"],
      subjects: foreignSubjects(settings, undefined),
    },
    {
      id: "foreign-wan-50ms-1%",
      title: "Towards other stacks over 12.5 MB/s, 50 ms, 1 % loss",
      rounds: settings.rounds ?? LINK_ROUNDS,
      yardsticks: ["werift"],
      subjects: foreignSubjects(settings, conditionsOf({ rttMs: 50, lossPercent: 1 })),
    },
  ],
  page: (settings) =>
    /** @type {const} */ (["to the page", "from the page"]).map((way) => ({
      id: `page-${way.replaceAll(" ", "-")}`,
      title: `${settings.pageMegabytes} MB ${way}, next to a bare channel of its browser`,
      rounds: settings.rounds ?? LINK_ROUNDS,
      yardsticks: ["a bare channel"],
      subjects: [
        {
          name: `p2p, a file ${way}`,
          run: () => runPageFile({ way, path: settings.dataFile(settings.pageMegabytes), scratch: settings.scratch }),
        },
        { name: "a bare channel", run: () => runBareChannel({ way, ...windowOf(settings) }) },
      ],
    })),
  paths: pathScenarios,
  call: callScenarios,
  pairing: pairingScenarios,
  ssh: copyScenarios,
};

export const COMPARISONS = Object.keys(PARTS);

/**
 * @param {string} part - one of `COMPARISONS`
 * @param {Settings} settings
 * @returns {Scenario[]} the scenarios that still have a subject to measure
 */
export function scenariosOf(part, settings) {
  return (PARTS[part]?.(settings) ?? [])
    .filter(({ id }) => settings.scenarios.test(id))
    .map((scenario) => ({
      ...scenario,
      subjects: scenario.subjects.filter(({ name }) => settings.subjects.test(name)),
    }))
    .filter(({ subjects }) => subjects.length > 0);
}

/**
 * Measures a tree of small files next to one file of the same size.
 * @param {Settings} settings
 * @param {{ tree: string, file: string, fileCount: number, fileBytes: number }} data
 * @returns {Scenario}
 */
export function smallFilesScenario(settings, { tree, file, fileCount, fileBytes }) {
  const shared = { scratch: settings.scratch, args: [], link: undefined, limitMs: LOOPBACK_LIMIT_MS };
  const subject = (
    /** @type {string} */ name,
    /** @type {string} */ path,
    /** @type {{ isAgain?: true }} */ more = {},
  ) => ({
    name,
    run: () => runFile({ path, ...shared, ...more }),
  });
  return {
    id: "small",
    title: `${fileCount} files of ${fileBytes} bytes over loopback`,
    rounds: settings.rounds ?? LOOPBACK_ROUNDS,
    yardsticks: ["as files"],
    subjects: [
      subject("as files", tree),
      subject("the same again", tree, { isAgain: true }),
      subject("as one file of that size", file),
    ],
  };
}
