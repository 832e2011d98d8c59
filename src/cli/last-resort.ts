// When an error has reached nobody, or broke the run that shows a line: nothing is known of the state any more, so what is
// open is ended in order as far as that goes, within a time, and then the process ends.
import { toP2pError } from "../command-port.ts";
import type { P2pError } from "../index.ts";

/** For a goodbye to the peer, files and locks. */
export const LAST_RESORT_MS = 5_000;

/** What is open when it happens. */
export interface OpenRun {
  /** Tells the error and begins to end what is open. */
  breakOff(error: P2pError): void;
  /** The time is up: says what programs wait for. */
  giveUp(): void;
}

export interface LastResortPorts {
  /** Prints the error where nothing is open that tells it. */
  report: (error: P2pError) => Promise<void>;
  /** Ends the process as after a bug. */
  exit: () => void;
  /** The error is printed with its stack, whoever else tells it. */
  isDebugging: boolean;
}

export class LastResort {
  readonly #ports: LastResortPorts;
  #open: OpenRun | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isHandling = false;
  #told: Promise<void> = Promise.resolve();

  constructor(ports: LastResortPorts) {
    this.#ports = ports;
  }

  /** From now on this is what an error ends. @returns to be called when it is over by itself */
  guard(open: OpenRun): () => void {
    this.#open = open;
    return () => {
      this.#open = undefined;
      clearTimeout(this.#timer);
    };
  }

  /** Resolves when what was to be printed is; the process must not end before. */
  get told(): Promise<void> {
    return this.#told;
  }

  /** What nobody caught. The first one counts: more of them are what the first has left behind. */
  handle(thrown: unknown): void {
    if (this.#isHandling) return;
    this.#isHandling = true;
    const { report, exit, isDebugging } = this.#ports;
    const error = toP2pError(thrown);
    const open = this.#open;
    const reported = open === undefined || isDebugging ? report(error) : Promise.resolve();
    this.#told = reported.catch(() => {});
    if (open === undefined) {
      void this.#told.finally(exit);
      return;
    }
    this.#timer = setTimeout(() => {
      try {
        open.giveUp();
      } finally {
        exit();
      }
    }, LAST_RESORT_MS);
    open.breakOff(error);
  }
}

/** Resolves when the task is over, however, or the time is up. */
export async function withinLastResort(task: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_RESORT_MS);
  });
  await Promise.race([task.catch(() => {}), late]);
  clearTimeout(timer);
}
