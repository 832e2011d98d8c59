// The two event objects passed to a controller, one instance of each for the whole association.
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
    this.priorDeliveredBytes = rate.priorDeliveredBytes;
    this.txInflightBytes = rate.txInflightBytes;
    this.priorLostBytes = rate.priorLostBytes;
    this.isAppLimited = rate.isSampleAppLimited;
    this.sampleBytes = rate.deliveredBytes - this.priorDeliveredBytes;
  }
}
