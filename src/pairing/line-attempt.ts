// One attempt of a line to connect with one document of the other side, and the answer of somebody else that waits behind
// it. The line decides what becomes of them.
import type { TellFate } from "./carrier.ts";
import type { ConnectLimits } from "./connect-attempt.ts";
import type { PeerFinding } from "./findings.ts";
import type { LineSession } from "./own-side.ts";

/**
 * An answer that came first is tried alone for so long, in milliseconds: another one that comes meanwhile waits. A side
 * whose program runs is reached within seconds.
 */
export const FIRST_ANSWER_MS = 5_000;

/** A time limit. */
export interface Deadline {
  cancel: () => void;
}

export type AttemptOutcome = { session: LineSession } | { error: unknown };

export interface LineAttemptOptions {
  connect: (limits: Pick<ConnectLimits, "signal" | "onReached">) => Promise<LineSession>;
  /** The id under which the offer is remembered once it has been used; undefined for an answer. */
  offerId: string | undefined;
  tell: TellFate | undefined;
  /** Until then another answer waits for this one; undefined: there can be none. */
  alone: Deadline | undefined;
}

export class LineAttempt {
  /** Never rejects. */
  readonly outcome: Promise<AttemptOutcome>;
  readonly offerId: string | undefined;
  readonly tell: TellFate | undefined;
  readonly #abort = new AbortController();
  #alone: Deadline | undefined;
  /** The other side has been reached: its program runs. */
  #isReached = false;
  #held: PeerFinding | undefined;

  constructor({ connect, offerId, tell, alone }: LineAttemptOptions) {
    this.offerId = offerId;
    this.tell = tell;
    this.#alone = alone;
    const onReached = (): void => {
      this.#isReached = true;
    };
    this.outcome = connect({ signal: this.#abort.signal, onReached }).then(
      (session) => ({ session }),
      (error: unknown) => ({ error }),
    );
  }

  /** Another answer to our offer, which is tried if this attempt fails. */
  get held(): PeerFinding | undefined {
    return this.#held;
  }

  /** Keeps the answer of somebody else for later. @returns false when this attempt has had its time and reached nobody */
  hold(finding: PeerFinding): boolean {
    if (!this.#isReached && this.#alone === undefined) return false;
    this.#held?.tell?.({ fate: "superseded" });
    this.#held = finding;
    return true;
  }

  /** Takes the end of a time limit. @returns the answer that takes the place of this one; undefined: it goes on */
  handleDeadline(deadline: Deadline): PeerFinding | undefined {
    if (deadline !== this.#alone) return undefined;
    this.#alone = undefined;
    return this.#isReached ? undefined : this.#held;
  }

  /** It has ended by itself. */
  handleOver(): void {
    this.#alone?.cancel();
  }

  /** Ends it. @returns what it came to all the same */
  async end(): Promise<AttemptOutcome> {
    this.#alone?.cancel();
    this.#abort.abort();
    return await this.outcome;
  }
}
