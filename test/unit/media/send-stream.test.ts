import { expect, test } from "vitest";
import { firstSequenceOf } from "../../../src/media/rtp.ts";
import { MAX_SENT_FRAME_BYTES, MAX_HISTORY_BYTES, SendStream } from "../../../src/media/send-stream.ts";
import { SrtpSender } from "../../../src/media/srtp.ts";
import { WorkBudget } from "../../../src/lib/work-budget.ts";
import { nodeMediaCiphers } from "../../../src/rtc/media/ciphers.ts";
import { pictureTrack } from "../../support/media-engines.ts";
import { srtpEnds } from "../../support/srtp-keys.ts";
import { toyPacketiser } from "../../support/toy-packetiser.ts";

function stream(): { stream: SendStream; sent: { sealed: Uint8Array; why: string }[] } {
  const track = pictureTrack(1);
  const srtp = new SrtpSender(srtpEnds("AEAD_AES_128_GCM").a, nodeMediaCiphers);
  srtp.register(track.ssrc);
  const sent: { sealed: Uint8Array; why: string }[] = [];
  const send = new SendStream({
    track,
    packetiser: toyPacketiser,
    srtp,
    maxPayloadBytes: 1_150,
    firstTimestamp: 2 ** 32 - 10,
    resendBudget: new WorkBudget(1e9, 1e9),
    emit: (sealed, why) => sent.push({ sealed, why }),
  });
  return { stream: send, sent };
}

function frame(timestampUs: number, bytes = 100) {
  return { bytes: new Uint8Array(bytes), timestampUs, durationUs: undefined, isKey: true };
}

test("what left within two seconds is sent again, later nothing is", () => {
  const { stream: send, sent } = stream();
  const first = firstSequenceOf(send.track.ssrc);
  send.send(frame(0), 0);
  send.resend([first, first + 1], 1_990);
  expect(sent.map(({ why }) => why)).toEqual(["new", "again"]);
  expect(sent[1]?.sealed).toBe(sent[0]?.sealed);
  send.resend([first], 2_001);
  expect(sent.length).toBe(2);
});

test("no more than MAX_HISTORY_BYTES are kept", () => {
  const { stream: send, sent } = stream();
  const first = firstSequenceOf(send.track.ssrc);
  for (let at = 0; at < 3; at += 1) send.send(frame(at, MAX_SENT_FRAME_BYTES), 0);
  const all = Array.from({ length: sent.length }, (_, at) => (first + at) % 65_536);
  const count = sent.length;
  send.resend(all, 100);
  const again = sent.slice(count).reduce((sum, { sealed }) => sum + sealed.length, 0);
  expect(again).toBeLessThanOrEqual(MAX_HISTORY_BYTES);
  expect(again).toBeGreaterThan(MAX_HISTORY_BYTES - 2_000);
});

test("a frame larger than MAX_SENT_FRAME_BYTES is refused", () => {
  const { stream: send, sent } = stream();
  expect([send.send(frame(0, MAX_SENT_FRAME_BYTES + 1), 0), sent.length]).toEqual([false, 0]);
});

test("time stamps are those of the track, over their wrap, exact after a day", () => {
  const { stream: send } = stream();
  expect(send.timestampOf(0)).toBe(2 ** 32 - 10);
  expect(send.timestampOf(1_000_000)).toBe(90_000 - 10);
  expect(send.timestampOf(86_400_000_000 + 100)).toBe((86_400 * 90_000 + 9 - 10) % 2 ** 32);
});

test("the round trip is that of our own report, not of one that nobody sent", () => {
  const { stream: send } = stream();
  const block = { ssrc: 1, fractionLost: 0, lost: 4, highestSequence: 0, jitter: 900, lastReport: 77 };
  expect(send.report(77, 1_000)).toEqual({ packets: 0, bytes: 0 });
  send.handleReport({ ...block, lastReport: 78, sinceLastReport: 0 }, 1_050);
  expect(send.stats()).toMatchObject({ rttMs: undefined, lost: 4, jitterMs: 10 });
  send.handleReport({ ...block, sinceLastReport: 65_536 }, 2_060);
  expect(send.stats().rttMs).toBe(60);
  send.handleReport({ ...block, sinceLastReport: 0xffff_ffff }, 2_060);
  expect(send.stats().rttMs).toBe(0);
});
