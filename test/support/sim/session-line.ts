// The line between two simulated sessions, in virtual time: three ordered, reliable channels over one path with a rate
// and a delay. The path can be cut and joined again: what was under way arrives then, as it would be sent again.
import type { MessageChannel } from "../../../src/lib/message-channel.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The path. */
export interface LineConditions {
  /** One way, in milliseconds. */
  readonly delayMs: number;
  /** What is added to the delay of a message at most; channels overtake one another by it. */
  readonly jitterMs: number;
  readonly bytesPerMs: number;
}

const CHANNEL_NAMES = ["text", "control", "transfer"] as const;
export type ChannelName = (typeof CHANNEL_NAMES)[number];

interface LineSurroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
}

const utf8 = new TextEncoder();

function bytesOf(data: string | Uint8Array): number {
  return typeof data === "string" ? utf8.encode(data).length : data.length;
}

/** One end of one channel. */
export class LineChannel implements MessageChannel {
  readonly label: string;
  readonly protocol = "";
  readonly maxMessageBytes = 262_144;
  onMessage: (data: string | Uint8Array) => void = () => {};
  onBufferedLow: () => void = () => {};
  onClose: () => void = () => {};
  lowWaterBytes = 0;
  bufferedBytes = 0;
  isOpen = true;
  readonly #end: LineEnd;
  #isPaused = false;
  /** Arrived, and not taken because this end is paused. */
  #inbox: (string | Uint8Array)[] = [];
  #unacknowledged = 0;
  #drainWaiters: ((isDrained: boolean) => void)[] = [];

  constructor(end: LineEnd, name: ChannelName) {
    this.#end = end;
    this.label = name;
  }

  send(data: string | Uint8Array): void {
    if (!this.isOpen) return;
    const bytes = bytesOf(data);
    if (bytes > this.maxMessageBytes) throw new RangeError(`Cannot send ${bytes} bytes in one message`);
    this.bufferedBytes += bytes;
    this.#unacknowledged += 1;
    // The sender of bytes may use their memory again.
    this.#end.enqueue(this, typeof data === "string" ? data : data.slice(), bytes);
  }

  handleLeft(bytes: number): void {
    const before = this.bufferedBytes;
    this.bufferedBytes -= bytes;
    if (before > this.lowWaterBytes && this.bufferedBytes <= this.lowWaterBytes) this.onBufferedLow();
  }

