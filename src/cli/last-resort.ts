// Handles an error that nobody caught or that broke the run showing a line: no state can be trusted any more, so what
// is open is closed in order as far as possible within a time limit, and then the process ends.
import { toP2pError } from "../command-port.ts";
import type { P2pError } from "../index.ts";

/** Time for a goodbye to the peer and for closing files and locks. */
export const LAST_RESORT_MS = 5_000;

/** The run that is open when an uncaught error occurs. */
export interface OpenRun {
  /** Reports the error and starts closing what is open. */
  breakOff(error: P2pError): void;
  /** Called when the time is up: emits the events that programs wait for. */
  giveUp(): void;
}

export interface LastResortPorts {
  /** Prints the error. `isTold`: an open run reports it to programs. */
  report: (error: P2pError, isTold: boolean) => Promise<void>;
  /** Ends the process with the exit code for a bug. */
  exit: () => void;
  /** True: the error is printed with its stack, even if an open run reports it too. */
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

  /** Registers the run that an error closes from now on. @returns a function to call when the run has ended itself */
  guard(open: OpenRun): () => void {
    this.#open = open;
    return () => {
      this.#open = undefined;
      clearTimeout(this.#timer);
    };
  }

  /** Resolves when everything due has been printed; the process must not end earlier. */
  get told(): Promise<void> {
    return this.#told;
  }

  /** Handles an uncaught error. Only the first one counts: later ones are consequences of the first. */
  handle(thrown: unknown): void {
    if (this.#isHandling) return;
    this.#isHandling = true;
    const { report, exit, isDebugging } = this.#ports;
    const error = toP2pError(thrown);
    const open = this.#open;
    const isTold = open !== undefined;
    const reported = !isTold || isDebugging ? report(error, isTold) : Promise.resolve();
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

/** Resolves when the task settles, with success or failure, or when the time is up. */
export async function withinLastResort(task: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_RESORT_MS);
  });
  await Promise.race([task.catch(() => {}), late]);
  clearTimeout(timer);
}
