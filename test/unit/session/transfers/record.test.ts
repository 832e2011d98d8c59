import { describe, expect, it } from "vitest";
import { TransferRecord } from "../../../../src/session/transfers/record.ts";
import { entryOf } from "../../../support/engine-pair.ts";

const MANIFEST = { entries: [entryOf("f", 100_000)], files: 1, bytes: 100_000 };

function running(): TransferRecord {
  const record = new TransferRecord("send", 3, ["a", "b", "c", "d"], MANIFEST);
  record.setState("running");
  record.begin(0, 1_000);
  return record;
}

it("is named in errors by all that it has, or by the first three", () => {
  expect(new TransferRecord("send", 1, ["a", "b", "c"], MANIFEST).name).toBe("a, b, c");
  expect(running().name).toBe("a, b, c, …");
  expect(new TransferRecord("send", 1, [], MANIFEST).name).toBe("s1");
});

describe("progress", () => {
  it("is told at most four times in any second, the last one included", () => {
    const record = running();
    const toldMs: number[] = [];
    for (let ms = 1_000; ms < 6_000; ms += 10) {
      if (record.noteProgress(ms * 10, ms) !== undefined) toldMs.push(ms);
    }
    expect(toldMs.length).toBeGreaterThan(12);
    for (const [at, ms] of toldMs.entries())
      expect((toldMs[at + 3] ?? Number.POSITIVE_INFINITY) - ms).toBeGreaterThan(1_000);
  });

  it("is not told again without news", () => {
    const record = running();
    expect(record.noteProgress(10, 2_000)).toMatchObject({
      event: "progress",
      transfer: "s3",
      bytes: 10,
      total: 100_000,
    });
    expect(record.noteProgress(10, 9_000)).toBeUndefined();
  });

  it("reaches the end before the end is told", () => {
    const record = running();
    record.noteProgress(10, 2_000);
    record.noteArrived(100_000);
    expect(record.complete(3_500)).toMatchObject([
      { event: "progress", bytes: 100_000, total: 100_000 },
      { event: "transfer-done", files: 1, bytes: 100_000, ms: 2_500 },
    ]);
    expect(record.status).toMatchObject({ state: "done", bytes: 100_000, rate: 0, names: ["a", "b", "c"] });
  });

  it("is not told twice at the end", () => {
    const record = running();
    record.noteProgress(100_000, 2_000);
    record.noteArrived(100_000);
    expect(record.complete(2_001).map(({ event }) => event)).toEqual(["transfer-done"]);
  });
});

describe("the rate", () => {
  it.each([
    ["fresh", 0, 0, 50_000],
    ["resumed", 40_000, 0, 50_000],
    ["with a file that was there", 0, 30_000, 50_000],
    ["resumed, with a file that was there", 20_000, 30_000, 50_000],
    ["of which everything was there", 0, 100_000, 0],
  ])("of a transfer that is %s counts what moves", (_, resumed, skipped, perSecond) => {
    const record = new TransferRecord("receive", 1, ["a"], MANIFEST);
    record.setState("running");
    record.begin(resumed, 0);
    if (skipped > 0) record.noteArrived(skipped, { isSkipped: true });
    for (let ms = 100; ms <= 1_000; ms += 100) record.noteProgress(resumed + skipped + (ms * perSecond) / 1_000, ms);
    expect(record.status).toMatchObject({ bytes: resumed + skipped + perSecond, rate: perSecond });
    const rest = MANIFEST.bytes - skipped;
    if (rest > 0) record.noteArrived(rest);
    const done = record.complete(1_000);
    expect(done.at(-1)).toMatchObject({ event: "transfer-done", bytes: MANIFEST.bytes, ms: 1_000 });
  });
});

describe("the end", () => {
  it("of a transfer of which nothing arrived is no `transfer-done`", () => {
    const record = running();
    record.noteFailure();
    expect(record.complete(2_000)).toEqual([]);
    expect(record.state).toBe("failed");
  });

  it("of one that arrived in part says what did", () => {
    const record = running();
    record.noteProgress(90_000, 2_000);
    record.noteFailure();
    record.noteArrived(40_000);
    expect(record.complete(3_000)).toMatchObject([{ event: "transfer-done", files: 1, bytes: 40_000 }]);
    expect(record.state).toBe("failed");
  });
});
