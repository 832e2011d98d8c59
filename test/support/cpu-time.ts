// Time that does not depend on what else a machine does.
import { existsSync, readFileSync } from "node:fs";

/** Milliseconds of processor time since then, of all threads. @param begin - what `process.cpuUsage()` gave */
export function cpuMs(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1_000;
}

const PRESSURE = "/proc/pressure/cpu";

/**
 * Milliseconds since the machine was started in which somebody was kept waiting for a processor, as Linux counts them.
 * A promise in seconds holds without these.
 * @returns 0 where nobody counts
 */
export function cpuPressureMs(): number {
  if (!existsSync(PRESSURE)) return 0;
  const [, microseconds = "0"] = /^some .* total=(\d+)$/m.exec(readFileSync(PRESSURE, "utf8")) ?? [];
  return Number(microseconds) / 1_000;
}
