// Runs the session machine in real time: passes inputs to it, carries out its effects, and wakes it with one timer.
import {
  type SessionActivity,
  type SessionEffect,
  type SessionInput,
  SessionMachine,
  type SessionTraits,
} from "../control/session-machine.ts";
import { StateTrace, type Trace } from "../lib/trace.ts";
import type { Clock } from "./ports.ts";

/** The session around the machine. */
export interface SessionDriverHost {
  clock: Clock;
  /** Is told each new state; undefined: nobody asks. */
  trace?: Trace | undefined;
  /** The current activity of this side. */
  activity: () => SessionActivity;
  obey: (effect: SessionEffect) => void;
  /** An effect failed; the session ends. */
  onFailed: (thrown: unknown) => void;
}

/** Drives one `SessionMachine`. Inputs given while effects are carried out are queued; their effects follow. */
export class SessionDriver {
  readonly #machine: SessionMachine;
  readonly #host: SessionDriverHost;
  readonly #stateTrace: StateTrace;
  #isObeying = false;
  #cancelTimer: () => void = () => {};

  constructor(traits: SessionTraits, host: SessionDriverHost) {
    this.#machine = new SessionMachine(traits);
    this.#host = host;
    this.#stateTrace = new StateTrace("session:state_updated", host.trace);
    this.#stateTrace.note(this.#machine.state);
  }

  /** Whether nothing has ended the session yet. */
  get isOpen(): boolean {
    return this.#machine.isOpen;
  }

  /** Whether the session is not over and its association is not known to be lost. */
  get isConnected(): boolean {
    return this.#machine.isConnected;
  }

  /** Part of `activity` may have changed. */
  look(): void {
    this.#machine.handle({ input: "activity", activity: this.#host.activity() }, this.#host.clock.nowMs());
    this.#obeyAll();
  }

  /** Handles an input, together with the current activity. */
  handle(input: Exclude<SessionInput, { input: "activity" }>): void {
    const nowMs = this.#host.clock.nowMs();
    this.#machine.handle({ input: "activity", activity: this.#host.activity() }, nowMs);
    this.#machine.handle(input, nowMs);
    this.#obeyAll();
  }

  /** Records the exit code of a reported error that does not end the session. */
  noteExit(exit: number): void {
    this.#machine.handle({ input: "reported", exit }, this.#host.clock.nowMs());
  }

  #obeyAll(): void {
    if (this.#isObeying) return;
    this.#isObeying = true;
    this.#stateTrace.note(this.#machine.state);
    for (let effect = this.#machine.pollEffect(); effect !== undefined; effect = this.#machine.pollEffect()) {
      try {
        this.#host.obey(effect);
      } catch (thrown) {
        this.#host.onFailed(thrown);
        this.#machine.handle({ input: "failed" }, this.#host.clock.nowMs());
      }
    }
    this.#isObeying = false;
    this.#stateTrace.note(this.#machine.state);
    this.#arm();
  }

  #arm(): void {
    this.#cancelTimer();
    const deadlineMs = this.#machine.nextDeadlineMs();
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, Math.ceil(deadlineMs - this.#host.clock.nowMs()));
    this.#cancelTimer = this.#host.clock.setTimer(() => {
      this.#machine.advance(this.#host.clock.nowMs());
      this.#obeyAll();
    }, waitMs);
  }
}
