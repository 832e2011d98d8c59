// One end of a simulated path: drives an engine as its contract says, as a process with an event loop does. The loop
// may stall, its timers may be late, and what arrives in the meantime waits in a socket buffer of limited size.
import type { Engine } from "../../../src/sctp/engine.ts";
import type { Ladder } from "./ladder.ts";
import type { Link } from "./link.ts";
import type { Packet, Receiver } from "./packet.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What a default UDP receive buffer on Linux holds, and somewhat more. */
const SOCKET_BUFFER_DATAGRAMS = 200;
const LARGEST_DATAGRAM_BYTES = 65_535;
/** An engine that wants to advance again at once gets this many tries to come to rest. */
const RESTLESS_TRIES = 10;
const DRAIN_LIMIT = 100_000;

export interface SideOptions<E, V> {
  name: string;
  engine: E;
  /** What the application does with an event; it may call the engine. */
  onEvent: (event: V, side: { readonly engine: E; readonly nowMs: number }) => void;
  /** Timers fire up to this much late. */
  timerLatenessMs: number;
  /** Looked at after each step. @returns what is wrong, if anything */
  inspect?: (engine: E) => string | undefined;
}

export interface Surroundings {
  time: VirtualTime;
  random: () => number;
  ladder: Ladder;
  fail: (reason: string) => never;
}

/** What a pair knows of its sides, whatever their engines are. */
export interface Drivable {
  readonly wakeAtMs: number;
  wake(): void;
}

export class Side<E extends Engine<V>, V> implements Receiver, Drivable {
  readonly name: string;
  /** Most datagrams that left at one instant. */
  largestBurst = 0;
  bufferDrops = 0;
  wakeAtMs = Infinity;
  readonly #options: SideOptions<E, V>;
  readonly #around: Surroundings;
  readonly #out: Link;
  readonly #scratch = new Uint8Array(LARGEST_DATAGRAM_BYTES);
  #engine: E;
  #peer: Receiver | undefined;
  #backlog: Packet[] = [];
  #stalledUntilMs = 0;
  #burst = 0;
  #burstAtMs = -1;

  constructor(options: SideOptions<E, V>, out: Link, around: Surroundings) {
    this.name = options.name;
    this.#options = options;
    this.#engine = options.engine;
    this.#out = out;
    this.#around = around;
  }

  get engine(): E {
    return this.#engine;
  }

  get nowMs(): number {
    return this.#around.time.nowMs;
  }

  set peer(peer: Receiver) {
    this.#peer = peer;
  }

  /** The process is started again: a new engine on the same path. */
  replaceEngine(engine: E): void {
    this.#around.ladder.note(this.nowMs, `${this.name} starts again`);
    this.#engine = engine;
    this.#backlog = [];
    this.wakeAtMs = Infinity;
  }

  /** Changes the engine once, as the application does, and drains it. A stalled loop does it when it runs again. */
  change(action: (engine: E, nowMs: number) => void): void {
    if (this.nowMs < this.#stalledUntilMs) {
      this.at(this.#stalledUntilMs, action);
      return;
    }
    action(this.#engine, this.nowMs);
    this.#drain();
  }

  at(atMs: number, action: (engine: E, nowMs: number) => void): void {
    this.#around.time.schedule(Math.max(atMs, this.nowMs), {
      run: () => {
        this.change(action);
      },
    });
  }

  /** The event loop does nothing for so long. */
  stall(durationMs: number): void {
    this.#around.ladder.note(this.nowMs, `${this.name} stalls for ${durationMs.toFixed(1)} ms`);
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.nowMs + durationMs);
    this.wakeAtMs = Math.max(this.wakeAtMs, this.#stalledUntilMs);
  }

  receive(packet: Packet): void {
    packet.arrivedAtMs = this.nowMs;
    if (this.nowMs >= this.#stalledUntilMs && this.#backlog.length === 0) {
      this.#handle(packet);
    } else if (this.#backlog.length < SOCKET_BUFFER_DATAGRAMS) {
      this.#backlog.push(packet);
      this.wakeAtMs = Math.min(this.wakeAtMs, this.#stalledUntilMs);
    } else {
      packet.fate = "buffer-drop";
      this.bufferDrops += 1;
    }
  }

  /** The timer fires, or a stall is over: timers first, then the socket, which is Node's order. */
  wake(): void {
    const { nowMs } = this;
    if (this.#engine.nextDeadlineMs() <= nowMs) {
      this.#engine.advance(nowMs);
      this.#drain();
    } else this.#arm();
    const waiting = this.#backlog;
    this.#backlog = [];
    for (const packet of waiting) this.#handle(packet);
  }

  #handle(packet: Packet): void {
    if (packet.fate === "under way") packet.fate = "delivered";
    this.#engine.handle(packet.bytes, this.nowMs);
    this.#drain();
  }

  #drain(): void {
    this.#empty();
    for (let tries = 0; this.#engine.nextDeadlineMs() <= this.nowMs; tries += 1) {
      if (tries === RESTLESS_TRIES) this.#around.fail(`${this.name} stays due at ${this.#engine.nextDeadlineMs()}`);
      this.#engine.advance(this.nowMs);
      this.#empty();
    }
    this.#arm();
    const complaint = this.#options.inspect?.(this.#engine);
    if (complaint !== undefined) this.#around.fail(`${this.name}: ${complaint}`);
  }

  /** Sends and tells until there is nothing more; an event may make more to send. */
  #empty(): void {
    for (let round = 0; round < DRAIN_LIMIT; round += 1) {
      for (let sent = this.#transmit(); sent > 0; sent = this.#transmit());
      let event = this.#engine.pollEvent();
      if (event === undefined) return;
      for (; event !== undefined; event = this.#engine.pollEvent()) this.#options.onEvent(event, this);
    }
    this.#around.fail(`${this.name} never runs out of events`);
  }

  #transmit(): number {
    const bytes = this.#engine.pollTransmit(this.#scratch, this.nowMs);
    if (bytes === 0) return 0;
    if (!(Number.isInteger(bytes) && bytes > 0 && bytes <= LARGEST_DATAGRAM_BYTES)) {
      this.#around.fail(`${this.name} sends a datagram of ${bytes} bytes`);
    }
    this.#burst = this.#burstAtMs === this.nowMs ? this.#burst + 1 : 1;
    this.#burstAtMs = this.nowMs;
    if (this.#burst > DRAIN_LIMIT) this.#around.fail(`${this.name} never stops sending`);
    this.largestBurst = Math.max(this.largestBurst, this.#burst);
    if (this.#peer !== undefined) this.#out.send(this.#scratch.subarray(0, bytes), this.#peer);
    return bytes;
  }

  #arm(): void {
    const deadlineMs = this.#engine.nextDeadlineMs();
    if (Number.isNaN(deadlineMs)) this.#around.fail(`${this.name} has no idea when it is due`);
    const { timerLatenessMs } = this.#options;
    const lateMs = timerLatenessMs === 0 ? 0 : timerLatenessMs * this.#around.random();
    const dueMs = this.#backlog.length > 0 ? this.nowMs : deadlineMs + lateMs;
    this.wakeAtMs = Math.max(dueMs, this.nowMs, this.#stalledUntilMs);
  }
}
