// The two things that a controller is told, one object of each for the whole association.
import type { AckEvent, LossEvent } from "./congestion/controller.ts";
import type { DeliveryRate } from "./delivery-rate.ts";

export class LossSummary implements LossEvent {
  nowMs = 0;
  bytes = 0;
  sentAtMs = 0;
  txInflightBytes = 0;
  priorDeliveredBytes = 0;
  priorLostBytes = 0;
  lostTotalBytes = 0;
  deliveredBytes = 0;
  isAppLimited = false;
  isNewRange = false;
}

export class AckSummary implements AckEvent {
  nowMs = 0;
  ackedBytes = 0;
  lostBytes = 0;
  priorInflightBytes = 0;
  inflightBytes = 0;
  rttMs: number | undefined;
  deliveryRate: number | undefined;
  priorDeliveredBytes = 0;
  txInflightBytes = 0;
  priorLostBytes = 0;
  isAppLimited = false;
  deliveredBytes = 0;
  lostTotalBytes = 0;
  sampleBytes = 0;
  isCwndLimited = false;

  begin(nowMs: number, inflightBytes: number, isCwndLimited: boolean): void {
    this.nowMs = nowMs;
    this.ackedBytes = 0;
    this.lostBytes = 0;
    this.priorInflightBytes = inflightBytes;
    this.rttMs = undefined;
    this.isCwndLimited = isCwndLimited;
  }

  takeRtt(rttMs: number): void {
    if (this.rttMs === undefined || rttMs < this.rttMs) this.rttMs = rttMs;
  }

  takeSample(rate: DeliveryRate, deliveryRate: number | undefined, inflightBytes: number): void {
    this.inflightBytes = inflightBytes;
    this.deliveryRate = deliveryRate;
    this.deliveredBytes = rate.deliveredBytes;
    this.lostTotalBytes = rate.lostBytes;
    // Without a sample nothing tells when this began: the present stands for it.
    this.priorDeliveredBytes = rate.hasSample ? rate.priorDeliveredBytes : rate.deliveredBytes - this.ackedBytes;
    this.txInflightBytes = rate.hasSample ? rate.txInflightBytes : this.priorInflightBytes;
    this.priorLostBytes = rate.hasSample ? rate.priorLostBytes : rate.lostBytes - this.lostBytes;
    this.isAppLimited = rate.hasSample ? rate.isSampleAppLimited : rate.isAppLimited;
    this.sampleBytes = rate.deliveredBytes - this.priorDeliveredBytes;
  }
}
