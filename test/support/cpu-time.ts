// Time that this process worked, which a busy machine does not lengthen much.

/** Milliseconds of processor time since then, of all threads. @param begin - what `process.cpuUsage()` gave */
export function cpuMs(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1_000;
}
