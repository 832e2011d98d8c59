// Own messages between Enter and the peer's acknowledgement. They are shown as live rows and become lines of
// the conversation when acknowledged: what has scrolled away cannot be marked any more.

export interface OutgoingMessage {
  readonly text: string;
  readonly at: Date;
}

export class Outbox {
  #waiting: OutgoingMessage[] = [];

  /** Oldest first. */
  get waiting(): readonly OutgoingMessage[] {
    return this.#waiting;
  }

  add(message: OutgoingMessage): void {
    this.#waiting.push(message);
  }

  /** Takes out the oldest message with this text. @returns undefined when it was not typed here */
  acknowledge(text: string): OutgoingMessage | undefined {
    const message = this.#waiting.find((waiting) => waiting.text === text);
    if (message !== undefined) this.remove(message);
    return message;
  }

  /** @returns false when it is not waiting any more */
  remove(message: OutgoingMessage): boolean {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== message);
    return this.#waiting.length < before;
  }

  /** Takes out all that is left. */
  drain(): OutgoingMessage[] {
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }
}
