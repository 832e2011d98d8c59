// Rates as people type them: `500kB 1.5MB/s 2MiB/s`, and `500k 2M 1G` as curl, wget and rsync take them: with these a
// letter alone counts in powers of 1,024, and so it does here. A bare number is refused: curl means bytes by it, rsync KiB.

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  k: 2 ** 10,
  K: 2 ** 10,
  m: 2 ** 20,
  M: 2 ** 20,
  g: 2 ** 30,
  G: 2 ** 30,
};
const FORM = /^(\d{1,15}(?:\.\d{1,9})?)(B|[kMG]B|[KMG]iB|[kKmMgG])(?:\/s)?$/;

/** @returns whole bytes per second, 1 to 2^53-1, or undefined when `text` is not a rate or out of range */
export function parseRateBytesPerSecond(text: string): number | undefined {
  const [, number = "", unit = ""] = FORM.exec(text) ?? [];
  const bytesPerSecond = Math.round(Number(number) * (UNITS[unit] ?? 0));
  return bytesPerSecond >= 1 && Number.isSafeInteger(bytesPerSecond) ? bytesPerSecond : undefined;
}
