// Determines what limits the transfers of one direction now: the rate limit, a disk, the other side's window, or the
// network. It is concluded from what the transfer engine and the transport waited for in the last two seconds, so that
// it does not flicker, and it changes only when something else is clearly ahead. Pure: the caller passes the time.
import type { LimitedBy } from "../lib/events.ts";
import { ShareMeter } from "../lib/share-meter.ts";

/**
 * The reason why an engine sends no more file data at the moment: the rate limit (`rate`), its own files are still
 * being read or hashed (`reading`), the receiver has not stored what it has (`credit`), or nothing but the channel
 * (`channel`).
 */
export type SendWait = "rate" | "reading" | "credit" | "channel";

/**
 * The event that the transport waited for: more to send (`application`), room on the other side, the congestion window
 * and pacing, or this computer, which has not come round to sending what may leave (`processor`).
 */
export type TransportWait = "application" | "peer-window" | "congestion" | "processor";

/** The transport, as this judgement sees it. */
export interface TransportView {
  /** The share of the last two seconds, from 0 to 1, for which it waited for this. */
  shareOf(wait: TransportWait): number;
  /** Bytes that it was given and whose arrival is not acknowledged. */
  readonly queuedBytes: number;
  /** Bytes that were lost, as a share of all that were sent in the last two seconds; from 0 to 1. */
  readonly lossShare: number;
  readonly rttMs: number;
  /** Both ends are on one machine: there is no network between them. */
  readonly isOneMachine: boolean;
}

type Limit = LimitedBy["by"];

/** Below this share of the last two seconds nothing is said. */
const LEAST_SHARE = 0.25;
/** Something else must lead by this share to take the place of what was said last. */
const LEAD_SHARE = 0.15;

export class TransferLimit {
  readonly #engine = new ShareMeter<SendWait>();
  #by: Limit | undefined;

  /** @param wait - holds from `nowMs` until the next call; undefined: there is nothing to send */
  note(wait: SendWait | undefined, nowMs: number): void {
    this.#engine.note(wait, nowMs);
  }

  /** @returns what limits the sending of files; undefined: nothing is being sent, or it is not known yet */
  judge(transport: TransportView, nowMs: number): Limit | undefined {
    const scores = this.#scores(transport, nowMs);
    let best: Limit | undefined;
    for (const [by, score] of scores) if (score > (scores.get(best ?? by) ?? 0) || best === undefined) best = by;
    const bestScore = best === undefined ? 0 : (scores.get(best) ?? 0);
    const oldScore = this.#by === undefined ? 0 : (scores.get(this.#by) ?? 0);
    if (bestScore < LEAST_SHARE) this.#by = undefined;
    else if (oldScore < LEAST_SHARE || bestScore >= oldScore + LEAD_SHARE) this.#by = best;
    return this.#by;
  }

  #scores(transport: TransportView, nowMs: number): ReadonlyMap<Limit, number> {
    const shareOf = (wait: SendWait): number => this.#engine.shareOf(wait, nowMs);
    const [rate, reading, credit] = [shareOf("rate"), shareOf("reading"), shareOf("credit")];
    // Time in which the transport had nothing to send is the engine's; it is split as the engine waited.
    const waited = rate + reading + credit;
    const part = waited === 0 ? 0 : Math.min(1, transport.shareOf("application") / waited);
    // No files were to be sent for the rest of the time: a long text, for example, is no transfer.
    const busy = Math.min(1, waited + shareOf("channel"));
    const congestion = Math.min(busy, transport.shareOf("congestion"));
    const processor = Math.min(busy, transport.shareOf("processor"));
    return new Map<Limit, number>([
      ["rate-limit", rate * part],
      ["peer-disk", credit * part],
      ["peer-window", Math.min(busy, transport.shareOf("peer-window"))],
      ["this-computer", reading * part + processor + (transport.isOneMachine ? congestion : 0)],
      ["network", transport.isOneMachine ? 0 : congestion],
    ]);
  }
}

/** The same for the files that arrive: this side knows only whether its own disk is what they wait for. */
export class ReceiveLimit {
  readonly #disk = new ShareMeter<"disk">();

  /** @param isDiskBehind - half of what the sender may send waits for the disk */
  note(isDiskBehind: boolean, nowMs: number): void {
    this.#disk.note(isDiskBehind ? "disk" : undefined, nowMs);
  }

  /** @returns `this-computer` when the disk was behind for most of the last two seconds; undefined otherwise */
  judge(nowMs: number): Extract<Limit, "this-computer"> | undefined {
    return this.#disk.shareOf("disk", nowMs) > 0.5 ? "this-computer" : undefined;
  }
}