  handleArrived(data: string | Uint8Array): void {
    if (!this.isOpen) return;
    if (this.#isPaused || this.#inbox.length > 0) this.#inbox.push(data);
    else this.onMessage(data);
  }

  handleAcknowledged(): void {
    this.#unacknowledged -= 1;
    if (this.#unacknowledged === 0) this.#wake(true);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.isOpen) {
      const next = this.#inbox.shift();
      if (next === undefined) return;
      this.onMessage(next);
    }
  }

  whenDrained(callback: (isDrained: boolean) => void): void {
    if (!this.isOpen || this.#unacknowledged === 0) callback(this.isOpen);
    else this.#drainWaiters.push(callback);
  }

  #wake(isDrained: boolean): void {
    for (const waiter of this.#drainWaiters.splice(0)) waiter(isDrained);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#wake(false);
    this.onClose();
  }

  /** The whole association is gone. */
  drop(): void {
    this.isOpen = false;
    this.#inbox = [];
    this.#wake(false);
  }
}

interface Underway {
  readonly channel: LineChannel;
  readonly data: string | Uint8Array;
  readonly bytes: number;
}

/** One side's end of the line. */
export class LineEnd {
  readonly channels: Record<ChannelName, LineChannel>;
  /** The other side has ended the association. */
  onAborted: () => void = () => {};
  readonly #line: SessionLine;
  readonly #conditions: LineConditions;
  readonly #around: LineSurroundings;
  readonly #queue: Underway[] = [];
  /** Arrival times must not fall within one channel. */
  readonly #lastArrivalMs = new Map<LineChannel, number>();
  /** What came while the path was cut. */
  #held: (() => void)[] = [];
  #isSending = false;
  /** It neither sends nor takes anything any more. */
  isGone = false;

  constructor(line: SessionLine, conditions: LineConditions, around: LineSurroundings) {
    this.#line = line;
    this.#conditions = conditions;
    this.#around = around;
    const channel = (name: ChannelName): LineChannel => new LineChannel(this, name);
    this.channels = { text: channel("text"), control: channel("control"), transfer: channel("transfer") };
  }

  /** The other side cannot be reached: the path is cut, or nobody is there. */
  get isCut(): boolean {
    return this.#line.isCut || this.#line.otherEnd(this).isGone;
  }

  enqueue(channel: LineChannel, data: string | Uint8Array, bytes: number): void {
    this.#queue.push({ channel, data, bytes });
    this.pump();
  }

  /** Sends one message after the other, at the rate of the path. */
  pump(): void {
    if (this.#isSending || this.isGone || this.#line.isCut) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#isSending = true;
    this.#after(next.bytes / this.#conditions.bytesPerMs, () => {
      this.#isSending = false;
      if (this.isGone) return;
      next.channel.handleLeft(next.bytes);
      this.#travel(next);
      this.pump();
    });
  }

  #travel({ channel, data }: Underway): void {
    const { time, random } = this.#around;
    const { delayMs, jitterMs } = this.#conditions;
    const atMs = Math.max(time.nowMs + delayMs + jitterMs * random(), this.#lastArrivalMs.get(channel) ?? 0);
    this.#lastArrivalMs.set(channel, atMs);
    const arrive = (): void => {
      const other = this.#line.otherEnd(this);
      if (other.isGone) return;
      other.channels[channel.label as ChannelName].handleArrived(data);
      this.#after(delayMs, () => {
        if (!this.isGone) channel.handleAcknowledged();
      });
    };
    time.schedule(atMs, {
      run: () => {
        // The path carries nothing while it is cut, and in order afterwards.
        if (this.#line.isCut || this.#held.length > 0) this.#held.push(arrive);
        else arrive();
      },
    });
  }

  handleJoined(): void {
    // Arrivals may cause a message that is to come after them.
    for (let next = this.#held[0]; next !== undefined && !this.#line.isCut; next = this.#held[0]) {
      next();
      this.#held.shift();
    }
    this.pump();
  }

  /** Leaves at once, as the program does when its session is over: what has not arrived is lost, and so may the word be. */
  abort(isHeard: boolean): void {
    if (this.isGone) return;
    this.#vanish();
    const other = this.#line.otherEnd(this);
    if (!isHeard || this.#line.isCut) return;
    this.#after(this.#conditions.delayMs, () => {
      if (!other.isGone && !this.#line.isCut) other.onAborted();
    });
  }

  /** The machine is gone: nobody is told. */
  #vanish(): void {
    this.isGone = true;
    this.#queue.length = 0;
    this.#held = [];
    for (const name of CHANNEL_NAMES) this.channels[name].drop();
  }

  #after(ms: number, run: () => void): void {
    this.#around.time.schedule(this.#around.time.nowMs + ms, { run });
  }
}

/** Both ends, and the path between them. */
export class SessionLine {
  readonly ends: readonly [LineEnd, LineEnd];
  #isCut = false;

  constructor(conditions: LineConditions, around: LineSurroundings) {
    this.ends = [new LineEnd(this, conditions, around), new LineEnd(this, conditions, around)];
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  otherEnd(end: LineEnd): LineEnd {
    return end === this.ends[0] ? this.ends[1] : this.ends[0];
  }

  cut(): void {
    this.#isCut = true;
  }

  join(): void {
    this.#isCut = false;
    for (const end of this.ends) end.handleJoined();
  }
}
