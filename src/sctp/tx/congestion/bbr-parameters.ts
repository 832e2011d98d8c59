// The constants of BBR as this project runs it. Most are those of draft-ietf-ccwg-bbr (section 2); our own are
// marked and justified in docs/congestion-control.md. Times are milliseconds, gains and rates of loss are fractions.

/** Start-up: the smallest pacing gain that lets the rate double in each round. */
export const STARTUP_PACING_GAIN = 2.77;
export const DRAIN_PACING_GAIN = 0.5;
export const DOWN_PACING_GAIN = 0.9;
export const UP_PACING_GAIN = 1.25;
export const CWND_GAIN = 2;
export const UP_CWND_GAIN = 2.25;
export const PROBE_RTT_CWND_GAIN = 0.5;
/** The pacing rate is this far below the estimate, so that queues drain on average. */
export const PACING_MARGIN = 0.01;

/** The pipe counts as full after this many rounds that grew by less than this factor. */
export const FULL_BW_GROWTH = 1.25;
export const FULL_BW_ROUNDS = 3;
/** Drain ends after this many rounds even if the estimate was too high to see it end. */
export const DRAIN_ROUNDS = 3;

export const BETA = 0.7;
/** Part of the long-term inflight bound that cruising leaves to others. */
export const HEADROOM = 0.15;
export const MIN_PIPE_PACKETS = 4;

export const PROBE_WAIT_MIN_MS = 2000;
export const PROBE_WAIT_SPREAD_MS = 1000;
/** Rounds after which a probe is due at the latest: Reno would need as many on a path of this many packets. */
export const PROBE_WAIT_ROUNDS = 63;
/**
 * Ours: up to this round trip the first probe after start-up is due after so many rounds. Code that is not compiled yet carries less
 * than the path does, and looks like a full pipe; on longer ones start-up takes longer than that.
 */
export const FIRST_PROBE_RTT_MS = 100;
export const FIRST_PROBE_WAIT_ROUNDS = 8;
export const PROBE_RTT_INTERVAL_MS = 5000;
export const PROBE_RTT_DURATION_MS = 200;
export const MIN_RTT_WINDOW_MS = 10_000;
export const EXTRA_ACKED_ROUNDS = 10;

/** Part of a flight whose loss is congestion while a queue is seen; the draft's LossThresh. */
export const LOSS_THRESHOLD_QUEUED = 0.02;
/** Ours: part of a flight whose loss is congestion in any case. */
export const LOSS_THRESHOLD = 0.08;
/** Ours: without a queue loss is congestion above 2 % + this × the rate of loss while cruising, 8 % at most. */
export const LOSS_BASELINE_FACTOR = 2;
/** Ours: the initial value of that rate (so that the 8 % hold), and the weight of a round in its average. */
export const LOSS_BASELINE_INITIAL = 0.03;
export const LOSS_BASELINE_WEIGHT = 1 / 8;
/** Ours: without a queue more packets than these must be lost to count as a rate of loss. */
export const LOSS_MIN_PACKETS = 3;
/** Ours: a round that loses less than this cuts no bound, even with a queue: one packet of a large flight is noise. */
export const LOSS_MIN_RATE = 0.005;
/**
 * Ours: start-up continues when a round loses fewer ranges than this; the draft's 6. Six of the 64 packets of an early round
 * are lost by chance in one transfer of ten where the path loses 5 %.
 */
export const STARTUP_LOST_RANGES = 12;
/**
 * Ours: losses beside a queue that cut the bandwidth to less than this part of the estimate show a link that has become slower.
 */
export const SLOWER_PART = 0.5;
/** Ours: a round trip this close to the smallest shows that no queue hides it, and defers the next PROBE_RTT. */
export const FRESH_RTT_FACTOR = 1.02;
export const FRESH_RTT_MARGIN_MS = 0.5;

/** Ours: a round saw a queue if its smallest round trip exceeds factor × min_rtt + margin. */
export const QUEUE_RTT_FACTOR = 1.125;
export const QUEUE_RTT_MARGIN_MS = 1;

/**
 * Ours: a queue that stays while cruising is shared with flows like ours if round trips are on average up to factor × min_rtt,
 * and the smallest of the last round is at least this part of them.
 */
export const SHARED_RTT_FACTOR = 2;
export const SHARED_STEADY_PART = 0.9;
/** Ours: a queue that our window did not empty in so many rounds of cruising is somebody else's too. */
export const SHARED_ROUNDS = 2;
/** Ours: what we keep in such a queue is √(rate × round trip, at least this × packet), at most this part of the window. */
export const SHARED_SPAN_MS = 50;
export const SHARED_QUEUE_PART = 0.25;
/** Ours: noise of round trips that is less than this part of what waits does no harm. */
export const SHARED_NOISE_PART = 0.25;
/** Ours: with what we keep for the noise of round trips it is at most this part of the longest queue that a probe has seen. */
export const SHARED_ROOM_PART = 0.5;
/** Ours: so far does the window go in one round towards what the round trip asks for, as that is one round old. */
export const SHARED_WEIGHT = 0.5;
/** Ours: pacing does not limit while that window does. */
export const SHARED_PACING_GAIN = 1.25;
/** Ours: smaller products of bandwidth and round trip, in packets, have no room for this. */
export const SHARED_MIN_PACKETS = 16;
/**
 * Ours: what we keep there waits so long at least. On a faster path timers and bursts of the machines add as much to each round
 * trip, and whoever took that for a queue would give the rate away.
 */
