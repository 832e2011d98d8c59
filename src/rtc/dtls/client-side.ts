// The handshakes of a DTLS client: it begins again, with a new random, when one stands still, sooner when something
// came that cannot all be the peer's. Earlier ones may still come through. The server needs no sign of it: a hello of
// another handshake is welcome there until one is through. Bounded in number and in how often. RFC 6347 §4.2.8.
import { type HandshakeMessage, HandshakeType } from "../../guard/handshake-messages.ts";
import { WorkBudget } from "../../guard/work-budget.ts";
import { ClientRun, type SharedByRuns } from "./client-run.ts";
import type { Agreed, HandshakeSide, SideOptions } from "./handshake-run.ts";

const TICK_MS = 100;
const MAX_RUNS = 8;
/** Signatures that others may make us check. One takes about a tenth of a millisecond. */
const SIGNATURES_PER_SECOND = 100;
const SIGNATURES_AT_ONCE = 200;
/** Without progress for so long, in a handshake that something has come into … */
const DOUBTFUL_STALL_MS = 700;
const MAX_DOUBTFUL_STALL_MS = 5_000;
/** … and in one that looks undisturbed: its path may be slow or lose much. */
const CLEAN_STALL_MS = 8_000;
const MAX_CLEAN_STALL_MS = 30_000;
const BACKOFF = 1.25;
/** A path needs its round trips. The first answer tells how long one takes, unless the server was not there yet. */
const MIN_REPLIES = 3;
const MAX_REPLY_MS = 2_000;
const MAX_TRIED_COOKIES = 64;

export class ClientSide implements HandshakeSide {
  readonly #options: SideOptions;
  readonly #shared: SharedByRuns = {
    signatures: new WorkBudget(SIGNATURES_PER_SECOND, SIGNATURES_AT_ONCE),
    triedCookies: new Set(),
    goodCookie: undefined,
    random: Math.random,
    nowMs: () => performance.now(),
  };
  /** The newest last. */
  #runs: readonly ClientRun[] = [];
  #restarts = -1;
  #timer: NodeJS.Timeout | undefined;
  /** One thing at a time: werift's handlers are asynchronous. */
  #isTicking = false;
  #isStopped = false;

  constructor(options: SideOptions) {
    this.#options = options;
  }

  start(): void {
    this.#begin();
    this.#timer = setInterval(() => {
      void this.#tick();
    }, TICK_MS);
  }

  #begin(): void {
    // One that has sent its Finished goes on: a server that has taken it waits to be asked for the end again.
    for (const run of this.#runs) if (!run.hasKeys) run.stop();
    this.#restarts += 1;
    if (this.#shared.triedCookies.size > MAX_TRIED_COOKIES) this.#shared.triedCookies.clear();
    const run = new ClientRun(this.#options, this.#shared, this.#restarts === 0);
    if (this.#runs.length >= MAX_RUNS) this.#drop(this.#runs.find(({ hasKeys }) => !hasKeys) ?? this.#runs[0]);
    this.#runs = [...this.#runs, run];
    void run.begin().finally(() => this.#stopLate());
  }

  /** What was under way when all was stopped may have sent a flight since, which would repeat itself for ever. */
  #stopLate(): void {
    if (this.#isStopped) for (const run of this.#runs) run.stop();
  }

  #drop(dropped: ClientRun | undefined): void {
    dropped?.stop();
    this.#runs = this.#runs.filter((run) => run !== dropped);
  }

  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    for (const run of this.#runs) {
      await run.tick(run === this.#runs.at(-1), (hello) => this.#runs.some((other) => other.hasTaken(hello)));
    }
    this.#isTicking = false;
    this.#stopLate();
    if (this.#isStopped) return;
    const newest = this.#runs.at(-1);
    const stalledMs = newest?.stalledMs();
    if (newest !== undefined && stalledMs !== undefined && stalledMs >= this.#patienceMs(newest)) this.#begin();
  }

  #patienceMs({ isInDoubt, firstReplyMs }: ClientRun): number {
    const growth = BACKOFF ** this.#restarts;
    const ms = isInDoubt
      ? Math.min(DOUBTFUL_STALL_MS * growth, MAX_DOUBTFUL_STALL_MS)
      : Math.min(CLEAN_STALL_MS * growth, MAX_CLEAN_STALL_MS);
    return Math.max(ms, MIN_REPLIES * Math.min(firstReplyMs, MAX_REPLY_MS));
  }

  async handle(message: HandshakeMessage): Promise<void> {
    if (this.#isStopped) return;
    const newestFirst = this.#runs.toReversed();
    // Only the newest one still asks for a cookie.
    const runs = message.type === HandshakeType.HELLO_VERIFY_REQUEST ? newestFirst.slice(0, 1) : newestFirst;
    for (const run of runs) await run.handle(message);
    this.#stopLate();
  }

  handleAlert(): void {
    this.#runs.at(-1)?.doubt();
  }

  agreed(): readonly Agreed[] {
    const all = this.#runs.filter(({ hasKeys }) => hasKeys);
    const proved = all.filter(({ missing }) => missing === undefined);
    return proved.length > 0 ? proved : all;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    for (const run of this.#runs) run.stop();
  }
}
