// The session machine in real time: gives it what happens, obeys what it asks for, and wakes it by one timer.
import {
  type SessionActivity,
  type SessionEffect,
  type SessionInput,
  SessionMachine,
  type SessionTraits,
} from "../control/session-machine.ts";
import type { Clock } from "./ports.ts";

/** What the machine needs of the session around it. */
export interface SessionDriverHost {
  clock: Clock;
  /** What this side has to do at the moment. */
  activity: () => SessionActivity;
  obey: (effect: SessionEffect) => void;
  /** An effect could not be obeyed; the session ends. */
  onFailed: (thrown: unknown) => void;
}

/** Drives one `SessionMachine`. Inputs may be given while effects are obeyed: those that follow are obeyed after them. */
export class SessionDriver {
  readonly #machine: SessionMachine;
  readonly #host: SessionDriverHost;
  #isObeying = false;
  #cancelTimer: () => void = () => {};

  constructor(traits: SessionTraits, host: SessionDriverHost) {
    this.#machine = new SessionMachine(traits);
    this.#host = host;
  }

  /** Nothing has ended the session yet. */
  get isOpen(): boolean {
    return this.#machine.isOpen;
  }

  /** The session is not over, and its association is not known to be gone. */
  get isConnected(): boolean {
    return this.#machine.isConnected;
  }

  /** Something of `activity` may have changed. */
  look(): void {
    this.#machine.handle({ input: "activity", activity: this.#host.activity() }, this.#host.clock.nowMs());
    this.#obeyAll();
  }

  /** Something has happened, at the activity of this moment. */
  handle(input: Exclude<SessionInput, { input: "activity" }>): void {
    const nowMs = this.#host.clock.nowMs();
    this.#machine.handle({ input: "activity", activity: this.#host.activity() }, nowMs);
    this.#machine.handle(input, nowMs);
    this.#obeyAll();
  }

  /** An error was reported that counts for the exit code and ends nothing. */
  noteExit(exit: number): void {
    this.#machine.handle({ input: "reported", exit }, this.#host.clock.nowMs());
  }

  #obeyAll(): void {
    if (this.#isObeying) return;
    this.#isObeying = true;
    for (let effect = this.#machine.pollEffect(); effect !== undefined; effect = this.#machine.pollEffect()) {
      try {
        this.#host.obey(effect);
      } catch (thrown) {
        this.#host.onFailed(thrown);
        this.#machine.handle({ input: "failed" }, this.#host.clock.nowMs());
      }
    }
    this.#isObeying = false;
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
