// The handshakes of a DTLS client: when one stalls, another begins with a new random, and sooner when messages came
// that cannot all be the peer's. Earlier ones may still complete. The server needs no notice: it accepts the hello of
// another handshake until one is complete. Bounded in number and rate. RFC 6347 §4.2.8.
import { type HandshakeMessage, HandshakeType } from "../../guard/handshake-messages.ts";
import { ClientAttempt, type SharedByAttempts } from "./client-attempt.ts";
import type { Agreed, HandshakeSide, SideOptions } from "./handshake-attempt.ts";
import { signatureBudget } from "./peer-proof.ts";

const TICK_MS = 100;
const MAX_ATTEMPTS = 8;
/** Restart after this long without progress, in a handshake that received unexpected messages … */
const DOUBTFUL_STALL_MS = 700;
const MAX_DOUBTFUL_STALL_MS = 5_000;
/** … and in one that looks undisturbed: its path may be slow or lossy. */
const CLEAN_STALL_MS = 8_000;
const MAX_CLEAN_STALL_MS = 30_000;
const BACKOFF = 1.25;
/** A path needs its round trips. The first answer shows how long one takes, unless the server had not started yet. */
const MIN_REPLIES = 3;
const MAX_REPLY_MS = 2_000;
const MAX_TRIED_COOKIES = 64;

export class ClientSide implements HandshakeSide {
  readonly #options: SideOptions;
  readonly #shared: SharedByAttempts = {
    signatures: signatureBudget(),
    triedCookies: new Set(),
    goodCookie: undefined,
    random: Math.random,
    nowMs: () => performance.now(),
  };
  /** Newest last. */
  #attempts: readonly ClientAttempt[] = [];
  #restarts = -1;
  #timer: NodeJS.Timeout | undefined;
  /** Ticks must not overlap, because werift's handlers are asynchronous. */
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
    // A handshake that has sent its Finished continues: a server that accepted it waits for our retransmission to
    // repeat its end.
    for (const attempt of this.#attempts) if (!attempt.hasKeys) attempt.stop();
    this.#restarts += 1;
    if (this.#shared.triedCookies.size > MAX_TRIED_COOKIES) this.#shared.triedCookies.clear();
    const attempt = new ClientAttempt(this.#options, this.#shared, this.#restarts === 0);
    if (this.#attempts.length >= MAX_ATTEMPTS)
      this.#drop(this.#attempts.find(({ hasKeys }) => !hasKeys) ?? this.#attempts[0]);
    this.#attempts = [...this.#attempts, attempt];
    void attempt.begin().finally(() => this.#stopLate());
  }

  /** An operation in progress at `stop` may have sent a flight since, which would repeat forever. */
  #stopLate(): void {
    if (this.#isStopped) for (const attempt of this.#attempts) attempt.stop();
  }

  #drop(dropped: ClientAttempt | undefined): void {
    dropped?.stop();
    this.#attempts = this.#attempts.filter((attempt) => attempt !== dropped);
  }

  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    for (const attempt of this.#attempts) {
      await attempt.tick(attempt === this.#attempts.at(-1), (hello) =>
        this.#attempts.some((other) => other.hasTaken(hello)),
      );
    }
    this.#isTicking = false;
    this.#stopLate();
    if (this.#isStopped) return;
    const newest = this.#attempts.at(-1);
    const stalledMs = newest?.stalledMs();
    if (newest !== undefined && stalledMs !== undefined && stalledMs >= this.#patienceMs(newest)) this.#begin();
  }

  #patienceMs({ isInDoubt, firstReplyMs }: ClientAttempt): number {
    const growth = BACKOFF ** this.#restarts;
    const ms = isInDoubt
      ? Math.min(DOUBTFUL_STALL_MS * growth, MAX_DOUBTFUL_STALL_MS)
      : Math.min(CLEAN_STALL_MS * growth, MAX_CLEAN_STALL_MS);
    return Math.max(ms, MIN_REPLIES * Math.min(firstReplyMs, MAX_REPLY_MS));
  }

  async handle(message: HandshakeMessage): Promise<void> {
    if (this.#isStopped) return;
    const newestFirst = this.#attempts.toReversed();
    // Only the newest handshake still wants a cookie.
    const attempts = message.type === HandshakeType.HELLO_VERIFY_REQUEST ? newestFirst.slice(0, 1) : newestFirst;
    for (const attempt of attempts) await attempt.handle(message);
    this.#stopLate();
  }

  handleAlert(): void {
    this.#attempts.at(-1)?.doubt();
  }

  agreed(): readonly Agreed[] {
    const all = this.#attempts.filter(({ hasKeys }) => hasKeys);
    const proved = all.filter(({ missing }) => missing === undefined);
    return proved.length > 0 ? proved : all;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    for (const attempt of this.#attempts) attempt.stop();
  }
}
