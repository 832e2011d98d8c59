// A media engine at one end of links that others use, too: what it sends goes onto the link beside their packets.
import type { MediaEngineEvent } from "../../../src/media/engine-types.ts";
import type { MediaEngine } from "../../../src/media/media-engine.ts";
import type { Link } from "./link.ts";
import type { Packet, Receiver } from "./packet.ts";
import type { Simulation } from "./simulation.ts";

export interface MediaEndOptions {
  readonly engine: MediaEngine;
  readonly simulation: Simulation;
  readonly out: Pick<Link, "send">;
  readonly onEvent: (event: MediaEngineEvent, nowMs: number) => void;
  /** A datagram leaves. */
  readonly onSent: (bytes: number, nowMs: number) => void;
}

export class MediaEnd implements Receiver {
  readonly #options: MediaEndOptions;
  #peer: MediaEnd | undefined;

  constructor(options: MediaEndOptions) {
    this.#options = options;
  }

  set peer(peer: MediaEnd) {
    this.#peer = peer;
  }

  receive({ bytes }: Packet): void {
    this.change((engine, nowMs) => engine.handleDatagram(bytes, nowMs));
  }

  /** Changes the engine once, and drains it. */
  change(action: (engine: MediaEngine, nowMs: number) => void): void {
    const { engine, simulation, out, onEvent, onSent } = this.#options;
    const { nowMs } = simulation;
    action(engine, nowMs);
    for (let next = engine.pollDatagram(); next !== undefined; next = engine.pollDatagram()) {
      if (this.#peer !== undefined) out.send(next, this.#peer);
      onSent(next.length, nowMs);
    }
    for (let next = engine.pollEvent(); next !== undefined; next = engine.pollEvent()) onEvent(next, nowMs);
    const deadlineMs = engine.nextDeadlineMs();
    if (deadlineMs !== undefined) simulation.at(Math.max(deadlineMs, nowMs), () => this.#wake());
  }

  /** Timers are not cancelled: one that is too early does nothing. */
  #wake(): void {
    const { engine, simulation } = this.#options;
    const deadlineMs = engine.nextDeadlineMs();
    if (deadlineMs !== undefined && deadlineMs <= simulation.nowMs) {
      this.change((media, nowMs) => media.handleTimeout(nowMs));
    }
  }
}
