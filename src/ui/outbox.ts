// Our own messages between Enter and the peer's acknowledgement. They are shown as live rows and become lines of
// the conversation when acknowledged: a line that has scrolled away can no longer be marked.

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

  /** Removes the oldest message with this text. @returns undefined when it was not typed here */
  acknowledge(text: string): OutgoingMessage | undefined {
    const message = this.#waiting.find((waiting) => waiting.text === text);
    if (message !== undefined) this.remove(message);
    return message;
  }

  /** @returns false when it is no longer waiting */
  remove(message: OutgoingMessage): boolean {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== message);
    return this.#waiting.length < before;
  }

  /** Removes all remaining messages. */
  drain(): OutgoingMessage[] {
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }
}
