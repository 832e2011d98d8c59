// Watches what limits the transfers of a session: it passes readings of engine and clock to transfer/transfer-limit.ts,
// and reports each change of its verdict.
import type { Direction, LimitedBy, PersonEvent } from "../../lib/events.ts";
import { StateTrace, type Trace } from "../../lib/trace.ts";
import type { TransferEngine } from "../../transfer/engine.ts";
import { ReceiveLimit, TransferLimit, type TransportView } from "../../transfer/transfer-limit.ts";
import type { Clock } from "../ports.ts";

export type LimitedEvent = Extract<PersonEvent, { event: "limited" }>;

export interface LimitWatchOptions {
  engine: Pick<TransferEngine, "sendWait" | "isDiskBehind">;
  clock: Pick<Clock, "nowMs">;
  /** Undefined: the transport is not known, and nothing is said about sending. */
  transport: (() => TransportView | undefined) | undefined;
  trace: Trace | undefined;
  /** Something else limits a direction now. Called for each direction at most twice a second. */
  onLimited: (event: LimitedEvent) => void;
}

const DIRECTIONS = ["send", "receive"] as const;
const JUDGE_MS = 500;

/** Share of the bytes that were lost, in percent, with one decimal place. */
export function lossPercentOf({ lossShare }: TransportView): number {
  return Math.round(lossShare * 1_000) / 10;
}

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  readonly #sending = new TransferLimit();
  readonly #receiving = new ReceiveLimit();
  readonly #traces: Readonly<Record<Direction, StateTrace>>;
  readonly #told: Partial<Record<Direction, LimitedBy["by"] | undefined>> = {};
  #judgedMs = Number.NEGATIVE_INFINITY;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
    const traceOf = (): StateTrace => new StateTrace("transfer:limit_updated", options.trace);
    this.#traces = { send: traceOf(), receive: traceOf() };
  }

  /** Call it whenever the engine has sent all that it could. @param isChannelFull - the channel takes no more */
  note(isChannelFull: boolean): void {
    const { engine, clock, transport } = this.#options;
    const nowMs = clock.nowMs();
    const queuedBytes = (): number => transport?.()?.queuedBytes ?? 0;
    this.#sending.note(engine.sendWait({ isChannelFull, queuedBytes }), nowMs);
    this.#receiving.note(engine.isDiskBehind, nowMs);
    if (nowMs - this.#judgedMs < JUDGE_MS) return;
    this.#judgedMs = nowMs;
    for (const direction of DIRECTIONS) this.#tell(direction);
  }

  #tell(direction: Direction): void {
    const limitedBy = this.of(direction);
    if (limitedBy?.by === this.#told[direction]) return;
    this.#told[direction] = limitedBy?.by;
    const { by, lossPercent, rttMs } = limitedBy ?? {};
    this.#traces[direction].note(by ?? "none", { direction, loss_percent: lossPercent, smoothed_rtt: rttMs });
    if (limitedBy !== undefined) this.#options.onLimited({ event: "limited", direction, ...limitedBy });
  }

  /** The cause that keeps the files of a direction from moving faster; undefined: nothing moves, or it is not known. */
  of(direction: Direction): LimitedBy | undefined {
    const view = this.#options.transport?.();
    if (view === undefined) return undefined;
    const nowMs = this.#options.clock.nowMs();
    const by = direction === "send" ? this.#sending.judge(view, nowMs) : this.#receiving.judge(nowMs);
    return by && { by, lossPercent: lossPercentOf(view), rttMs: Math.round(view.rttMs) };
  }
}
