import { expect, test } from "vitest";
import { WorkBudget } from "../../../src/lib/work-budget.ts";
import { decodeRtcp } from "../../../src/media/rtcp.ts";
import { SendStream } from "../../../src/media/send-stream.ts";
import { SenderClock } from "../../../src/media/sender-clock.ts";
import { SrtpSender } from "../../../src/media/srtp.ts";
import { nodeMediaCiphers } from "../../../src/rtc/media/ciphers.ts";
import { pictureTrack } from "../../support/media-engines.ts";
import { srtpEnds } from "../../support/srtp-keys.ts";
import { toyPacketiser } from "../../support/toy-packetiser.ts";

const WALL_MS = Date.UTC(2026, 10, 30);

function stream(track: number): SendStream {
  return new SendStream({
    track: pictureTrack(track),
    packetiser: toyPacketiser,
    srtp: new SrtpSender(srtpEnds("AEAD_AES_128_GCM").a, nodeMediaCiphers),
    maxPayloadBytes: 1_150,
    firstTimestamp: 0,
    resendBudget: new WorkBudget(1, 1),
    emit: () => {},
  });
}

/** Time of day that a report gives to time 0 of its track: ms since 1970. */
function zeroMs(clock: SenderClock, track: number, nowMs: number): number {
  const [report] = decodeRtcp(clock.report(stream(track), [], nowMs));
  if (report?.type !== "sender-report") throw new Error("no report");
  const { ntpSeconds, ntpFraction, rtpTimestamp } = report;
  return (ntpSeconds - 2_208_988_800 + ntpFraction / 2 ** 32) * 1_000 - rtpTimestamp / 90;
}

test("a report has the time of day, and the track's time of that instant", () => {
  const clock = new SenderClock((nowMs) => WALL_MS + nowMs);
  clock.begin(1, 0, 500);
  expect(zeroMs(clock, 1, 500)).toBeCloseTo(WALL_MS + 500, 0);
  expect(zeroMs(clock, 1, 9_777)).toBeCloseTo(WALL_MS + 500, 0);
});

test("tracks of one source share its zero, though their first frames leave unevenly", () => {
  const clock = new SenderClock((nowMs) => WALL_MS + nowMs);
  clock.begin(1, 0, 500);
  clock.begin(2, 40_000, 570);
  expect(zeroMs(clock, 2, 1_000)).toBeCloseTo(zeroMs(clock, 1, 2_000), 0);
});

test("a track of another source has its own, and a source that has ended counts no more", () => {
  const clock = new SenderClock((nowMs) => WALL_MS + nowMs);
  clock.begin(1, 0, 0);
  clock.begin(2, 0, 60_000);
  clock.begin(3, 20_000, 60_100);
  expect(zeroMs(clock, 2, 61_000)).toBeCloseTo(WALL_MS + 60_000, 0);
  expect(zeroMs(clock, 3, 61_000)).toBeCloseTo(WALL_MS + 60_000, 0);
  clock.end(2);
  clock.end(3);
  clock.begin(4, 0, 60_300);
  expect(zeroMs(clock, 4, 61_000)).toBeCloseTo(WALL_MS + 60_300, 0);
});

test("a time of day that is set anew does not move the tracks", () => {
  let jumpMs = 0;
  const clock = new SenderClock((nowMs) => WALL_MS + nowMs + jumpMs);
  clock.begin(1, 0, 0);
  jumpMs = 3_600_000;
  expect(zeroMs(clock, 1, 1_000)).toBeCloseTo(WALL_MS, 0);
});
