// Waiting that ends early: at a time limit, or when a signal aborts. What was waited for goes on, and may fail unheard. The
// timer is a port. Only here does lib know promises: the shells above the pure layers have no other place in common.
/* oxlint-disable no-restricted-globals -- see above */

/** Calls back once after `ms` milliseconds. @returns a function that cancels the call */
export type After = (ms: number, call: () => void) => () => void;

/** @returns undefined when the time is up first. Rejects as `work` does within it */
export function within<T>(ms: number, after: After, work: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = after(ms, () => resolve(undefined));
  });
  return Promise.race([work, late]).finally(cancel);
}

/** What is used of an AbortSignal. */
interface Abortable {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Rejects with the abort reason of `signal` if that comes first. Nothing stays at the signal, which may outlive the work. */
export function unlessAborted<T>(signal: Abortable, work: Promise<T>): Promise<T> {
  let handleAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    handleAbort = () => reject(signal.reason as Error);
    if (signal.aborted) handleAbort();
    else signal.addEventListener("abort", handleAbort);
  });
  return Promise.race([aborted, work]).finally(() => signal.removeEventListener("abort", handleAbort));
}
