// The jitter buffer of one stream: puts packets in order and whole frames together. It passes a frame on as soon as it and
// all before it are complete or given up: who plays frames has their times. A frame that lacks a packet is dropped whole.
// Work is linear in the packets, however far they jump.

/** Sequence numbers, from the next one wanted, that can be held: some 0.9 s at 20 Mbit/s. A power of two. */
export const WINDOW_PACKETS = 2_048;
/** Packets that come before the first one that came are taken, as long as that one still waits for its frame. */
const MAX_EARLIER = 64;

export interface HeldPacket {
  /** Sequence number, counted on over every wrap. */
  readonly index: number;
  /** Time stamp, counted on over every wrap. */
  readonly timestamp: number;
  /** On the time line of all streams, in µs. */
  readonly timeUs: number;
  readonly payloadType: number;
  readonly isMarked: boolean;
  /** Empty: it only holds its place. */
  readonly payload: Uint8Array;
}

export interface FrameBufferOptions {
  /** Whether every packet of this type is a frame, as of sound. */
  isPacketAFrame(payloadType: number): boolean;
  /** Whether a frame begins with this packet for sure; asked behind a loss, and of the very first packet. */
  begins(packet: HeldPacket, isFirst: boolean): boolean;
  /** Whether to stop waiting for a packet that has not come. */
  isHopeless(index: number): boolean;
  onFrame(packets: readonly HeldPacket[]): void;
  /** A frame of which a part is missing, told once. */
  onBroken(): void;
}

export class FrameBuffer {
  readonly #options: FrameBufferOptions;
  readonly #slots: (HeldPacket | undefined)[] = Array.from({ length: WINDOW_PACKETS });
  #held = 0;
  /** The first packet that is not passed on or given up. */
  #next: number | undefined;
  /** One more than the highest that came. */
  #end = 0;
  /** From `#next` up to here packets are there, of one time stamp and without the end of their frame. */
  #scanned = 0;
  #hasBegun = false;
  /** Whether a frame begins at `#next`. */
  #isAtBegin = false;
  /** The time stamp of the packet right before `#next`; undefined: that one is missing. */
  #timestampBefore: number | undefined;
  /** The time stamp of the last frame that was dropped: none of its packets begins another. */
  #brokenTimestamp: number | undefined;

  constructor(options: FrameBufferOptions) {
    this.#options = options;
  }

  /** The first packet that is waited for; undefined: nothing has come. */
  get next(): number | undefined {
    return this.#next;
  }

  /** Whether packets are held, which wait for one that is missing or for the rest of their frame. */
  get isWaiting(): boolean {
    return this.#held > 0;
  }

  /** The missing packet that holds up all others; undefined: none does. */
  get gap(): number | undefined {
    return this.#next !== undefined && this.#scanned < this.#end ? this.#scanned : undefined;
  }

  /** The stream begins with this packet, which has not come. Call it before the first `add`. */
  startAt(index: number): void {
    this.#next = index;
    this.#scanned = index;
    this.#end = index;
    this.#isAtBegin = true;
  }

  /** Follow it by `release`. @returns false: it comes too late */
  add(packet: HeldPacket): boolean {
    const { index } = packet;
    if (this.#next === undefined) {
      this.#next = index;
      this.#scanned = index;
      this.#end = index;
    }
    if (index < this.#next) {
      if (this.#hasBegun || this.#end - index > MAX_EARLIER) return false;
      this.#next = index;
      this.#scanned = index;
    }
    if (index >= this.#next + WINDOW_PACKETS) this.#dropTo(index - WINDOW_PACKETS + 1);
    const slot = index % WINDOW_PACKETS;
    if (this.#slots[slot] === undefined) this.#held += 1;
    this.#slots[slot] = packet;
    this.#end = Math.max(this.#end, index + 1);
    return true;
  }

  /** Passes on what is complete, and gives up what is hopeless. */
  release(): void {
    while (this.#next !== undefined && this.#next < this.#end) {
      const last = this.#scan();
      if (last !== undefined) this.#passOn(last);
      else if (this.#scanned >= this.#end || !this.#options.isHopeless(this.#scanned)) return;
      else this.#giveUp();
    }
  }

  /** Moves on over packets that belong to one frame. @returns the last packet of the frame, if that is there */
  #scan(): number | undefined {
    const first = this.#at(this.#next ?? 0);
    if (first === undefined) return undefined;
    if (first.payload.length === 0 || this.#options.isPacketAFrame(first.payloadType)) return first.index;
    // The rest of a broken frame need not be complete.
    if (!this.#isAtBegin && first.timestamp === this.#brokenTimestamp) return first.index;
    while (this.#scanned < this.#end) {
      const packet = this.#at(this.#scanned);
      if (packet === undefined) return undefined;
      if (packet.payload.length > 0 && packet.timestamp !== first.timestamp) return this.#scanned - 1;
      this.#scanned += 1;
      if (packet.isMarked && packet.payload.length > 0) return packet.index;
    }
    return undefined;
  }

  /** Takes the packets up to `last` out, as a frame if they are a whole one. */
  #passOn(last: number): void {
    const packets = this.#take(last + 1);
    const first = packets[0];
    this.#scanned = last + 1;
    if (first === undefined) return;
    const isWhole = this.#isBegin(first);
    if (isWhole) this.#options.onFrame(packets);
    else this.#break(first.timestamp);
    this.#hasBegun = true;
    this.#timestampBefore = first.timestamp;
    // Behind a mark another frame begins, and behind a complete one too.
    this.#isAtBegin = isWhole || packets.at(-1)?.isMarked === true;
  }

  #isBegin(packet: HeldPacket): boolean {
    if (this.#isAtBegin) return true;
    if (packet.timestamp === this.#brokenTimestamp) return false;
    if (this.#timestampBefore !== undefined && packet.timestamp !== this.#timestampBefore) return true;
    return this.#options.begins(packet, !this.#hasBegun);
  }

  /** Gives up the gap at `#scanned` and the part of a frame before it. */
  #giveUp(): void {
    let index = this.#scanned;
    while (index < this.#end && this.#at(index) === undefined) index += 1;
    this.#dropTo(index);
  }

  /** Goes on at `index`, without what is before it. */
  #dropTo(index: number): void {
    const from = this.#next ?? index;
    for (let at = from; at < Math.min(index, this.#end); at += 1) {
      const packet = this.#at(at);
      if (packet !== undefined && packet.payload.length > 0) this.#break(packet.timestamp);
      this.#clear(at);
    }
    this.#next = index;
    this.#scanned = index;
    this.#end = Math.max(this.#end, index);
    this.#hasBegun = true;
    this.#isAtBegin = false;
    this.#timestampBefore = undefined;
  }

  #break(timestamp: number): void {
    if (this.#brokenTimestamp !== timestamp) this.#options.onBroken();
    this.#brokenTimestamp = timestamp;
  }

  /** Those before `end`; what only holds its place is left out. */
  #take(end: number): HeldPacket[] {
    const packets: HeldPacket[] = [];
    for (let at = this.#next ?? end; at < end; at += 1) {
      const packet = this.#at(at);
      if (packet !== undefined && packet.payload.length > 0) packets.push(packet);
      this.#clear(at);
    }
    this.#next = end;
    return packets;
  }

  #at(index: number): HeldPacket | undefined {
    return this.#slots[index % WINDOW_PACKETS];
  }

  #clear(index: number): void {
    if (this.#at(index) === undefined) return;
    this.#slots[index % WINDOW_PACKETS] = undefined;
    this.#held -= 1;
  }
}
