// Waiting that ends early: at a time limit, or when a signal aborts. What was waited for goes on, and may fail unheard.

/** Calls back once after `ms` milliseconds. @returns a function that cancels the call */
export type After = (ms: number, call: () => void) => () => void;

/** @returns undefined when the time is up first. Rejects as `work` does within it */
export async function within<T>(ms: number, after: After, work: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = after(ms, () => resolve(undefined));
  });
  return await Promise.race([work, late]).finally(cancel);
}

/** Rejects with the abort reason of `signal` if that comes first. Nothing stays at the signal, which may outlive the work. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let handleAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    handleAbort = () => reject(signal.reason as Error);
    if (signal.aborted) handleAbort();
    else signal.addEventListener("abort", handleAbort);
  });
  return await Promise.race([aborted, work]).finally(() => signal.removeEventListener("abort", handleAbort));
}
