import { beforeEach, describe, expect, test } from "vitest";
import { StreamClock, TimeLine } from "../../../src/media/time-line.ts";

const VIDEO = 90_000;
const AUDIO = 48_000;
/** NTP seconds of the first report. */
const SECONDS = 3_900_000_000;

/** Time on the line of a packet that arrives now: ms. */
function ms(clock: StreamClock, timestamp: number, nowMs: number): number {
  return clock.arrived(timestamp, nowMs).timeUs / 1_000;
}

describe("TimeLine", () => {
  let line: TimeLine;
  let sound: StreamClock;
  let picture: StreamClock;

  beforeEach(() => {
    line = new TimeLine();
    sound = new StreamClock(line, AUDIO);
    picture = new StreamClock(line, VIDEO);
  });

  test("begins with the first packet of all, by arrival", () => {
    expect([ms(sound, 1_000, 5_000), ms(picture, 4_000_000_000, 5_030)]).toEqual([0, 30]);
    expect(ms(sound, 1_960, 5_021)).toBeCloseTo(20);
  });

  test("time stamps go on over their wrap", () => {
    expect(ms(picture, 2 ** 32 - 900, 0)).toBeCloseTo(0);
    expect(ms(picture, 900, 20)).toBeCloseTo(20);
    expect(ms(picture, 2 ** 32 - 1_800, 30)).toBeCloseTo(-10);
  });

  test("reports put streams together that arrive apart", () => {
    // The picture is 300 ms late.
    expect([ms(sound, 0, 1_000), ms(picture, 700_000, 1_300)]).toEqual([0, 300]);
    sound.report(SECONDS, 0, 0, 1_300);
    picture.report(SECONDS, 0, 700_000, 1_300);
    expect([ms(sound, 4_800, 1_100), ms(picture, 709_000, 1_400)].map(Math.round)).toEqual([100, 100]);
  });

  test("a report before the first packet serves it", () => {
    sound.report(SECONDS, 0, 0, 900);
    picture.report(SECONDS, 0, 700_000, 900);
    expect([ms(sound, 0, 1_000), ms(picture, 700_000, 1_300)].map(Math.round)).toEqual([0, 0]);
  });

  test("what a report says otherwise by less than a millisecond changes nothing", () => {
    ms(picture, 0, 0);
    picture.report(SECONDS, 0, 0, 0);
    expect(ms(picture, 90_000, 1_000)).toBe(1_000);
    picture.report(SECONDS + 1, 0, 90_000 - 80, 1_000);
    expect(ms(picture, 180_000, 2_000)).toBe(2_000);
    picture.report(SECONDS + 2, 0, 180_000 - 900, 2_000);
    expect(ms(picture, 270_000, 3_000)).toBeCloseTo(3_010);
  });

  test("a source that stood still for long goes on when it comes again, both streams alike", () => {
    for (const clock of [sound, picture]) {
      ms(clock, 0, 0);
      clock.report(SECONDS, 0, 0, 0);
    }
    for (const [at, nowMs] of [20_000, 21_000, 26_000, 27_000].entries()) {
      const seconds = 1 + (nowMs - 20_000) / 1_000;
      const heard = ms(sound, AUDIO * seconds, nowMs);
      const seen = ms(picture, VIDEO * seconds, nowMs + 40);
      expect([at, Math.round(heard), Math.round(seen)]).toEqual([at, nowMs, nowMs]);
      for (const [clock, rate] of [
        [sound, AUDIO],
        [picture, VIDEO],
      ] as const) {
        clock.report(SECONDS + seconds, 0, rate * seconds, nowMs);
      }
    }
  });

  test("a sender that does not keep up, by its own reports, is only late", () => {
    for (const clock of [sound, picture]) {
      ms(clock, 0, 0);
      clock.report(SECONDS, 0, 0, 0);
    }
    // It sends at half the speed of its clock: at the end half a minute is missing.
    for (let nowMs = 500; nowMs <= 60_000; nowMs += 500) {
      const mediaMs = nowMs / 2;
      expect(ms(sound, (AUDIO * mediaMs) / 1_000, nowMs)).toBeCloseTo(mediaMs);
      expect(ms(picture, (VIDEO * mediaMs) / 1_000, nowMs)).toBeCloseTo(mediaMs);
      if (nowMs % 1_000 !== 0) continue;
      sound.report(SECONDS + nowMs / 1_000, 0, (AUDIO * nowMs) / 1_000, nowMs);
      picture.report(SECONDS + nowMs / 1_000, 0, (VIDEO * nowMs) / 1_000, nowMs);
    }
  });

  test("a stream that begins again with earlier time stamps is not taken for late", () => {
    ms(picture, VIDEO * 1_000, 0);
    picture.report(SECONDS, 0, VIDEO * 1_000, 0);
    expect(ms(picture, VIDEO * 1_001, 1_000)).toBeCloseTo(1_000);
    expect(ms(picture, 0, 2_000)).toBeCloseTo(2_000);
  });

  test("reports that contradict one another do not take both streams with them", () => {
    ms(sound, 0, 0);
    ms(picture, 0, 0);
    for (let nowMs = 20; nowMs < 20_000; nowMs += 20) {
      if (nowMs % 1_000 === 20) {
        const seconds = Math.floor(nowMs / 1_000);
        sound.report(SECONDS + seconds, 0, AUDIO * seconds, nowMs);
        picture.report(SECONDS + 500_000, 0, (VIDEO * nowMs) / 1_000, nowMs);
      }
      expect(Math.abs(ms(sound, (AUDIO * nowMs) / 1_000, nowMs) - nowMs)).toBeLessThan(1_000);
      expect(Math.abs(ms(picture, (VIDEO * nowMs) / 1_000, nowMs) - nowMs)).toBeLessThan(1_000);
    }
  });

  test("a stream whose time stamps jump goes on by its arrival", () => {
    for (const clock of [sound, picture]) {
      ms(clock, 0, 0);
      clock.report(SECONDS, 0, 0, 0);
    }
    expect(ms(sound, AUDIO * 1_000, 1_000)).toBeCloseTo(1_000);
    expect(Math.abs(ms(picture, VIDEO, 1_000) - 1_000)).toBeLessThan(40);
    expect(ms(sound, AUDIO * 1_001, 2_000)).toBeCloseTo(2_000);
  });

  test("NTP wraps in 2036 without a jump", () => {
    ms(picture, 0, 0);
    picture.report(2 ** 32 - 1, 0, 0, 0);
    expect(ms(picture, 9_000, 100)).toBeCloseTo(100);
    picture.report(0, 0, 90_000, 1_000);
    expect(ms(picture, 99_000, 1_100)).toBeCloseTo(1_100);
  });
});
