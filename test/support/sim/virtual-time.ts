// The clock of a simulation and what is due on it. Only the simulation advances it; what is due at the same time runs
// in the order in which it was scheduled, so that a seed always gives the same run.

export interface Task {
  run(): void;
}

/** A binary heap over three parallel arrays: no object per entry. */
export class VirtualTime {
  #nowMs = 0;
  #scheduled = 0;
  readonly #times: number[] = [];
  readonly #order: number[] = [];
  readonly #tasks: Task[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next task is due; Infinity: there is none. */
  get nextMs(): number {
    return this.#times[0] ?? Infinity;
  }

  /** @param atMs - not before now */
  schedule(atMs: number, task: Task): void {
    if (!(atMs >= this.#nowMs)) throw new RangeError(`a task for ${atMs} at ${this.#nowMs}`);
    this.#scheduled += 1;
    this.#times.push(atMs);
    this.#order.push(this.#scheduled);
    this.#tasks.push(task);
    this.#rise(this.#times.length - 1);
  }

  /** @param atMs - not before now and not after the next task */
  advanceTo(atMs: number): void {
    if (!(atMs >= this.#nowMs && atMs <= this.nextMs)) throw new RangeError(`from ${this.#nowMs} to ${atMs}`);
    this.#nowMs = atMs;
  }

  /** Runs the next task at its time. @returns false: there is none */
  step(): boolean {
    const task = this.#tasks[0];
    const atMs = this.#times[0];
    if (task === undefined || atMs === undefined) return false;
    const last = this.#times.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    this.#order.pop();
    this.#tasks.pop();
    this.#sink();
    this.#nowMs = atMs;
    task.run();
    return true;
  }

  #isBefore(left: number, right: number): boolean {
    const difference = (this.#times[left] ?? 0) - (this.#times[right] ?? 0);
    return difference === 0 ? (this.#order[left] ?? 0) < (this.#order[right] ?? 0) : difference < 0;
  }

  #rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(): void {
    const { length } = this.#times;
    for (let index = 0; ; ) {
      let least = index;
      const child = 2 * index + 1;
      if (child < length && this.#isBefore(child, least)) least = child;
      if (child + 1 < length && this.#isBefore(child + 1, least)) least = child + 1;
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(left: number, right: number): void {
    swap(this.#times, left, right);
    swap(this.#order, left, right);
    swap(this.#tasks, left, right);
  }
}

function swap<T>(items: T[], left: number, right: number): void {
  const kept = items[left] as T;
  items[left] = items[right] as T;
  items[right] = kept;
}
