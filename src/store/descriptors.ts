// Waiting for a file descriptor. A process, and a system, may have only so many files open; a transfer closes its own all
// the time, and what other programs hold may pass. So opening waits for a while, which means fewer files at once, before
// it fails.
import { errnoOf, type FileSystem } from "./file-system.ts";

/** Opening waits so long for a descriptor. */
const DESCRIPTOR_WAIT_MS = 10_000;
const RETRY_MS = 20;

/** Measures the time of waiting; tests pass their own. */
export interface Waiting {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

const realWaiting: Waiting = {
  nowMs: () => performance.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Returns whether a call failed because this process (EMFILE) or the system (ENFILE) has too many files open. */
export function lacksDescriptors(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "EMFILE" || errno === "ENFILE";
}

/** Repeats calls that need a descriptor until there is one. All calls of a program share one of these. */
export class DescriptorWait {
  readonly #waiting: Waiting;
  /** A call has waited in vain, and none has succeeded since: further ones do not wait. */
  #isHopeless = false;

  constructor(waiting: Waiting = realWaiting) {
    this.#waiting = waiting;
  }

  /**
   * @param attempt - may be called again when it rejects with EMFILE or ENFILE
   * @throws whatever `attempt` does, for these two after the time of waiting
   */
  async run<T>(attempt: () => Promise<T>): Promise<T> {
    const { nowMs, pause } = this.#waiting;
    const endMs = nowMs() + DESCRIPTOR_WAIT_MS;
    for (;;) {
      try {
        const result = await attempt();
        this.#isHopeless = false;
        return result;
      } catch (error) {
        if (!lacksDescriptors(error) || this.#isHopeless) throw error;
        if (nowMs() >= endMs) {
          this.#isHopeless = true;
          throw error;
        }
      }
      await pause(RETRY_MS);
    }
  }

  /** Returns a file system whose calls that need a descriptor wait for one. */
  around(fs: FileSystem): FileSystem {
    return {
      ...fs,
      open: (path, flags, mode) => this.run(() => fs.open(path, flags, mode)),
      readdir: (path) => this.run(() => fs.readdir(path)),
    };
  }
}

/** The one of this process. */
export const descriptorWait = new DescriptorWait();
