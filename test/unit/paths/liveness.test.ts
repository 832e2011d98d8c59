// How the times of liveness depend on each other. Whoever changes one hears here what else rests on it.
import { expect, test } from "vitest";
import { LIVENESS } from "../../../src/paths/liveness.ts";

const { consentCheckMs, consentSpreadMs, consentTickMs, answerMs, silenceMs, unansweredMs, consentExpiryMs } = LIVENESS;
const slowestCheckMs = consentCheckMs + consentSpreadMs + consentTickMs;

test.each<[string, number, number]>([
  ["consent is asked for within 6 s, as RFC 7675 §5.1 has it", slowestCheckMs, 6_001],
  ["silence means that at least one check has gone unheard", slowestCheckMs, silenceMs],
  ["two checks have been in vain before a path counts as unanswered", 2 * slowestCheckMs, unansweredMs],
  ["a path is left before consent to it expires", unansweredMs, consentExpiryMs],
  ["a check is given up before its consent would expire", answerMs, consentExpiryMs],
  ["silence on the path is noticed before silence of all channels", silenceMs, LIVENESS.controlSilenceMs],
  [
    "three pings have been lost before the control channel counts as silent",
    3 * LIVENESS.pingMs,
    LIVENESS.controlSilenceMs,
  ],
  ["a dead peer is noticed within 15 s", LIVENESS.controlSilenceMs + LIVENESS.pingMs, 15_000],
  ["a foreign peer that is dead is noticed within 35 s", consentExpiryMs + consentTickMs, 35_000],
  ["an outage of a minute heals", 60_000 + silenceMs, LIVENESS.searchMs],
  [
    "no silence is given up while another path is looked for",
    LIVENESS.searchMs + LIVENESS.controlSilenceMs,
    LIVENESS.giveUpMs,
  ],
  ["a late look is no stall before it is later than any tick", consentTickMs, LIVENESS.stallMs + 1],
  ["nor is one of those at a call", LIVENESS.callTickMs, LIVENESS.callStallMs + 1],
  ["a burst of losses of a second does not move a call", 1_000 + LIVENESS.callTickMs, LIVENESS.callSilenceMs],
  [
    "the pair of a call was asked five times before it counts as dead, on a path of 200 ms",
    LIVENESS.callAskMs + 4 * LIVENESS.callAskAgainMs + 200,
    LIVENESS.callSilenceMs,
  ],
  ["a call is moved before it counts as over", 2 * LIVENESS.callSilenceMs, LIVENESS.callLastsMs],
  ["and before the silence of its pair is noticed otherwise", LIVENESS.callLastsMs, LIVENESS.silenceMs],
])("%s", (_rule, less, more) => {
  expect(less).toBeLessThan(more);
});
