// @ts-check
// The result of a run, the statistics of several rounds, and their table.

/**
 * @typedef {object} Result - of one run
 * @property {number} [mbPerSecond] - MB = 10⁶ bytes
 * @property {number} [seconds]
 * @property {number} [scryptSeconds] - what the passphrase's scrypt takes of them
 * @property {number} [beyondSeconds] - the rest
 * @property {number} [senderCpu] - milliseconds of processor time per MB
 * @property {number} [receiverCpu]
 * @property {number} [senderPeakMb] - largest resident set
 * @property {number} [receiverPeakMb]
 * @property {number} [queueMs] - time average of the link's queue on the way of the data
 * @property {number} [laterQueueMs] - the same after the first 3 s
 * @property {number} [lostPackets] - by the link, at random
 * @property {number} [droppedPackets] - by the link, because its queue was full
 * @property {number} [chatMs] - median of the round trips of messages meanwhile
 * @property {number} [lateChatMs] - one in twenty takes longer
 * @property {number} [chatCount] - messages
 * @property {number} [latePercent] - of the packets of a call: those that come too late or never
 * @property {number} [missingPackets] - of them, those that never came
 * @property {number} [callMs] - median of the times from given to playable, over the packets that came
 * @property {number} [call95Ms] - 95 % of them take no longer
 * @property {number} [call99Ms]
 * @property {number} [callMaxMs]
 * @property {number} [callPackets] - given
 * @property {number} [timerMs] - 99 % of the timers of the program that gives them fire no later: what the machine adds
 * @property {number} [linkCpu] - of the link's process, milliseconds per MB: what it takes from the two sides
 * @property {true} [isCutOff] - the time limit came first; what had arrived by then counts
 * @property {string} [error] - instead of all of these
 *
 * @typedef {{ name: string, runs: Result[] }} SubjectResults
 * @typedef {{ id: string, title: string, yardsticks: readonly string[], subjects: SubjectResults[] }} ScenarioResults
 */

/**
 * @param {object} measured
 * @param {number} measured.bytes
 * @param {number} measured.ms
 * @param {import("./processes.mjs").Usage | undefined} measured.sender
 * @param {import("./processes.mjs").Usage | undefined} measured.receiver
 * @param {import("./processes.mjs").LinkReport | undefined} measured.link - data go toward its side b
 * @param {boolean} [measured.isCutOff]
 * @returns {Result}
 */
export function resultOf({ bytes, ms, sender, receiver, link, isCutOff = false }) {
  const megabytes = bytes / 1e6;
  return {
    mbPerSecond: megabytes / (ms / 1_000),
    seconds: ms / 1_000,
    ...(isCutOff && { isCutOff }),
    ...(sender && { senderCpu: sender.cpuMs / megabytes, senderPeakMb: sender.peakRssBytes / 1e6 }),
    ...(receiver && { receiverCpu: receiver.cpuMs / megabytes, receiverPeakMb: receiver.peakRssBytes / 1e6 }),
    ...(link && {
      queueMs: link.towardB.queueMs,
      laterQueueMs: link.towardB.laterQueueMs,
      lostPackets: link.towardB.lost,
      droppedPackets: link.towardB.dropped,
      linkCpu: link.cpuMs / megabytes,
    }),
  };
}

/** @typedef {Exclude<keyof Result, "error" | "isCutOff">} Figure */

/**
 * @param {readonly Result[]} runs
 * @param {Figure} figure
 * @returns {number[]} in ascending order
 */
function figuresOf(runs, figure) {
  return runs.flatMap((run) => run[figure] ?? []).toSorted((x, y) => x - y);
}

/**
 * @param {readonly Result[]} runs
 * @param {Figure} figure
 * @returns {number | undefined} undefined when no run has it
 */
export function medianOf(runs, figure) {
  const figures = figuresOf(runs, figure);
  const middle = figures.length >> 1;
  const [low, high] = [figures[middle - 1], figures[middle]];
  return figures.length % 2 === 0 && low !== undefined && high !== undefined ? (low + high) / 2 : high;
}

/** @param {number | undefined} value */
function shown(value) {
  if (value === undefined) return "–";
  return value.toFixed(value < 1 ? 2 : value < 100 ? 1 : 0);
}

/** @param {readonly Result[]} runs @param {Figure} figure */
function withSpread(runs, figure) {
  const figures = figuresOf(runs, figure);
  if (figures.length === 0) return "–";
  return `${shown(medianOf(runs, figure))} (${shown(figures[0])} … ${shown(figures.at(-1))})`;
}

