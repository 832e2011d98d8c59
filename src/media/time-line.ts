// One time line for all streams of the peer, in µs: sound and picture that belong together get the same time. Each stream
// has a clock of its own with a random begin; sender reports say which time of day belongs to which time stamp (RFC 3550
// §6.4.1). Before the first report of a stream it counts by its arrival.

/** A time further than this from when its packet came is not believed: the stream has been reset, or stood still. */
const MAX_SKEW_US = 10_000_000;
/** For so long after a report that came when it says, what is behind it is only late: the sender did not keep up. */
const CONFIRMED_MS = 10_000;
/** What a report says otherwise by less than this is its inexactness, and changes nothing: steps stay even. */
const TOLERANCE_US = 1_000;
const SHIFT_PAUSE_MS = 5_000;
const SECOND_US = 1_000_000;

/** What the streams of one peer share. */
export class TimeLine {
  /** When the first packet of all arrived: the line's zero. */
  #originMs: number | undefined;
  /** What a time of day, in µs since the first report's second, is more than the line's. */
  #baseUs: number | undefined;
  #firstSecond: number | undefined;
  #shiftedMs = -Infinity;

  /** @returns µs on the line */
  arrivalUs(nowMs: number): number {
    this.#originMs ??= nowMs;
    return (nowMs - this.#originMs) * 1_000;
  }

  /** @returns µs since the second of the first report, exact to less than 1 µs */
  dayTimeUs(ntpSeconds: number, ntpFraction: number): number {
    this.#firstSecond ??= ntpSeconds;
    // Seconds wrap in 2036.
    return ((ntpSeconds - this.#firstSecond) | 0) * SECOND_US + (ntpFraction / 2 ** 32) * SECOND_US;
  }

  /** When the line last moved against the day time. */
  get shiftedMs(): number {
    return this.#shiftedMs;
  }

  /** The first stream with a report joins day time and line at what it counts now. */
  baseUs(dayTimeUs: number, lineUs: number): number {
    this.#baseUs ??= dayTimeUs - lineUs;
    return this.#baseUs;
  }

  /**
   * Moves all streams with reports alike: what they show is still together.
   * @returns false: it has just moved for another stream, whose reports this one's contradict
   */
  shift(us: number, nowMs: number): boolean {
    if (this.#baseUs === undefined || nowMs - this.#shiftedMs < SHIFT_PAUSE_MS) return false;
    this.#shiftedMs = nowMs;
    this.#baseUs -= us;
    return true;
  }
}

/** The clock of one stream. */
export class StreamClock {
  readonly #line: TimeLine;
  readonly #rate: number;
  /** Time stamps are counted on over every wrap; the last one that was read. */
  #last: number | undefined;
  /** When the packet before arrived, which no report changes. */
  #arrived: number | undefined;
  /** By arrival: the line's time of time stamp 0. */
  #arrivalOffsetUs: number | undefined;
  /** By reports: the day time of time stamp 0. */
  #reportOffsetUs: number | undefined;
  /** When a report last came at about the time that it says. */
  #confirmedMs = -Infinity;

  /** @param rate - of the time stamps, in Hz */
  constructor(line: TimeLine, rate: number) {
    this.#line = line;
    this.#rate = rate;
  }

  /**
   * @param timestamp - 32 bits, of a packet that arrived just now
   * @returns the same, counted on over wraps, and its time on the line: µs, below 0 for what is from before its begin
   */
  arrived(timestamp: number, nowMs: number): { extended: number; timeUs: number } {
    const extended = this.#extend(timestamp);
    const arrivalUs = this.#line.arrivalUs(nowMs);
    const offsetUs = arrivalUs - this.#us(extended);
    const isNext = Math.abs(this.#us(extended - (this.#arrived ?? extended))) <= MAX_SKEW_US;
    this.#arrived = extended;
    this.#arrivalOffsetUs ??= offsetUs;
    const lateUs = arrivalUs - this.#timeUs(extended);
    const isConfirmed = this.#confirmedMs > Math.max(this.#line.shiftedMs, nowMs - CONFIRMED_MS);
    const isOnlyLate = lateUs > 0 && isNext && isConfirmed;
    if (!isOnlyLate) this.#distrust(offsetUs, arrivalUs, extended, nowMs);
    return { extended, timeUs: this.#timeUs(extended) };
  }

  /** Goes on by arrival where time stamps and reports are too far from it. */
  #distrust(offsetUs: number, arrivalUs: number, extended: number, nowMs: number): void {
    if (Math.abs(offsetUs - (this.#arrivalOffsetUs ?? offsetUs)) > MAX_SKEW_US) this.#arrivalOffsetUs = offsetUs;
    const skewUs = arrivalUs - this.#timeUs(extended);
    if (Math.abs(skewUs) > MAX_SKEW_US && !this.#line.shift(skewUs, nowMs)) this.#reportOffsetUs = undefined;
  }

  /**
   * Takes a sender report of this stream that arrived just now. One that contradicts those of the other streams is passed
   * over.
   */
  report(ntpSeconds: number, ntpFraction: number, timestamp: number, nowMs: number): void {
    const extended = this.#extend(timestamp);
    const offsetUs = this.#line.dayTimeUs(ntpSeconds, ntpFraction) - this.#us(extended);
    this.#joinReport(offsetUs, extended);
    if (this.#arrivalOffsetUs === undefined || this.#reportOffsetUs === undefined) return;
    const skewUs = this.#line.arrivalUs(nowMs) - this.#timeUs(extended);
    if (Math.abs(skewUs) <= MAX_SKEW_US) this.#confirmedMs = nowMs;
  }

  #joinReport(offsetUs: number, extended: number): void {
    const before = this.#reportOffsetUs;
    if (before !== undefined && Math.abs(offsetUs - before) <= TOLERANCE_US) return;
    this.#reportOffsetUs = offsetUs;
    const byArrivalUs = this.#us(extended) + (this.#arrivalOffsetUs ?? 0);
    const isApart = this.#arrivalOffsetUs !== undefined && Math.abs(this.#timeUs(extended) - byArrivalUs) > MAX_SKEW_US;
    if (isApart) this.#reportOffsetUs = undefined;
  }

  #timeUs(extended: number): number {
    const ownUs = this.#us(extended);
    const byArrivalUs = ownUs + (this.#arrivalOffsetUs ?? 0);
    if (this.#reportOffsetUs === undefined || this.#arrivalOffsetUs === undefined) return byArrivalUs;
    const dayTimeUs = ownUs + this.#reportOffsetUs;
    return dayTimeUs - this.#line.baseUs(dayTimeUs, byArrivalUs);
  }

  #us(extended: number): number {
    return (extended / this.#rate) * SECOND_US;
  }

  #extend(timestamp: number): number {
    this.#last = this.#last === undefined ? timestamp : this.#last + ((timestamp - this.#last) | 0);
    return this.#last;
  }
}
