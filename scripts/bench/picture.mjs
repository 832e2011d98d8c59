// @ts-check
// Draws the picture of the README from saved results: medians as bars, spreads as lines on them. Loopback has an axis
// of its own, because there the machine is the limit and elsewhere the link. It is legible on light and dark
// backgrounds.
import { medianOf } from "./results.mjs";

/**
 * @typedef {import("./results.mjs").ScenarioResults} ScenarioResults
 *
 * @typedef {object} Panel
 * @property {string} title
 * @property {number} left
 * @property {number} width
 * @property {{ id: string, label: string }[]} groups - scenarios
 * @property {number} [limit] - MB/s that nothing can pass
 */

const SUBJECTS = [
  { name: "p2p", label: "p2p" },
  { name: "libdatachannel", label: "libdatachannel" },
  { name: "libwebrtc", label: "libwebrtc" },
  { name: "werift", label: "werift alone" },
];
/** @type {Panel[]} */
const PANELS = [
  { title: "Loopback, MB/s", left: 48, width: 192, groups: [{ id: "loopback", label: "one machine" }] },
  {
    title: "100 Mbit/s, 50 ms round trip, MB/s",
    left: 300,
    width: 530,
    limit: 12.5,
    groups: [
      { id: "wan-50ms-0%", label: "no loss" },
      { id: "wan-50ms-0.1%", label: "0.1 % loss" },
      { id: "wan-50ms-1%", label: "1 % loss" },
    ],
  },
];
const WIDTH = 840;
const HEIGHT = 330;
const TOP = 84;
const BOTTOM = 288;
const BAR_WIDTH = 32;
const BAR_STEP = 36;
const MAX_STEPS = 6;
const LABEL_GAP = 6;
const LABEL_HEIGHT = 11;

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #424a53 }
  .title { font-weight: 600; font-size: 14px }
  .middle { text-anchor: middle }
  .end { text-anchor: end }
  .figure { font-size: 12px; text-anchor: middle }
  .grid { stroke: #8b949e; stroke-opacity: 0.3 }
  .limit { stroke: #8b949e; stroke-dasharray: 5 4 }
  .spread { stroke: #424a53; stroke-width: 1.5 }
  .s0 { fill: #1f6feb } .s1 { fill: #6a9f5b } .s2 { fill: #c7892f } .s3 { fill: #9a86b8 }
  @media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } .spread { stroke: #c9d1d9 } .s0 { fill: #4493f8 } }
`;

/** @param {number} value */
const at = (value) => String(Math.round(value * 10) / 10);

/** @param {number} value */
const figure = (value) => value.toFixed(value < 1 ? 2 : value < 20 ? 1 : 0);

/**
 * @param {number} x @param {number} y
 * @param {string} kind - class
 * @param {string} content - plain characters
 */
const text = (x, y, kind, content) => `<text class="${kind}" x="${at(x)}" y="${at(y)}">${content}</text>`;

/** @param {string} kind @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
const line = (kind, x1, y1, x2, y2) =>
  `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;

/**
 * Returns round steps up to a number, at most six of them.
 * @param {number} value
 * @returns {number[]}
 */
function axisTicks(value) {
  const magnitude = 10 ** Math.floor(Math.log10(value / MAX_STEPS));
  const step = magnitude * ([1, 2, 2.5, 5].find((one) => one * magnitude * MAX_STEPS >= value) ?? 10);
  return Array.from({ length: Math.ceil(value / step) + 1 }, (_, index) => index * step);
}

/**
 * @param {readonly ScenarioResults[]} scenarios
 * @param {string} id
 * @returns {{ index: number, median: number, low: number, high: number }[]} the subjects that have figures
 */
function barsOf(scenarios, id) {
  const scenario = scenarios.find((one) => one.id === id);
  if (scenario === undefined) throw new Error(`the results have no scenario ${id}`);
  return SUBJECTS.flatMap(({ name }, index) => {
    const runs = scenario.subjects.find((subject) => subject.name === name)?.runs ?? [];
    const rates = runs.flatMap(({ mbPerSecond }) => mbPerSecond ?? []);
    const median = medianOf(runs, "mbPerSecond");
    return median === undefined ? [] : [{ index, median, low: Math.min(...rates), high: Math.max(...rates) }];
  });
}

/**
 * Returns a position for a figure that no line crosses.
 * @param {number} y - the baseline of the figure
 * @param {number | undefined} lineY
 */
function clearOf(y, lineY) {
  return lineY !== undefined && y > lineY - LABEL_GAP && y < lineY + LABEL_HEIGHT ? lineY - LABEL_GAP : y;
}

/**
 * @param {readonly ScenarioResults[]} scenarios
 * @param {Panel} panel
 */
function panelOf(scenarios, { title, left, width, groups, limit }) {
  const barsOfGroups = groups.map(({ id }) => barsOf(scenarios, id));
  const largest = Math.max(...barsOfGroups.flat().map(({ high }) => high));
  const ticks = axisTicks(Math.max(largest, limit ?? 0) * 1.05);
  const maximum = ticks.at(-1) ?? 1;
  const y = (/** @type {number} */ rate) => BOTTOM - (rate / maximum) * (BOTTOM - TOP);
  const parts = [text(left, TOP - 26, "title", title)];
  for (const rate of ticks) {
    parts.push(line("grid", left, y(rate), left + width, y(rate)));
    parts.push(text(left - 6, y(rate) + 4, "end", String(rate)));
  }
  if (limit !== undefined) {
    parts.push(line("limit", left, y(limit), left + width, y(limit)));
    parts.push(text(left + width, y(limit) - 6, "end", `the link: ${limit} MB/s`));
  }
  for (const [group, bars] of barsOfGroups.entries()) {
    const groupWidth = width / groups.length;
    const center = left + groupWidth * (group + 0.5);
    parts.push(text(center, BOTTOM + 20, "middle", groups[group]?.label ?? ""));
    for (const { index, median, low, high } of bars) {
      const x = center + (index - SUBJECTS.length / 2) * BAR_STEP + (BAR_STEP - BAR_WIDTH) / 2;
      const middle = x + BAR_WIDTH / 2;
      parts.push(
        `<rect class="s${index}" x="${at(x)}" y="${at(y(median))}" width="${BAR_WIDTH}" height="${at(BOTTOM - y(median))}" rx="2"/>`,
        line("spread", middle, y(low), middle, y(high)),
        text(middle, clearOf(y(high) - LABEL_GAP, limit && y(limit)), "figure", figure(median)),
      );
    }
  }
  return parts;
}

/**
 * @param {readonly ScenarioResults[]} scenarios
 * @returns {string} SVG
 * @throws Error when a scenario that the picture shows is missing
 */
export function pictureOf(scenarios) {
  const legend = SUBJECTS.flatMap(({ label }, index) => [
    `<rect class="s${index}" x="${48 + index * 150}" y="14" width="14" height="14" rx="2"/>`,
    text(70 + index * 150, 26, "", label),
  ]);
  const description =
    "Throughput in MB/s, more is better: bars are medians, lines on them the slowest and fastest run.";
  const body = [...legend, ...PANELS.flatMap((panel) => panelOf(scenarios, panel))];
  body.push(text(48, HEIGHT - 4, "", description));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
<title>${description}</title>
<style>${STYLE}</style>
${body.join("\n")}
</svg>
`;
}
