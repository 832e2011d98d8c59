// Runs a media engine in real time: gives it frames and datagrams, sends what it has to send, passes on what it has
// received, and wakes it with one timer. The engine exists from the first track on.
import type { MediaDirection, MediaEngineEvent, MediaTrackStats } from "../../media/engine-types.ts";
import { MediaEngine } from "../../media/media-engine.ts";
import type { Clock, MediaPort, MediaTransport } from "../ports.ts";

export interface EngineDriverOptions {
  readonly clock: Clock;
  readonly transport: MediaTransport;
  readonly port: MediaPort;
  readonly randomBytes: (count: number) => Uint8Array;
  /** It may call the driver. */
  readonly onEvent: (event: MediaEngineEvent) => void;
}

/** The part of a datagram that is no payload: RTP header 12, header extensions, and the tag of SRTP 16. */
const OVERHEAD_BYTES = 50;

export class EngineDriver {
  readonly #options: EngineDriverOptions;
  #engine: MediaEngine | undefined;
  #isDraining = false;
  #isClosed = false;
  #cancelTimer: () => void = () => {};

  /** Listens to the transport. */
  constructor(options: EngineDriverOptions) {
    this.#options = options;
    options.transport.onDatagram((datagram) => {
      // Before the first track of this side or of the peer nothing can be meant for it.
      if (this.#engine !== undefined) this.change((engine, nowMs) => engine.handleDatagram(datagram, nowMs));
    });
  }

  /** Changes the engine, and carries out what follows. */
  change(change: (engine: MediaEngine, nowMs: number) => void): void {
    if (this.#isClosed) return;
    this.#engine ??= this.#create();
    change(this.#engine, this.#options.clock.nowMs());
    this.#drain(this.#engine);
  }

  #create(): MediaEngine {
    const { clock, transport, port, randomBytes } = this.#options;
    return new MediaEngine({
      ...port,
      randomBytes,
      keys: transport.keys,
      maxPayloadBytes: transport.maxDatagramBytes - OVERHEAD_BYTES,
      wallMs: (nowMs) => clock.wallMs() + (nowMs - clock.nowMs()),
    });
  }

  /** What handling an event changes is drained by the call around it. */
  #drain(engine: MediaEngine): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const { transport, onEvent, clock } = this.#options;
    for (let isIdle = false; !isIdle; ) {
      isIdle = true;
      for (let next = engine.pollDatagram(); next !== undefined; next = engine.pollDatagram()) transport.send(next);
      for (let next = engine.pollEvent(); next !== undefined; next = engine.pollEvent()) {
        isIdle = false;
        onEvent(next);
      }
    }
    this.#isDraining = false;
    this.#cancelTimer();
    const deadlineMs = this.#isClosed ? undefined : engine.nextDeadlineMs();
    if (deadlineMs === undefined) return;
    const waitMs = Math.max(0, deadlineMs - clock.nowMs());
    this.#cancelTimer = clock.setTimer(() => this.change((each, nowMs) => each.handleTimeout(nowMs)), waitMs);
  }

  stats(direction: MediaDirection, track: number): MediaTrackStats | undefined {
    return this.#engine?.stats(direction, track);
  }

  /** Sends and takes nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
  }
}
