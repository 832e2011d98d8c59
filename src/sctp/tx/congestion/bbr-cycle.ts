// The states of BBR with their gains (draft-ietf-ccwg-bbr 5.6.1), and when the next probe for bandwidth is due
// (5.3.3.5): after two to three seconds, or earlier on small paths, where Reno would probe as often.
import type { BbrModel } from "./bbr-model.ts";
import {
  CWND_GAIN,
  DOWN_PACING_GAIN,
  DRAIN_PACING_GAIN,
  FIRST_PROBE_RTT_MS,
  FIRST_PROBE_WAIT_ROUNDS,
  PROBE_RTT_CWND_GAIN,
  PROBE_WAIT_MIN_MS,
  PROBE_WAIT_ROUNDS,
  PROBE_WAIT_SPREAD_MS,
  STARTUP_PACING_GAIN,
  UP_CWND_GAIN,
  UP_PACING_GAIN,
} from "./bbr-parameters.ts";

export type State =
  | "startup"
  | "drain"
  | "probe-bw-down"
  | "probe-bw-cruise"
  | "probe-bw-refill"
  | "probe-bw-up"
  | "probe-rtt";

/** The kind of feedback that current acknowledgements carry about a probe. */
export type AckPhase = "init" | "refilling" | "starting" | "feedback" | "stopping";

export const PACING_GAINS: Readonly<Record<State, number>> = {
  startup: STARTUP_PACING_GAIN,
  drain: DRAIN_PACING_GAIN,
  "probe-bw-down": DOWN_PACING_GAIN,
  "probe-bw-cruise": 1,
  "probe-bw-refill": 1,
  "probe-bw-up": UP_PACING_GAIN,
  "probe-rtt": 1,
};

export const CWND_GAINS: Readonly<Record<State, number>> = {
  startup: CWND_GAIN,
  drain: CWND_GAIN,
  "probe-bw-down": CWND_GAIN,
  "probe-bw-cruise": CWND_GAIN,
  "probe-bw-refill": CWND_GAIN,
  "probe-bw-up": UP_CWND_GAIN,
  "probe-rtt": PROBE_RTT_CWND_GAIN,
};

export function isProbeBw(state: State): boolean {
  return state !== "startup" && state !== "drain" && state !== "probe-rtt";
}

/** Time and rounds since the last probe ended; random, so that flows do not probe together forever. */
export class ProbeClock {
  readonly #model: BbrModel;
  readonly #random: () => number;
  #sinceMs = 0;
  #waitMs = 0;
  #sinceRound = 0;
  #waitRounds = PROBE_WAIT_ROUNDS;

  constructor(model: BbrModel, random: () => number) {
    this.#model = model;
    this.#random = random;
  }

  /** `isFirst`: start-up is over, and no probe has confirmed what it found. */
  restart(nowMs: number, isFirst: boolean): void {
    const isDoubtful = isFirst && this.#model.rtt.minMs <= FIRST_PROBE_RTT_MS;
    this.#waitRounds = isDoubtful ? FIRST_PROBE_WAIT_ROUNDS : PROBE_WAIT_ROUNDS;
    this.#sinceRound = this.#model.roundCount - (this.#random() < 0.5 ? 0 : 1);
    this.#waitMs = PROBE_WAIT_MIN_MS + PROBE_WAIT_SPREAD_MS * this.#random();
    this.#sinceMs = nowMs;
  }

  /** `targetBytes`: the intended inflight, which is also how much Reno would have to grow by. */
  isDue(nowMs: number, targetBytes: number): boolean {
    const rounds = Math.min(targetBytes / this.#model.packetBytes, this.#waitRounds);
    return nowMs > this.#sinceMs + this.#waitMs || this.#model.roundCount - this.#sinceRound >= rounds;
  }
}
