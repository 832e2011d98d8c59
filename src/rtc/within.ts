// Waiting with a time limit.

/** @returns the value, or undefined when the time limit passes first */
export async function withinMs<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns the value. Rejects with the abort reason of `signal` if that comes first */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  let reject: () => void = () => {};
  const aborted = new Promise<never>((_, fail) => {
    reject = () => {
      fail(signal.reason as Error);
    };
    if (signal.aborted) reject();
    else signal.addEventListener("abort", reject);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", reject);
  }
}
