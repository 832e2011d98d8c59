// The session machine in real time: gives it what happens, obeys what it asks for, and wakes it by one timer.
import {
  type SessionActivity,
  type SessionEffect,
  type SessionInput,
  SessionMachine,
  type SessionTraits,
} from "../control/session-machine.ts";

/** What the machine needs of the session around it. */
export interface SessionDriverHost {
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
  #timer: NodeJS.Timeout | undefined;

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
    this.#machine.handle({ input: "activity", activity: this.#host.activity() }, performance.now());
    this.#obeyAll();
  }

  /** Something has happened, at the activity of this moment. */
  handle(input: Exclude<SessionInput, { input: "activity" }>): void {
    const nowMs = performance.now();
    this.#machine.handle({ input: "activity", activity: this.#host.activity() }, nowMs);
    this.#machine.handle(input, nowMs);
    this.#obeyAll();
  }

  /** An error was reported that counts for the exit code and ends nothing. */
  noteExit(exit: number): void {
    this.#machine.handle({ input: "reported", exit }, performance.now());
  }

  #obeyAll(): void {
    if (this.#isObeying) return;
    this.#isObeying = true;
    for (let effect = this.#machine.pollEffect(); effect !== undefined; effect = this.#machine.pollEffect()) {
      try {
        this.#host.obey(effect);
      } catch (thrown) {
        this.#host.onFailed(thrown);
        this.#machine.handle({ input: "failed" }, performance.now());
      }
    }
    this.#isObeying = false;
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadlineMs = this.#machine.nextDeadlineMs();
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, Math.ceil(deadlineMs - performance.now()));
    this.#timer = setTimeout(() => {
      this.#machine.advance(performance.now());
      this.#obeyAll();
    }, waitMs);
  }
}
