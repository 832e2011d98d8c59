// Splits long work into slices so that the session stays responsive: pings are answered and Ctrl-C works.

/** Maximum duration of a slice of work, apart from the one step that ends it. */
const SLICE_MS = 10;

/** Resolves after everything that has already arrived is handled. Simulations replace the global function. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export class Turns {
  #sinceMs = performance.now();

  /** Await this after each short step: it yields to other work when the slice is used up. */
  async take(): Promise<void> {
    if (performance.now() - this.#sinceMs < SLICE_MS) return;
    await nextTurn();
    this.#sinceMs = performance.now();
  }
}
