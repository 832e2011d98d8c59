// Scripted acknowledgements for the unit tests of the controllers: a sender that delivers what the script says, with
// the totals kept right.
import type { AckEvent, CongestionController, LossEvent } from "../../../../../src/sctp/tx/congestion/controller.ts";

export const PACKET = 1200;

export class Script {
  readonly controller: CongestionController;
  nowMs = 1000;
  delivered = 0;
  lost = 0;

  constructor(controller: CongestionController) {
    this.controller = controller;
  }

  /** One acknowledgement. What is not given follows from a chunk that was sent one round trip ago. */
  ack(changes: Partial<AckEvent> = {}): void {
    const ackedBytes = changes.ackedBytes ?? PACKET;
    const prior = changes.priorDeliveredBytes ?? this.delivered;
    this.delivered += ackedBytes;
    const inflight = changes.inflightBytes ?? 10 * PACKET;
    this.controller.handleAck({
      nowMs: this.nowMs,
      ackedBytes,
      lostBytes: 0,
      priorInflightBytes: inflight + ackedBytes,
      inflightBytes: inflight,
      rttMs: 50,
      deliveryRate: undefined,
      priorDeliveredBytes: prior,
      txInflightBytes: inflight,
      priorLostBytes: this.lost,
      isAppLimited: false,
      deliveredBytes: this.delivered,
      lostTotalBytes: this.lost,
      sampleBytes: this.delivered - prior,
      isCwndLimited: true,
      ...changes,
    });
  }

  /** A round of `count` acknowledgements over `rttMs`; each packet left one round before. */
  round(count: number, changes: Partial<AckEvent> = {}): void {
    const rttMs = changes.rttMs ?? 50;
    const start = this.delivered;
    for (let index = 0; index < count; index++) {
      this.nowMs += rttMs / count;
      this.ack({ priorDeliveredBytes: Math.max(0, start - (count - 1 - index) * PACKET), ...changes });
    }
  }

  /** One lost chunk that was sent with `txInflightBytes` in flight. */
  lose(changes: Partial<LossEvent> = {}): void {
    const bytes = changes.bytes ?? PACKET;
    const priorLost = changes.priorLostBytes ?? this.lost;
    this.lost += bytes;
    this.controller.handleLoss({
      nowMs: this.nowMs,
      bytes,
      sentAtMs: this.nowMs - 50,
      txInflightBytes: 100 * PACKET,
      priorDeliveredBytes: Math.max(0, this.delivered - 100 * PACKET),
      priorLostBytes: priorLost,
      lostTotalBytes: this.lost,
      deliveredBytes: this.delivered,
      isAppLimited: false,
      isNewRange: true,
      ...changes,
    });
  }

  get state(): string {
    return this.controller.metrics().state;
  }
}
