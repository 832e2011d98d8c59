// Whether this process may use its terminal. A background job that reads from the terminal, or sets its mode, is stopped
// by the system (SIGTTIN, SIGTTOU), and Node.js cannot ignore these signals: so it has to ask first.
import { readFileSync } from "node:fs";

export interface Foreground {
  /** False while another job has the terminal. */
  isOurs(): boolean;
  /**
   * Calls when this process continues after a stop, whoever has the terminal then, and when it gets the terminal back.
   * @param options.keepsAlive - somebody is asked: the process does not end while only the terminal is missing
   * @returns a function that ends this
   */
  watch(onChange: () => void, options?: { readonly keepsAlive: boolean }): () => void;
}

/** A shell need not send a signal to a running job that it brings to the foreground. */
const POLL_MS = 1_000;

export class JobForeground implements Foreground {
  readonly #isOurs: () => boolean;

  /** @param isOurs - asks the system; called once a second while another job has the terminal */
  constructor(isOurs: () => boolean) {
    this.#isOurs = isOurs;
  }

  isOurs(): boolean {
    return this.#isOurs();
  }

  watch(onChange: () => void, { keepsAlive } = { keepsAlive: false }): () => void {
    let wasOurs = this.#isOurs();
    const handleContinued = (): void => {
      wasOurs = this.#isOurs();
      onChange();
    };
    const timer = setInterval(() => {
      // Only a stop takes the terminal away, and that is followed by SIGCONT.
      if (wasOurs || !this.#isOurs()) return;
      wasOurs = true;
      onChange();
    }, POLL_MS);
    if (!keepsAlive) timer.unref();
    process.on("SIGCONT", handleContinued);
    return () => {
      clearInterval(timer);
      process.off("SIGCONT", handleContinued);
    };
  }
}

/** Resolves when this process has the terminal. */
export async function untilOurs(foreground: Foreground): Promise<void> {
  if (foreground.isOurs()) return;
  await new Promise<void>((resolve) => {
    const handleChange = (): void => {
      if (!foreground.isOurs()) return;
      unwatch();
      resolve();
    };
    const unwatch = foreground.watch(handleChange, { keepsAlive: true });
  });
}

/**
 * The process's own. Only Linux says who has the terminal (without another program's help); elsewhere it counts as ours.
 */
export function processForeground(platform: NodeJS.Platform): Foreground {
  if (platform !== "linux") return new JobForeground(() => true);
  return new JobForeground(() => {
    try {
      return isForegroundStat(readFileSync("/proc/self/stat", "latin1"));
    } catch {
      return true;
    }
  });
}

/**
 * Reads the process group and the terminal's foreground group out of the line of /proc/PID/stat (proc(5)).
 * @returns whether they are the same, or there is no controlling terminal
 */
export function isForegroundStat(stat: string): boolean {
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [, , group, , , foregroundGroup] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  // Without a controlling terminal the foreground group is -1.
  return foregroundGroup === undefined || foregroundGroup <= 0 || foregroundGroup === group;
}
