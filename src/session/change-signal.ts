// Waiting until something holds that others bring about: whoever changes anything says so.

export class ChangeSignal {
  #onChange: () => void = () => {};

  /** Something has changed. */
  notify(): void {
    this.#onChange();
  }

  /** Resolves when the condition holds or the time is up. One waits at a time. */
  async until(timeoutMs: number, condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onChange = () => {
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onChange = () => {};
  }
}
