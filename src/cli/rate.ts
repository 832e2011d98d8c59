// Rates as people type them: `500kB 1.5MB/s 2MiB/s`. The unit is required: a bare number would be ambiguous.

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
const FORM = /^(\d{1,15}(?:\.\d{1,9})?)(B|[kMG]B|[KMG]iB)(?:\/s)?$/;

/** @returns whole bytes per second, 1 to 2^53-1, or undefined when `text` is not a rate or out of range */
export function parseRateBytesPerSecond(text: string): number | undefined {
  const [, number = "", unit = ""] = FORM.exec(text) ?? [];
  const bytesPerSecond = Math.round(Number(number) * (UNITS[unit] ?? 0));
  return bytesPerSecond >= 1 && Number.isSafeInteger(bytesPerSecond) ? bytesPerSecond : undefined;
}
