// What the benchmark makes of its runs, and how it puts a link between two descriptions.
import { describe, expect, it } from "vitest";
import { pictureOf } from "../../../scripts/bench/picture.mjs";
import { movedCandidate, movedSdp } from "../../../scripts/bench/processes.mjs";
import type { Frame } from "../../../scripts/bench/call-side.mjs";
import { callFigures, relativeCallFigures } from "../../../scripts/bench/run-call.mjs";
import {
  callTableOf,
  medianOf,
  type Result,
  pathsTableOf,
  type ScenarioResults,
  tableOf,
} from "../../../scripts/bench/results.mjs";

const runsOf = (...rates: number[]): Result[] => rates.map((mbPerSecond) => ({ mbPerSecond }));

function scenario(id: string): ScenarioResults {
  return {
    id,
    title: id,
    yardsticks: ["werift"],
    subjects: [
      { name: "p2p", runs: [...runsOf(10, 8, 9), { error: "time is up" }] },
      { name: "werift", runs: runsOf(2, 4, 3) },
    ],
  };
}

describe("results of the benchmark", () => {
  it("come to their median", () => {
    expect(medianOf(runsOf(10, 2, 3), "mbPerSecond")).toBe(3);
    expect(medianOf(runsOf(1, 2, 3, 10), "mbPerSecond")).toBe(2.5);
    expect(medianOf([{ error: "time is up" }], "mbPerSecond")).toBeUndefined();
  });

  it("show spread, ratio of medians and what failed", () => {
    const [, , ours, yardstick] = tableOf(scenario("loopback")).split("\n");
    expect(ours).toContain("| p2p (1 of 4 failed) | 9.0 (8.0 … 10.0) | 3.00 |");
    expect(yardstick).toContain("| werift | 3.0 (2.0 … 4.0) | 1.00 |");
  });

  it("of emulated paths are compared with TCP BBR, or with what headers leave where that is less", () => {
    const path = (id: string, bbr: number): ScenarioResults => ({
      id,
      title: id,
      yardsticks: [],
      subjects: [
        { name: "p2p", runs: runsOf(11) },
        { name: "TCP BBR", runs: runsOf(bbr) },
        { name: "TCP CUBIC", runs: runsOf(2) },
      ],
    });
    const [, , slow, full, free] = pathsTableOf([path("slow", 10), path("full", 12), path("free", 22)], (id) =>
      id === "free" ? undefined : 12.5,
    ).split("\n");
    expect(slow).toContain("| slow | 12.5 | 11.0 (11.0 … 11.0) | 10.0 (10.0 … 10.0) | 2.0 (2.0 … 2.0) | 1.10 | 5.50 |");
    expect(full).toContain("| 0.94 | 5.50 |");
    expect(free).toContain("| free | – | 11.0 (11.0 … 11.0) | 22.0 (22.0 … 22.0) | 2.0 (2.0 … 2.0) | 0.50 |");
  });

  it("of a call count a packet when its whole frame has come, and what never comes as late", () => {
    const frames = [
      { waitedMs: 40, packets: 1 },
      { waitedMs: 60, packets: 5 },
      { waitedMs: 200, packets: 2 },
      { waitedMs: undefined, packets: 2 },
    ].map(({ waitedMs, packets }, number) => ({ number, atMs: 20 * number, packets, waitedMs }));
    const given = [
      ...frames.map((frame) => ({ ...frame, dueMs: frame.atMs - 3 })),
      { number: 4, atMs: 9_500, packets: 9 },
    ];
    const taken = frames.flatMap(({ waitedMs, atMs, ...frame }) =>
      waitedMs === undefined ? [] : [{ ...frame, atMs: atMs + waitedMs }],
    );
    const figures = callFigures(given, taken, 10_000);
    expect(figures).toEqual({
      callPackets: 10,
      missingPackets: 2,
      latePercent: 40,
      callMs: 60,
      call95Ms: 200,
      call99Ms: 200,
      callMaxMs: 200,
      timerMs: 3,
    });
    expect(() => callFigures(given, [], 10_000)).toThrow("no packet of the call came");

    const [, , alone, beside] = callTableOf({
      id: "call",
      title: "call",
      yardsticks: ["alone"],
      subjects: [
        { name: "alone", runs: runsOf(10) },
        { name: "with a call", runs: [{ mbPerSecond: 9, ...figures }] },
      ],
    }).split("\n");
    expect(alone).toContain("| alone | 10.0 (10.0 … 10.0) | 1.00 | – | – | – | – |");
    expect(beside).toContain("| 0.90 | 40.0 (40.0 … 40.0) | 2.0 of 10.0 | 60.0 · 200 · 200 · 200 | 3.0 |");
  });

  it("of a page's call compare packets with the quickest of their kind", () => {
    const frame = (kind: "audio" | "video", sourceMs: number, atMs: number, packets = 1): Frame => {
      return { number: -1, kind, sourceMs, atMs, packets };
    };
    const taken = [
      frame("audio", 0, 0), // before the file
      frame("audio", 20, 1_020),
      frame("video", 0, 1_500, 3),
      frame("audio", 40, 1_090),
      frame("video", 40, 1_680, 2),
    ];
    const figures = relativeCallFigures(taken, { fromMs: 1_000, endMs: 2_000, delayMs: 25 });
    expect(figures).toEqual({
      callPackets: 7,
      latePercent: (100 * 2) / 7,
      callMs: 0,
      call95Ms: 140,
      call99Ms: 140,
      callMaxMs: 140,
    });
  });

  it("make a picture with a bar for each subject, and none without the scenarios that it shows", () => {
    const scenarios = ["loopback", "wan-50ms-0%", "wan-50ms-0.1%", "wan-50ms-1%"].map(scenario);
    expect(pictureOf(scenarios).match(/<rect class="s0"/g)).toHaveLength(1 + scenarios.length);
    expect(() => pictureOf(scenarios.slice(1))).toThrow("no scenario loopback");
  });
});

describe("a description that goes over the link", () => {
  const local = "a=candidate:4 1 udp 1510 127.0.0.1 40096 typ host generation 0";

  it("keeps only its candidate on 127.0.0.1, at the port of the link", () => {
    const others = [
      "a=candidate:1 1 udp 2122 192.0.2.2 35817 typ host",
      "a=candidate:2 1 udp 2121 ::1 49034 typ host",
      "a=candidate:3 1 tcp 1518 127.0.0.1 51423 typ host tcptype passive",
    ];
    const sdp = (lines: readonly string[]): string => ["v=0", ...lines, "a=mid:0", ""].join("\r\n");
    expect(movedSdp(sdp([...others, local]), undefined, (port) => port + 1)).toBe(
      sdp([local.replace("40096", "40097")]),
    );
    expect(() => movedSdp(sdp(others), undefined, (port) => port)).toThrow("no candidate on 127.0.0.1");
  });

  it("has nothing else changed in a candidate", () => {
    expect(movedCandidate("candidate:4 1 UDP 40096 127.0.0.1 40096 typ host", () => 7)).toBe(
      "candidate:4 1 UDP 40096 127.0.0.1 7 typ host",
    );
  });
});
