// Long work in slices, so that the session lives beside it: pings are answered and Ctrl-C is heard.
import { setImmediate as nextTurn } from "node:timers/promises";

/** A slice of work takes no longer, apart from the one step that ends it. */
const SLICE_MS = 10;

export class Turns {
  #sinceMs = performance.now();

  /** To be awaited after each short step: gives others their turn when this one has had its slice. */
  async take(): Promise<void> {
    if (performance.now() - this.#sinceMs < SLICE_MS) return;
    await nextTurn();
    this.#sinceMs = performance.now();
  }
}
