import { expect, test } from "vitest";
import { ReportSchedule } from "../../../src/media/report-schedule.ts";

test("the first reports follow one another fast, later ones in one second, varied by half", () => {
  let random = 0;
  const schedule = new ReportSchedule(() => random);
  expect(schedule.nextMs).toBe(Infinity);
  schedule.want(100);
  schedule.want(200);
  expect(schedule.nextMs).toBe(350);
  const pauses = [0, 0, 0, 0, 0.999, 0.5].map((value, at) => {
    random = value;
    schedule.sent(at * 1_000);
    return Math.round(schedule.nextMs - at * 1_000);
  });
  expect(pauses).toEqual([250, 250, 250, 500, 1_499, 1_000]);
  schedule.stop();
  expect(schedule.nextMs).toBe(Infinity);
});