export const SHARED_WAIT_MS = 1.5;
/**
 * Ours: at least this part of the rate is kept in each probing cycle. Where it came to that in so many cycles in a row, the queue
 * is not of flows like ours, or there is none and the path has become longer: no more is given in the cycles after that.
 */
export const SHARED_GIVEN_PART = 0.8;
export const SHARED_GIVEN_TIMES = 2;
export const SHARED_REST_CYCLES = 4;
/** Ours: no probe is needed while round trips in a shared queue are on average up to factor × min_rtt + margin. */
export const SHARED_CALM_FACTOR = 1.1;
export const SHARED_CALM_MARGIN_MS = 2;

/**
 * Ours: what the smallest round trips of rounds differ by is judged over so many of them and so much time, as what holds up a
 * machine lasts for a tenth of a second. It is believed slowly when it grows, which a probe of somebody else makes it, too.
 */
export const NOISE_SPAN_ROUNDS = 8;
export const NOISE_SPAN_MS = 300;
/** Ours: up to so much comes of timers, and of windows that settle; it differs between two who share a queue evenly. */
export const NOISE_LEAST_MS = 0.7;
export const NOISE_FALL = 1 / 2;
export const NOISE_RISE = 1 / 8;

/** Ours: the bound that a probe finds is that of a queue if round trips are on average above factor × min_rtt + margin. */
export const RAISED_RTT_FACTOR = 1.02;
export const RAISED_RTT_MARGIN_MS = 1;

/** Ours, after HyStart++ (RFC 9406 §4.2): how far the smallest of ≥ 8 round trips of a round may rise in start-up. */
export const STARTUP_RTT_DIVISOR = 8;
export const STARTUP_RTT_MIN_RISE_MS = 4;
export const STARTUP_RTT_MAX_RISE_MS = 16;
export const STARTUP_RTT_SAMPLES = 8;
/** Ours: the gain for the one round in which the suspicion of a full pipe is checked. */
export const STARTUP_CHECK_PACING_GAIN = 1;

/** First window in packets; the draft leaves it to the transport. Paced from the start. */
export const INITIAL_PACKETS = 32;
export const INITIAL_MAX_BYTES = 64 * 1024;
/** Ours: the first window leaves within this time if the round trip is unknown. */
export const INITIAL_UNKNOWN_RTT_MS = 10;
/** Ours: shorter round trips count as this one; clocks are coarse. */
export const RTT_MIN_MS = 0.01;

/** Ours: at or below this round trip the path is a loop-back or a LAN: timers are coarser than it, so pacing harms. */
export const LOW_RTT_MS = 1.5;
export const LOW_RTT_INFLIGHT_PACKETS = 128;
export const LOW_RTT_BURST_PACKETS = 32;
/** Ours: the limit for large packets, so that the receive buffer of a UDP socket (some 208 or 416 KB) can hold them. */
export const LOW_RTT_INFLIGHT_MAX_BYTES = 256 * 1024;
/**
 * Ours: where the receiver reported a larger buffer, this part of it, 1 MiB at most. The system counts about
 * 2,300 bytes for a packet of 1,472.
 */
export const LOW_RTT_BUFFER_DIVISOR = 4;
export const LOW_RTT_INFLIGHT_BUFFERED_BYTES = 1024 * 1024;
export const LOW_RTT_BURST_MAX_BYTES = 128 * 1024;

/**
 * Ours: up to this round trip a stream is not paced, as the system paces it already. So much time of the estimated rate, and at
 * most so many bytes, wait before the system then: it goes on with them while this machine stands still.
 */
export const SHORT_STREAM_RTT_MS = 10;
export const SHORT_STREAM_QUEUE_MS = 20;
export const SHORT_STREAM_QUEUE_MAX_BYTES = 2 * 1024 * 1024;
/** Ours: on a short stream the round trip is measured for one round with so much of the product in flight. */
export const SHORT_STREAM_PROBE_RTT_CWND_GAIN = 1;

/** Ours: the lowest pacing rate in packets per smoothed round trip. */
export const MIN_RATE_PACKETS_PER_RTT = 4;
/** Ours: the lowest pacing rate, bytes per millisecond, so that one packet needs no more than seconds. */
export const MIN_RATE = 0.5;
/** Ours: limits of credible samples, bytes per millisecond, and of the window: 1 GiB. */
export const MAX_RATE = 1e8;
export const MAX_CWND_BYTES = 2 ** 30;