/** @param {Result} result */
export function oneLine({ error, mbPerSecond, seconds, laterQueueMs, isCutOff, chatMs, lateChatMs, ...call }) {
  if (error !== undefined) return error;
  const queue = laterQueueMs === undefined ? "" : `, queue after 3 s ${shown(laterQueueMs)} ms`;
  const chat = chatMs === undefined ? "" : `, chat ${shown(chatMs)} ms, 95 % within ${shown(lateChatMs)} ms`;
  if (mbPerSecond === undefined) return `${shown(seconds)} s`;
  const late =
    call.latePercent === undefined
      ? ""
      : `, call late ${shown(call.latePercent)} %, 99 % within ${shown(call.call99Ms)} ms`;
  return `${shown(mbPerSecond)} MB/s in ${shown(seconds)} s${queue}${chat}${late}${isCutOff ? ", cut off" : ""}`;
}

/** Returns a name with the reason why its figures are incomplete. @param {SubjectResults} subject */
function remarkedName({ name, runs }) {
  const failures = runs.filter(({ error }) => error !== undefined).length;
  const cutOff = runs.filter(({ isCutOff }) => isCutOff).length;
  const remarks = [
    ...(failures > 0 ? [`${failures} of ${runs.length} failed`] : []),
    ...(cutOff > 0 ? [`${cutOff} of ${runs.length} cut off by the time limit`] : []),
  ];
  return remarks.length === 0 ? name : `${name} (${remarks.join(", ")})`;
}

/**
 * Medians of a scenario as a Markdown table, with the ratios of medians to those of its yardsticks.
 * @param {ScenarioResults} scenario
 */
