// Runs sides and links in virtual time from one seed. Whatever goes wrong becomes a SimulationError whose message
// has the seed, the conditions and the last packets.
import type { Engine } from "../../../src/sctp/engine.ts";
import { seededRandom } from "../seeded-random.ts";
import { Ladder } from "./ladder.ts";
import { Link, type LinkConditions } from "./link.ts";
import { type Drivable, Side, type SideOptions, type Surroundings } from "./side.ts";
import { VirtualTime } from "./virtual-time.ts";

/** Tasks and timers that may run at one instant before it counts as a loop. */
const STEPS_PER_INSTANT = 100_000;

export class SimulationError extends Error {
  override readonly name = "SimulationError";
}

export class Simulation {
  readonly time = new VirtualTime();
  readonly ladder = new Ladder();
  readonly random: () => number;
  /** For the message of a failure. */
  readonly description: string;
  readonly #sides: Drivable[] = [];
  #stepsNow = 0;

  constructor(seed: number, conditions: unknown = {}) {
    this.random = seededRandom(seed);
    this.description = `seed ${seed}, conditions ${JSON.stringify(conditions, showInfinity)}`;
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  link(name: string, conditions: LinkConditions): Link {
    return new Link(name, conditions, this.time, this.#fork(), this.ladder);
  }

  side<E extends Engine<V>, V>(options: SideOptions<E, V>, out: Link): Side<E, V> {
    const around: Surroundings = {
      time: this.time,
      random: this.#fork(),
      ladder: this.ladder,
      fail: (reason) => this.fail(reason),
    };
    const side = new Side(options, out, around);
    this.#sides.push(side);
    return side;
  }

  at(atMs: number, run: () => void): void {
    this.time.schedule(atMs, { run });
  }

  /** Runs until `isDone`; fails when nothing is left to do before, or when it is not done at `limitMs`. */
  runUntil(isDone: () => boolean, limitMs: number, what = "done"): void {
    this.#run(() => {
      while (!isDone()) {
        if (!this.#step(limitMs)) this.fail(`stall: not ${what} at ${limitMs} ms, nor anything due before`);
      }
    });
  }

  /** Runs what is due up to this time. */
  runTo(atMs: number): void {
    this.#run(() => {
      while (this.#step(atMs));
      this.time.advanceTo(atMs);
    });
  }

  fail(reason: string): never {
    throw new SimulationError(
      `${reason}\n${this.description}\nat ${this.nowMs.toFixed(3)} ms after\n${this.ladder.toString()}`,
    );
  }

  check(condition: boolean, reason: string): void {
    if (!condition) this.fail(reason);
  }

  #run(loop: () => void): void {
    try {
      loop();
    } catch (error) {
      if (error instanceof SimulationError) throw error;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.fail(`thrown: ${text}`);
    }
  }

  /** @returns false: nothing is due up to `limitMs` */
  #step(limitMs: number): boolean {
    let due: Drivable | undefined;
    for (const side of this.#sides) if (side.wakeAtMs < (due?.wakeAtMs ?? Infinity)) due = side;
    const taskMs = this.time.nextMs;
    const atMs = Math.min(taskMs, due?.wakeAtMs ?? Infinity);
    if (atMs === Infinity || atMs > limitMs) return false;
    this.#stepsNow = atMs === this.nowMs ? this.#stepsNow + 1 : 0;
    if (this.#stepsNow > STEPS_PER_INSTANT) this.fail("loop: time stands still");
    if (due === undefined || taskMs <= due.wakeAtMs) return this.time.step();
    this.time.advanceTo(atMs);
    due.wake();
    return true;
  }

  /** Of its own, so that one part drawing more does not change what another one draws. */
  #fork(): () => number {
    return seededRandom(Math.floor(this.random() * 2 ** 32));
  }
}

function showInfinity(_key: string, value: unknown): unknown {
  return value === Infinity ? "Infinity" : value;
}
