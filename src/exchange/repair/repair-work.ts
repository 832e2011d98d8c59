// The work of reading one file: a hostile text may lead to many others, and each of them is searched for every kind of
// damage. Work is counted, not timed, so that a text is read or given up alike on every machine.

/**
 * Characters times steps for one file. A document of the most candidates that was changed in four ways takes a half of it; the
 * longest text is searched for all kinds of damage twice.
 */
export const MAX_REPAIR_WORK = 8_388_608;

/** What is left of the work for one file. Whoever repairs it, for whatever reason, takes from the same. */
export class RepairWork {
  #left: number;

  constructor(limit: number = MAX_REPAIR_WORK) {
    this.#left = limit;
  }

  /** Work that may still be done. */
  get left(): number {
    return this.#left;
  }

  /**
   * Takes the work of one step on a text.
   * @param characters - the length of the text
   * @returns whether it may be done; if not, the file is given up
   */
  takes(characters: number): boolean {
    if (characters > this.#left) this.#left = 0;
    else this.#left -= characters;
    return this.#left > 0;
  }
}