export function tableOf({ yardsticks, subjects }) {
  const present = yardsticks.flatMap((name) => subjects.find((subject) => subject.name === name) ?? []);
  const isOverLink = subjects.some(({ runs }) => medianOf(runs, "queueMs") !== undefined);
  const hasUsage = subjects.some(({ runs }) => medianOf(runs, "senderCpu") !== undefined);
  const header = [
    "",
    "MB/s (spread)",
    ...present.map(({ name }) => `of ${name}`),
    ...(hasUsage ? ["CPU ms/MB send · receive", "peak MB send · receive"] : []),
    ...(isOverLink ? ["queue ms, all · after 3 s", "packets lost · dropped"] : []),
  ];
  const rows = subjects.map((subject) => {
    const { runs } = subject;
    const both = (/** @type {Figure} */ one, /** @type {Figure} */ other) =>
      `${shown(medianOf(runs, one))} · ${shown(medianOf(runs, other))}`;
    return [
      remarkedName(subject),
      withSpread(runs, "mbPerSecond"),
      ...present.map((yardstick) => shownRatio(runs, yardstick.runs)),
      ...(hasUsage ? [both("senderCpu", "receiverCpu"), both("senderPeakMb", "receiverPeakMb")] : []),
      ...(isOverLink ? [both("queueMs", "laterQueueMs"), both("lostPackets", "droppedPackets")] : []),
    ];
  });
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * @param {readonly Result[]} runs
 * @param {readonly Result[]} yardstickRuns
 */
function shownRatio(runs, yardstickRuns) {
  const [rate, yardstick] = [medianOf(runs, "mbPerSecond"), medianOf(yardstickRuns, "mbPerSecond")];
  return rate === undefined || !yardstick ? "–" : (rate / yardstick).toFixed(2);
}

/** What headers leave of a path's rate when every packet is full: 1,404 of 1,497 bytes are payload. */
const PAYLOAD_SHARE = 1_404 / 1_497;

/**
 * All emulated paths in one table, next to the system's TCP. The limit is the smaller of TCP BBR and what headers leave of the
 * path's rate.
 * @param {readonly ScenarioResults[]} scenarios
 * @param {(id: string) => number | undefined} rateOf - MB/s of the path of a scenario; undefined: it has no limit
 */
export function pathsTableOf(scenarios, rateOf) {
  const rows = scenarios.map(({ id, title, subjects }) => {
    const runsOf = (/** @type {string} */ name) => subjects.find((subject) => subject.name === name)?.runs ?? [];
    const [own, bbr, cubic] = [runsOf("p2p"), runsOf("TCP BBR"), runsOf("TCP CUBIC")];
    const rate = rateOf(id);
    const [mine, kernel] = [medianOf(own, "mbPerSecond"), medianOf(bbr, "mbPerSecond")];
    const limit = Math.min(kernel ?? Number.POSITIVE_INFINITY, (rate ?? Number.POSITIVE_INFINITY) * PAYLOAD_SHARE);
    return [
      title,
      rate === undefined ? "–" : shown(rate),
      withSpread(own, "mbPerSecond"),
      withSpread(bbr, "mbPerSecond"),
      withSpread(cubic, "mbPerSecond"),
      mine === undefined || !Number.isFinite(limit) ? "–" : (mine / limit).toFixed(2),
      shownRatio(own, cubic),
      `${shown(medianOf(own, "senderCpu"))} · ${shown(medianOf(own, "receiverCpu"))}`,
      `${shown(medianOf(own, "laterQueueMs"))}`,
    ];
  });
  const header = [
    "",
    "path, MB/s",
    "p2p (spread)",
    "TCP BBR",
    "TCP CUBIC",
    "p2p of the limit",
    "of TCP CUBIC",
    "CPU ms/MB send · receive",
    "queue after 3 s, ms",
  ];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Makes the same table for scenarios that are measured in seconds; the ratios are of times.
 * @param {ScenarioResults} scenario
 */
export function secondsTableOf({ yardsticks, subjects }) {
  const present = yardsticks.flatMap((name) => subjects.find((subject) => subject.name === name) ?? []);
  const ratio = (/** @type {readonly Result[]} */ runs, /** @type {readonly Result[]} */ yardstickRuns) => {
    const [time, yardstick] = [medianOf(runs, "seconds"), medianOf(yardstickRuns, "seconds")];
    return time === undefined || !yardstick ? "–" : (time / yardstick).toFixed(2);
  };
  const rows = subjects.map(({ name, runs }) => [
    name,
    withSpread(runs, "seconds"),
    ...present.map((yardstick) => ratio(runs, yardstick.runs)),
  ]);
  const header = ["", "seconds (spread)", ...present.map(({ name }) => `of ${name}`)];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Makes the table for the time until two sides are connected.
 * @param {ScenarioResults} scenario
 */
export function pairingTableOf({ subjects }) {
  const rows = subjects.map((subject) => {
    const { runs } = subject;
    const scrypt = shown(medianOf(runs, "scryptSeconds"));
    return [remarkedName(subject), withSpread(runs, "seconds"), scrypt, withSpread(runs, "beyondSeconds")];
  });
  const header = ["", "seconds (spread)", "scrypt alone", "beyond scrypt (spread)"];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Makes the table for round trips of messages while files go both ways.
 * @param {ScenarioResults} scenario
 */
export function chatTableOf({ subjects }) {
  const rows = subjects.map((subject) => {
    const { runs } = subject;
    const figures = [withSpread(runs, "chatMs"), withSpread(runs, "lateChatMs"), withSpread(runs, "mbPerSecond")];
    return [remarkedName(subject), ...figures, shown(medianOf(runs, "senderPeakMb"))];
  });
  const header = ["", "chat ms, median (spread)", "95 % within ms", "MB/s both ways", "peak MB"];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Makes the table for a call while a file goes.
 * @param {ScenarioResults} scenario
 */
export function callTableOf({ yardsticks, subjects }) {
  const present = yardsticks.flatMap((name) => subjects.find((subject) => subject.name === name) ?? []);
  const rows = subjects.map((subject) => {
    const { runs } = subject;
    const hasCall = medianOf(runs, "callPackets") !== undefined;
    const times = /** @type {const} */ (["callMs", "call95Ms", "call99Ms", "callMaxMs"]);
    return [
      remarkedName(subject),
      withSpread(runs, "mbPerSecond"),
      ...present.map((yardstick) => shownRatio(runs, yardstick.runs)),
      withSpread(runs, "latePercent"),
      ...(hasCall
        ? [
            `${shown(medianOf(runs, "missingPackets"))} of ${shown(medianOf(runs, "callPackets"))}`,
            times.map((figure) => shown(medianOf(runs, figure))).join(" · "),
          ]
        : ["–", "–"]),
      shown(medianOf(runs, "timerMs")),
      shown(medianOf(runs, "laterQueueMs")),
    ];
  });
  const header = [
    "",
    "file MB/s (spread)",
    ...present.map(({ name }) => `of ${name}`),
    "packets late, % (spread)",
    "missing",
    "ms: median · 95 % · 99 % · most",
    "timers late, 99 %, ms",
    "queue after 3 s, ms",
  ];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
